/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "store/lot-columns.h"
#include "store/search-private.h"

/*
 * The statement that finds a page: numbers and keys of its movements, in order. It is put together from parts that are each
 * in order already, which SQLite merges as far as the page goes:
 *   - one for each kind of movement (type and state) that the filter allows, from the table sorted by the page's key. What
 *     else the filter says is looked at in passing, which is cheap as long as enough rows fit;
 *   - or, of a kind of which few rows fit the registros patronales or the dates, those, fetched and sorted;
 *   - or, when few rows have the words or fit some other part of the filter, those (search_set), sorted. Of many that have the
 *     words they are those that stand first, and only what they leave of the page is found in passing, by another statement;
 *   - and the movements of lots that wait to be indexed, from the database itself.
 * Sorts that have no table read the whole database.
 */
/* ---- pieces ---- */

/*
 * Lots begin with the newest, or with the oldest, and their movements with the first; all else goes up or
 * down as a whole.
 */
static bool key_falls(const struct search_query *query)
{
    return query->descending != (query->sort == SEARCH_SORT_LOT);
}

static bool movements_fall(const struct search_query *query)
{
    return query->descending && query->sort != SEARCH_SORT_LOT;
}

static void add_order(struct search_plan *plan)
{
    buf_printf(&plan->sql, " ORDER BY k %s, m %s LIMIT %zu", key_falls(plan->query) ? "DESC" : "ASC",
               movements_fall(plan->query) ? "DESC" : "ASC", plan->query->limit + 1);
}

static void begin_part(struct search_plan *plan)
{
    if (plan->parts++ > 0)
        buf_add_str(&plan->sql, " UNION ALL ");
}

/* Which are behind a place; `name` is put before those of its values. */
static void add_is_behind(struct search_plan *plan, const char *name, const char *key, const char *movement)
{
    char less = plan->query->descending ? '<' : '>';
    if (plan->query->sort == SEARCH_SORT_LOT)
        buf_printf(&plan->sql, "(%s %c :%slot OR %s = :%slot AND %s > :%smovement)", key,
                   less == '<' ? '>' : '<', name, key, name, movement, name);
    else
        buf_printf(&plan->sql, "(%s, %s) %c (:%s%s, :%smovement)", key, movement, less, name,
                   search_order(plan->query->sort)->text ? "key" : "number", name);
}

static void add_behind(struct search_plan *plan, const char *key, const char *movement)
{
    if (plan->place.movement == 0)
        return;
    buf_add_str(&plan->sql, " AND ");
    add_is_behind(plan, "", key, movement);
}

static void add_within_reach(struct search_plan *plan, const char *key, const char *movement)
{
    if (plan->reach.movement == 0)
        return;
    buf_add_str(&plan->sql, " AND NOT ");
    add_is_behind(plan, "reach_", key, movement);
}

void search_add_numbers(struct buf *sql, const char *column, const int64_t *numbers, size_t n)
{
    buf_printf(sql, " AND %s IN (", column);
    for (size_t i = 0; i < n; i++)
        buf_printf(sql, "%s%" PRId64, i ? ", " : "", numbers[i]);
    buf_add_char(sql, ')');
}

void search_add_bits(struct buf *sql, const char *expression, uint32_t bits)
{
    buf_printf(sql, " AND %s IN (", expression);
    const char *comma = "";
    for (unsigned bit = 0; bit < 32; bit++)
        if (bits >> bit & 1) {
            buf_printf(sql, "%s%u", comma, bit);
            comma = ", ";
        }
    buf_add_char(sql, ')');
}

void search_add_dates(struct buf *sql, const char *column, const struct search_query *query)
{
    if (query->since)
        buf_printf(sql, " AND %s >= :since", column);
    if (query->until)
        buf_printf(sql, " AND %s <= :until", column);
}

/* ---- the database itself ---- */

static void add_lot_range(struct search_plan *plan, const char *movement)
{
    bool behind = plan->query->sort == SEARCH_SORT_LOT && plan->place.movement != 0,
         down = plan->query->descending;
    struct buf *sql = &plan->sql;
    if (behind) /* the lots behind the place, of its own only what is behind it */
        buf_printf(sql, " AND lot.id %s :lot", down ? ">=" : "<=");
    if (behind)
        buf_printf(sql, " AND %s >= iif(lot.id = :lot, :movement + 1, lot.id << 20)", movement);
    else
        buf_printf(sql, " AND %s >= lot.id << 20", movement);
    buf_printf(sql, " AND %s <= (lot.id << 20) + 1048575", movement);
}

static void add_lot_filter(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    struct buf *sql = &plan->sql;
    if (query->lot)
        buf_add_str(sql, " AND lot.id = :only");
    if (query->types)
        search_add_bits(sql, "lot.type", query->types | 1u << MOVEMENT_NONE); /* with those that are mixed */
    if (query->states) {
        buf_add_str(sql, " AND (lot.answered_us <> 0 OR true");
        search_add_bits(sql, "lot.movement_state", query->states);
        buf_add_char(sql, ')');
    }
}

static void add_movement_filter(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    struct buf *sql = &plan->sql;
    if (plan->n_rps)
        search_add_numbers(sql, "movement.rp", plan->rps, plan->n_rps);
    if (query->types)
        search_add_bits(sql, "movement.type", query->types);
    if (query->states)
        search_add_bits(sql, MOVEMENT_STATE_NOW, query->states);
    if (plan->nss >= 0)
        buf_add_str(sql, " AND movement.nss = :nss");
    search_add_dates(sql, "movement.date", query);
    if (*plan->terms)
        buf_add_str(sql, " AND search_has(:terms, movement.nss, search_key(movement.curp),"
                         " search_key(paterno, materno, nombres))");
}

/* All movements, those of lots that wait to be indexed, or those in the set. */
static void add_database(struct search_plan *plan, bool only_waiting, bool only_hits)
{
    const char *key = search_order(plan->query->sort)->expression;
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT %s AS k, movement.id AS m FROM ", key);
    if (only_hits)
        buf_add_str(&plan->sql,
                    "search_set CROSS JOIN ix.entry AS e ON e.n = search_set.n"
                    " CROSS JOIN main.movement AS movement ON movement.id = e.movement"
                    " CROSS JOIN main.lot AS lot ON lot.id = movement.id >> 20 WHERE +lot.state >= 0");
    else {
        buf_add_str(&plan->sql, "main.lot AS lot CROSS JOIN main.movement AS movement WHERE +lot.state >= 0");
        add_lot_range(plan, "movement.id");
    }
    if (only_waiting)
        buf_add_str(&plan->sql, " AND lot.id IN (SELECT lot FROM main.search_todo)");
    else if (only_hits && plan->waiting)
        buf_add_str(&plan->sql, " AND lot.id NOT IN (SELECT lot FROM main.search_todo)");
    add_lot_filter(plan);
    add_movement_filter(plan);
    if (plan->query->sort != SEARCH_SORT_LOT || only_hits)
        add_behind(plan, key, "movement.id");
    add_within_reach(plan, key, "movement.id");
}

/* ---- the index ---- */

/* What an entry must be besides its type and state. `row` has rp, date and n. */
static void add_row_filter(struct search_plan *plan, const char *row, const struct search_query *dates)
{
    struct buf *sql = &plan->sql;
    if (plan->n_rps) {
        _cleanup_free_ char *column = xasprintf("%s.rp", row);
        search_add_numbers(sql, column, plan->rps, plan->n_rps);
    }
    _cleanup_free_ char *date = xasprintf("%s.date", row);
    search_add_dates(sql, date, dates);
    if (plan->holds == SET_MAY_HAVE_TERMS)
        buf_printf(sql, " AND search_in(%s.n)", row);
    if (*plan->terms)
        buf_add_str(sql, " AND search_has(:terms, e.nss, e.curp, e.name)");
    if (plan->waiting)
        buf_printf(sql, " AND %s.movement >> 20 NOT IN (SELECT lot FROM main.search_todo)", row);
}

/*
 * Behind a place in the order of dates one end of them goes without saying; said, it would be where SQLite
 * begins to look.
 */
static struct search_query dates_ahead(const struct search_plan *plan)
{
    struct search_query query = *plan->query;
    if (query.sort != SEARCH_SORT_DATE || plan->place.movement == 0)
        return query;
    if (!query.descending && plan->place.number >= query.since)
        query.since = 0;
    if (query.descending && plan->place.number <= query.until)
        query.until = 0;
    return query;
}

static void add_stream(struct search_plan *plan, const char *table, int64_t rp,
                       const struct search_kind *kind)
{
    const char *column = search_order(plan->query->sort)->column;
    const struct search_query dates = dates_ahead(plan);
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT b.%s AS k, b.movement AS m FROM ix.%s AS b", column, table);
    if (*plan->terms)
        buf_add_str(&plan->sql, " CROSS JOIN ix.entry AS e ON e.n = b.n");
    buf_printf(&plan->sql, " WHERE b.type = %d AND b.state = %d", kind->type, kind->state);
    if (rp)
        buf_printf(&plan->sql, " AND b.rp = %" PRId64, rp);
    add_row_filter(plan, "b", &dates);
    _cleanup_free_ char *key = xasprintf("b.%s", column);
    add_behind(plan, key, "b.movement");
}

void search_add_narrow(const struct search_plan *plan, const char *row, struct buf *sql)
{
    buf_printf(sql, " FROM ix.%s AS %s", plan->narrow, row);
    if (!streq(row, "e"))
        buf_printf(sql, " CROSS JOIN ix.entry AS e ON e.n = %s.n", row);
    buf_add_str(sql, " WHERE true");
    _cleanup_free_ char *rp = xasprintf("%s.rp", row), *date = xasprintf("%s.date", row);
    if (plan->n_rps > 0 && streq(plan->narrow, "by_rp"))
        search_add_numbers(sql, rp, plan->rps, plan->n_rps);
    search_add_dates(sql, date, plan->query);
}

/* Only the CURP, in which words may be, is not in the narrow table. */
static void add_few(struct search_plan *plan, const struct search_kind *kind)
{
    const char *key = search_order(plan->query->sort)->of_entry, *row = *plan->terms ? "b" : "e";
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT %s AS k, e.movement AS m", key);
    search_add_narrow(plan, row, &plan->sql);
    buf_printf(&plan->sql, " AND %s.type = %d AND %s.state = %d", row, kind->type, row, kind->state);
    add_row_filter(plan, row, plan->query);
    add_behind(plan, key, "e.movement");
}

static void add_streams(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    bool by_rp = search_goes_by_rp(plan);
    for (size_t i = 0; i < plan->n_kinds; i++)
        if (plan->kinds[i].few)
            add_few(plan, &plan->kinds[i]);
    for (size_t i = 0; i < plan->n_kinds; i++)
        if (!plan->kinds[i].few)
            for (size_t j = 0; j < (by_rp ? plan->n_rps : 1); j++)
                add_stream(plan, by_rp ? "by_rp" : search_order(query->sort)->table, by_rp ? plan->rps[j] : 0,
                           &plan->kinds[i]);
}

static void add_entry_filter(struct search_plan *plan)
{
    if (plan->query->types)
        search_add_bits(&plan->sql, "e.type", plan->query->types);
    if (plan->query->states)
        search_add_bits(&plan->sql, "e.state", plan->query->states);
    add_row_filter(plan, "e", plan->query);
}

static void add_hits(struct search_plan *plan)
{
    const char *key = search_order(plan->query->sort)->of_entry;
    begin_part(plan);
    buf_printf(&plan->sql,
               "SELECT %s AS k, e.movement AS m FROM search_set CROSS JOIN ix.entry AS e ON e.n = "
               "search_set.n WHERE true",
               key);
    add_entry_filter(plan);
    add_behind(plan, key, "e.movement");
}

/* Lot by lot, as they came. */
static void add_lots(struct search_plan *plan)
{
    begin_part(plan);
    buf_add_str(&plan->sql, "SELECT lot.id AS k, e.movement AS m FROM main.lot AS lot CROSS JOIN ix.entry AS "
                            "e WHERE +lot.state >= 0");
    add_lot_range(plan, "e.movement");
    add_lot_filter(plan);
    add_entry_filter(plan);
}

/* ---- the statement ---- */

int search_plan_make(struct search_plan *plan, struct store *store, bool index, struct err *err)
{
    const struct search_query *query = plan->query;
    const bool indexed = index && query->lot == 0;
    int hits = indexed && plan->holds == SET_UNKNOWN ? search_hits_find(plan, store, err) : 0;
    if (hits < 0)
        return hits;
    bool of_entries = search_order(query->sort)->of_entry != NULL;
    bool everything = !indexed || (!of_entries && !hits);
    if (everything)
        add_database(plan, false, false);
    else if (!of_entries)
        add_database(plan, false, true);
    else if (hits)
        add_hits(plan);
    else if (query->sort == SEARCH_SORT_LOT)
        add_lots(plan);
    else
        add_streams(plan);
    if (!everything && plan->waiting)
        add_database(plan, true, false);
    add_order(plan);
    return 0;
}

void search_plan_swap_sets(struct search_plan *plan)
{
    const struct search_set set = *plan->set;
    *plan->set = *plan->rest;
    *plan->rest = set;
}

static void move_place(struct search_plan *plan, const struct search_place *to)
{
    free(plan->place.text);
    plan->place = (struct search_place){to->number, to->text ? xstrdup(to->text) : NULL, to->movement};
}

bool search_plan_goes_on(struct search_plan *plan, const struct search_place *last)
{
    buf_reset(&plan->sql);
    plan->parts = 0;
    plan->holds = SET_UNKNOWN;
    if (plan->set->tired) {
        plan->set->tired = false;
        plan->walked = true;
        if (last->movement)
            move_place(plan, last);
        return true;
    }
    if (plan->reach.movement == 0)
        return false;
    search_plan_swap_sets(plan);
    free(plan->place.text);
    plan->place = plan->reach;
    plan->reach = (struct search_place){0};
    return true;
}
