/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/reindex.h"

/*
 * The table `precedence` held against the index of workers. What is missing in it would let a baja overtake its
 * alta; what is too much would keep a lot waiting for nothing. One thing in it is no index: where a person let a lot
 * go ahead, its pairs were taken out for good. That this was done is in the history alone.
 */

/* Older lots than the one whose rows begin at ?3 that may still go and have a worker of its rows ?1 to ?2. */
#define COMMON_WORKER                                                                                        \
    " FROM movement AS m CROSS JOIN movement_key AS k ON k.nss = m.nss AND k.rp = m.rp"                      \
    " CROSS JOIN lot AS old ON old.id = k.movement >> 20 AND old.state < 3"                                  \
    " WHERE m.id BETWEEN ?1 AND ?2 AND k.movement < ?3"

int store_order_next(struct store *store, int64_t behind, int64_t *ret, struct err *err)
{
    int r = db_number(
        store, ret, err,
        "SELECT coalesce(min(id), 0) FROM (SELECT min(id) AS id FROM lot WHERE state = 0 AND id > ?1"
        " UNION ALL SELECT min(id) FROM lot WHERE state = 1 AND id > ?1"
        " UNION ALL SELECT min(id) FROM lot WHERE state = 2 AND id > ?1"
        " UNION ALL SELECT min(lot) FROM precedence WHERE lot > ?1)",
        DB_INT(behind));
    return r < 0 ? r : *ret > 0;
}

void store_order_begin(struct store_order *order, int64_t lot)
{
    free(order->older);
    *order = (struct store_order){.lot = lot, .at = row_first(lot)};
}

static int by_number(const void *a, const void *b)
{
    return COMPARE(*(const int64_t *)a, *(const int64_t *)b);
}

static bool has(const int64_t *numbers, size_t n, int64_t number)
{
    return n > 0 && bsearch(&number, numbers, n, sizeof(number), by_number);
}

/* What is not there yet is added, in order. */
static void merge(struct store_order *order, const int64_t *found, size_t n)
{
    const size_t before = order->n;
    order->older = xreallocarray(order->older, order->n + n + 1, sizeof(*order->older));
    for (size_t i = 0; i < n; i++)
        if (!has(order->older, before, found[i]))
            order->older[order->n++] = found[i];
    qsort(order->older, order->n, sizeof(*order->older), by_number);
}

int store_order_look(struct store *store, struct store_order *order, size_t max, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *found = NULL;
    size_t n = 0;
    const int64_t to = order->at + (int64_t)max - 1, first = row_first(order->lot),
                  last = row_last(order->lot);
    int r = db_query(store, &query, err, "SELECT DISTINCT old.id" COMMON_WORKER, DB_INT(order->at),
                     DB_INT(MIN(to, last)), DB_INT(first));
    if (r >= 0)
        r = db_numbers(&query, &found, &n, err);
    if (r < 0)
        return r;
    merge(order, found, n);
    order->at = to + 1;
    int64_t any;
    return db_number(store, &any, err, "SELECT 1 FROM movement WHERE id BETWEEN ?1 AND ?2 LIMIT 1",
                     DB_INT(order->at), DB_INT(last));
}

static int may_go(struct store *store, int64_t lot, struct err *err)
{
    int64_t any;
    return db_number(store, &any, err, "SELECT 1 FROM lot WHERE id = ?1 AND state BETWEEN 0 AND 2",
                     DB_INT(lot));
}

static int went_ahead(struct store *store, int64_t lot, struct err *err)
{
    int64_t any;
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
    return db_number(store, &any, err,
                     "SELECT 1 FROM audit WHERE object = ?1 AND action = 'retry' AND outcome = 'ok'"
                     " AND iif(json_valid(detail), json_extract(detail, '$.ahead'), 0) LIMIT 1",
                     DB_TEXT(object));
}

/* Asked again before a pair is taken out: lots that are being taken in may have brought it since. */
static int is_right(struct store *store, int64_t lot, int64_t older, struct err *err)
{
    int64_t any;
    return db_number(
        store, &any, err,
        "SELECT 1" COMMON_WORKER " AND old.id = ?4 AND (SELECT state FROM lot WHERE id = ?5) < 3 LIMIT 1",
        DB_INT(row_first(lot)), DB_INT(row_last(lot)), DB_INT(row_first(lot)), DB_INT(older), DB_INT(lot));
}

static int take_out(struct store *store, const struct store_order *order, const int64_t *there, size_t n,
                    size_t *repaired, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        int r = has(order->older, order->n, there[i]) ? 1 : is_right(store, order->lot, there[i], err);
        if (r == 0) {
            r = db_run(store, err, "DELETE FROM precedence WHERE lot = ?1 AND older = ?2", DB_INT(order->lot),
                       DB_INT(there[i]));
            ++*repaired;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static int put_in(struct store *store, const struct store_order *order, const int64_t *there, size_t n,
                  size_t *repaired, struct err *err)
{
    int ahead = -1; /* not asked yet: the history is long */
    for (size_t i = 0; i < order->n; i++) {
        if (has(there, n, order->older[i]))
            continue;
        int r = ahead < 0 ? ahead = went_ahead(store, order->lot, err) : 0;
        if (r != 0)
            return MIN(r, 0);
        r = db_run(store, err,
                   "INSERT INTO precedence(lot, older) SELECT ?1, id FROM lot WHERE id = ?2 AND state < 3",
                   DB_INT(order->lot), DB_INT(order->older[i]));
        if (r < 0)
            return r;
        *repaired += (size_t)sqlite3_changes(store->db);
    }
    return 0;
}

int store_order_repair(struct store *store, const struct store_order *order, size_t *ret_repaired,
                       struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *there = NULL;
    size_t n = 0, repaired = 0;
    int r = db_query(store, &query, err, "SELECT older FROM precedence WHERE lot = ?1 ORDER BY older",
                     DB_INT(order->lot));
    if (r >= 0)
        r = db_numbers(&query, &there, &n, err);
    if (r >= 0)
        r = take_out(store, order, there, n, &repaired, err);
    if (r >= 0)
        r = may_go(store, order->lot, err);
    if (r > 0)
        r = put_in(store, order, there, n, &repaired, err);
    if (r < 0)
        return r;
    *ret_repaired = repaired;
    return 0;
}
