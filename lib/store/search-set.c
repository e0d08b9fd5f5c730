/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-set.h"

/* ---- the set ---- */

void search_set_clear(struct search_set *set, uint32_t last)
{
    set->n_words = last / SEARCH_SET_BITS + 1;
    if (set->n_words > set->room) {
        set->room = set->n_words;
        free(set->words);
        set->words = xcalloc(set->room, sizeof(*set->words));
        return;
    }
    memset(set->words, 0, set->n_words * sizeof(*set->words));
}

void search_set_free(struct search_set *set)
{
    free(set->words);
    *set = (struct search_set){0};
}

void search_set_add(struct search_set *set, uint32_t n)
{
    if (n / SEARCH_SET_BITS < set->n_words)
        set->words[n / SEARCH_SET_BITS] |= UINT64_C(1) << n % SEARCH_SET_BITS;
}

size_t search_set_count(const struct search_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->n_words; i++)
        count += (size_t)__builtin_popcountll(set->words[i]);
    return count;
}

static bool is_member(const struct search_set *set, int64_t n)
{
    return n >= 0 && (uint64_t)n / SEARCH_SET_BITS < set->n_words &&
           set->words[n / SEARCH_SET_BITS] >> n % SEARCH_SET_BITS & 1;
}

/* The first member from there on, or negative. */
static int64_t member_from(const struct search_set *set, int64_t n)
{
    size_t at = (size_t)n / SEARCH_SET_BITS;
    if (at >= set->n_words)
        return -1;
    uint64_t word = set->words[at] & UINT64_MAX << n % SEARCH_SET_BITS;
    while (word == 0 && ++at < set->n_words)
        word = set->words[at];
    return word ? (int64_t)(at * SEARCH_SET_BITS) + __builtin_ctzll(word) : -1;
}

/* ---- in SQL ---- */

static void sql_in(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    struct search_set *set = sqlite3_user_data(context);
    if (set->looks > 0 && --set->looks == 0)
        set->tired = true;
    if (set->tired)
        sqlite3_result_error_code(context, SQLITE_ABORT);
    else
        sqlite3_result_int(context, is_member(set, sqlite3_value_int64(args[0])));
}

struct table {
    sqlite3_vtab base; /* first */
    const struct search_set *set;
};

struct cursor {
    sqlite3_vtab_cursor base; /* first */
    int64_t n;                /* negative behind the last */
};

static const struct search_set *set_of(const sqlite3_vtab_cursor *cursor)
{
    return ((const struct table *)cursor->pVtab)->set;
}

static int table_connect(sqlite3 *db, void *set, int n_args, const char *const *args, sqlite3_vtab **ret,
                         char **ret_error)
{
    struct table *table = xcalloc(1, sizeof(*table));
    table->set = set;
    *ret = &table->base;
    return sqlite3_declare_vtab(db, "CREATE TABLE search_set(n INTEGER)");
}

static int table_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* There is but one way to read it. */
static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
    struct cursor *cursor = xcalloc(1, sizeof(*cursor));
    *ret = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int number, const char *text, int n_args,
                         sqlite3_value **args)
{
    ((struct cursor *)base)->n = member_from(set_of(base), 0);
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    cursor->n = member_from(set_of(base), cursor->n + 1);
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->n < 0;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    sqlite3_result_int64(context, ((struct cursor *)base)->n);
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
    *ret = ((struct cursor *)base)->n;
    return SQLITE_OK;
}

int search_set_register(sqlite3 *db, struct search_set *set)
{
    static const sqlite3_module module = {
        .xConnect = table_connect,
        .xBestIndex = table_best_index,
        .xDisconnect = table_disconnect,
        .xOpen = cursor_open,
        .xClose = cursor_close,
        .xFilter = cursor_filter,
        .xNext = cursor_next,
        .xEof = cursor_eof,
        .xColumn = cursor_column,
        .xRowid = cursor_rowid,
    };
    int code = sqlite3_create_module(db, "search_set", &module, set);
    /* Not deterministic: the set is another one for each page. */
    return code != SQLITE_OK ? code
                             : sqlite3_create_function(db, "search_in", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                                       set, sql_in, NULL, NULL);
}
