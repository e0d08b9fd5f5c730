/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * Files that callers hand over as descriptors. Nothing is believed of them: they may be no files, be
 * shortened while they are read, or share their position with other calls.
 */
struct input {
    int fd; /* the input's own; -1 when it has none */
    size_t size;
    bool sealed; /* a memory file that nobody can change: reading it never waits */
};
#define INPUT_INIT ((struct input){.fd = -1})

/*
 * Looks at the descriptor in input->fd. ERR_INVALID_FILE for anything but a regular file or a memory file
 * with something in it, and for a file system that its user can make wait for ever; ERR_TOO_LARGE beyond max.
 */
int input_check(struct input *input, size_t max, struct err *err);
/* Appends the bytes that were there when it was checked. May wait for a disk unless it is sealed. */
int input_read(const struct input *input, struct buf *buf, struct err *err);
/* The same for a password: text without NUL or end of line, read into an empty buf to be wiped. */
int input_read_secret(const struct input *input, struct buf *buf, struct err *err);
void input_close(struct input *input);
