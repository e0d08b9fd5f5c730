/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/input.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool can_be_made_to_wait(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) < 0 || fs.f_type == FUSE_SUPER_MAGIC || fs.f_type == PROC_SUPER_MAGIC;
}

int input_check(struct input *input, size_t max, struct err *err)
{
    struct stat st;
    if (fstat(input->fd, &st) < 0)
        return err_set_errno(err, ERR_INVALID_FILE, errno, _("the descriptor"));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID_FILE,
                       _("the descriptor is neither a regular file nor a memory file"));
    int flags = fcntl(input->fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
        return err_set(err, ERR_INVALID_FILE, _("the descriptor is not open for reading"));
    if (can_be_made_to_wait(input->fd))
        return err_set(err, ERR_INVALID_FILE,
                       _("files of this file system are not read; hand over a copy, or a memory file"));
    if (st.st_size <= 0)
        return err_set(err, ERR_INVALID_FILE, _("the file is empty"));
    if ((uint64_t)st.st_size > max)
        return err_set(err, ERR_TOO_LARGE, _("the file has %lld bytes; at most %zu are accepted"),
                       (long long)st.st_size, max);
    int seals = fcntl(input->fd, F_GET_SEALS);
    input->size = (size_t)st.st_size;
    input->sealed = seals >= 0 && (seals & F_SEAL_WRITE) && (seals & F_SEAL_SHRINK);
    return 0;
}

int input_read(const struct input *input, struct buf *buf, struct err *err)
{
    const size_t before = buf->len;
    char *room = buf_reserve(buf, input->size + 1);
    size_t have = 0;
    while (have < input->size) {
        ssize_t got = pread(input->fd, room + have, input->size - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, _("reading the file"));
        if (got == 0)
            return err_set(err, ERR_INVALID_FILE, _("the file was shortened while it was read"));
        have += (size_t)got;
    }
    buf->len = before + have;
    buf->data[buf->len] = '\0';
    return 0;
}

int input_read_secret(const struct input *input, struct buf *buf, struct err *err)
{
    int r = input_read(input, buf, err);
    if (r < 0)
        return r;
    if (memchr(buf->data, '\0', buf->len) || memchr(buf->data, '\n', buf->len))
        return err_set(
            err, ERR_INVALID_FILE,
            _("the file of a password has a NUL or an end of line in it; hand over its bytes only"));
    return 0;
}

void input_close(struct input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    *input = INPUT_INIT;
}
