/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * movements.json, which is a JSON array with a line for each movement, so that it is read and written in pieces: a lot of
 * 100,000 takes no more memory than its text.
 */
struct movements_reader {
    const char *at, *end;
    size_t line; /* of the movement read last, 1-based */
};

/* The text stays the caller's and must outlive the reader. */
struct movements_reader movements_reader(const struct buf *text);
/* 1 and a new reference, 0 at the end; ERR_INVALID_FILE naming the line that is not what idsed writes. */
int movements_next(struct movements_reader *reader, json_t **ret, struct err *err);
