/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-facets.h"
#include "store/search-first.h"
#include "store/search-postings.h"
#include "store/search-private.h"
#include "store/search-text.h"

/*
 * What is looked up before the statement of a page is made: rows that are few, and those that may have the
 * words.
 */

enum {
    MOST_RPS = 64, /* that are looked at one by one */
    MOST_STREAMS = 64,
};

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
    search_add_bits(sql, "state", states);
}

/* Fills the set; 1 when all fit in, 0 when there are too many of them. */
static int take_hits(struct search_plan *plan, struct store *store, const char *sql, size_t most,
                     struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    size_t n = 0;
    search_set_clear(plan->set, (uint32_t)plan->last);
    int r = search_statement(plan, store, sql, &query, err);
    while (r >= 0 && n <= most && (r = db_next(&query, err)) > 0) {
        search_set_add(plan->set, (uint32_t)sqlite3_column_int64(query.stmt, 0));
        n++;
    }
    return r < 0 ? r : n <= most;
}

static int hits_by_number(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT n FROM ix.by_nss WHERE nss = :nss");
    add_kinds(plan, &sql);
    return take_hits(plan, store, sql.data, SIZE_MAX, err);
}

static int hits_by_rp(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT n FROM ix.by_rp WHERE true");
    search_add_numbers(&sql, "rp", plan->rps, plan->n_rps);
    add_kinds(plan, &sql);
    search_add_dates(&sql, "date", plan->query);
    return take_hits(plan, store, sql.data, plan->most_hits, err);
}

static int hits_by_date(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT n FROM ix.by_date WHERE true");
    add_kinds(plan, &sql);
    search_add_dates(&sql, "date", plan->query);
    return take_hits(plan, store, sql.data, plan->most_hits, err);
}

static uint64_t rows_of_kinds(const struct search_plan *plan)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < plan->n_kinds; i++)
        rows += plan->kinds[i].n;
    return rows;
}

/* Where the page's order has no table to walk. */
static int hits_by_filter(struct search_plan *plan, struct store *store, struct err *err)
{
    int r = 0;
    if (plan->n_rps > 0 && plan->n_rps <= MOST_RPS)
        r = hits_by_rp(plan, store, err);
    if (r == 0 && (plan->query->since || plan->query->until || rows_of_kinds(plan) <= plan->most_hits))
        r = hits_by_date(plan, store, err);
    return r;
}

/* Few that have the words are fetched and sorted. */
static bool are_few(const struct search_plan *plan)
{
    return !search_order(plan->query->sort)->of_entry ||
           3 * search_set_count(plan->set) <= 2 * plan->most_hits;
}

/*
 * Very many are met in passing; if they all stand far away, the page is given up after some steps. Lots are
 * of one registro patronal and mostly of a few days: those who want others would have to pass whole lots.
 */
static bool are_very_many(const struct search_plan *plan)
{
    const struct search_query *query = plan->query;
    bool of_few_lots = query->sort == SEARCH_SORT_LOT && (plan->n_rps > 0 || query->since || query->until);
    return !plan->walked && !of_few_lots && search_set_count(plan->set) > (size_t)plan->last / 32;
}

/* Of the others those are fetched that stand first: some, and if they do not suffice, more. */
static int hits_that_stand_first(struct search_plan *plan, struct store *store, struct err *err)
{
    plan->fetched = plan->fetched > 0 ? 16 * plan->fetched : 2 * plan->query->limit;
    return plan->fetched > 10 * plan->most_hits ? 0 : search_first(plan, store, plan->fetched, err);
}

static int hits_by_text(struct search_plan *plan, struct store *store, struct err *err)
{
    const struct search_query *query = plan->query;
    if (plan->fetched > 0) {
        plan->holds = SET_MAY_HAVE_TERMS;
        return hits_that_stand_first(plan, store, err);
    }
    _cleanup_free_ char *plain = search_plain(plan->terms);
    int r = postings_find(store, plain, (uint32_t)plan->last, plan->set, err);
    if (r <= 0)
        return r;
    plan->holds = SET_MAY_HAVE_TERMS;
    if (are_few(plan))
        return 1;
    if (are_very_many(plan)) {
        plan->set->looks = (uint32_t)plan->most_hits + 1;
        return 0;
    }
    if (plan->n_rps > 0 || query->since || query->until || query->types || query->states) {
        r = search_facets_filter(plan, store, err);
        if (r < 0 || are_few(plan))
            return r < 0 ? r : 1;
    }
    return hits_that_stand_first(plan, store, err);
}

bool search_goes_by_rp(const struct search_plan *plan)
{
    return plan->query->sort == SEARCH_SORT_DATE && plan->n_rps > 0 && plan->terms[0] == '\0' &&
           plan->n_rps * plan->n_kinds <= MOST_STREAMS;
}

static int by_size(const void *a, const void *b)
{
    const struct search_kind *x = a, *y = b;
    return COMPARE(x->n, y->n);
}

/* So many are sooner fetched than the first of them is met. */
static size_t few_of(const struct search_plan *plan, const struct search_kind *kind)
{
    size_t few = 0;
    while (3 * (few + 1) * (few + 1) <= kind->n && few < plan->most_hits)
        few++;
    return few;
}

static int count_narrow(struct search_plan *plan, struct store *store, const char *sql,
                        const struct search_kind *kind, size_t most, size_t *ret, struct err *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{":type", kind->type}, {":state", kind->state}, {":most", (int64_t)most}};
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int64_t n = 0;
    int r = search_statement(plan, store, sql, &query, err);
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(numbers); i++)
        sqlite3_bind_int64(query.stmt, sqlite3_bind_parameter_index(query.stmt, numbers[i].name),
                           numbers[i].value);
    if (r >= 0)
        r = db_first_number(&query, &n, err);
    *ret = (size_t)n;
    return MIN(r, 0);
}

/*
 * Which kinds have few rows that fit the registros patronales or the dates. To find the first of them in the
 * order of the page may mean to pass all others of the kind, so those few are fetched, and so are all when
 * they are few together. To read a row there and sort it costs about three times as much as to pass one, a
 * third of what it costs to fetch one from its number.
 */
static int find_few(struct search_plan *plan, struct store *store, struct err *err)
{
    const struct search_query *query = plan->query;
    bool rps = plan->n_rps > 0 && plan->n_rps <= MOST_RPS;
    if (search_goes_by_rp(plan) || !(rps || query->since || query->until) ||
        (!rps && query->sort == SEARCH_SORT_DATE))
        return 0;
    plan->narrow = rps ? "by_rp" : "by_date";
    _cleanup_buf_ struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT count(*) FROM (SELECT 1");
    search_add_narrow(plan, "e", &sql);
    buf_add_str(&sql, " AND e.type = :type AND e.state = :state LIMIT :most)");
    qsort(plan->kinds, plan->n_kinds, sizeof(plan->kinds[0]), by_size);
    const size_t most = 2 * plan->most_hits;
    size_t all = 0, kept = 0;
    int r = 0;
    for (size_t i = 0; r >= 0 && i < plan->n_kinds; i++) {
        struct search_kind kind = plan->kinds[i];
        size_t few = few_of(plan, &kind), left = all < most ? most - all : 0, n = 0;
        r = count_narrow(plan, store, sql.data, &kind, MAX(few, left) + 1, &n, err);
        kind.few = n <= few;
        all += n;
        if (n > 0)
            plan->kinds[kept++] = kind;
    }
    plan->n_kinds = kept;
    for (size_t i = 0; i < kept; i++)
        plan->kinds[i].few = plan->kinds[i].few || all <= most;
    return r;
}

static int no_hits(struct search_plan *plan)
{
    search_set_clear(plan->set, 0);
    return 1;
}

static int find_hits(struct search_plan *plan, struct store *store, struct err *err)
{
    int r = db_number(store, &plan->last, err, "SELECT coalesce(max(n), 0) FROM ix.entry");
    if (r < 0)
        return r;
    r = 0;
    if (plan->n_kinds == 0)
        return no_hits(plan);
    if (plan->nss >= 0)
        return hits_by_number(plan, store, err);
    if (*plan->terms)
        r = hits_by_text(plan, store, err);
    if (r != 0 || plan->holds == SET_MAY_HAVE_TERMS)
        return r;
    if (!search_order(plan->query->sort)->table)
        return hits_by_filter(plan, store, err);
    r = find_few(plan, store, err);
    return r >= 0 && plan->n_kinds == 0 ? no_hits(plan) : r; /* none fits */
}

int search_hits_find(struct search_plan *plan, struct store *store, struct err *err)
{
    int r = find_hits(plan, store, err);
    if (r > 0)
        plan->holds = SET_IS_ALL;
    return r;
}
