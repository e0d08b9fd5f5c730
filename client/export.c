/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/output.h"
#include "client/place.h"

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

/* Gives the file its name; an errno. Where a folder knows no hard links, it knows renaming that replaces nothing. */
static int give_name(const char *beside, const char *path, bool force)
{
    if (force)
        return rename(beside, path) < 0 ? errno : 0;
    if (link(beside, path) == 0) {
        unlink(beside);
        return 0;
    }
    if (errno == EEXIST)
        return EEXIST;
    return renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) < 0 ? errno : 0;
}

/* Puts the file in its place; without --force only where none is. */
static int put(const char *beside, const char *path, bool force, struct err *err)
{
    _cleanup_close_ int fd = open(beside, O_RDONLY | O_CLOEXEC);
    mode_t mask = umask(0);
    umask(mask);
    if (fd < 0 || fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    int errnum = give_name(beside, path, force);
    return errnum ? place_refuse(path, errnum, err) : 0;
}

static int write_file(const struct export_format *format, const char *path, const struct export_table *table,
                      export_fill_fn *fill, void *data, size_t *ret_rows, struct err *err)
{
    void *file = NULL;
    int r = format->open(path, table, &file, err);
    if (r < 0)
        return r;
    r = fill(data, format, file, ret_rows, err);
    int closed = format->close(file, r >= 0, err);
    return r < 0 ? r : closed;
}

int export_check(const struct invocation *inv, struct err *err)
{
    const char *path = inv->value[OPT_EXPORT];
    struct stat st;
    if (!find_format(path, err))
        return -(int)ERR_USAGE;
    if (stat(path, &st) == 0 && (S_ISDIR(st.st_mode) || !inv->value[OPT_FORCE]))
        return place_refuse(path, EEXIST, err);
    return 0;
}

/* ---- an end in the middle leaves nothing ---- */

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
static const char *unfinished; /* the file beside its place */

static void drop_unfinished(int number)
{
    if (unfinished)
        unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number);
}

static void guard(const char *path)
{
    unfinished = path;
    for (size_t i = 0; i < ELEMENTSOF(endings); i++)
        if (signal(endings[i], path ? drop_unfinished : SIG_DFL) == SIG_IGN)
            signal(endings[i], SIG_IGN);
}

/* The file, which no signal ends between its being made and its being guarded. */
static int make_beside(char *beside)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    int fd = mkostemp(beside, O_CLOEXEC), errnum = errno;
    if (fd >= 0)
        guard(beside);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = errnum;
    return fd;
}

int export_file(const struct invocation *inv, const struct export_table *table, export_fill_fn *fill,
                void *data, size_t *ret_rows, struct err *err)
{
    const char *path = inv->value[OPT_EXPORT];
    int r = export_check(inv, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *beside = xasprintf("%s.XXXXXX", path);
    _cleanup_close_ int fd = make_beside(beside);
    if (fd < 0)
        return place_refuse(path, errno, err);
    r = write_file(find_format(path, NULL), beside, table, fill, data, ret_rows, err);
    if (r >= 0)
        r = put(beside, path, inv->value[OPT_FORCE] != NULL, err);
    if (r < 0)
        unlink(beside);
    guard(NULL);
    return r;
}

void export_tell(const struct invocation *inv, size_t rows, const char *counted)
{
    const char *path = inv->value[OPT_EXPORT];
    if (inv->value[OPT_JSON])
        output_print_json(json_pack("{s:s, s:I}", "file", path, "rows", (json_int_t)rows));
    else if (rows > 0)
        output_note(inv, "%s: %s", path, counted);
    else
        output_warn(inv, _("%s: nothing was found, so the file has headings alone."), path);
}
