/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

/*
 * Which lots go before others. Where two lots that may still go to the portal are of one registro patronal
 * and have a worker in common, the table `precedence` has the pair of them. It is filled while a lot is taken
 * in, together with the index of workers, and forgets a pair when the portal has one of the two or will never
 * get it (a trigger does), so whether a lot waits is one look at an index, however large the lots are, and
 * the table is empty when nothing is under way.
 */

/*
 * States of lots that may still go to the portal, as lot_state_may_go() says; and those of lots that are
 * being taken in, too.
 */
#define MAY_GO      "BETWEEN 0 AND 2"
#define MAY_GO_SOON "< 3"

/* State by state, so that each is one look at the index of states. */
int precedence_oldest(struct store *store, int64_t lot, int64_t *ret, struct err *err)
{
    int64_t oldest = 0;
    int r = db_number(store, &oldest, err,
                      "SELECT min(id) FROM (SELECT min(id) AS id FROM lot WHERE state = -1"
                      " UNION ALL SELECT min(id) FROM lot WHERE state = 0"
                      " UNION ALL SELECT min(id) FROM lot WHERE state = 1"
                      " UNION ALL SELECT min(id) FROM lot WHERE state = 2)");
    if (r < 0)
        return r;
    *ret = oldest == lot && store_lot_is_newest(store, lot) ? 0 : oldest;
    return 0;
}

int precedence_note(struct store *store, int64_t lot, int64_t rp, int64_t nss, int64_t oldest,
                    struct err *err)
{
    return db_run(store, err,
                  "INSERT OR IGNORE INTO precedence(lot, older) SELECT max(lot.id, ?1), min(lot.id, ?1)"
                  " FROM movement_key CROSS JOIN lot ON lot.id = movement_key.movement >> 20"
                  " WHERE movement_key.nss = ?2 AND movement_key.rp = ?3 AND movement_key.movement >= ?4"
                  " AND lot.id <> ?1 AND lot.state " MAY_GO_SOON,
                  DB_INT(lot), DB_INT(nss), DB_INT(rp), DB_INT(row_first(oldest)));
}

int store_lot_waits(struct store *store, int64_t lot, struct err *err)
{
    int64_t older;
    return db_number(store, &older, err,
                     "SELECT older FROM precedence CROSS JOIN lot ON lot.id = older"
                     " WHERE precedence.lot = ?1 AND lot.state " MAY_GO " LIMIT 1",
                     DB_INT(lot));
}

static const struct db_field older_fields[] = {
    DB_FIELD(I64, store_older, lot), DB_FIELD(I32, store_older, state), DB_FIELD(I32, store_older, hold)};
static const struct db_mapping older_mapping = DB_MAPPING(store_older, older_fields);

int store_lot_waits_for(struct store *store, int64_t lot, size_t limit, struct store_older **ret,
                        size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT older, lot.state, lot.hold FROM precedence CROSS JOIN lot ON lot.id = older"
                     " WHERE precedence.lot = ?1 AND lot.state " MAY_GO " ORDER BY older LIMIT ?2",
                     DB_INT(lot), DB_INT((int64_t)MIN(limit, (size_t)INT32_MAX)));
    return r < 0 ? r : db_records(&query, &older_mapping, ret, ret_n, err);
}

int store_lot_younger(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT lot FROM precedence CROSS JOIN lot AS younger ON younger.id = precedence.lot"
                     " WHERE older = ?1 AND younger.state = ?2 ORDER BY lot",
                     DB_INT(lot), DB_INT(LOT_STATE_QUEUED));
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

int store_lot_go_ahead(struct store *store, int64_t lot, struct err *err)
{
    return db_run(store, err, "DELETE FROM precedence WHERE lot = ?1", DB_INT(lot));
}

int store_lot_waiting(struct store *store, uint64_t *ret, struct err *err)
{
    int64_t n = 0;
    int r = db_number(store, &n, err, "SELECT count(*) FROM lot WHERE id IN (" PRECEDENCE_WAITING ")");
    if (r >= 0)
        *ret = (uint64_t)n;
    return r;
}
