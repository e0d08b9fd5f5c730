/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "base/err.h"

/* Opening the database, looking after it, and closing it. */
struct store;

struct store_options {
    const char *path; /* the database file */
    const struct clock *clock;
    /* Called once when a write turn opens, so that the loop schedules store_commit() for the end of the turn.
     */
    void (*turn_opened)(void *data);
    /*
     * The log has grown: store_checkpoint() is due, in a worker thread. Called after commits; NULL: commits do it themselves,
     * and each such one takes as long as writing and syncing some megabytes.
     */
    void (*log_grown)(void *data);
    void *data;
};

/*
 * Opens, checks (application_id, quick integrity) and migrates; a migration first makes a dated copy beside
 * the file with VACUUM INTO. ERR_STORE_NEWER for a schema from the future, ERR_STORE_CORRUPT; the file is
 * never deleted or replaced.
 */
int store_open(const struct store_options *options, struct store **ret, struct err *err);
/* Reads the whole database for damage (SQLite's quick_check), for `doctor`: seconds on a big one.
 * ERR_STORE_CORRUPT. */
int store_check(struct store *store, struct err *err);
/*
 * What store_check() and store_audit_verify() find, read over a connection of its own, so that a worker
 * thread can do it while the daemon works. Each err stays empty when its part is whole.
 */
void store_inspect(const char *path, struct err *database, struct err *audit);
/*
 * A connection of its own that reads one state of the database, whatever is committed meanwhile, for a worker thread. Only
 * reading functions may be called with it; end it with store_close().
 */
int store_open_reader(const char *path, struct store **ret, struct err *err);
/* Moves what the log holds into the database, over a connection of its own; readers and the daemon go on meanwhile. */
int store_checkpoint(const char *path, struct err *err);
/*
 * Moves what is left in the log and empties it, so that it holds nothing of what was erased either. Between turns; quick
 * after store_checkpoint(). 1, or 0 when somebody else is reading: try again later.
 */
int store_empty_log(struct store *store, struct err *err);
/* Commits what is open and closes. Returns NULL. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_cleanup, store_close)
