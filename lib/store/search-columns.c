/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-columns.h"

#include "base/buf.h"
#include "idse/date.h"
#include "store/search-keys.h"

enum {
    PART_WORDS = 14, /* of a set */
    PART = PART_WORDS * SEARCH_SET_BITS,
    LEAST_ROOM = 1024,
    FACETS = _SEARCH_SORT_MAX, /* the column that no page is sorted by */
};

static int64_t part_of(int column, uint32_t n)
{
    return (int64_t)column << 32 | n / PART;
}

/* ---- facets: what the filter asks for besides words ---- */

/* Days from 1980 on, 15 bits of them; type, state, and eleven bits of the registro patronal's number. */
enum {
    FIRST_DAY = 3652,
    DAY_BITS = 15,
    TYPE_BITS = 2,
    STATE_BITS = 4,
    RP_BITS = 32 - DAY_BITS - TYPE_BITS - STATE_BITS
};
_Static_assert(_MOVEMENT_STATE_MAX <= 1 << STATE_BITS, "a state needs more bits");
_Static_assert(MOVEMENT_BAJA % 4 != MOVEMENT_MODIFICACION % 4 &&
                   MOVEMENT_BAJA % 4 != MOVEMENT_REINGRESO % 4 &&
                   MOVEMENT_MODIFICACION % 4 != MOVEMENT_REINGRESO % 4,
               "types differ in their last bits");

struct facets {
    uint32_t day, type, state, rp;
};

static uint32_t day_of(int32_t date)
{
    int64_t day = date_to_days(date) - FIRST_DAY;
    return (uint32_t)(day < 0 ? 0 : MIN(day, (INT64_C(1) << DAY_BITS) - 1));
}

static uint32_t pack(const struct facets *facets)
{
    return ((facets->day << TYPE_BITS | facets->type) << STATE_BITS | facets->state) << RP_BITS | facets->rp;
}

/* The least and the greatest that fit the dates, and bits for the types with their states, and for registros patronales. */
struct facets_filter {
    uint32_t least, greatest;
    uint64_t kinds, rps[(1 << RP_BITS) / SEARCH_SET_BITS];
    bool any_rp;
    struct search_set *set;
};

static void make_filter(const struct search_plan *plan, struct facets_filter *ret)
{
    const struct search_query *query = plan->query;
    *ret = (struct facets_filter){
        .least = query->since ? pack(&(struct facets){.day = day_of(query->since)}) : 0,
        .greatest = query->until ? pack(&(struct facets){.day = day_of(query->until) + 1}) - 1 : UINT32_MAX,
        .any_rp = plan->n_rps == 0,
        .set = plan->set,
    };
    for (size_t i = 0; i < plan->n_kinds; i++)
        ret->kinds |= UINT64_C(1) << (plan->kinds[i].type % 4 << STATE_BITS | plan->kinds[i].state);
    for (size_t i = 0; i < plan->n_rps; i++) {
        uint32_t rp = (uint32_t)plan->rps[i] % (1 << RP_BITS);
        ret->rps[rp / SEARCH_SET_BITS] |= UINT64_C(1) << rp % SEARCH_SET_BITS;
    }
}

static bool fits(const struct facets_filter *filter, uint32_t number)
{
    uint32_t kind = number >> RP_BITS & ((1 << (TYPE_BITS + STATE_BITS)) - 1),
             rp = number & ((1 << RP_BITS) - 1);
    return number >= filter->least && number <= filter->greatest && filter->kinds >> kind & 1 &&
           (filter->any_rp || filter->rps[rp / SEARCH_SET_BITS] >> rp % SEARCH_SET_BITS & 1);
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
                              SEARCH_SORT_FIRST_SURNAME, SEARCH_SORT_NAMES, FACETS};

/* What number_of() reads, column by column. */
static char *select_numbers(const char *entries)
{
    struct buf sql = BUF_INIT;
    buf_add_str(&sql, "SELECT e.n, e.date, e.type, e.state, e.rp");
    for (size_t i = 0; columns[i] != FACETS; i++)
        buf_printf(&sql, ", %s", search_order((enum search_sort)columns[i])->of_entry);
    buf_printf(&sql, " FROM %s ORDER BY e.n", entries);
    return buf_steal(&sql, NULL);
}

static uint32_t number_of(sqlite3_stmt *stmt, size_t i)
{
    const enum search_sort sort = (enum search_sort)columns[i];
    const int at = 5 + (int)i;
    if (columns[i] == FACETS)
        return pack(&(struct facets){
            .day = day_of(sqlite3_column_int(stmt, 1)),
            .type = (uint32_t)sqlite3_column_int(stmt, 2) % 4,
            .state = (uint32_t)sqlite3_column_int(stmt, 3),
            .rp = (uint32_t)sqlite3_column_int64(stmt, 4) % (1 << RP_BITS),
        });
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

/* Takes the numbers of one part, of which the entries are the members of some words of the set. */
typedef void part_fn(void *data, const struct search_set *set, size_t word,
                     const uint32_t numbers[static PART]);

static bool has_any(const struct search_set *set, size_t word)
{
    uint64_t any = 0;
    for (size_t i = word; i < word + PART_WORDS && i < set->n_words; i++)
        any |= set->words[i];
    return any != 0;
}

static int read_column(struct store *store, int column, bool backwards, const struct search_set *set,
                       part_fn *fn, void *data, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        backwards ? "SELECT id, numbers FROM ix.column_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC"
                  : "SELECT id, numbers FROM ix.column_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        DB_INT(part_of(column, 0)), DB_INT(part_of(column, UINT32_MAX)));
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        size_t word = (uint32_t)sqlite3_column_int64(query.stmt, 0) * PART_WORDS;
        if (!has_any(set, word))
            continue;
        uint32_t numbers[PART] = {0};
        memcpy(numbers, sqlite3_column_blob(query.stmt, 1),
               MIN((size_t)sqlite3_column_bytes(query.stmt, 1), sizeof(numbers)));
        fn(data, set, word, numbers);
    }
    return r;
}

/* ---- the filter ---- */

static void filter_part(void *data, const struct search_set *set, size_t word,
                        const uint32_t numbers[static PART])
{
    const struct facets_filter *filter = data;
    for (size_t i = 0; i < PART_WORDS && word + i < set->n_words; i++)
        for (uint64_t bits = set->words[word + i]; bits; bits &= bits - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(bits);
            if (!fits(filter, numbers[i * SEARCH_SET_BITS + bit]))
                filter->set->words[word + i] &= ~(UINT64_C(1) << bit);
        }
}

int search_columns_filter(struct search_plan *plan, struct store *store, struct err *err)
{
    struct facets_filter filter;
    make_filter(plan, &filter);
    return read_column(store, FACETS, false, plan->set, filter_part, &filter, err);
}

/* ---- who stands first ---- */

struct first {
    uint32_t key; /* turned over where the page goes down, so that the smallest stand first */
    uint32_t n;
};

/* The smallest ones so far, and whatever else came since they were last sorted. */
struct firsts {
    struct first *items;
    size_t n, room, most;
    uint64_t from, below; /* keys that are of interest */
    uint32_t turn;
};

static int by_key(const void *a, const void *b)
{
    const struct first *x = a, *y = b;
    return COMPARE(x->key, y->key);
}

/* One more than `most` tells where the next one stands. */
static void sort_firsts(struct firsts *firsts)
{
    if (firsts->n > 1)
        qsort(firsts->items, firsts->n, sizeof(*firsts->items), by_key);
    firsts->n = MIN(firsts->n, firsts->most + 1);
    if (firsts->n > firsts->most)
        firsts->below = firsts->items[firsts->most].key;
}

static void note_first(struct firsts *firsts, uint32_t key, uint32_t n)
{
    if (firsts->n == firsts->room)
        sort_firsts(firsts);
    if (key < firsts->below)
        firsts->items[firsts->n++] = (struct first){key, n};
}

static void note_part(void *data, const struct search_set *set, size_t word,
                      const uint32_t numbers[static PART])
{
    struct firsts *firsts = data;
    for (size_t i = 0; i < PART_WORDS && word + i < set->n_words; i++)
        for (uint64_t bits = set->words[word + i]; bits; bits &= bits - 1) {
            size_t at = i * SEARCH_SET_BITS + (size_t)__builtin_ctzll(bits);
            uint32_t key = numbers[at] ^ firsts->turn;
            if (key >= firsts->from && key < firsts->below)
                note_first(firsts, key, (uint32_t)(word * SEARCH_SET_BITS + at));
        }
}

/* Whole groups that share a key: the first few that are enough, or as many as there is room for; 0 when the first is too large. */
static size_t whole_groups(const struct firsts *firsts, size_t enough)
{
    size_t n = MIN(firsts->n, enough);
    while (n > 0 && n < firsts->n && firsts->items[n].key == firsts->items[n - 1].key)
        n++;
    if (n <= firsts->most)
        return n;
    for (n = firsts->most; n > 0 && firsts->items[n].key == firsts->items[n - 1].key;)
        n--;
    return n;
}

static void take_firsts(struct search_plan *plan, const struct firsts *firsts, size_t n)
{
    search_plan_swap_sets(plan);
    search_set_clear(plan->set, (uint32_t)plan->last);
    for (size_t i = 0; i < n; i++)
        search_set_add(plan->set, firsts->items[i].n);
}

/* Newer entries have greater numbers: begun where the first of the page are likelier, most others need no second look. */
static bool begins_with_newest(const struct search_query *query)
{
    return query->descending != (query->sort == SEARCH_SORT_LOT);
}

int search_columns_first(struct search_plan *plan, struct store *store, size_t enough, struct err *err)
{
    const struct search_query *query = plan->query;
    const uint32_t turn = query->descending ? UINT32_MAX : 0;
    const uint32_t from = plan->place.movement ? short_key_of_place(&plan->place, query->sort) ^ turn : 0;
    struct firsts firsts = {.most = 4 * enough, .from = from, .below = UINT64_MAX, .turn = turn};
    firsts.room = MAX(4 * firsts.most, (size_t)LEAST_ROOM);
    firsts.items = xcalloc(firsts.room, sizeof(*firsts.items));
    int r =
        read_column(store, (int)query->sort, begins_with_newest(query), plan->set, note_part, &firsts, err);
    sort_firsts(&firsts);
    size_t n = whole_groups(&firsts, enough);
    if (r >= 0 && (n > 0 || firsts.n == 0)) {
        take_firsts(plan, &firsts, n);
        if (n < firsts.n)
            short_key_place_behind(firsts.items[n - 1].key ^ turn, query, &plan->reach);
        r = 1;
    } else if (r >= 0 && firsts.items[0].key > from)
        short_key_place_behind((int64_t)(firsts.items[0].key ^ turn) + (turn ? 1 : -1), query, &plan->place);
    free(firsts.items);
    return r;
}
