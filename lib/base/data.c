/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/data.h"

#include <unistd.h>

#include "base/file.h"
#include "config.h"

enum { MAX_DATA = 4 << 20 };

static int read_in(const char *folder, const char *name, bool optional, struct buf *ret, struct err *err)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
    if (optional && access(path, F_OK) < 0)
        return 0;
    return file_read(path, MAX_DATA, ret, err);
}

int data_read(const char *name, struct buf *shipped, struct buf *local, struct err *err)
{
    const char *data = secure_getenv("IDSED_DATA"), *etc = secure_getenv("IDSED_ETC");
    int r = read_in(data ? data : IDSED_PKGDATADIR, name, false, shipped, err);
    return r < 0 ? r : read_in(etc ? etc : IDSED_SYSCONFDIR, name, true, local, err);
}
