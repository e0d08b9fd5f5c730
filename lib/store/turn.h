/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * The write turn. The first write of a loop turn opens a transaction; store_commit(), called once at the end
 * of the turn, commits all of them with one sync, and then what was registered by store_after_commit() runs
 * in order: replies and signals leave there, and so does the first byte of an upload. Nothing is ever told or
 * sent before it is on disk. Several calls that belong together are put between store_begin() and
 * store_end(), which undo just them on failure.
 */
struct store;

int store_begin(struct store *store, struct err *err); /* nests; a savepoint in the turn's transaction */
/*
 * Keeps (ok) or undoes what was written since the matching store_begin(). Callbacks registered in between
 * stay registered. When the database has dropped the whole turn (disk full, I/O error), every write until
 * store_commit() fails with that error, so that a turn is on disk whole or not at all.
 */
int store_end(struct store *store, bool ok, struct err *err);
/*
 * Runs fn once what was written so far is on disk (err NULL), or was lost because the commit failed (err says
 * why). When no turn is open it runs at once. Callbacks may write: that opens the next turn.
 */
typedef void store_commit_fn(void *data, const struct err *err);
void store_after_commit(struct store *store, store_commit_fn *fn, void *data);
int store_commit(struct store *store, struct err *err);
bool store_turn_is_open(const struct store *store);
