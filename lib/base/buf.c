/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/buf.h"

#include <stdio.h>

char *buf_reserve(struct buf *buf, size_t n)
{
    size_t need = buf->len + n + 1;
    if (need > buf->cap) {
        size_t cap = MAX(need, MAX(buf->cap * 2, (size_t)64));
        buf->data = xreallocarray(buf->data, cap, 1);
        buf->cap = cap;
    }
    return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t n)
{
    char *at = buf_reserve(buf, n);
    if (n)
        memcpy(at, data, n);
    buf->len += n;
    buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    buf_add_str(buf, text);
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = BUF_INIT;
}

void buf_take(struct buf *buf, struct buf *from)
{
    struct buf taken = *from;
    *from = BUF_INIT;
    buf_free(buf);
    *buf = taken;
}

void buf_wipe_free(struct buf *buf)
{
    wipe_free(buf->data, buf->cap);
    *buf = BUF_INIT;
}

char *buf_steal(struct buf *buf, size_t *ret_len)
{
    buf_add(buf, "", 0);
    char *data = buf->data;
    if (ret_len)
        *ret_len = buf->len;
    *buf = BUF_INIT;
    return data;
}
