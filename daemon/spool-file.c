/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

/* Whom the kernel names for users that it cannot name: everybody, where users are mapped. */
#define UNKNOWN_UID ((uid_t)65534)

bool spool_is_temporary(const char *name)
{
    static const char *const endings[] = {"~", ".tmp", ".part"};
    size_t len = strlen(name);
    for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
        size_t n = strlen(endings[i]);
        if (len >= n && streq(name + len - n, endings[i]))
            return true;
    }
    return name[0] == '.';
}

/* A folder of its top is opened by steps, each of which may be no link. */
int spool_open_folder(const char *top, const char *side, const char *rp)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    _cleanup_free_ char *path = xasprintf("%s/%s", top, side);
    _cleanup_close_ int fd = open(path, flags);
    return fd < 0 ? -1 : openat(fd, rp, flags);
}

/* ---- reading ---- */

static enum spool_found refuse(struct err *err, const char *text)
{
    err_set(err, ERR_INVALID_FILE, "%s", text);
    return SPOOL_REFUSED;
}

/* A device is not opened at all, nor a link or pipe. */
static enum spool_found judge_kind(const struct stat *st, struct err *err)
{
    if (S_ISDIR(st->st_mode))
        return SPOOL_GONE;
    if (!S_ISREG(st->st_mode))
        return refuse(err, _("it is not a regular file; links, pipes and devices are not taken"));
    return SPOOL_READABLE;
}

static enum spool_found judge(const struct spool_file *file, size_t max, struct err *err)
{
    const struct stat *st = &file->st;
    enum spool_found found = judge_kind(st, err);
    if (found != SPOOL_READABLE)
        return found;
    if (st->st_uid == UNKNOWN_UID || file->owner == UNKNOWN_UID)
        return refuse(err, _("whose it is cannot be told here (PrivateUsers=, or a foreign file system)"));
    if (st->st_uid != file->owner && st->st_uid != 0)
        return refuse(err, _("it belongs neither to the owner of this folder nor to root"));
    if (st->st_nlink != 1)
        return refuse(err, _("it has a second name elsewhere (a hard link); put a copy here"));
    if (st->st_mode & (S_ISUID | S_ISGID))
        return refuse(err, _("its mode has set-uid or set-gid bits, which no file of movements needs"));
    if (st->st_size == 0)
        return refuse(err, _("the file is empty"));
    if ((uint64_t)st->st_size > max) {
        err_set(err, ERR_TOO_LARGE, _("the file has %lld bytes; at most %zu are accepted"),
                (long long)st->st_size, max);
        return SPOOL_REFUSED;
    }
    return SPOOL_READABLE;
}

enum writers { WRITERS_NONE, WRITERS_SOME, WRITERS_UNKNOWN };

/*
 * With a lease nobody opens it for writing as long as `fd` is open: who tries waits, for as long as
 * /proc/sys/fs/lease-break-time says (SIGIO, which tells of it, is ignored). Over the network a lease depends on the server,
 * not on who writes.
 */
static enum writers take_lease(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0 || fs.f_type == NFS_SUPER_MAGIC || fs.f_type == SMB2_SUPER_MAGIC ||
        fs.f_type == CIFS_SUPER_MAGIC)
        return WRITERS_UNKNOWN;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) >= 0)
        return WRITERS_NONE;
    return errno == EAGAIN ? WRITERS_SOME : WRITERS_UNKNOWN;
}

/* What can be opened is judged by what was opened, and after it cannot change any more. */
static enum spool_found judge_open(struct spool_file *file, size_t max, struct err *err)
{
    enum spool_found found = fstat(file->fd, &file->st) < 0 ? SPOOL_GONE : judge_kind(&file->st, err);
    if (found != SPOOL_READABLE)
        return found;
    enum writers writers = take_lease(file->fd);
    file->sole = writers == WRITERS_NONE;
    if (writers == WRITERS_SOME)
        return SPOOL_WRITTEN;
    return fstat(file->fd, &file->st) < 0 ? SPOOL_GONE : judge(file, max, err);
}

enum spool_found spool_open_file(int folder, const char *name, size_t max, struct spool_file *ret,
                                 struct err *err)
{
    struct spool_file file = {.fd = -1};
    if (fstat(folder, &file.st) < 0)
        return SPOOL_GONE;
    file.owner = file.st.st_uid;
    if (fstatat(folder, name, &file.st, AT_SYMLINK_NOFOLLOW) < 0)
        return SPOOL_GONE;
    enum spool_found found = judge_kind(&file.st, err);
    if (found == SPOOL_READABLE) {
        file.fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (file.fd >= 0)
            found = judge_open(&file, max, err);
        else if (errno != EACCES)
            return SPOOL_GONE; /* taken away, or something else by now, of which there will be news */
        else if ((found = judge(&file, max, err)) == SPOOL_READABLE)
            found = refuse(err, _("idsed may not read it; its group or everybody must be allowed to"));
    }
    *ret = file;
    return found;
}

bool spool_is_unchanged(const struct spool_file *file)
{
    struct stat now;
    return fstat(file->fd, &now) >= 0 && now.st_size == file->st.st_size &&
           now.st_mtim.tv_sec == file->st.st_mtim.tv_sec && now.st_mtim.tv_nsec == file->st.st_mtim.tv_nsec;
}

char *spool_identity(const struct stat *st)
{
    return xasprintf("%llu:%llu:%lld.%09ld:%lld", (unsigned long long)st->st_dev,
                     (unsigned long long)st->st_ino, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                     (long long)st->st_size);
}

char *spool_look(const struct stat *st)
{
    _cleanup_free_ char *identity = spool_identity(st);
    return xasprintf("%s:%lld.%09ld:%u", identity, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
                     (unsigned)st->st_nlink);
}

/* ---- writing ---- */

static bool is_taken(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) >= 0 || errno != ENOENT;
}

/* What is left of a name that is too long, without half a character at its end. */
static char *shorten(const char *name)
{
    size_t n = strlen(name);
    if (n > SPOOL_NAME_MAX)
        for (n = SPOOL_NAME_MAX; n > 0 && ((unsigned char)name[n] & 0xC0) == 0x80; n--)
            ;
    return xstrndup(name, n);
}

char *spool_free_name(int folder, const char *name)
{
    _cleanup_free_ char *base = shorten(name);
    for (unsigned i = 1;; i++) {
        char *candidate = i == 1 ? xstrdup(base) : xasprintf("%s.%u", base, i);
        _cleanup_free_ char *result = xasprintf("%s.result.json", candidate);
        if (i == 100000 || (!is_taken(folder, candidate) && !is_taken(folder, result)))
            return candidate;
        free(candidate);
    }
}

int spool_write(int folder, const char *name, const void *data, size_t n, struct err *err)
{
    _cleanup_free_ char *beside = xasprintf(".%s.tmp", name);
    unlinkat(folder, beside, 0); /* of a write that was broken off */
    _cleanup_close_ int fd =
        openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", name);
    int r = file_write_fd(fd, data, n, err);
    if (r >= 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0 || renameat(folder, beside, folder, name) < 0 ||
                   fsync(folder) < 0))
        r = err_set_errno(err, ERR_IO, errno, "%s", name);
    if (r < 0)
        unlinkat(folder, beside, 0);
    return r;
}

static bool is_same(int folder, const char *name, const struct stat *st)
{
    struct stat now;
    return fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) >= 0 && now.st_dev == st->st_dev &&
           now.st_ino == st->st_ino;
}

int spool_move(int in, const char *name, const struct stat *st, int out, char **target, struct err *err)
{
    if (!is_same(in, name, st))
        return 0;
    while (renameat2(in, name, out, *target, RENAME_NOREPLACE) < 0) {
        if (errno == ENOENT)
            return 0;
        if (errno != EEXIST)
            return err_set_errno(err, ERR_IO, errno, _("%s cannot be moved out of the spool"), name);
        replace_str(target, spool_free_name(out, *target));
    }
    if (!is_same(out, *target, st)) { /* it was exchanged in between: nobody has read that one */
        renameat2(out, *target, in, name, RENAME_NOREPLACE);
        return 0;
    }
    if (fsync(out) < 0 || fsync(in) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", name);
    return 1;
}

/* ---- looking ---- */

struct waiting {
    char *name;
    struct timespec since;
};

static int by_age(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->since.tv_sec != y->since.tv_sec)
        return x->since.tv_sec < y->since.tv_sec ? -1 : 1;
    if (x->since.tv_nsec != y->since.tv_nsec)
        return x->since.tv_nsec < y->since.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

char **spool_list(int folder)
{
    struct waiting *found = NULL;
    size_t n = 0;
    int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir && copy >= 0)
        close(copy);
    if (dir)
        rewinddir(dir);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        if (spool_is_temporary(entry->d_name) || fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if ((n & (n - 1)) == 0)
            found = xreallocarray(found, MAX(2 * n, (size_t)1), sizeof(*found));
        found[n++] = (struct waiting){xstrdup(entry->d_name), st.st_mtim};
    }
    if (dir)
        closedir(dir);
    if (n > 0)
        qsort(found, n, sizeof(*found), by_age);
    char **names = xcalloc(n + 1, sizeof(*names));
    for (size_t i = 0; i < n; i++)
        names[i] = found[i].name;
    free(found);
    return names;
}

void spool_free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}
