/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-columns.h"

#include "base/buf.h"
#include "store/search-facets.h"
#include "store/search-keys.h"

enum { PART_WORDS = 14 /* of a set */, PART = PART_WORDS * SEARCH_SET_BITS };

static int64_t part_of(int column, uint32_t n)
{
    return (int64_t)column << 32 | n / PART;
}

/* ---- writing ---- */

/* One part of a column, as it is filled. */
struct part {
    int64_t id; /* negative: none */
    bool changed;
    uint32_t numbers[PART];
};

static int read_part(struct store *index, int64_t id, struct part *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    *ret = (struct part){.id = id};
    int r = db_query(index, &query, err, "SELECT numbers FROM main.column_part WHERE id = ?1", DB_INT(id));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        memcpy(ret->numbers, sqlite3_column_blob(query.stmt, 0),
               MIN((size_t)sqlite3_column_bytes(query.stmt, 0), sizeof(ret->numbers)));
    return MIN(r, 0);
}

static int write_part(struct store *index, struct part *part, struct err *err)
{
    if (!part->changed)
        return 0;
    part->changed = false;
    return db_run(index, err, "INSERT OR REPLACE INTO main.column_part VALUES (?1, ?2)", DB_INT(part->id),
                  DB_BLOB(part->numbers, sizeof(part->numbers)));
}

/* Of what an entry is sorted by most never changes; then nothing is written. */
static int note_number(struct store *index, struct part *part, int column, uint32_t n, uint32_t number,
                       struct err *err)
{
    const int64_t id = part_of(column, n);
    int r = 0;
    if (part->id != id)
        r = write_part(index, part, err);
    if (r >= 0 && part->id != id)
        r = read_part(index, id, part, err);
    if (r >= 0 && part->numbers[n % PART] != number) {
        part->numbers[n % PART] = number;
        part->changed = true;
    }
    return r;
}

static const int columns[] = {SEARCH_SORT_LOT,           SEARCH_SORT_DATE,  SEARCH_SORT_NSS,
                              SEARCH_SORT_FIRST_SURNAME, SEARCH_SORT_NAMES, SEARCH_COLUMN_FACETS};

/* What number_of() reads, column by column. */
static char *select_numbers(const char *entries)
{
    struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT e.n, e.date, e.type, e.state, e.rp");
    for (size_t i = 0; columns[i] != SEARCH_COLUMN_FACETS; i++)
        buf_printf(&sql, ", %s", search_order((enum search_sort)columns[i])->of_entry);
    buf_printf(&sql, " FROM %s ORDER BY e.n", entries);
    return buf_steal(&sql, NULL);
}

static uint32_t number_of(sqlite3_stmt *stmt, size_t i)
{
    const enum search_sort sort = (enum search_sort)columns[i];
    const int at = 5 + (int)i;
    if (columns[i] == SEARCH_COLUMN_FACETS)
        return search_facets(sqlite3_column_int(stmt, 1), (uint32_t)sqlite3_column_int(stmt, 2),
                             (uint32_t)sqlite3_column_int(stmt, 3), sqlite3_column_int64(stmt, 4));
    return search_order(sort)->text ? short_key_of_text((const char *)sqlite3_column_text(stmt, at))
                                    : short_key_of_number(sqlite3_column_int64(stmt, at), sort);
}

int search_columns_write(struct store *index, const char *entries, struct err *err)
{
    struct part parts[ELEMENTSOF(columns)];
    for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
        parts[i].id = -1;
        parts[i].changed = false;
    }
    _cleanup_free_ char *sql = select_numbers(entries);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(index, &query, err, sql);
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        uint32_t n = (uint32_t)sqlite3_column_int64(query.stmt, 0);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(columns); i++)
            r = note_number(index, &parts[i], columns[i], n, number_of(query.stmt, i), err);
    }
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(columns); i++)
        r = write_part(index, &parts[i], err);
    return r;
}

/* ---- reading ---- */

struct reading {
    int column;
    bool backwards;
    struct search_set *set;
    search_column_fn *fn;
    void *data;
};

static bool has_any(const struct search_set *set, int64_t part)
{
    uint64_t any = 0;
    for (size_t i = (size_t)part * PART_WORDS; i < (size_t)(part + 1) * PART_WORDS && i < set->n_words; i++)
        any |= set->words[i];
    return any != 0;
}

/* The next part from there on, itself included, that has members; negative when there is none. */
static int64_t part_with_members(const struct reading *reading, int64_t part)
{
    const int64_t parts = (int64_t)(reading->set->n_words / PART_WORDS) + 1;
    for (part = MIN(part, parts - 1); part >= 0 && part < parts; part += reading->backwards ? -1 : 1)
        if (has_any(reading->set, part))
            return part;
    return -1;
}

static void read_members(const struct reading *reading, int64_t part, const uint32_t numbers[static PART])
{
    struct search_set *set = reading->set;
    for (size_t i = 0, word = (size_t)part * PART_WORDS; i < PART_WORDS && word < set->n_words; i++, word++)
        if (set->words[word])
            set->words[word] = reading->fn(reading->data, (uint32_t)(word * SEARCH_SET_BITS),
                                           set->words[word], numbers + i * SEARCH_SET_BITS);
}

/* From `*at` on; 1 when there is nothing for so many parts, up to `*at`, that it is quicker to look further on anew. */
static int read_run(struct store *store, const struct reading *reading, int64_t *at, struct err *err)
{
    enum { LONG_GAP = 16 };
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    const int64_t first = part_of(reading->column, 0), last = part_of(reading->column, UINT32_MAX);
    int gap = 0;
    int r = db_query(
        store, &query, err,
        reading->backwards
            ? "SELECT id, numbers FROM ix.column_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC"
            : "SELECT id, numbers FROM ix.column_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        DB_INT(reading->backwards ? first : first + *at), DB_INT(reading->backwards ? first + *at : last));
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        *at = sqlite3_column_int64(query.stmt, 0) - first;
        if (!has_any(reading->set, *at)) {
            if (++gap > LONG_GAP)
                return 1;
            continue;
        }
        uint32_t numbers[PART] = {0};
        memcpy(numbers, sqlite3_column_blob(query.stmt, 1),
               MIN((size_t)sqlite3_column_bytes(query.stmt, 1), sizeof(numbers)));
        read_members(reading, *at, numbers);
        gap = 0;
    }
    return r;
}

int search_columns_read(struct store *store, int column, bool backwards, struct search_set *set,
                        search_column_fn *fn, void *data, struct err *err)
{
    const struct reading reading = {column, backwards, set, fn, data};
    int64_t at = part_with_members(&reading, backwards ? INT64_MAX : 0);
    int r = at >= 0;
    while (r > 0 && at >= 0) {
        r = read_run(store, &reading, &at, err);
        if (r > 0)
            at = part_with_members(&reading, at);
    }
    return MIN(r, 0);
}
