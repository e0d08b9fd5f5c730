/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/select.h"

static const struct db_field fields[] = {DB_FIELD(I64, store_lot, id),
                                         LOT_FIXED(COLUMN_FIELD) LOT_CHANGING(COLUMN_FIELD)
                                             LOT_COUNTED(COLUMN_FIELD) LOT_MARKED(COLUMN_FIELD)};
const struct db_mapping lot_mapping = DB_MAPPING(store_lot, fields);
static const struct db_field changing_fields[] = {DB_FIELD(I64, store_lot, id), LOT_CHANGING(COLUMN_FIELD)};
static const struct db_mapping changing_mapping = DB_MAPPING(store_lot, changing_fields);
static const struct db_field plain_fields[] = {DB_FIELD(I64, store_lot, id),
                                               LOT_PLAIN(COLUMN_FIELD) LOT_INDEXED(COLUMN_FIELD)};
static const struct db_mapping plain_mapping = DB_MAPPING(store_lot, plain_fields);

void store_lot_free(struct store_lot *lot)
{
    db_record_free(&lot_mapping, lot);
}

void store_lots_free(struct store_lot *lots, size_t n)
{
    db_records_free(&lot_mapping, lots, n);
}

int lot_unknown(int64_t id, struct err *err)
{
    return err_set(err, ERR_UNKNOWN_LOT, _("There is no lot %lld"), (long long)id);
}

int lot_erased(int64_t id, int64_t erased_us, struct err *err)
{
    _cleanup_free_ char *when = time_format_short(erased_us);
    return err_set(err, ERR_ERASED, _("What was sent and received with lot %lld was erased on %.10s"),
                   (long long)id, when);
}

int store_lot_get(struct store *store, int64_t id, struct store_lot *ret, struct err *err)
{
    if (recent_get(store, id, ret))
        return 0;
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, LOT_SELECT " WHERE id = ?1 AND state >= 0", DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &lot_mapping, ret, err);
    return r < 0 ? r : r > 0 ? 0 : lot_unknown(id, err);
}

/* 1 when there was such a row. */
static int update(struct store *store, const char *sql, const struct db_mapping *mapping,
                  const struct store_lot *lot, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, sql, DB_INT(lot->id));
    if (r >= 0)
        r = db_bind(&query, 1, mapping, lot, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r : sqlite3_changes(store->db) > 0;
}

/*
 * SQLite writes the entries of every index anew that has one of the columns that are set, the same value or
 * not, and most updates change none of those.
 */
int store_lot_update(struct store *store, const struct store_lot *lot, struct err *err)
{
    int r = update(
        store, SQL_UPDATE("lot", "id", "created_us", LOT_PLAIN) " AND state >= 0" LOT_INDEXED(COLUMN_SAME),
        &plain_mapping, lot, err);
    if (r == 0)
        r = update(store, SQL_UPDATE("lot", "id", "created_us", LOT_CHANGING) " AND state >= 0",
                   &changing_mapping, lot, err);
    return r < 0 ? r : r > 0 ? 0 : lot_unknown(lot->id, err);
}

int store_lot_records_next(struct store *store, int64_t id, uint32_t *part, size_t max, struct buf *ret,
                           struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    size_t before = ret->len;
    int r =
        db_query(store, &query, err, "SELECT bytes FROM record_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                 DB_INT(row_id(id, *part)), DB_INT(row_last(id)));
    while (r >= 0 && ret->len - before < max && (r = db_next(&query, err)) > 0) {
        db_blob(&query, 0, ret);
        ++*part;
    }
    if (r < 0)
        ret->len = before;
    return r;
}

int store_lot_records(struct store *store, int64_t id, struct buf *ret, struct err *err)
{
    int64_t erased_us = 0;
    uint32_t part = 0;
    int r = db_number(store, &erased_us, err, "SELECT erased_us FROM lot WHERE id = ?1 AND state >= 0",
                      DB_INT(id));
    if (r <= 0)
        return r < 0 ? r : lot_unknown(id, err);
    if (erased_us)
        return lot_erased(id, erased_us, err);
    return store_lot_records_next(store, id, &part, SIZE_MAX, ret, err);
}

int store_lots_by_portal_lot(struct store *store, const char *portal_lot, int64_t **ret, size_t *ret_n,
                             struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT id FROM lot WHERE portal_lot = ?1 AND state >= 0 ORDER BY id DESC",
                     DB_TEXT(portal_lot));
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

int store_lots_open_by_records(struct store *store, const char *sha256, int64_t **ret, size_t *ret_n,
                               struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT id FROM lot WHERE state IN (?2, ?3, ?4) AND sha256 = ?1",
                     DB_TEXT(sha256), DB_INT(LOT_STATE_QUEUED), DB_INT(LOT_STATE_SENDING),
                     DB_INT(LOT_STATE_UNCERTAIN));
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

/* ---- giving way ---- */

/* Documents that the heir has too would be there twice: they go. */
static int move_documents(struct store *store, int64_t lot, int64_t heir, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *twice = NULL;
    size_t n = 0;
    int r =
        db_query(store, &query, err,
                 "SELECT id FROM document AS mine WHERE lot = ?1 AND (sha256 = '' OR EXISTS"
                 " (SELECT 1 FROM document WHERE lot = ?2 AND kind = mine.kind AND sha256 = mine.sha256))",
                 DB_INT(lot), DB_INT(heir));
    if (r >= 0)
        r = db_numbers(&query, &twice, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = document_discard(store, twice[i], err);
    struct store_document *moved = NULL;
    if (r >= 0)
        r = store_document_list(store, lot, &moved, &n, err);
    for (size_t i = 0; r >= 0 && moved && i < n; i++)
        r = document_audit(store, heir, &moved[i], err);
    if (moved)
        store_documents_free(moved, n);
    return r < 0
               ? r
               : db_run(store, err, "UPDATE document SET lot = ?2 WHERE lot = ?1", DB_INT(lot), DB_INT(heir));
}

int store_lot_give_way(struct store *store, int64_t lot, int64_t heir, struct err *err)
{
    int r = move_documents(store, lot, heir, err);
    if (r >= 0)
        r = db_run(store, err,
                   "UPDATE total SET n = n - (SELECT count_total FROM lot WHERE id = ?1) WHERE what = ?2",
                   DB_INT(lot), DB_INT(TOTAL_MOVEMENTS));
    if (r >= 0)
        r = db_run(store, err, "UPDATE lot SET state = ?2, next_us = 0 WHERE id = ?1 AND adopted_us <> 0",
                   DB_INT(lot), DB_INT(LOT_BEING_TAKEN_IN));
    if (r >= 0 && sqlite3_changes(store->db) == 0)
        return lot_unknown(lot, err);
    return r < 0
               ? r
               : db_run(
                     store, err,
                     "INSERT INTO search_todo VALUES (?1, 1) ON CONFLICT DO UPDATE SET version = version + 1",
                     DB_INT(lot)); /* no trigger sees that it is not seen any more */
}

int store_lot_erase(struct store *store, int64_t lot, size_t max, struct err *err)
{
    int64_t state = 0;
    int r = db_number(store, &state, err, "SELECT state FROM lot WHERE id = ?1", DB_INT(lot));
    if (r <= 0 || state != LOT_BEING_TAKEN_IN)
        return r < 0 ? r : 0; /* its giving way was undone */
    r = lot_discard_some(store, lot, max, err);
    return r != 0 ? r
                  : db_run(store, err, "DELETE FROM lot WHERE id = ?1 AND state = ?2", DB_INT(lot),
                           DB_INT(LOT_BEING_TAKEN_IN));
}

/*
 * A filter on one state, or on states of lots that are not final, goes by the index of states: few lots have
 * them. Any other is cheaper on the way through the lots, newest first; the plus sign keeps SQLite from the
 * index.
 */
static void where_states(struct select *select, uint32_t states)
{
    bool few = (states & (states - 1)) == 0;
    if (!few) {
        few = true;
        for (int state = 0; state < _LOT_STATE_MAX; state++)
            few = few && !((states >> state & 1) && lot_state_final((enum lot_state)state));
    }
    select_text(select, few ? " AND state IN (" : " AND +state IN (");
    select_bits(select, states);
    select_text(select, ")");
}

int store_lot_list(struct store *store, const struct store_lot_filter *filter, int64_t cursor, size_t limit,
                   struct store_lot **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, LOT_SELECT " WHERE +state >= 0");
    if (cursor)
        select_where(&select, " AND id < ?", DB_INT(cursor));
    if (filter->rp[0])
        select_where(&select, " AND rp = ?", DB_TEXT(filter->rp));
    if (filter->certificate)
        select_where(&select, " AND rp IN (SELECT rp FROM rp WHERE certificate = ?)",
                     DB_INT(filter->certificate));
    if (filter->states)
        where_states(&select, filter->states);
    if (filter->held >= 0)
        select_text(&select, filter->held ? " AND hold <> 0" : " AND hold = 0");
    if (filter->waiting)
        select_text(&select, " AND id IN (" PRECEDENCE_WAITING ")");
    if (filter->since_us)
        select_where(&select, " AND created_us >= ?", DB_INT(filter->since_us));
    if (filter->until_us)
        select_where(&select, " AND created_us <= ?", DB_INT(filter->until_us));
    select_where(&select, " ORDER BY id DESC LIMIT ?", DB_INT((int64_t)MIN(limit, (size_t)INT32_MAX)));

    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = select_query(&select, store, &query, err);
    return r < 0 ? r : db_records(&query, &lot_mapping, ret, ret_n, err);
}

int store_lot_open_ids(struct store *store, int64_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT id FROM lot WHERE next_us <> 0 AND +state >= 0 ORDER BY id");
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

int store_lot_totals(struct store *store, uint64_t *ret_totals, uint64_t *ret_held, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    uint64_t totals[_LOT_STATE_MAX] = {0}, held = 0;
    int r = db_query(store, &query, err, "SELECT what, n FROM total");
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        int64_t what = sqlite3_column_int64(query.stmt, 0);
        uint64_t n = (uint64_t)sqlite3_column_int64(query.stmt, 1);
        if (what >= 0 && what < _LOT_STATE_MAX)
            totals[what] = n;
        else if (what == TOTAL_HELD)
            held = n;
    }
    if (r < 0)
        return r;
    memcpy(ret_totals, totals, sizeof(totals));
    *ret_held = held;
    return 0;
}

int store_lot_adopted(struct store *store, enum lot_state state, uint64_t *ret, struct err *err)
{
    int64_t n = 0;
    int r = db_number(store, &n, err, "SELECT count(*) FROM lot WHERE state = ?1 AND adopted_us <> 0",
                      DB_INT(state));
    if (r >= 0)
        *ret = (uint64_t)n;
    return r;
}

int store_submission_find(struct store *store, const char *key, int64_t **ret_ids, size_t *ret_n,
                          struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = db_query(store, &query, err, "SELECT lot FROM submission WHERE key = ?1 ORDER BY position",
                     DB_TEXT(key));
    if (r >= 0)
        r = db_numbers(&query, &ids, &n, err);
    if (r < 0 || n == 0)
        return r;
    *ret_ids = STEAL(ids);
    *ret_n = n;
    return 1;
}

int store_submission_add(struct store *store, const char *key, const int64_t *ids, size_t n, struct err *err)
{
    int64_t older;
    int r = db_number(store, &older, err, "SELECT lot FROM submission WHERE key = ?1 LIMIT 1", DB_TEXT(key));
    if (r > 0)
        r = db_run(store, err, "DELETE FROM submission WHERE key = ?1", DB_TEXT(key));
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = db_run(store, err, "INSERT INTO submission(key, position, lot) VALUES (?1, ?2, ?3)", DB_TEXT(key),
                   DB_INT((int64_t)i), DB_INT(ids[i]));
    return r;
}
