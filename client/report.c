/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "client/evidence.h"
#include "client/place.h"

/* The account of a lot is made from its evidence bundle, as it is of one that somebody was handed. */
int verb_report(struct invocation *inv, struct err *err)
{
    const char *path = inv->value[OPT_OUTPUT];
    const int replace = inv->value[OPT_FORCE] ? O_TRUNC : O_EXCL;
    _cleanup_close_ int output = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | replace, 0666) : -1;
    if (path && output < 0)
        return place_refuse(path, errno, err);
    int r = evidence_run(inv, (const char *const[]){"report", NULL}, output, err);
    if (r != 0 && path)
        unlink(path);
    return r;
}
