/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { MAX_COPY = 256 << 20 }; /* the daemon's own limit is smaller, and it is the one that explains itself */

static int copy(int fd, int *ret_fd, struct err *err)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    int r = file_read_fd(fd, MAX_COPY, &bytes, err);
    if (r < 0)
        return r;
    r = file_sealed_memory("idsectl-input", bytes.data, bytes.len, err);
    if (r < 0)
        return r;
    *ret_fd = r;
    return 0;
}

int input_open(const char *path, int *ret_fd, struct err *err)
{
    _cleanup_close_ int fd = streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                              : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set(err, file_fault(errno), "%s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(err, file_fault(EISDIR), "%s", strerror(EISDIR));
    if (!S_ISREG(st.st_mode) || streq(path, "-"))
        return copy(fd, ret_fd, err);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int input_read(int fd, struct buf *ret, struct err *err)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return err_set_errno(err, ERR_IO, errno, _("reading"));
    int r = file_read_fd(fd, MAX_COPY, ret, err);
    lseek(fd, at, SEEK_SET);
    return r;
}
