/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that is written beside its place, by the format that its name asks for, and put there whole. */

static const struct export_format *find_format(const char *path, struct err *err)
{
    static const struct export_format *const formats[] = {&export_xlsx, &export_csv};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < ELEMENTSOF(formats); i++)
        if (strcasecmp(dot, formats[i]->suffix) == 0)
            return formats[i];
    err_set(err, ERR_USAGE, _("--export needs a file whose name ends in .xlsx or .csv, not '%s'."), path);
    return NULL;
}

/* Puts the file in its place; without --force only where none is. */
static int put(const char *beside, const char *path, bool force, struct err *err)
{
    _cleanup_close_ int fd = open(beside, O_RDONLY | O_CLOEXEC);
    mode_t mask = umask(0);
    umask(mask);
    if (fd < 0 || fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    if (renameat2(AT_FDCWD, beside, AT_FDCWD, path, force ? 0 : RENAME_NOREPLACE) < 0)
        return errno == EEXIST ? err_set(err, ERR_IO, _("%s is there already; --force replaces it."), path)
                               : err_set_errno(err, ERR_IO, errno, "%s", path);
    return 0;
}

static int write_file(const struct export_format *format, const char *path, const struct export_table *table,
                      export_fill_fn *fill, void *data, struct err *err)
{
    void *file = NULL;
    int r = format->open(path, table, &file, err);
    if (r < 0)
        return r;
    r = fill(data, format, file, err);
    int closed = format->close(file, r >= 0, err);
    return r < 0 ? r : closed;
}

int export_file(const struct invocation *inv, const struct export_table *table, export_fill_fn *fill,
                void *data, struct err *err)
{
    const char *path = inv->value[OPT_EXPORT];
    const struct export_format *format = find_format(path, err);
    bool force = inv->value[OPT_FORCE] != NULL;
    if (!format)
        return -(int)ERR_USAGE;
    if (!force && access(path, F_OK) == 0)
        return err_set(err, ERR_IO, _("%s is there already; --force replaces it."), path);
    _cleanup_free_ char *beside = xasprintf("%s.XXXXXX", path);
    _cleanup_close_ int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    int r = write_file(format, beside, table, fill, data, err);
    if (r >= 0)
        r = put(beside, path, force, err);
    if (r < 0)
        unlink(beside);
    return r;
}
