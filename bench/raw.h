/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "base/buf.h"
#include "idse/movement.h"
#include "store/store.h"

/*
 * The baseline of everything that is stored: SQLite doing the inserts and nothing else, over movements that are parsed
 * already, in the store's own tables with its pragmas (WAL, synchronous=FULL).
 */

/* A movement of today that no rule objects to, of a worker who never comes twice; neighbours are strangers in the index. */
struct movement raw_nth_movement(uint64_t n);
/* The same as a file: n records from the first one on, for this registro patronal, and the control record. */
void raw_write_file(struct buf *file, uint64_t first, size_t n, const char *rp);

/* A fresh store with the one registro patronal that raw_nth_movement() uses. */
struct store *raw_open_store(const char *path);
/* The same, but nothing of its log is moved into it: the daemon has a thread that does that. */
struct store *raw_open_store_with_log(const char *path);
/* The same tables; an ordinary index takes the place of the store's own table of keys. */
sqlite3 *raw_open(const char *path);
/* Removes the database and what SQLite keeps beside it. */
void raw_remove(const char *path);

/* Seconds for a lot of n movements and the bytes of its file, in one transaction. `lot` makes the keys; from 1. */
double raw_bulk(sqlite3 *db, int64_t lot, const struct buf *file, uint64_t first, size_t n);
/*
 * Seconds for giving n movements of that lot their results (state, verdict, name at IMSS), in one transaction, and for every
 * `reject_every`-th its error.
 */
double raw_results(sqlite3 *db, int64_t lot, size_t n, size_t reject_every);
/* Seconds for n rows of the size of a record and its control record, each committed by itself. */
double raw_small(sqlite3 *db, size_t n);
