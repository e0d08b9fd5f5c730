/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "daemon/daemon.h"

/*
 * The spool: a file that is moved into in/RP is submitted by its owner, moved to out/RP, and answered there by a result
 * (NAME.result.json), which is written anew as its lots go on, and by their receipts. Each is taken once: the lots and the
 * file that they came of are one transaction, and moving it away comes after it.
 */
struct spool;

/* NULL when there is no spool: its folder in/ is not there. */
struct spool *spool_new(struct daemon *daemon, const char *path);
struct spool *spool_free(struct spool *spool);
/* Something of a lot changed, inside the write turn; spool NULL is fine. */
void spool_lot_changed(struct spool *spool, int64_t lot);
/* Its folder; "" when there is none. */
const char *spool_path(const struct spool *spool);

/* How it is with the spool at `path`: what is wrong, a sentence each, and how many folders files are taken from. */
struct spool_state {
    size_t folders;
    struct buf faults;
};
/* Looks at its folders; it may wait for a disk. */
void spool_inspect(const char *path, struct spool_state *state);
/* What could not be done, and is tried again soon; NULL when all is well, or there is no spool. */
const char *spool_stuck(const struct spool *spool);
