/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "store/lot-columns.h"
#include "store/search-private.h"
#include "store/search-text.h"

enum { STEPS_BETWEEN_LOOKS = 100000, LONGEST_US = 20 * US_PER_S, MOST_HITS = 1500 };

struct search {
    struct store *store; /* reads the database; the index is attached as ix */
    bool attached;
    size_t most_hits;
    struct search_set set, rest; /* of what is looked at for a page, and for what is behind that */
    struct search_statements statements;
    struct deadline_memo deadlines; /* of the present page's calendar */
    int64_t until_us;               /* boot clock: when the present page is given up */
};

/* ---- opening ---- */

static int too_long(void *data)
{
    const struct search *search = data;
    return clock_boot_us(&clock_system) > search->until_us;
}

int search_open(const char *path, struct search **ret, struct err *err)
{
    struct search *search = xcalloc(1, sizeof(*search));
    *search = (struct search){.most_hits = MOST_HITS, .until_us = INT64_MAX};
    int r = db_open_reader(path, &search->store, err);
    /* SQLite would rather index all movements anew for one page than look at the type of those that are passed. */
    if (r >= 0)
        r = db_exec(search->store, "PRAGMA automatic_index = OFF", err);
    if (r >= 0 && (search_set_register(search->store->db, &search->set) != SQLITE_OK ||
                   search_sort_register(search->store->db, &search->deadlines) != SQLITE_OK))
        r = db_fail(search->store, err);
    if (r < 0) {
        search_close(search);
        return r;
    }
    search_text_functions(search->store->db);
    sqlite3_progress_handler(search->store->db, STEPS_BETWEEN_LOOKS, too_long, search);
    *ret = search;
    return 0;
}

void search_set_most_hits(struct search *search, size_t most)
{
    search->most_hits = most;
}

static void forget_prepared(struct search_prepared *prepared)
{
    sqlite3_finalize(prepared->stmt);
    free(prepared->sql);
    *prepared = (struct search_prepared){0};
}

struct search *search_close(struct search *search)
{
    if (!search)
        return NULL;
    for (size_t i = 0; i < ELEMENTSOF(search->statements.items); i++)
        forget_prepared(&search->statements.items[i]);
    store_close(search->store);
    search_set_free(&search->set);
    search_set_free(&search->rest);
    free(search);
    return NULL;
}

static void detach(struct search *search)
{
    if (search->attached)
        sqlite3_exec(search->store->db, "DETACH ix", NULL, NULL, NULL);
    search->attached = false;
}

/* Without an index everything is found all the same. */
static void attach(struct search *search)
{
    detach(search);
    _cleanup_free_ char *path = search_index_path(search->store->path);
    char *sql = sqlite3_mprintf("ATTACH %Q AS ix; PRAGMA ix.cache_size = -2048", path);
    search->attached = sqlite3_exec(search->store->db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
}

/*
 * Does the index belong to the database, as both are seen now? It may be one slice ahead of what the database
 * notes; the lots of that slice are still in search_todo.
 */
static bool index_fits(struct search *search)
{
    int64_t fits = 0;
    return search->attached &&
           db_number(search->store, &fits, NULL,
                     "SELECT meta.generation - CAST(g.value AS INTEGER) IN (0, 1) FROM main.value AS t"
                     " JOIN main.value AS g JOIN ix.meta AS meta WHERE t.name = '" SEARCH_TOKEN
                     "' AND g.name = '" SEARCH_GENERATION "' AND meta.token = t.value") > 0 &&
           fits;
}

/* Begins the reading. The database is looked at first, so that what it takes for indexed is indexed. */
static int begin(struct search *search, bool *ret_index, struct err *err)
{
    for (int try = 0; try < 2; try++) {
        int64_t any;
        int r = db_exec(search->store, "BEGIN", err);
        if (r >= 0)
            r = db_number(search->store, &any, err,
                          "SELECT count(*) FROM main.value WHERE name = '" SEARCH_TOKEN "'");
        if (r < 0)
            return r;
        *ret_index = index_fits(search);
        if (*ret_index || try > 0)
            break;
        db_exec(search->store, "COMMIT", NULL);
        attach(search);
    }
    return 0;
}

/* ---- cursors: "SORT+MOVEMENT:KEY:CHECK", KEY a number or, in hex, a text ---- */

static uint32_t checksum(const char *text, size_t n)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT32_C(16777619);
    return hash;
}

static char *write_cursor(const struct search_query *query, const struct search_place *place)
{
    struct buf cursor = BUF_INIT;
    buf_printf(&cursor, "%s%c%" PRId64 ":", search_sort_name(query->sort), query->descending ? '-' : '+',
               place->movement);
    if (place->text)
        for (const char *at = place->text; *at; at++)
            buf_printf(&cursor, "%02x", (unsigned)(unsigned char)*at);
    else
        buf_printf(&cursor, "%" PRId64, place->number);
    buf_printf(&cursor, ":%08x", checksum(cursor.data, cursor.len));
    return buf_steal(&cursor, NULL);
}

static char *from_hex(const char *hex, size_t n)
{
    char *text = xcalloc(n / 2 + 1, 1);
    for (size_t i = 0; i + 1 < n; i += 2) {
        unsigned byte = 0;
        if (sscanf((const char[]){hex[i], hex[i + 1], '\0'}, "%2x", &byte) != 1 || byte == 0)
            return free(text), NULL;
        text[i / 2] = (char)byte;
    }
    return text;
}

static int not_given_out(const char *cursor, struct err *err)
{
    return err_set(err, ERR_INVALID_ARGUMENT, _("cursor: '%.100s' is not one that was given out"), cursor);
}

static int read_cursor(const struct search_query *query, struct search_place *ret, struct err *err)
{
    const char *cursor = query->cursor;
    if (str_empty(cursor))
        return 0;
    const char *check = strrchr(cursor, ':');
    _cleanup_free_ char *expected =
        check ? xasprintf("%08x", checksum(cursor, (size_t)(check - cursor))) : NULL;
    if (!check || !streq(check + 1, expected))
        return not_given_out(cursor, err);
    _cleanup_free_ char *prefix =
        xasprintf("%s%c", search_sort_name(query->sort), query->descending ? '-' : '+');
    if (!str_starts(cursor, prefix))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       _("cursor: it belongs to another order; begin with the first page"));
    char *end = NULL;
    ret->movement = strtoll(cursor + strlen(prefix), &end, 10);
    if (ret->movement <= 0 || *end != ':' || end == check)
        return not_given_out(cursor, err);
    if (search_order(query->sort)->text)
        ret->text = from_hex(end + 1, (size_t)(check - end - 1));
    else
        ret->number = strtoll(end + 1, NULL, 10);
    return search_order(query->sort)->text && !ret->text ? not_given_out(cursor, err) : 0;
}

/* ---- the plan's numbers ---- */

static void bind(const struct search_plan *plan, sqlite3_stmt *stmt)
{
    const struct search_query *query = plan->query;
    const struct {
        const char *name, *value;
    } texts[] = {{":terms", plan->terms}, {":key", plan->place.text}, {":reach_key", plan->reach.text}};
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {":number", plan->place.number},
        {":movement", plan->place.movement},
        {":lot", plan->place.movement >> ROW_BITS},
        {":reach_number", plan->reach.number},
        {":reach_movement", plan->reach.movement},
        {":reach_lot", plan->reach.movement >> ROW_BITS},
        {":since", query->since},
        {":until", query->until},
        {":only", query->lot},
        {":nss", plan->nss},
    };
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        int at = sqlite3_bind_parameter_index(stmt, texts[i].name);
        if (at > 0)
            sqlite3_bind_text(stmt, at, texts[i].value, -1, SQLITE_STATIC);
    }
    for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
        int at = sqlite3_bind_parameter_index(stmt, numbers[i].name);
        if (at > 0)
            sqlite3_bind_int64(stmt, at, numbers[i].value);
    }
}

/* Who turns pages asks the same again, and preparing takes as long as finding a page. */
static struct search_prepared *find_prepared(struct search_statements *statements, const char *sql)
{
    for (size_t i = 0; i < ELEMENTSOF(statements->items); i++)
        if (statements->items[i].sql && streq(statements->items[i].sql, sql))
            return &statements->items[i];
    return NULL;
}

int search_statement(struct search_plan *plan, struct store *store, const char *sql, struct db_query *ret,
                     struct err *err)
{
    struct search_statements *statements = plan->statements;
    struct search_prepared *prepared = find_prepared(statements, sql);
    if (!prepared) {
        prepared = &statements->items[statements->next++ % ELEMENTSOF(statements->items)];
        forget_prepared(prepared);
        if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared->stmt, NULL) !=
            SQLITE_OK)
            return db_fail(store, err);
        prepared->sql = xstrdup(sql);
    }
    *ret = (struct db_query){.store = store, .stmt = prepared->stmt};
    bind(plan, prepared->stmt);
    return 0;
}

/* 0 when none of the registros patronales was ever known, so that nothing can be found. */
static int take_rps(struct search_plan *plan, struct store *store, struct err *err)
{
    const struct search_query *query = plan->query;
    plan->rps = xcalloc(query->n_rps, sizeof(*plan->rps));
    for (size_t i = 0; i < query->n_rps; i++) {
        int r = db_number(store, &plan->rps[plan->n_rps], err, "SELECT id FROM main.rp WHERE rp = ?1",
                          DB_TEXT(query->rps[i]));
        if (r < 0)
            return r;
        plan->n_rps += r > 0;
    }
    return query->n_rps == 0 || plan->n_rps > 0;
}

static int take_kinds(struct search_plan *plan, struct store *store, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT type, state, n FROM ix.kind");
    while (r >= 0 && plan->n_kinds < ELEMENTSOF(plan->kinds) && (r = db_next(&query, err)) > 0) {
        struct search_kind kind = {sqlite3_column_int(query.stmt, 0), sqlite3_column_int(query.stmt, 1),
                                   (uint64_t)sqlite3_column_int64(query.stmt, 2)};
        if ((!plan->query->types || plan->query->types >> kind.type & 1) &&
            (!plan->query->states || plan->query->states >> kind.state & 1))
            plan->kinds[plan->n_kinds++] = kind;
    }
    return MIN(r, 0);
}

static void plan_free(struct search_plan *plan)
{
    free(plan->rps);
    free(plan->terms);
    free(plan->place.text);
    free(plan->reach.text);
    buf_free(&plan->sql);
}

/* ---- the page ---- */

static int find_documents(struct store *store, struct search_row *row, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        "SELECT kind, max(id) FROM main.document WHERE lot = ?1 AND kind IN (?2, ?3) AND sha256 <> ''"
        " GROUP BY kind",
        DB_INT(row->movement.lot), DB_INT(DOCUMENT_ACUSE), DB_INT(DOCUMENT_CONSTANCIA));
    while (r >= 0 && (r = db_next(&query, err)) > 0)
        *(sqlite3_column_int(query.stmt, 0) == DOCUMENT_ACUSE ? &row->acuse : &row->constancia) =
            sqlite3_column_int64(query.stmt, 1);
    return MIN(r, 0);
}

static int add_row(struct store *store, int64_t movement, bool documents, struct search_page *page,
                   struct err *err)
{
    struct search_row *row = &page->rows[page->n];
    int r = movement_get(store, movement, &row->movement, err);
    if (r <= 0)
        return r;
    const struct search_row *before = page->n > 0 ? row - 1 : NULL;
    page->n++;
    if (!documents)
        return 0;
    if (!before || before->movement.lot != row->movement.lot)
        return find_documents(store, row, err);
    row->acuse = before->acuse;
    row->constancia = before->constancia;
    return 0;
}

static void note_place(const struct db_query *query, bool text, struct search_place *ret)
{
    ret->movement = sqlite3_column_int64(query->stmt, 1);
    if (text)
        replace_str(&ret->text, db_text(query, 0));
    else
        ret->number = sqlite3_column_int64(query->stmt, 0);
}

/* Rows of one statement; one more than fit on the page tells that there is a next one. */
static int read_rows(struct search_plan *plan, struct store *store, struct search_page *page, size_t *found,
                     struct search_place *last, struct err *err)
{
    const struct search_query *wanted = plan->query;
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = search_statement(plan, store, plan->sql.data, &query, err);
    while (r >= 0 && *found <= wanted->limit && (r = db_next(&query, err)) > 0) {
        if (++*found > wanted->limit)
            break;
        note_place(&query, search_order(wanted->sort)->text, last);
        r = add_row(store, last->movement, wanted->documents, page, err);
    }
    return MIN(r, 0);
}

static int read_page(struct search_plan *plan, struct store *store, bool index, struct search_page *page,
                     struct err *err)
{
    struct search_place last = {0};
    size_t found = 0;
    page->rows = xcalloc(plan->query->limit, sizeof(*page->rows));
    int r;
    do {
        r = search_plan_make(plan, store, index, err);
        if (r >= 0)
            r = read_rows(plan, store, page, &found, &last, err);
        if (r < 0 && plan->set->tired) {
            err_clear(err);
            r = 0;
        }
    } while (r >= 0 && found <= plan->query->limit && search_plan_goes_on(plan, &last));
    if (r >= 0 && found > plan->query->limit)
        page->next = write_cursor(plan->query, &last);
    free(last.text);
    return r;
}

static int fill_page(struct search *search, struct search_plan *plan, bool index, struct search_page *page,
                     struct err *err)
{
    int64_t lot;
    int r = take_rps(plan, search->store, err);
    if (r <= 0)
        return r;
    r = db_number(search->store, &lot, err, "SELECT lot FROM main.search_todo LIMIT 1");
    plan->waiting = r > 0;
    if (r >= 0 && index)
        r = take_kinds(plan, search->store, err);
    return r < 0 ? r : read_page(plan, search->store, index, page, err);
}

void search_page_free(struct search_page *page)
{
    for (size_t i = 0; i < page->n; i++)
        movement_clear(&page->rows[i].movement);
    free(page->rows);
    free(page->next);
    *page = (struct search_page){0};
}

static int run(struct search *search, struct search_plan *plan, struct search_page *page, struct err *err)
{
    bool index = false;
    search->until_us = clock_boot_us(&clock_system) + LONGEST_US;
    int r = begin(search, &index, err);
    if (r >= 0)
        r = fill_page(search, plan, index, page, err);
    bool stopped = r < 0 && (sqlite3_errcode(search->store->db) & 0xFF) == SQLITE_INTERRUPT;
    search->until_us = INT64_MAX;
    if (!sqlite3_get_autocommit(search->store->db))
        sqlite3_exec(search->store->db, "ROLLBACK", NULL, NULL, NULL);
    if (!stopped)
        return r;
    err_clear(err);
    return err_set(err, ERR_BUSY,
                   _("The search took too long; ask for less, or wait until all movements are indexed"));
}

int search_page(struct search *search, const struct search_query *query, struct search_page *ret,
                struct err *err)
{
    struct search_plan plan = {.query = query,
                               .terms = search_terms(str_or_empty(query->text)),
                               .nss = -1,
                               .most_hits = search->most_hits,
                               .set = &search->set,
                               .rest = &search->rest,
                               .statements = &search->statements};
    struct search_page page = {0};
    search->set.looks = 0;
    search->set.tired = false;
    search->deadlines = (struct deadline_memo){.calendar = query->calendar};
    if (!str_empty(query->nss))
        plan.nss = strtoll(query->nss, NULL, 10);
    int r = read_cursor(query, &plan.place, err);
    if (r >= 0)
        r = run(search, &plan, &page, err);
    plan_free(&plan);
    if (r < 0) {
        search_page_free(&page);
        return r;
    }
    *ret = page;
    return 0;
}
