/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

/*
 * How each registro patronal stands. Only lots that are not done with are looked at, and of the others the last one that
 * IMSS operated, each by its index; so this takes long only where much is open.
 */

static const struct db_field fields[] = {
    DB_FIELD(CHARS, store_overview, rp),        DB_FIELD(I64, store_overview, queued),
    DB_FIELD(I64, store_overview, uncertain),   DB_FIELD(I64, store_overview, received),
    DB_FIELD(I64, store_overview, quarantined), DB_FIELD(I64, store_overview, held),
    DB_FIELD(I32, store_overview, hold),        DB_FIELD(I64, store_overview, late),
    DB_FIELD(I64, store_overview, due),         DB_FIELD(I64, store_overview, rejected),
    DB_FIELD(I64, store_overview, failed),      DB_FIELD(I64, store_overview, success_us),
};
static const struct db_mapping mapping = DB_MAPPING(store_overview, fields);

/* A lot that was rejected, in whole or in part, and that no lot corrects which is alive, although somebody may yet. */
#define UNCORRECTED                                                                                          \
    "state IN (5, 6) AND given_up_us = 0 AND erased_us = 0 AND NOT EXISTS("                                  \
    "SELECT 1 FROM lot child WHERE child.parent = lot.id AND child.state NOT IN (7, 9))"
/* A file that was refused, and not taken again later, as store_movement_redone() says it of its first movement. */
#define NOT_REDONE                                                                                           \
    "given_up_us = 0 AND erased_us = 0 AND NOT EXISTS(SELECT 1 FROM movement m CROSS JOIN movement_key k "   \
    "ON k.nss = m.nss AND k.rp = m.rp"                                                                       \
    " AND k.type = m.type AND k.date = m.date CROSS JOIN lot other ON other.id = k.movement >> 20"           \
    " WHERE m.id = lot.id << 20 AND k.movement > (lot.id << 20) + 1048575 AND other.state NOT IN (-1, 7, "   \
    "9))"
/* What IMSS does not have yet counts for its last legal day, and so does what it rejected. */
#define TO_BE_SENT "(state IN (0, 1, 2) OR (state = 7 AND " NOT_REDONE ") OR (" UNCORRECTED "))"

int store_overview_list(struct store *store, int32_t today, struct store_overview **ret, size_t *ret_n,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        "WITH open AS (SELECT rp, sum(state IN (0, 1)) queued, sum(state = 2) uncertain,"
        "   sum(state = 3) received, sum(state = 8) quarantined, sum(hold <> 0) held,"
        "   coalesce(max(hold), 0) hold FROM lot WHERE state IN (0, 1, 2, 3, 8) GROUP BY rp),"
        " late AS (SELECT rp, sum(deadline < ?1) late, sum(deadline = ?1) due FROM lot"
        "   WHERE 495 >> state & 1 AND deadline > 0 AND deadline <= ?1 AND " TO_BE_SENT "   GROUP BY rp),"
        " bad AS (SELECT rp, sum(rejected) rejected FROM lot WHERE " UNCORRECTED " GROUP BY rp),"
        " refused AS (SELECT rp, count(*) failed FROM lot WHERE state = 7 AND " NOT_REDONE " GROUP BY rp)"
        " SELECT rp.rp, coalesce(queued, 0), coalesce(uncertain, 0), coalesce(received, 0),"
        "   coalesce(quarantined, 0), coalesce(held, 0), coalesce(hold, 0), coalesce(late, 0),"
        "   coalesce(due, 0), coalesce(rejected, 0), coalesce(failed, 0),"
        "   coalesce((SELECT finished_us FROM lot WHERE lot.rp = rp.rp AND 48 >> state & 1"
        "     ORDER BY finished_us DESC LIMIT 1), 0)"
        " FROM rp LEFT JOIN open ON open.rp = rp.rp LEFT JOIN late ON late.rp = rp.rp"
        "   LEFT JOIN bad ON bad.rp = rp.rp LEFT JOIN refused ON refused.rp = rp.rp WHERE rp.removed_us = 0 "
        "ORDER BY rp.rp",
        DB_INT(today));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}
