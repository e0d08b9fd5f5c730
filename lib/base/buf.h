/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * A growing run of bytes. `data` always has a NUL behind the last byte once something was added, so text built here can
 * be read as a string. Not thread-safe.
 */
struct buf {
    char *data; /* owned; NULL while nothing was ever added */
    size_t len; /* bytes in use, without the NUL */
    size_t cap;
};

#define BUF_INIT      ((struct buf){0})
#define _cleanup_buf_ _cleanup_(buf_free)

void buf_add(struct buf *buf, const void *data, size_t n);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) _printf_(2, 3);
/* Makes room for n more bytes and returns where they go; buf->len is the caller's to raise. */
char *buf_reserve(struct buf *buf, size_t n);
void buf_reset(struct buf *buf); /* empties, keeps the memory */
void buf_free(struct buf *buf);
/* Overwrites first. For secrets: buf_reserve() all the room before the first byte, since growing leaves a copy behind. */
void buf_wipe_free(struct buf *buf);
/* Takes what the other holds, and leaves it empty; what was here before is freed. */
void buf_take(struct buf *buf, struct buf *from);
/* Hands the bytes (never NULL, NUL-terminated) to the caller and leaves the buffer empty. */
char *buf_steal(struct buf *buf, size_t *ret_len);
