/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/input.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/text.h"

static const char handed_over[] = "/dev/fd/";

bool input_is_handed_over(const char *name)
{
    return str_starts(name, handed_over);
}

int input_open(const char *name, struct err *err)
{
    uint64_t number = 0;
    int fd = -1;
    if (!input_is_handed_over(name))
        fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would wait for its other end */
    else if (str_to_uint(name + strlen(handed_over), INT32_MAX, &number))
        fd = fcntl((int)number, F_DUPFD_CLOEXEC, 3);
    else
        errno = EBADF;
    return fd < 0 ? err_set_errno(err, file_fault(errno), errno, "%s", name) : fd;
}
