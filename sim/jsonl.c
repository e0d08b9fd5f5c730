/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

struct jsonl {
    int fd;
};

static int replay(struct jsonl *jsonl, jsonl_fn *fn, void *data, struct err *err)
{
    _cleanup_buf_ struct buf all = BUF_INIT;
    int r = file_read_fd(jsonl->fd, SIZE_MAX / 2, &all, err);
    if (r < 0)
        return r;
    size_t done = 0;
    for (char *newline; done < all.len && (newline = memchr(all.data + done, '\n', all.len - done));) {
        json_error_t fault;
        json_t *line = json_loadb(all.data + done, (size_t)(newline - all.data) - done, 0, &fault);
        if (!line)
            return err_set(err, ERR_CONFIG, _("byte %zu is not JSON: %s"), done, fault.text);
        if (fn)
            fn(data, line);
        json_decref(line);
        done = (size_t)(newline - all.data) + 1;
    }
    /* What stands behind the last newline was never confirmed to anybody: we died while writing it. */
    if (ftruncate(jsonl->fd, (off_t)done) < 0 || lseek(jsonl->fd, 0, SEEK_END) < 0)
        return err_set_errno(err, ERR_IO, errno, _("writing"));
    return 0;
}

int jsonl_open(const char *path, jsonl_fn *fn, void *data, struct jsonl **ret, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    struct jsonl *jsonl = xcalloc(1, sizeof *jsonl);
    jsonl->fd = fd;
    int r = replay(jsonl, fn, data, err);
    if (r < 0) {
        jsonl_free(jsonl);
        return err_prefix(err, "%s", path);
    }
    *ret = jsonl;
    return 0;
}

int jsonl_append(struct jsonl *jsonl, json_t *line, bool sync, struct err *err)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    char *dumped = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (!dumped)
        return err_set(err, ERR_FAILED, _("a line that is not UTF-8"));
    buf_add_str(&text, dumped);
    buf_add_char(&text, '\n');
    free(dumped);
    const off_t before = lseek(jsonl->fd, 0, SEEK_END);
    int r = file_write_fd(jsonl->fd, text.data, text.len, err);
    if (r < 0 && ftruncate(jsonl->fd, before) < 0)
        return err_prefix(err, _("half a line could not be taken back"));
    if (r >= 0 && sync && fdatasync(jsonl->fd) < 0)
        r = err_set_errno(err, ERR_IO, errno, _("writing"));
    return r;
}

struct jsonl *jsonl_free(struct jsonl *jsonl)
{
    if (jsonl)
        close(jsonl->fd);
    free(jsonl);
    return NULL;
}
