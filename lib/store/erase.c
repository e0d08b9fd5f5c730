/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/search.h"

/*
 * Erasing what is personal. A movement's row loses worker and names and leaves the index of workers; the bytes of its lot
 * (records, documents, what was said to the portal) go whole, for cutting a person out of them would make them something
 * else than what was sent and received. Without them nobody can correct what was rejected, so it is due no longer. What
 * stays are the counts, dates and hashes that the history speaks of. SQLite overwrites what it deletes (secure_delete).
 *
 * A lot is marked first (erased_us), so that nobody reads half of it, and noted down in `erasure`, so that a restart
 * goes on where it was.
 */

/* Finished, and never at IMSS or longer ago than the law wants it kept; ?1 is the instant before which that is. */
#define MAY_BE_ERASED "(lot.state IN (7, 9) OR (lot.state IN (4, 5, 6) AND lot.finished_us < ?1))"

/* ---- one movement ---- */

static int forget_movement(struct store *store, int64_t id, struct err *err)
{
    int r = db_run(store, err,
                   "DELETE FROM movement_key WHERE (nss, rp, type, date, movement) ="
                   " (SELECT nss, rp, type, date, id FROM movement WHERE id = ?1)",
                   DB_INT(id));
    if (r >= 0)
        r = db_run(
            store, err,
            "UPDATE movement SET nss = 0, paterno = '', materno = '', nombres = '', clave = '', curp = '',"
            " imss_name = NULL WHERE id = ?1",
            DB_INT(id));
    return r < 0 ? r
                 : db_run(store, err, "UPDATE movement_error SET imss_value = NULL WHERE movement = ?1",
                          DB_INT(id));
}

static int mark_lot(struct store *store, int64_t lot, bool whole, struct err *err)
{
    int r = db_run(store, err,
                   "UPDATE lot SET erased_us = ?2, remarks = NULL, deadline = 0, untold_day = 0"
                   " WHERE id = ?1 AND erased_us = 0",
                   DB_INT(lot), DB_INT(MAX(clock_wall_us(store->clock), 1)));
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM last_day WHERE lot = ?1", DB_INT(lot));
    return r < 0 ? r
                 : db_run(store, err,
                          "INSERT INTO erasure(lot, whole) VALUES (?1, ?2)"
                          " ON CONFLICT DO UPDATE SET whole = max(whole, excluded.whole)",
                          DB_INT(lot), DB_INT(whole));
}

/* ---- a worker ---- */

struct movement_at {
    int64_t id, lot, finished_us;
    bool erasable;
};
static const struct db_field at_fields[] = {DB_FIELD(I64, movement_at, id), DB_FIELD(I64, movement_at, lot),
                                            DB_FIELD(I64, movement_at, finished_us),
                                            DB_FIELD(BOOL, movement_at, erasable)};
static const struct db_mapping at_mapping = DB_MAPPING(movement_at, at_fields);

int store_erase_worker(struct store *store, int64_t nss, int64_t before_us, struct store_erasure *ret,
                       struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ struct movement_at *movements = NULL;
    struct store_erasure erasure = {0};
    size_t n = 0;
    int r = db_query(
        store, &query, err,
        "SELECT movement.id, lot.id, lot.finished_us, " MAY_BE_ERASED
        " FROM movement_key CROSS JOIN movement ON movement.id = movement_key.movement"
        " CROSS JOIN lot ON lot.id = movement.id >> 20 WHERE movement_key.nss = ?2 AND lot.state >= 0",
        DB_INT(before_us), DB_INT(nss));
    if (r >= 0)
        r = db_records(&query, &at_mapping, &movements, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        if (!movements[i].erasable) {
            erasure.kept++;
            erasure.open += movements[i].finished_us == 0;
            erasure.last_us = MAX(erasure.last_us, movements[i].finished_us);
            continue;
        }
        erasure.erased++;
        r = forget_movement(store, movements[i].id, err);
        if (r >= 0)
            r = mark_lot(store, movements[i].lot, false, err);
    }
    if (r >= 0)
        *ret = erasure;
    return r;
}

/* ---- lots whose time is over ---- */

int store_erase_oldest(struct store *store, int64_t before_us, int64_t *ret_lot, struct err *err)
{
    int r = db_number(store, ret_lot, err,
                      "SELECT id FROM lot WHERE erased_us = 0 AND finished_us <> 0 AND finished_us < ?1 AND "
                      "state IN (4, 5, 6, 7, 9) ORDER BY finished_us LIMIT 1",
                      DB_INT(before_us));
    if (r <= 0)
        return r;
    r = mark_lot(store, *ret_lot, true, err);
    return r < 0 ? r : 1;
}

/* ---- what is left to do ---- */

/* At most `max` movements from where it was; 1 when there are more. */
static int forget_some(struct store *store, int64_t lot, size_t max, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = db_query(store, &query, err,
                     "SELECT id FROM movement WHERE id BETWEEN ?1 AND ?2 AND nss <> 0 ORDER BY id LIMIT ?3",
                     DB_INT(row_first(lot)), DB_INT(row_last(lot)), DB_INT((int64_t)max));
    if (r >= 0)
        r = db_numbers(&query, &ids, &n, err);
    db_query_end(&query);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = forget_movement(store, ids[i], err);
    return r < 0 ? r : n == max;
}

/* Parts are up to a megabyte, so one at a time; 1 when there are more. */
static int drop_part(struct store *store, int64_t lot, struct err *err)
{
    int r = db_run(
        store, err,
        "DELETE FROM record_part WHERE id = (SELECT min(id) FROM record_part WHERE id BETWEEN ?1 AND ?2)",
        DB_INT(row_first(lot)), DB_INT(row_last(lot)));
    if (r < 0 || sqlite3_changes(store->db) > 0)
        return r < 0 ? r : 1;
    r = db_run(
        store, err,
        "DELETE FROM document_part WHERE id = (SELECT part.id FROM document CROSS JOIN document_part part"
        " ON part.id BETWEEN document.id << 20 AND (document.id << 20) + 1048575 WHERE document.lot = ?1 "
        "LIMIT 1)",
        DB_INT(lot));
    if (r < 0 || sqlite3_changes(store->db) > 0)
        return r < 0 ? r : 1;
    r = db_run(store, err,
               "UPDATE attempt SET transcript = NULL WHERE id ="
               " (SELECT id FROM attempt WHERE lot = ?1 AND transcript IS NOT NULL LIMIT 1)",
               DB_INT(lot));
    return r < 0 ? r : sqlite3_changes(store->db) > 0;
}

/* With the last one the index of the grid is made anew: its words would linger in it for long. */
static int end_lot(struct store *store, int64_t lot, struct err *err)
{
    int64_t other;
    int r = db_run(store, err, "DELETE FROM erasure WHERE lot = ?1", DB_INT(lot));
    if (r >= 0)
        r = db_number(store, &other, err, "SELECT lot FROM erasure LIMIT 1");
    return r == 0 ? search_index_renew(store, err) : r;
}

int store_erase_some(struct store *store, size_t max, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT lot, whole FROM erasure ORDER BY lot LIMIT 1");
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r;
    const int64_t lot = sqlite3_column_int64(query.stmt, 0);
    const bool whole = sqlite3_column_int(query.stmt, 1);
    db_query_end(&query);
    r = whole ? forget_some(store, lot, max, err) : 0;
    if (r == 0)
        r = drop_part(store, lot, err);
    if (r == 0)
        r = end_lot(store, lot, err);
    return r < 0 ? r : 1;
}
