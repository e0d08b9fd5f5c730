/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "store/lot-columns.h"
#include "store/search-columns.h"
#include "store/search-postings.h"
#include "store/search-private.h"
#include "store/search-text.h"

/*
 * Writing the index. A slice takes some lots of search_todo, or a part of a large one, compares their
 * movements with what the index has of them, and replaces what differs, table by table in the order of its
 * key, so that neighbours are written together. Its generation is one more than the database's until the loop
 * has noted in there what was done; with any other difference (an older copy of either file was put in place)
 * the index says nothing about this database and is made anew.
 */
enum { SLICE = 20000, SLICE_LOTS = 4096, APPLICATION_ID = 0x49445358 /* "IDSX" */, LAYOUT = 3 };

static const char layout[] =
    "CREATE TABLE meta(token TEXT NOT NULL, generation INTEGER NOT NULL) STRICT;"
    /* How many rows there are of each kind, so that a query looks only where something is. */
    "CREATE TABLE kind(type INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(type, "
    "state))"
    "  STRICT, WITHOUT ROWID;"
    /* A number is given once, so that the trigrams of what is no more mean nothing else. */
    "CREATE TABLE entry("
    "  n INTEGER PRIMARY KEY AUTOINCREMENT, movement INTEGER NOT NULL UNIQUE, rp INTEGER NOT NULL, type "
    "INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, date INTEGER NOT NULL, nss INTEGER NOT NULL, name TEXT NOT NULL, curp TEXT "
    "NOT NULL) STRICT;"
    "CREATE TABLE by_rp(rp, type, state, date, movement, nss, name, n, PRIMARY KEY(rp, type, state, date, "
    "movement))"
    "  WITHOUT ROWID;"
    "CREATE TABLE by_date(type, state, date, movement, rp, nss, name, n, PRIMARY KEY(type, state, date, "
    "movement))"
    "  WITHOUT ROWID;"
    "CREATE TABLE by_nss(type, state, nss, movement, date, rp, n, PRIMARY KEY(type, state, nss, movement)) "
    "WITHOUT ROWID;"
    "CREATE TABLE by_name(type, state, name, movement, date, rp, n, PRIMARY KEY(type, state, name, movement))"
    "  WITHOUT ROWID;"
    "CREATE TABLE by_names(type, state, names, movement, date, rp, n, PRIMARY KEY(type, state, names, "
    "movement))"
    "  WITHOUT ROWID;" POSTINGS_LAYOUT SEARCH_COLUMNS_LAYOUT;

/* The tables that are sorted by a key of several columns, and what else they have of an entry. */
static const struct {
    const char *table, *key, *key_of_entry, *more;
} orders[] = {
    {"by_rp", "rp, type, state, date, movement", "e.rp, e.type, e.state, e.date, e.movement",
     "e.nss, e.name, e.n"},
    {"by_date", "type, state, date, movement", "e.type, e.state, e.date, e.movement",
     "e.rp, e.nss, e.name, e.n"},
    {"by_nss", "type, state, nss, movement", "e.type, e.state, e.nss, e.movement", "e.date, e.rp, e.n"},
    {"by_name", "type, state, name, movement", "e.type, e.state, e.name, e.movement", "e.date, e.rp, e.n"},
    {"by_names", "type, state, names, movement", "e.type, e.state, search_turn(e.name), e.movement",
     "e.date, e.rp, e.n"},
};

/* ---- one slice ---- */

struct part {
    int64_t lot, version;
    uint32_t from, count; /* count 0: all there is from there on */
    bool last;            /* of its lot */
};

struct search_slice {
    char *path, *token;
    int64_t generation; /* that the index must have */
    bool renew;
    struct part *parts;
    size_t n_parts;
    enum { SLICE_FAILED, SLICE_DONE, SLICE_STRANGE } outcome;
    struct err err;
};

char *search_index_path(const char *path)
{
    return xasprintf("%s.index", path);
}

struct search_slice *search_slice_free(struct search_slice *slice)
{
    if (!slice)
        return NULL;
    err_clear(&slice->err);
    free(slice->parts);
    free(slice->token);
    free(slice->path);
    free(slice);
    return NULL;
}

/* ---- on the loop: what is to be done ---- */

bool search_index_due(struct store *store)
{
    int64_t lot;
    return store->search.renew || !store->search.checked ||
           db_number(store, &lot, NULL, "SELECT lot FROM search_todo LIMIT 1") > 0;
}

/* A new token: whatever lies there as an index is not of it, so everything is to be done. */
int search_index_renew(struct store *store, struct err *err)
{
    uint64_t random;
    random_bytes(&random, sizeof(random));
    _cleanup_free_ char *token = xasprintf("%016llx", (unsigned long long)random);
    int r = store_value_set(store, SEARCH_TOKEN, token, err);
    if (r >= 0)
        r = store_value_set(store, SEARCH_GENERATION, "0", err);
    if (r >= 0)
        r = db_run(store, err,
                   "INSERT INTO search_todo SELECT id, 1 FROM lot WHERE state >= 0"
                   " ON CONFLICT DO UPDATE SET version = version + 1");
    return r;
}

static int take_identity(struct store *store, struct search_slice *slice, struct err *err)
{
    _cleanup_free_ char *generation = NULL;
    int r = store_value_get(store, SEARCH_TOKEN, &slice->token, err);
    if (r == 0 || store->search.renew) {
        slice->renew = true;
        replace_str(&slice->token, NULL);
        r = search_index_renew(store, err);
        if (r >= 0)
            r = store_value_get(store, SEARCH_TOKEN, &slice->token, err);
    }
    if (r >= 0)
        r = store_value_get(store, SEARCH_GENERATION, &generation, err);
    uint64_t number = 0;
    if (r > 0 && str_to_uint(generation, INT64_MAX, &number))
        slice->generation = (int64_t)number;
    return r;
}

/* Adds the lot, or of a large one the part that is next; false when there is no room for it. */
static bool add_part(const struct search_progress *progress, struct search_slice *slice, int64_t lot,
                     int64_t version, uint32_t count, size_t *taken)
{
    struct part part = {.lot = lot, .version = version, .last = true};
    if (progress->lot == lot && progress->version == version)
        part.from = progress->seq;
    uint32_t left = count > part.from ? count - part.from : 0;
    if (left > SLICE) {
        part.count = SLICE;
        part.last = false;
    }
    if (*taken > 0 && *taken + left > SLICE)
        return false;
    slice->parts[slice->n_parts++] = part;
    *taken += left + 1;
    return part.last;
}

static int take_parts(struct store *store, struct search_slice *slice, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    size_t taken = 0;
    slice->parts = xcalloc(SLICE_LOTS, sizeof(*slice->parts));
    int r = db_query(store, &query, err,
                     "SELECT todo.lot, todo.version, coalesce(lot.count_total, 0) FROM search_todo AS todo"
                     " LEFT JOIN lot ON lot.id = todo.lot ORDER BY todo.lot");
    while (r >= 0 && slice->n_parts < SLICE_LOTS && (r = db_next(&query, err)) > 0)
        if (!add_part(&store->search, slice, sqlite3_column_int64(query.stmt, 0),
                      sqlite3_column_int64(query.stmt, 1), (uint32_t)sqlite3_column_int64(query.stmt, 2),
                      &taken))
            break;
    return MIN(r, 0);
}

int search_slice_begin(struct store *store, struct search_slice **ret, struct err *err)
{
    struct search_slice *slice = xcalloc(1, sizeof(*slice));
    slice->path = xstrdup(store->path);
    int r = take_identity(store, slice, err);
    if (r >= 0)
        r = take_parts(store, slice, err);
    if (r < 0) {
        search_slice_free(slice);
        return r;
    }
    *ret = slice;
    return 0;
}

/* ---- in the worker ---- */

static int create_file(const char *path, struct err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *name = xasprintf("%s%s", path, suffixes[i]);
        unlink(name);
    }
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 ? 0 : err_set_errno(err, ERR_IO, errno, _("The index %s cannot be made"), path);
}

static int attach_database(struct store *index, const char *path, struct err *err)
{
    struct buf uri = BUF_INIT;
    buf_add_str(&uri, "file:");
    for (const char *at = path; *at; at++)
        if (strchr("?#%", *at))
            buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*at);
        else
            buf_add_char(&uri, *at);
    buf_add_str(&uri, "?mode=ro");
    char *sql = sqlite3_mprintf("ATTACH %Q AS src", uri.data);
    int r = db_exec(index, sql, err);
    sqlite3_free(sql);
    buf_free(&uri);
    return r;
}

static int create_layout(struct store *index, const char *token, struct err *err)
{
    _cleanup_free_ char *marks =
        xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; PRAGMA journal_mode = WAL",
                  APPLICATION_ID, LAYOUT);
    int r = db_exec(index, marks, err);
    if (r >= 0)
        r = db_exec(index, layout, err);
    return r < 0 ? r : db_run(index, err, "INSERT INTO meta VALUES (?1, 0)", DB_TEXT(token));
}

static int open_index(const struct search_slice *slice, struct store **ret, struct err *err)
{
    _cleanup_free_ char *path = search_index_path(slice->path);
    struct store *index = *ret = xcalloc(1, sizeof(*index));
    index->path = xstrdup(path);
    int r = slice->renew ? create_file(path, err) : 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    if (r >= 0 && sqlite3_open_v2(path, &index->db, flags, NULL) != SQLITE_OK)
        r = db_fail(index, err);
    if (r >= 0)
        r = db_configure(index, err);
    if (r >= 0 && slice->renew)
        r = create_layout(index, slice->token, err);
    if (r < 0)
        return r;
    search_text_functions(index->db);
    r = store_commit(index, err);
    return r < 0 ? r : attach_database(index, slice->path, err);
}

/* 1 when it is what the database takes it for, else 0. */
static int check_identity(struct store *index, const struct search_slice *slice, struct err *err)
{
    int64_t layout_version = 0, generation = -1;
    int r = db_number(index, &layout_version, err, "PRAGMA main.user_version");
    if (r >= 0)
        r = db_number(index, &generation, err, "SELECT generation FROM main.meta WHERE token = ?1",
                      DB_TEXT(slice->token));
    return r < 0 ? r : layout_version == LAYOUT && generation == slice->generation;
}

/*
 * What is new (fresh; with a number where it only changed), and what gives way to it or is no more (gone;
 * `reworded`: also its words are others).
 */
static const char collect[] =
    "CREATE TEMP TABLE fresh(movement INTEGER PRIMARY KEY, rp, type, state, date, nss, name, curp, n);"
    "CREATE TEMP TABLE gone(movement INTEGER PRIMARY KEY, n, reworded);"
    "INSERT INTO fresh SELECT movement.id, movement.rp, movement.type, " MOVEMENT_STATE_NOW
    ", movement.date, movement.nss,"
    "    search_key(paterno, materno, nombres), search_key(movement.curp), NULL"
    "  FROM part CROSS JOIN src.movement ON movement.id BETWEEN lo AND hi CROSS JOIN src.lot ON lot.id = "
    "movement.id >> 20"
    "  WHERE lot.state >= 0;"
    "INSERT INTO gone SELECT e.movement, e.n, f.movement IS NULL OR f.nss <> e.nss OR f.name <> e.name OR "
    "f.curp <> e.curp"
    "  FROM part CROSS JOIN entry AS e ON e.movement BETWEEN lo AND hi LEFT JOIN fresh AS f ON f.movement = "
    "e.movement"
    "  WHERE f.movement IS NULL OR f.state <> e.state OR f.date <> e.date OR f.rp <> e.rp OR f.type <> e.type"
    "    OR f.nss <> e.nss OR f.name <> e.name OR f.curp <> e.curp;"
    "DELETE FROM fresh WHERE EXISTS (SELECT 1 FROM entry WHERE entry.movement = fresh.movement)"
    "  AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.movement = fresh.movement);"
    "UPDATE fresh SET n = gone.n FROM gone WHERE gone.movement = fresh.movement AND NOT gone.reworded;";

static const char remove_gone[] =
    "INSERT INTO kind SELECT e.type, e.state, -count(*) FROM gone CROSS JOIN entry AS e ON e.n = gone.n"
    "  GROUP BY e.type, e.state ON CONFLICT DO UPDATE SET n = n + excluded.n;"
    "DELETE FROM entry WHERE n IN (SELECT n FROM gone);";

static const char add_fresh[] =
    "INSERT INTO entry(n, movement, rp, type, state, date, nss, name, curp)"
    "  SELECT n, movement, rp, type, state, date, nss, name, curp FROM fresh ORDER BY movement;"
    "INSERT INTO kind SELECT type, state, count(*) FROM fresh WHERE true GROUP BY type, state"
    "  ON CONFLICT DO UPDATE SET n = n + excluded.n;"
    "DELETE FROM kind WHERE n <= 0;";

static const char texts_of_fresh[] = "SELECT e.n, search_text(e.nss, e.curp, e.name) FROM fresh CROSS JOIN "
                                     "entry AS e ON e.movement = fresh.movement"
                                     "  WHERE fresh.n IS NULL ORDER BY fresh.movement";

static int remove_from_orders(struct store *index, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(orders); i++) {
        _cleanup_free_ char *sql = xasprintf("DELETE FROM %s WHERE (%s) IN"
                                             " (SELECT %s FROM gone CROSS JOIN entry AS e ON e.n = gone.n)",
                                             orders[i].table, orders[i].key, orders[i].key_of_entry);
        r = db_exec(index, sql, err);
    }
    return r;
}

static int add_to_orders(struct store *index, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(orders); i++) {
        _cleanup_free_ char *sql =
            xasprintf("INSERT INTO %s SELECT %s, %s FROM fresh"
                      " CROSS JOIN entry AS e ON e.movement = fresh.movement ORDER BY %s",
                      orders[i].table, orders[i].key_of_entry, orders[i].more, orders[i].key_of_entry);
        r = db_exec(index, sql, err);
    }
    return r;
}

static int fill_parts(struct store *index, const struct search_slice *slice, struct err *err)
{
    int r = db_exec(index, "CREATE TEMP TABLE part(lo INTEGER PRIMARY KEY, hi INTEGER NOT NULL)", err);
    for (size_t i = 0; r >= 0 && i < slice->n_parts; i++) {
        const struct part *part = &slice->parts[i];
        int64_t hi = part->last ? row_last(part->lot) : row_id(part->lot, part->from + part->count - 1);
        r = db_run(index, err, "INSERT INTO part VALUES (?1, ?2)", DB_INT(row_id(part->lot, part->from)),
                   DB_INT(hi));
    }
    return r;
}

static int write_slice(struct store *index, const struct search_slice *slice, struct err *err)
{
    int r = fill_parts(index, slice, err);
    if (r >= 0)
        r = db_exec(index, collect, err);
    if (r >= 0)
        r = remove_from_orders(index, err);
    if (r >= 0)
        r = db_exec(index, remove_gone, err);
    if (r >= 0)
        r = db_exec(index, add_fresh, err);
    if (r >= 0)
        r = postings_add(index, texts_of_fresh, err);
    if (r >= 0)
        r = search_columns_write(index, "fresh CROSS JOIN entry AS e ON e.movement = fresh.movement", err);
    if (r >= 0)
        r = add_to_orders(index, err);
    return r < 0 ? r : db_run(index, err, "UPDATE meta SET generation = ?1", DB_INT(slice->generation + 1));
}

/* A damaged index, or none, is no fault: it is made anew. */
static bool is_strange(const struct search_slice *slice, const struct store *index)
{
    int code = index->db ? sqlite3_errcode(index->db) & 0xFF : SQLITE_CANTOPEN;
    return !slice->renew && (code == SQLITE_CANTOPEN || code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
                             code == SQLITE_ERROR /* no such table */);
}

void search_slice_run(struct search_slice *slice)
{
    struct store *index = NULL;
    int r = open_index(slice, &index, &slice->err);
    if (r >= 0)
        r = check_identity(index, slice, &slice->err);
    slice->outcome = r == 0 ? SLICE_STRANGE : SLICE_FAILED;
    if (r > 0 && slice->n_parts > 0) {
        r = turn_open(index, &slice->err);
        if (r >= 0)
            r = write_slice(index, slice, &slice->err);
        if (r >= 0)
            r = store_commit(index, &slice->err);
    }
    if (r >= 0 && slice->outcome != SLICE_STRANGE)
        slice->outcome = SLICE_DONE;
    if (r < 0 && is_strange(slice, index)) {
        slice->outcome = SLICE_STRANGE;
        err_clear(&slice->err);
    }
    if (r < 0)
        turn_abort(index);
    store_close(index);
}

/* ---- on the loop: what was done ---- */

static int note_parts(struct store *store, const struct search_slice *slice, struct err *err)
{
    int r = 0;
    store->search.lot = 0;
    for (size_t i = 0; r >= 0 && i < slice->n_parts; i++) {
        const struct part *part = &slice->parts[i];
        if (part->last)
            r = db_run(store, err, "DELETE FROM search_todo WHERE lot = ?1 AND version = ?2",
                       DB_INT(part->lot), DB_INT(part->version));
        else {
            store->search.lot = part->lot;
            store->search.version = part->version;
            store->search.seq = part->from + part->count;
        }
    }
    return r;
}

int search_slice_end(struct store *store, struct search_slice *slice, struct err *err)
{
    int r = 0;
    if (slice->outcome == SLICE_FAILED)
        r = slice->err.code == ERR_NONE ? err_set(err, ERR_STORE, _("The index of movements was not written"))
                                        : err_move(err, &slice->err);
    store->search.checked = slice->outcome == SLICE_DONE;
    store->search.renew = slice->outcome == SLICE_STRANGE;
    if (slice->outcome == SLICE_DONE && slice->n_parts > 0) {
        _cleanup_free_ char *generation = xasprintf("%lld", (long long)slice->generation + 1);
        r = note_parts(store, slice, err);
        if (r >= 0)
            r = store_value_set(store, SEARCH_GENERATION, generation, err);
    }
    search_slice_free(slice);
    return r;
}

int search_index_all(struct store *store, struct err *err)
{
    int r = 0;
    while (r >= 0 && search_index_due(store)) {
        struct search_slice *slice = NULL;
        r = search_slice_begin(store, &slice, err);
        if (r >= 0)
            r = store_commit(store, err);
        if (r < 0) {
            search_slice_free(slice);
            break;
        }
        search_slice_run(slice);
        r = search_slice_end(store, slice, err);
        if (r >= 0)
            r = store_commit(store, err);
    }
    return r;
}
