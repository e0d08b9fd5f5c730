/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "store/lot-columns.h"
#include "store/search-private.h"
#include "store/search-text.h"

/*
 * The statement that finds a page: numbers and keys of its movements, in order. It is put together from parts that are each
 * in order already, which SQLite merges as far as the page goes:
 *   - one for each kind of movement (type and state) that the filter allows, from the table sorted by the page's key. What
 *     else the filter says is looked at in passing, which is cheap as long as enough rows fit;
 *   - or, of a kind of which few rows fit the registros patronales or the dates, those, fetched and sorted;
 *   - or, when few rows have the words or fit some other part of the filter, those (temp.hits), sorted;
 *   - and the movements of lots that wait to be indexed, from the database itself.
 * Sorts that have no table read the whole database.
 */
enum {
    MOST_RPS = 64, /* that are looked at one by one */
    MOST_STREAMS = 64,
};

/* What a page is sorted by: the expression over lot and movement and, where there is one, the table of the index. */
static const struct {
    const char *expression, *table, *column, *of_entry;
    bool text;
} sorts[] = {
    [SEARCH_SORT_LOT] = {"lot.id", NULL, NULL, "e.movement >> 20"},
    [SEARCH_SORT_DATE] = {"movement.date", "by_date", "date", "e.date"},
    [SEARCH_SORT_NSS] = {"movement.nss", "by_nss", "nss", "e.nss"},
    [SEARCH_SORT_FIRST_SURNAME] = {"search_key(paterno, materno, nombres)", "by_name", "name", "e.name", true},
    [SEARCH_SORT_NAMES] = {"search_key(nombres, paterno, materno)", "by_names", "names", "search_turn(e.name)", true},
    [SEARCH_SORT_SECOND_SURNAME] = {"search_key(materno, paterno, nombres)", .text = true},
    [SEARCH_SORT_REGISTRATION] = {"lot.rp", .text = true},
    [SEARCH_SORT_TYPE] = {"movement.type"},
    [SEARCH_SORT_SBC] = {"movement.sbc_centavos"},
    [SEARCH_SORT_CURP] = {"search_key(movement.curp)", .text = true},
    [SEARCH_SORT_UMF] = {"movement.umf", .text = true},
    [SEARCH_SORT_GUIA] = {"movement.guia", .text = true},
    [SEARCH_SORT_CLAVE] = {"movement.clave", .text = true},
    [SEARCH_SORT_WORKER_TYPE] = {"movement.tipo_trabajador"},
    [SEARCH_SORT_SALARY_TYPE] = {"movement.tipo_salario"},
    [SEARCH_SORT_REDUCED_WEEK] = {"movement.jornada"},
    [SEARCH_SORT_CAUSE] = {"movement.causa_baja"},
    [SEARCH_SORT_STATE] = {MOVEMENT_STATE_NOW},
    [SEARCH_SORT_SENT] = {"iif(" MOVEMENT_STATE_NOW " IN (0, 7), 0, lot.attempt_us)"},
    [SEARCH_SORT_RECEIVED] = {"iif(" MOVEMENT_STATE_NOW " IN (0, 7), 0, lot.received_us)"},
    [SEARCH_SORT_APPROVED] = {"iif(" MOVEMENT_STATE_NOW " = 3, lot.answered_us, 0)"},
    [SEARCH_SORT_REJECTED] = {"iif(" MOVEMENT_STATE_NOW " IN (4, 6), lot.answered_us, 0)"},
    [SEARCH_SORT_ERRORS] = {"iif(" MOVEMENT_STATE_NOW " IN (4, 6), coalesce((SELECT code || ' ' || coalesce(text, '')"
                            " FROM main.movement_error WHERE movement_error.movement = movement.id ORDER BY position"
                            " LIMIT 1), ''), '')",
                            .text = true},
    [SEARCH_SORT_EXTEMPORANEOUS] = {MOVEMENT_OWN("extemporaneo", "0")},
    [SEARCH_SORT_IMSS_NAME] = {"coalesce(" MOVEMENT_OWN("imss_name", "''") ", '')", .text = true},
};
_Static_assert(ELEMENTSOF(sorts) == _SEARCH_SORT_MAX, "a sort has no expression");

bool search_sort_is_text(enum search_sort sort)
{
    return sorts[sort].text;
}

/* ---- pieces ---- */

/* Lots begin with the newest, and their movements with the first; all else goes up or down as a whole. */
static bool key_falls(const struct search_query *query)
{
    return query->descending != (query->sort == SEARCH_SORT_LOT);
}

static void add_order(struct search_plan *plan)
{
    buf_printf(&plan->sql, " ORDER BY k %s, m %s LIMIT %zu", key_falls(plan->query) ? "DESC" : "ASC",
               plan->query->descending ? "DESC" : "ASC", plan->query->limit + 1);
}

static void begin_part(struct search_plan *plan)
{
    if (plan->parts++ > 0)
        buf_add_str(&plan->sql, " UNION ALL ");
}

static void add_behind(struct search_plan *plan, const char *key, const char *movement)
{
    char less = plan->query->descending ? '<' : '>';
    if (plan->place.movement == 0)
        return;
    if (plan->query->sort == SEARCH_SORT_LOT)
        buf_printf(&plan->sql, " AND (%s %c :lot OR %s = :lot AND %s %c :movement)", key, less == '<' ? '>' : '<', key,
                   movement, less);
    else
        buf_printf(&plan->sql, " AND (%s, %s) %c (%s, :movement)", key, movement, less,
                   sorts[plan->query->sort].text ? ":key" : ":number");
}

static void add_numbers(struct buf *sql, const char *column, const int64_t *numbers, size_t n)
{
    buf_printf(sql, " AND %s IN (", column);
    for (size_t i = 0; i < n; i++)
        buf_printf(sql, "%s%" PRId64, i ? ", " : "", numbers[i]);
    buf_add_char(sql, ')');
}

static void add_states(struct buf *sql, const char *expression, uint32_t states)
{
    buf_printf(sql, " AND %s IN (", expression);
    const char *comma = "";
    for (unsigned bit = 0; bit < 32; bit++)
        if (states >> bit & 1) {
            buf_printf(sql, "%s%u", comma, bit);
            comma = ", ";
        }
    buf_add_char(sql, ')');
}

static void add_dates(struct buf *sql, const char *column, const struct search_query *query)
{
    if (query->since)
        buf_printf(sql, " AND %s >= :since", column);
    if (query->until)
        buf_printf(sql, " AND %s <= :until", column);
}

/* ---- the database itself ---- */

static void add_lot_range(struct search_plan *plan, const char *movement)
{
    bool behind = plan->query->sort == SEARCH_SORT_LOT && plan->place.movement != 0, down = plan->query->descending;
    struct buf *sql = &plan->sql;
    if (behind) /* the lots behind the place, of its own only what is behind it */
        buf_printf(sql, " AND lot.id %s :lot", down ? ">=" : "<=");
    if (behind && !down)
        buf_printf(sql, " AND %s >= iif(lot.id = :lot, :movement + 1, lot.id << 20)", movement);
    else
        buf_printf(sql, " AND %s >= lot.id << 20", movement);
    if (behind && down)
        buf_printf(sql, " AND %s <= iif(lot.id = :lot, :movement - 1, (lot.id << 20) + 1048575)", movement);
    else
        buf_printf(sql, " AND %s <= (lot.id << 20) + 1048575", movement);
}

static void add_lot_filter(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    struct buf *sql = &plan->sql;
    if (query->lot)
        buf_add_str(sql, " AND lot.id = :only");
    if (query->type)
        buf_printf(sql, " AND lot.type IN (0, %u)", query->type);
    if (query->states) {
        buf_add_str(sql, " AND (lot.answered_us <> 0 OR true");
        add_states(sql, "lot.movement_state", query->states);
        buf_add_char(sql, ')');
    }
}

static void add_movement_filter(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    struct buf *sql = &plan->sql;
    if (plan->n_rps)
        add_numbers(sql, "movement.rp", plan->rps, plan->n_rps);
    if (query->type)
        buf_printf(sql, " AND movement.type = %u", query->type);
    if (query->states)
        add_states(sql, MOVEMENT_STATE_NOW, query->states);
    if (plan->nss >= 0)
        buf_add_str(sql, " AND movement.nss = :nss");
    add_dates(sql, "movement.date", query);
    if (*plan->terms)
        buf_add_str(sql, " AND search_has(:terms, movement.nss, movement.curp, search_key(paterno, materno, nombres))");
}

/* All movements, those of lots that wait to be indexed, or those in temp.hits. */
static void add_database(struct search_plan *plan, bool only_waiting, bool only_hits)
{
    const char *key = sorts[plan->query->sort].expression;
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT %s AS k, movement.id AS m FROM ", key);
    if (only_hits)
        buf_add_str(&plan->sql, "temp.hits CROSS JOIN main.movement AS movement ON movement.id = hits.movement"
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
}

/* ---- the index ---- */

/* What an entry must be besides its type and state. `row` has rp, date and, for text, the signature. */
static void add_row_filter(struct search_plan *plan, const char *row, const struct search_query *dates)
{
    struct buf *sql = &plan->sql;
    if (plan->n_rps) {
        _cleanup_free_ char *column = xasprintf("%s.rp", row);
        add_numbers(sql, column, plan->rps, plan->n_rps);
    }
    _cleanup_free_ char *date = xasprintf("%s.date", row);
    add_dates(sql, date, dates);
    if (*plan->terms)
        buf_printf(sql,
                   " AND (%s.s1 & :s1) = :s1 AND (%s.s2 & :s2) = :s2"
                   " AND search_has(:terms, e.nss, e.curp, e.name)",
                   row, row);
    if (plan->waiting)
        buf_printf(sql, " AND %s.movement >> 20 NOT IN (SELECT lot FROM main.search_todo)", row);
}

/* Behind a place in the order of dates one end of them goes without saying; said, it would be where SQLite begins to look. */
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

static void add_stream(struct search_plan *plan, const char *table, int64_t rp, const struct search_kind *kind)
{
    const char *column = sorts[plan->query->sort].column;
    const struct search_query dates = dates_ahead(plan);
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT b.%s AS k, b.movement AS m FROM ix.%s AS b", column, table);
    if (*plan->terms)
        buf_add_str(&plan->sql, " CROSS JOIN ix.entry AS e ON e.movement = b.movement");
    buf_printf(&plan->sql, " WHERE b.type = %d AND b.state = %d", kind->type, kind->state);
    if (rp)
        buf_printf(&plan->sql, " AND b.rp = %" PRId64, rp);
    add_row_filter(plan, "b", &dates);
    _cleanup_free_ char *key = xasprintf("b.%s", column);
    add_behind(plan, key, "b.movement");
}

/* The rows of a narrow filter, whatever their kind: " FROM … WHERE …". */
static void add_narrow(struct search_plan *plan, struct buf *sql)
{
    buf_printf(sql, " FROM ix.%s AS b", plan->narrow);
    if (sql == &plan->sql)
        buf_add_str(sql, " CROSS JOIN ix.entry AS e ON e.movement = b.movement");
    buf_add_str(sql, " WHERE true");
    if (plan->n_rps > 0 && streq(plan->narrow, "by_rp"))
        add_numbers(sql, "b.rp", plan->rps, plan->n_rps);
    add_dates(sql, "b.date", plan->query);
}

static void add_few(struct search_plan *plan, const struct search_kind *kind)
{
    const char *key = sorts[plan->query->sort].of_entry;
    begin_part(plan);
    buf_printf(&plan->sql, "SELECT %s AS k, e.movement AS m", key);
    add_narrow(plan, &plan->sql);
    buf_printf(&plan->sql, " AND b.type = %d AND b.state = %d", kind->type, kind->state);
    add_row_filter(plan, "e", plan->query);
    add_behind(plan, key, "e.movement");
}

/* Is each of the registros patronales, in each of its kinds, in the order of the page? */
static bool by_rps(const struct search_plan *plan)
{
    return plan->query->sort == SEARCH_SORT_DATE && plan->n_rps > 0 && plan->terms[0] == '\0' &&
           plan->n_rps * plan->n_kinds <= MOST_STREAMS;
}

static void add_streams(struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    bool by_rp = by_rps(plan);
    for (size_t i = 0; i < plan->n_kinds; i++)
        if (plan->kinds[i].few)
            add_few(plan, &plan->kinds[i]);
    for (size_t i = 0; i < plan->n_kinds; i++)
        if (!plan->kinds[i].few)
            for (size_t j = 0; j < (by_rp ? plan->n_rps : 1); j++)
                add_stream(plan, by_rp ? "by_rp" : sorts[query->sort].table, by_rp ? plan->rps[j] : 0, &plan->kinds[i]);
}

static void add_entry_filter(struct search_plan *plan)
{
    if (plan->query->type)
        buf_printf(&plan->sql, " AND e.type = %u", plan->query->type);
    if (plan->query->states)
        add_states(&plan->sql, "e.state", plan->query->states);
    add_row_filter(plan, "e", plan->query);
}

static void add_hits(struct search_plan *plan)
{
    const char *key = sorts[plan->query->sort].of_entry;
    begin_part(plan);
    buf_printf(&plan->sql,
               "SELECT %s AS k, e.movement AS m FROM temp.hits CROSS JOIN ix.entry AS e ON e.movement = hits.movement"
               " WHERE true",
               key);
    add_entry_filter(plan);
    add_behind(plan, key, "e.movement");
}

/* Lot by lot, as they came. */
static void add_lots(struct search_plan *plan)
{
    begin_part(plan);
    buf_add_str(&plan->sql,
                "SELECT lot.id AS k, e.movement AS m FROM main.lot AS lot CROSS JOIN ix.entry AS e WHERE +lot.state >= 0");
    add_lot_range(plan, "e.movement");
    add_lot_filter(plan);
    add_entry_filter(plan);
}

/* ---- the choice ---- */

static void add_kinds(struct search_plan *plan, struct buf *sql)
{
    buf_add_str(sql, " AND type IN (");
    const char *comma = "";
    uint32_t types = 0, states = 0;
    for (size_t i = 0; i < plan->n_kinds; i++) {
        if (!(types >> plan->kinds[i].type & 1)) {
            buf_printf(sql, "%s%d", comma, plan->kinds[i].type);
            comma = ", ";
        }
        types |= UINT32_C(1) << plan->kinds[i].type;
        states |= UINT32_C(1) << plan->kinds[i].state;
    }
    buf_add_char(sql, ')');
    add_states(sql, "state", states);
}

static int forget_hits(struct store *store, struct err *err)
{
    return db_exec(store, "DELETE FROM temp.hits", err);
}

/* Fills temp.hits; 1 when all fit in, 0 when there are too many of them. */
static int take_hits(struct search_plan *plan, struct store *store, struct buf *sql, size_t most, struct err *err)
{
    int r = forget_hits(store, err);
    buf_printf(sql, " LIMIT %zu", most + 1);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    if (r >= 0)
        r = search_statement(plan, store, sql->data, &query, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r : (size_t)sqlite3_changes(store->db) <= most;
}

#define HITS "INSERT INTO temp.hits SELECT "

static int hits_by_number(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, HITS "movement FROM ix.by_nss WHERE nss = :nss");
    add_kinds(plan, &sql);
    return take_hits(plan, store, &sql, INT32_MAX, err);
}

/*
 * Do so many rows have the terms that the first page of them is sooner found in its order? By the newest movements. To find
 * all that have them and sort those takes long when they are many, to look for them in order when they are few.
 */
static int terms_are_frequent(struct search_plan *plan, struct store *store, bool *ret, struct err *err)
{
    enum { ENOUGH = 2 }; /* of 2,000 */
    const struct search_query *query = plan->query;
    const bool in_order = sorts[query->sort].of_entry && plan->n_rps == 0 && !query->since && !query->until;
    _cleanup_query_ struct db_query counting = DB_QUERY_INIT;
    int64_t n = 0;
    int r = 0;
    if (in_order)
        r = search_statement(plan, store,
                             "SELECT count(*) FROM ix.entry AS e WHERE e.movement >="
                             " (SELECT movement FROM ix.entry ORDER BY movement DESC LIMIT 1 OFFSET 2000)"
                             " AND (e.s1 & :s1) = :s1 AND (e.s2 & :s2) = :s2"
                             " AND search_has(:terms, e.nss, e.curp, e.name)",
                             &counting, err);
    if (r >= 0 && in_order)
        r = db_first_number(&counting, &n, err);
    *ret = n >= ENOUGH;
    return MIN(r, 0);
}

/* Those that are not frequent may be among many that have the same trigrams, which still are fewer than all. */
static int hits_by_text(struct search_plan *plan, struct store *store, struct err *err)
{
    bool frequent;
    int r = terms_are_frequent(plan, store, &frequent, err);
    if (r < 0 || frequent)
        return r;
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, HITS "rowid FROM ix.trigram WHERE trigram MATCH :match");
    return take_hits(plan, store, &sql, 10 * plan->most_hits, err);
}

/* Counted first, which costs less than to write down what is too much. `from`: a table and its conditions. */
static int hits_of_table(struct search_plan *plan, struct store *store, const char *from, struct err *err)
{
    _cleanup_free_ char *counting =
        xasprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %zu)", from, plan->most_hits + 1);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_buf_ struct buf sql = BUF_INIT;
    int64_t n = 0;
    int r = search_statement(plan, store, counting, &query, err);
    if (r >= 0)
        r = db_first_number(&query, &n, err);
    if (r < 0 || (size_t)n > plan->most_hits)
        return MIN(r, 0);
    buf_printf(&sql, HITS "movement FROM %s", from);
    return take_hits(plan, store, &sql, plan->most_hits, err);
}

static int hits_by_rp(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf from = BUF_INIT;
    buf_add_str(&from, "ix.by_rp WHERE true");
    add_numbers(&from, "rp", plan->rps, plan->n_rps);
    add_kinds(plan, &from);
    add_dates(&from, "date", plan->query);
    return hits_of_table(plan, store, from.data, err);
}

static int hits_by_date(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf from = BUF_INIT;
    buf_add_str(&from, "ix.by_date WHERE true");
    add_kinds(plan, &from);
    add_dates(&from, "date", plan->query);
    return hits_of_table(plan, store, from.data, err);
}

static int by_size(const void *a, const void *b)
{
    const struct search_kind *x = a, *y = b;
    return (x->n > y->n) - (x->n < y->n);
}

/* So many are sooner fetched than the first of them is met. */
static size_t few_of(const struct search_plan *plan, const struct search_kind *kind)
{
    size_t few = 0;
    while (4 * (few + 1) * (few + 1) <= kind->n && few < plan->most_hits)
        few++;
    return few;
}

static int count_narrow(struct search_plan *plan, struct store *store, const char *sql, const struct search_kind *kind,
                        size_t most, size_t *ret, struct err *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{":type", kind->type}, {":state", kind->state}, {":most", (int64_t)most}};
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int64_t n = 0;
    int r = search_statement(plan, store, sql, &query, err);
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(numbers); i++)
        sqlite3_bind_int64(query.stmt, sqlite3_bind_parameter_index(query.stmt, numbers[i].name), numbers[i].value);
    if (r >= 0)
        r = db_first_number(&query, &n, err);
    *ret = (size_t)n;
    return MIN(r, 0);
}

/*
 * Which kinds have few rows that fit the registros patronales or the dates. To find the first of them in the order of the page
 * may mean to pass all others of the kind, so those few are fetched, and so are all when they are few together. Fetching a row
 * costs about four times as much as passing one.
 */
static int find_few(struct search_plan *plan, struct store *store, struct err *err)
{
    const struct search_query *query = plan->query;
    bool rps = plan->n_rps > 0 && plan->n_rps <= MOST_RPS;
    if (by_rps(plan) || !(rps || query->since || query->until) || (!rps && query->sort == SEARCH_SORT_DATE))
        return 0;
    plan->narrow = rps ? "by_rp" : "by_date";
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT count(*) FROM (SELECT 1");
    add_narrow(plan, &sql);
    buf_add_str(&sql, " AND b.type = :type AND b.state = :state LIMIT :most)");
    qsort(plan->kinds, plan->n_kinds, sizeof(plan->kinds[0]), by_size);
    size_t all = 0, kept = 0;
    int r = 0;
    for (size_t i = 0; r >= 0 && i < plan->n_kinds; i++) {
        struct search_kind kind = plan->kinds[i];
        size_t few = few_of(plan, &kind), left = all < plan->most_hits ? plan->most_hits - all : 0, n = 0;
        r = count_narrow(plan, store, sql.data, &kind, MAX(few, left) + 1, &n, err);
        kind.few = n <= few;
        all += n;
        if (n > 0)
            plan->kinds[kept++] = kind;
    }
    plan->n_kinds = kept;
    for (size_t i = 0; i < kept; i++)
        plan->kinds[i].few = plan->kinds[i].few || all <= plan->most_hits;
    return r;
}

/* 1 when temp.hits holds all rows of the index that may be on the page, 0 when there are too many. */
static int find_hits(struct search_plan *plan, struct store *store, struct err *err)
{
    const struct search_query *query = plan->query;
    uint64_t rows = 0;
    int r = 0;
    for (size_t i = 0; i < plan->n_kinds; i++)
        rows += plan->kinds[i].n;
    if (plan->n_kinds == 0)
        return (r = forget_hits(store, err)) < 0 ? r : 1;
    if (plan->nss >= 0)
        return hits_by_number(plan, store, err);
    if (plan->match.len > 0)
        r = hits_by_text(plan, store, err);
    if (r != 0)
        return r;
    if (sorts[query->sort].table) {
        r = find_few(plan, store, err);
        if (r >= 0 && plan->n_kinds == 0) /* none fits */
            return (r = forget_hits(store, err)) < 0 ? r : 1;
        return r;
    }
    if (plan->n_rps > 0 && plan->n_rps <= MOST_RPS)
        r = hits_by_rp(plan, store, err);
    if (r == 0 && (query->since || query->until || rows <= plan->most_hits))
        r = hits_by_date(plan, store, err);
    return r;
}

int search_plan_make(struct search_plan *plan, struct store *store, bool index, struct err *err)
{
    const struct search_query *query = plan->query;
    const bool indexed = index && query->lot == 0;
    int hits = indexed ? find_hits(plan, store, err) : 0;
    if (hits < 0)
        return hits;
    bool of_entries = sorts[query->sort].of_entry != NULL;
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
