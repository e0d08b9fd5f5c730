/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/db.h"

#include <unistd.h>

/* A copy of the database in one file, made while others work on it. */

enum { OPS_BETWEEN_LOOKS = 100000 }; /* steps of SQLite's machine: some ten milliseconds */

struct look {
    const struct store_copy *copy;
    struct err why;
};

static int look(void *data)
{
    struct look *look = data;
    return look->copy->go_on && look->copy->go_on(look->copy->data, &look->why) < 0;
}

static int open_plain(const char *path, int flags, struct store **ret, struct err *err)
{
    struct store *store = *ret = xcalloc(1, sizeof(*store));
    store->path = xstrdup(path);
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    return sqlite3_open_v2(path, &store->db, flags, NULL) == SQLITE_OK ? 0 : db_fail(store, err);
}

/* One read transaction: the copy is the state at one instant, whatever is committed meanwhile. */
static int vacuum_into(struct store *from, const struct store_copy *copy, struct err *err)
{
    struct look watch = {.copy = copy};
    char *sql =
        sqlite3_mprintf("PRAGMA busy_timeout = 2000; PRAGMA cache_size = -2048; VACUUM INTO %Q", copy->to);
    sqlite3_progress_handler(from->db, OPS_BETWEEN_LOOKS, look, &watch);
    int r = db_exec(from, sql, err);
    sqlite3_progress_handler(from->db, 0, NULL, NULL);
    sqlite3_free(sql);
    if (r < 0 && watch.why.code != ERR_NONE)
        return err_move(err, &watch.why);
    return r;
}

int store_copy_mark(const char *path, const char *mark, struct err *err)
{
    _cleanup_(store_cleanup) struct store *store = NULL;
    int r = open_plain(path, SQLITE_OPEN_READWRITE, &store, err);
    /* Nothing is put beside the copy, where a crash would leave it. */
    if (r >= 0)
        r = db_exec(store, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL", err);
    if (r >= 0)
        r = db_run(store, err, "INSERT INTO value(name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                   DB_TEXT(STORE_COPY_MARK), DB_TEXT(mark));
    return r < 0 ? r : store_commit(store, err);
}

static int check_ours(struct store *store, struct err *err)
{
    int64_t id = 0, version = 0;
    int r = db_number(store, &id, err, "PRAGMA application_id");
    if (r >= 0 && id != SCHEMA_APPLICATION_ID)
        r = err_set(err, ERR_STORE_CORRUPT, _("%s is not a database of idsed"), store->path);
    return r < 0 ? r : schema_version(store, &version, err);
}

int store_copy(const struct store_copy *copy, struct err *err)
{
    _cleanup_(store_cleanup) struct store *from = NULL;
    int r = open_plain(copy->from, SQLITE_OPEN_READONLY, &from, err);
    if (r >= 0)
        r = check_ours(from, err);
    if (r >= 0)
        r = vacuum_into(from, copy, err);
    return r < 0 ? r : store_copy_mark(copy->to, copy->mark, err);
}
