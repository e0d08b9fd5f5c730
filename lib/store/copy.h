/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* Copies of the database. */

/* The value that every copy has and no database at work: JSON, {"at": when it was made, "host": where}. */
#define STORE_COPY_MARK "copy"
struct store_copy {
    const char *from;
    const char *to;                            /* an empty file */
    const char *mark;                          /* kept as it is where `from` is a copy already */
    int (*go_on)(void *data, struct err *err); /* asked now and then; negative gives up. May be NULL */
    void *data;
};
/*
 * Copies a database of ours as it is at one instant, over connections of its own, so that a worker can do it while the
 * daemon works: compact, in one file without a log, marked. ERR_STORE_CORRUPT, ERR_STORE_NEWER. What was written of `to`
 * stays there on failure. It is not synced.
 */
int store_copy(const struct store_copy *copy, struct err *err);
/* Marks a database that nobody works on, unless it is marked. */
int store_copy_mark(const char *path, const char *mark, struct err *err);
