/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_fd(int fd, size_t max, struct buf *buf, struct err *err)
{
    const size_t before = buf->len;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= max)
        buf_reserve(buf, (size_t)st.st_size + 1);
    for (;;) {
        size_t room = MAX(buf->cap - MIN(buf->cap, buf->len + 1), (size_t)16384);
        ssize_t got = read(fd, buf_reserve(buf, room), room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int errnum = errno;
            buf->len = before;
            return err_set_errno(err, ERR_IO, errnum, _("reading"));
        }
        buf->len += (size_t)got;
        buf->data[buf->len] = '\0';
        if (got == 0)
            return 0;
        if (buf->len - before > max) {
            buf->len = before;
            return err_set(err, ERR_TOO_LARGE, _("more than %zu bytes"), max);
        }
    }
}

enum err_code file_fault(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR ? ERR_UNKNOWN_FILE : ERR_IO;
}

int file_read(const char *path, size_t max, struct buf *buf, struct err *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    int r = file_read_fd(fd, max, buf, err);
    return r < 0 ? err_prefix(err, "%s", path), r : 0;
}

int file_write_fd(int fd, const void *data, size_t n, struct err *err)
{
    const char *at = data;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_set_errno(err, ERR_IO, errno, _("writing"));
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

int file_sync_parent(const char *path)
{
    _cleanup_free_ char *copy = xstrdup(path);
    _cleanup_close_ int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -1 : 0;
}

int file_replace(const char *path, mode_t mode, const void *data, size_t n, struct err *err)
{
    _cleanup_free_ char *beside = xasprintf("%s.XXXXXX", path);
    _cleanup_close_ int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    int r = file_write_fd(fd, data, n, err);
    if (r >= 0 &&
        (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(beside, path) < 0 || file_sync_parent(path) < 0))
        r = err_set_errno(err, ERR_IO, errno, _("writing"));
    if (r < 0) {
        unlink(beside);
        err_prefix(err, "%s", path);
    }
    return r;
}

int file_make_dirs(const char *path, mode_t mode, struct err *err)
{
    _cleanup_free_ char *part = xstrdup(path);
    for (char *slash = part + 1;; slash++) {
        slash += strcspn(slash, "/");
        bool last = *slash == '\0';
        *slash = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return err_set_errno(err, ERR_IO, errno, "%s", part);
        if (last)
            return 0;
        *slash = '/';
    }
}

int file_sealed_memory(const char *name, const void *data, size_t n, struct err *err)
{
    _cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "memfd_create");
    int r = file_write_fd(fd, data, n, err);
    if (r < 0)
        return r;
    if (lseek(fd, 0, SEEK_SET) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return err_set_errno(err, ERR_IO, errno, _("sealing a memory file"));
    int sealed = fd;
    fd = -1;
    return sealed;
}
