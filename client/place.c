/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/place.h"

#include <errno.h>
#include <libgen.h>
#include <sys/stat.h>

bool place_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int place_refuse(const char *path, int errnum, struct err *err)
{
    _cleanup_free_ char *copy = xstrdup(path);
    const char *folder = dirname(copy);
    if (place_is_folder(path))
        return err_set(err, ERR_IO, _("%s is a folder; name a file in it."), path);
    if (errnum == EEXIST)
        return err_set(err, ERR_IO, _("%s is there already; --force replaces it."), path);
    if (errnum == ENOENT && !place_is_folder(folder))
        return err_set(err, ERR_IO, _("%s: there is no folder %s; make it first."), path, folder);
    if (errnum == ENOTDIR)
        return err_set(err, ERR_IO, _("%s: %s is no folder; name one, or one that is to be made."), path,
                       folder);
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
        return err_set_errno(err, ERR_IO, errnum, _("%s: no file can be made in the folder %s"), path,
                             folder);
    return err_set_errno(err, ERR_IO, errnum, "%s", path);
}
