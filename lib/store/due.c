/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/select.h"

/* As the indexes lot_untold and lot_by_deadline have them: else SQLite does not use those. */
#define UNTOLD "deadline_stage < 4 AND 231 >> state & 1"
#define OPEN   "495 >> state & 1"

int store_movement_redone(struct store *store, int64_t lot, uint32_t seq, struct err *err)
{
    int64_t other;
    return db_number(
        store, &other, err,
        "SELECT lot.id FROM movement m"
        " CROSS JOIN movement_key k ON k.nss = m.nss AND k.rp = m.rp AND k.type = m.type AND k.date = m.date"
        " CROSS JOIN lot ON lot.id = k.movement >> 20"
        " WHERE m.id = ?1 AND k.movement > ?2 AND lot.state NOT IN (-1, 7, 9) LIMIT 1",
        DB_INT(row_id(lot, seq)), DB_INT(row_last(lot)));
}

int store_lot_undated(struct store *store, int64_t *ret, struct err *err)
{
    return db_number(store, ret, err,
                     "SELECT id FROM lot WHERE deadline = -1 AND " OPEN " ORDER BY id LIMIT 1");
}

int store_lot_undate(struct store *store, struct err *err)
{
    return db_run(store, err, "UPDATE lot SET deadline = -1 WHERE adopted_us = 0 AND given_up_us = 0 AND " OPEN);
}

int store_lot_set_stage(struct store *store, int64_t lot, enum deadline_stage stage, struct err *err)
{
    return db_run(store, err, "UPDATE lot SET deadline_stage = ?2 WHERE id = ?1", DB_INT(lot),
                  DB_INT((int64_t)stage));
}

static int list(struct store *store, struct select *select, int32_t horizon,
                const struct store_due_cursor *after, size_t limit, struct store_lot **ret, size_t *ret_n,
                struct err *err)
{
    select_where(select, " AND deadline > 0 AND deadline < ?", DB_INT(horizon));
    if (after->deadline) {
        select_where(select, " AND (deadline, id) > (?", DB_INT(after->deadline));
        select_where(select, ", ?)", DB_INT(after->lot));
    }
    select_where(select, " ORDER BY deadline, id LIMIT ?", DB_INT((int64_t)limit));
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = select_query(select, store, &query, err);
    return r < 0 ? r : db_records(&query, &lot_mapping, ret, ret_n, err);
}

int store_lot_untold(struct store *store, int32_t horizon, const struct store_due_cursor *after, size_t limit,
                     struct store_lot **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, LOT_SELECT " WHERE " UNTOLD);
    return list(store, &select, horizon, after, limit, ret, ret_n, err);
}

int store_lot_due(struct store *store, const char *rp, int32_t horizon, const struct store_due_cursor *after,
                  size_t limit, struct store_lot **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, LOT_SELECT " WHERE " OPEN);
    if (*rp)
        select_where(&select, " AND +rp = ?", DB_TEXT(rp));
    return list(store, &select, horizon, after, limit, ret, ret_n, err);
}
