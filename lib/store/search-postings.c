/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-postings.h"

enum {
    CHUNK_BITS = 16,
    CHUNK = 1 << CHUNK_BITS,
    BITMAP_SIZE = CHUNK / 8, /* in bytes; a list of numbers is shorter */
    CHUNK_WORDS = CHUNK / SEARCH_SET_BITS,
    GATHERED = 400000, /* postings that are written together */
    LONGEST_TEXT = 2048,
    FEW = 16, /* in a chunk: sooner looked at than what else they would need is read */
};

/* ---- trigrams ---- */

static uint32_t trigram(const char *at)
{
    return (uint32_t)(uint8_t)at[0] << 16 | (uint32_t)(uint8_t)at[1] << 8 | (uint8_t)at[2];
}

static bool begins_trigram(const char *at)
{
    return at[0] != '\0' && at[0] != ' ' && at[1] != '\0' && at[1] != ' ';
}

/* ---- writing ---- */

/* Postings as trigram << 32 | n, of which all but the last 16 bits are the row's id. */
struct gathered {
    uint64_t *items;
    size_t n;
};

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return COMPARE(*x, *y);
}

static void gather(struct gathered *gathered, uint32_t n, const char *text)
{
    for (const char *at = text; *at && at < text + LONGEST_TEXT; at++)
        if (begins_trigram(at))
            gathered->items[gathered->n++] = (uint64_t)trigram(at) << 32 | n;
}

static void make_bitmap(struct buf *members)
{
    uint8_t bits[BITMAP_SIZE] = {0};
    for (size_t i = 0; i + 1 < members->len; i += 2) {
        uint16_t n;
        memcpy(&n, members->data + i, sizeof(n));
        bits[n / 8] |= (uint8_t)(1 << n % 8);
    }
    buf_reset(members);
    buf_add(members, bits, sizeof(bits));
}

static void add_member(struct buf *members, uint16_t n)
{
    if (members->len + sizeof(n) >= BITMAP_SIZE && members->len != BITMAP_SIZE)
        make_bitmap(members);
    if (members->len == BITMAP_SIZE)
        members->data[n / 8] = (char)((uint8_t)members->data[n / 8] | 1 << n % 8);
    else
        buf_add(members, &n, sizeof(n));
}

static int write_row(struct store *index, const uint64_t *items, size_t n, struct err *err)
{
    const int64_t id = (int64_t)(items[0] >> CHUNK_BITS);
    _cleanup_buf_ struct buf members = BUF_INIT;
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(index, &query, err, "SELECT members FROM main.posting WHERE id = ?1", DB_INT(id));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        db_blob(&query, 0, &members);
    db_query_end(&query);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || items[i] != items[i - 1]) /* one text may have it twice */
            add_member(&members, (uint16_t)items[i]);
    return r < 0 ? r
                 : db_run(index, err, "INSERT OR REPLACE INTO main.posting VALUES (?1, ?2)", DB_INT(id),
                          DB_BLOB(members.data, members.len));
}

static int write_gathered(struct store *index, struct gathered *gathered, struct err *err)
{
    int r = 0;
    qsort(gathered->items, gathered->n, sizeof(*gathered->items), by_value);
    for (size_t i = 0, end; r >= 0 && i < gathered->n; i = end) {
        for (end = i;
             end < gathered->n && gathered->items[end] >> CHUNK_BITS == gathered->items[i] >> CHUNK_BITS;)
            end++;
        r = write_row(index, gathered->items + i, end - i, err);
    }
    gathered->n = 0;
    return r;
}

int postings_add(struct store *index, const char *sql, struct err *err)
{
    _cleanup_free_ uint64_t *items = xcalloc(GATHERED + LONGEST_TEXT, sizeof(*items));
    struct gathered gathered = {.items = items};
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(index, &query, err, sql);
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        gather(&gathered, (uint32_t)sqlite3_column_int64(query.stmt, 0),
               (const char *)sqlite3_column_text(query.stmt, 1));
        if (gathered.n >= GATHERED)
            r = write_gathered(index, &gathered, err);
    }
    return r < 0 ? r : write_gathered(index, &gathered, err);
}

/* ---- finding ---- */

static void add_list(struct search_set *set, uint32_t first, const uint8_t *members, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint16_t low;
        memcpy(&low, members + i, sizeof(low));
        search_set_add(set, first + low);
    }
}

static void add_bitmap(struct search_set *set, size_t at, const uint8_t *members)
{
    for (size_t i = 0; i < CHUNK_WORDS && at + i < set->n_words; i++) {
        uint64_t word;
        memcpy(&word, members + i * sizeof(word), sizeof(word));
        set->words[at + i] |= word;
    }
}

/* Up to FEW, how many there are in that chunk. */
static size_t count_few(const struct search_set *set, size_t chunk)
{
    size_t count = 0;
    for (size_t i = chunk * CHUNK_WORDS; i < (chunk + 1) * CHUNK_WORDS && i < set->n_words && count <= FEW;
         i++)
        count += (size_t)__builtin_popcountll(set->words[i]);
    return count;
}

/*
 * Those that have one of the trigrams from `lo` to `hi`. Where few are `left` of a chunk, all of them are
 * taken for having it.
 */
static int read_trigrams(struct store *store, uint32_t lo, uint32_t hi, const struct search_set *left,
                         struct search_set *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT id, members FROM ix.posting WHERE id BETWEEN ?1 AND ?2",
                     DB_INT((int64_t)lo << CHUNK_BITS), DB_INT(((int64_t)hi << CHUNK_BITS) + CHUNK - 1));
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        uint32_t chunk = (uint32_t)sqlite3_column_int64(query.stmt, 0) % CHUNK;
        if (left && count_few(left, chunk) <= FEW)
            continue;
        const void *members = sqlite3_column_blob(query.stmt, 1);
        size_t n = (size_t)sqlite3_column_bytes(query.stmt, 1);
        if (n == BITMAP_SIZE)
            add_bitmap(ret, (size_t)chunk * CHUNK_WORDS, members);
        else
            add_list(ret, chunk << CHUNK_BITS, members, n);
    }
    return r;
}

static void intersect(struct search_set *set, const struct search_set *other)
{
    for (size_t first = 0; first < set->n_words; first += CHUNK_WORDS)
        if (count_few(set, first / CHUNK_WORDS) > FEW)
            for (size_t i = first; i < first + CHUNK_WORDS && i < set->n_words; i++)
                set->words[i] &= other->words[i];
}

int postings_find(struct store *store, const char *terms, uint32_t last, struct search_set *ret,
                  struct err *err)
{
    struct search_set other = {0};
    size_t n = 0;
    int r = 0;
    for (const char *at = terms; r >= 0 && *at; at++) {
        bool whole = begins_trigram(at) && at[2] != '\0' && at[2] != ' ';
        bool pair =
            begins_trigram(at) && !whole && (at == terms || at[-1] == ' '); /* a term of two letters */
        if (!whole && !pair)
            continue;
        uint32_t lo = trigram(at) & (whole ? UINT32_MAX : ~UINT32_C(0xFF)), hi = whole ? lo : lo | 0xFF;
        struct search_set *set = n++ == 0 ? ret : &other;
        search_set_clear(set, last);
        r = read_trigrams(store, lo, hi, set == ret ? NULL : ret, set, err);
        if (r >= 0 && set != ret)
            intersect(ret, set);
    }
    search_set_free(&other);
    return r < 0 ? r : n > 0;
}
