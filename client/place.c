/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what cannot be ---- */

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

int place_check(const char *path, bool force, struct err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && (S_ISDIR(st.st_mode) || !force))
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

/* ---- the file ---- */

static bool is_no_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static void clear(struct place *place)
{
    cleanup_close(&place->fd);
    free(place->beside);
    free(place->path);
}

int place_open(struct place *ret, const char *path, bool force, struct err *err)
{
    int r = place_check(path, force, err);
    if (r < 0)
        return r;
    struct place place = {.force = force};
    if (is_no_file(path)) {
        place.path = xstrdup(path);
        place.fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        char *real = realpath(path, NULL); /* what a link leads to is replaced, not the link */
        place.path = real ? real : xstrdup(path);
        place.beside = xasprintf("%s.XXXXXX", place.path);
        place.fd = make_beside(place.beside);
    }
    if (place.fd < 0) {
        r = place_refuse(path, errno, err);
        clear(&place);
        return r;
    }
    *ret = place;
    return 0;
}

/* Gives the file its name; an errno. Where a folder knows no hard links, it renames and replaces nothing. */
static int give_name(const struct place *place)
{
    if (place->force)
        return rename(place->beside, place->path) < 0 ? errno : 0;
    if (link(place->beside, place->path) == 0) {
        unlink(place->beside);
        return 0;
    }
    if (errno == EEXIST)
        return EEXIST;
    return renameat2(AT_FDCWD, place->beside, AT_FDCWD, place->path, RENAME_NOREPLACE) < 0 ? errno : 0;
}

static int put(const struct place *place, struct err *err)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(place->fd, 0666 & ~mask) < 0 || fsync(place->fd) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", place->path);
    int errnum = give_name(place);
    return errnum ? place_refuse(place->path, errnum, err) : 0;
}

int place_close(struct place *place, bool whole, struct err *err)
{
    int r = whole && place->beside ? put(place, err) : 0;
    if (place->beside && (!whole || r < 0))
        unlink(place->beside);
    if (place->beside)
        guard(NULL);
    clear(place);
    return r;
}
