/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/select.h"

/* As the indexes lot_untold and lot_by_deadline have them: else SQLite does not use those. */
#define UNTOLD "untold_day > 0 AND 231 >> state & 1"
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
    return db_run(store, err,
                  "UPDATE lot SET deadline = -1, untold_day = 0 WHERE adopted_us = 0 AND given_up_us = 0 AND "
                  "erased_us = 0 AND " OPEN);
}

/* ---- the last days of a lot: only those of lots that have several are stored apart ---- */

int store_lot_last_days(struct store *store, const struct store_lot *lot, struct last_days *ret,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct last_days days = {0};
    int r =
        db_query(store, &query, err, "SELECT day FROM last_day WHERE lot = ?1 ORDER BY day", DB_INT(lot->id));
    while (r >= 0 && (r = db_next(&query, err)) > 0)
        last_days_add(&days, sqlite3_column_int(query.stmt, 0));
    if (r < 0) {
        last_days_free(&days);
        return r;
    }
    if (days.n == 0 && lot->deadline > 0)
        last_days_add(&days, lot->deadline);
    *ret = days;
    return 0;
}

int store_lot_set_last_days(struct store *store, int64_t lot, const struct last_days *days, struct err *err)
{
    int r = db_run(store, err, "DELETE FROM last_day WHERE lot = ?1", DB_INT(lot));
    for (size_t i = 0; r >= 0 && days->n > 1 && i < days->n; i++)
        r = db_run(store, err, "INSERT INTO last_day(lot, day) VALUES (?1, ?2)", DB_INT(lot),
                   DB_INT(days->days[i]));
    return r;
}

int store_lot_set_told(struct store *store, int64_t lot, int64_t now_us, bool in_doubt, int32_t untold_day,
                       struct err *err)
{
    return db_run(store, err,
                  "UPDATE lot SET told_us = ?2, told_in_doubt = ?3, untold_day = ?4 WHERE id = ?1",
                  DB_INT(lot), DB_INT(now_us), DB_INT(in_doubt), DB_INT(untold_day));
}

#define UNTELL "UPDATE lot SET told_us = 0, told_in_doubt = 0, untold_day = max(deadline, 0) WHERE "

int store_lot_untell(struct store *store, int64_t after_us, bool doubts, struct err *err)
{
    int r = doubts ? db_run(store, err, UNTELL "told_in_doubt <> 0") : 0;
    return r < 0 ? r : db_run(store, err, UNTELL "told_us <> 0 AND told_us > ?1", DB_INT(after_us));
}

/* ---- lots by their last day ---- */

/* By the column `day`, which the texts have. */
#define BEFORE(day)   " AND " day " > 0 AND " day " < ?"
#define BEHIND(day)   " AND (" day ", id) > (?"
#define IN_ORDER(day) " ORDER BY " day ", id LIMIT ?"

static const struct order {
    const char *before, *behind, *in_order;
} by_deadline = {BEFORE("deadline"), BEHIND("deadline"), IN_ORDER("deadline")},
  by_untold = {BEFORE("untold_day"), BEHIND("untold_day"), IN_ORDER("untold_day")};

static int list(struct store *store, struct select *select, const struct order *order, int32_t horizon,
                const struct store_due_cursor *after, size_t limit, struct store_lot **ret, size_t *ret_n,
                struct err *err)
{
    select_where(select, order->before, DB_INT(horizon));
    if (after->deadline) {
        select_where(select, order->behind, DB_INT(after->deadline));
        select_where(select, ", ?)", DB_INT(after->lot));
    }
    select_where(select, order->in_order, DB_INT((int64_t)limit));
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = select_query(select, store, &query, err);
    return r < 0 ? r : db_records(&query, &lot_mapping, ret, ret_n, err);
}

int store_lot_untold(struct store *store, int32_t horizon, const struct store_due_cursor *after, size_t limit,
                     struct store_lot **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, LOT_SELECT " WHERE " UNTOLD);
    return list(store, &select, &by_untold, horizon, after, limit, ret, ret_n, err);
}

int store_lot_due(struct store *store, const char *rp, int32_t horizon, const struct store_due_cursor *after,
                  size_t limit, struct store_lot **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, LOT_SELECT " WHERE " OPEN);
    if (*rp)
        select_where(&select, " AND +rp = ?", DB_TEXT(rp));
    return list(store, &select, &by_deadline, horizon, after, limit, ret, ret_n, err);
}
