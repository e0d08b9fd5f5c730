/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <endian.h>

#include "store/lot-columns.h"

int store_lot_rejected(struct store *store, int64_t lot, uint32_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *numbers = NULL;
    size_t n = 0;
    int r =
        db_query(store, &query, err,
                 "SELECT movement.id & 1048575 FROM lot JOIN movement ON movement.id BETWEEN ?2 AND ?3"
                 " WHERE lot.id = ?1 AND lot.answered_us <> 0 AND movement.state = ?4 ORDER BY movement.id",
                 DB_INT(lot), DB_INT(row_first(lot)), DB_INT(row_last(lot)), DB_INT(MOVEMENT_STATE_REJECTED));
    if (r >= 0)
        r = db_numbers(&query, &numbers, &n, err);
    if (r < 0)
        return r;
    *ret = xcalloc(n, sizeof(**ret));
    *ret_n = n;
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = (uint32_t)numbers[i];
    return 0;
}

int store_lot_corrected_by(struct store *store, int64_t lot, int64_t *ret_id, struct err *err)
{
    return db_number(store, ret_id, err,
                     "SELECT id FROM lot WHERE parent = ?1 AND state >= 0 AND state NOT IN (?2, ?3)"
                     " ORDER BY id DESC LIMIT 1",
                     DB_INT(lot), DB_INT(LOT_STATE_FAILED), DB_INT(LOT_STATE_CANCELLED));
}

int store_lot_set_corrections(struct store *store, int64_t lot, const uint32_t *positions, size_t n,
                              struct err *err)
{
    _cleanup_free_ uint32_t *stored = xcalloc(n, sizeof(*stored));
    for (size_t i = 0; i < n; i++)
        stored[i] = htole32(positions[i]);
    return db_run(store, err, "INSERT INTO correction(lot, positions) VALUES (?1, ?2)", DB_INT(lot),
                  DB_BLOB(stored, n * sizeof(*stored)));
}

/* 1, the lot's parent and what was set, or 0 when it corrects none. */
static int corrections_of(struct store *store, int64_t lot, int64_t *ret_parent, struct buf *ret,
                          struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT parent, positions FROM lot JOIN correction ON correction.lot = lot.id"
                     " WHERE lot.id = ?1 AND parent IS NOT NULL",
                     DB_INT(lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r;
    *ret_parent = sqlite3_column_int64(query.stmt, 0);
    buf_reset(ret);
    db_blob(&query, 1, ret);
    return 1;
}

/* The positions in a lot become those in its parent. */
static int map_positions(int64_t lot, const struct buf *corrections, uint32_t *positions, size_t n,
                         struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t at = positions[i];
        if (at >= corrections->len / sizeof(at))
            return err_set(err, ERR_STORE_CORRUPT, _("What lot %lld corrects is not stored whole"),
                           (long long)lot);
        memcpy(&at, corrections->data + at * sizeof(at), sizeof(at));
        positions[i] = le32toh(at);
    }
    return 0;
}

int corrections_supersede(struct store *store, int64_t lot, uint32_t *positions, size_t n, struct err *err)
{
    _cleanup_buf_ struct buf corrections = BUF_INIT;
    int64_t parent = 0;
    int r = 0;
    while (n > 0 && (r = corrections_of(store, lot, &parent, &corrections, err)) > 0) {
        r = map_positions(lot, &corrections, positions, n, err);
        for (size_t i = 0; r >= 0 && i < n; i++)
            r = db_run(store, err, "UPDATE movement SET state = ?2 WHERE id = ?1 AND state = ?3",
                       DB_INT(row_id(parent, positions[i])), DB_INT(MOVEMENT_STATE_SUPERSEDED),
                       DB_INT(MOVEMENT_STATE_REJECTED));
        if (r < 0)
            return r;
        lot = parent;
    }
    return r;
}

static int by_number(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Those that one lot corrected. */
static int superseded_by(struct store *store, int64_t child, uint32_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_buf_ struct buf corrections = BUF_INIT;
    _cleanup_free_ int64_t *numbers = NULL;
    int64_t parent;
    size_t n = 0;
    int r = corrections_of(store, child, &parent, &corrections, err);
    if (r <= 0)
        return r;
    r = db_query(
        store, &query, err,
        "SELECT movement.id & 1048575 FROM lot JOIN movement ON movement.id BETWEEN ?2 AND ?3"
        " WHERE lot.id = ?1 AND lot.answered_us <> 0 AND movement.state IN (?4, ?5) ORDER BY movement.id",
        DB_INT(child), DB_INT(row_first(child)), DB_INT(row_last(child)), DB_INT(MOVEMENT_STATE_APPROVED),
        DB_INT(MOVEMENT_STATE_SUPERSEDED));
    if (r >= 0)
        r = db_numbers(&query, &numbers, &n, err);
    if (r < 0)
        return r;
    uint32_t *positions = xcalloc(n, sizeof(*positions));
    for (size_t i = 0; i < n; i++)
        positions[i] = (uint32_t)numbers[i];
    r = map_positions(child, &corrections, positions, n, err);
    if (r >= 0 && n > 0) {
        *ret = xreallocarray(*ret, *ret_n + n, sizeof(**ret));
        memcpy(*ret + *ret_n, positions, n * sizeof(**ret));
        *ret_n += n;
    }
    free(positions);
    return r;
}

int corrections_superseded(struct store *store, int64_t lot, uint32_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *children = NULL;
    size_t n = 0;
    int r = db_query(store, &query, err, "SELECT id FROM lot WHERE parent = ?1 AND state >= 0", DB_INT(lot));
    if (r >= 0)
        r = db_numbers(&query, &children, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = superseded_by(store, children[i], ret, ret_n, err);
    if (r >= 0 && *ret_n > 0)
        qsort(*ret, *ret_n, sizeof(**ret), by_number);
    return r < 0 ? r : 0;
}
