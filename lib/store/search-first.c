/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-first.h"

#include "store/search-columns.h"
#include "store/search-keys.h"

enum { LEAST_ROOM = 1024 };

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

static uint64_t note_firsts(void *data, uint32_t first, uint64_t bits,
                            const uint32_t numbers[static SEARCH_SET_BITS])
{
    struct firsts *firsts = data;
    for (uint64_t rest = bits; rest; rest &= rest - 1) {
        unsigned at = (unsigned)__builtin_ctzll(rest);
        uint32_t key = numbers[at] ^ firsts->turn;
        if (key >= firsts->from && key < firsts->below)
            note_first(firsts, key, first + at);
    }
    return bits;
}

/*
 * Whole groups that share a key: the first few that are enough, or as many as there is room for; 0 when the
 * first is too large.
 */
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

/*
 * Newer entries have greater numbers: begun where the first of the page are likelier, most others need no
 * second look.
 */
static bool begins_with_newest(const struct search_query *query)
{
    return query->descending != (query->sort == SEARCH_SORT_LOT);
}

int search_first(struct search_plan *plan, struct store *store, size_t enough, struct err *err)
{
    const struct search_query *query = plan->query;
    const uint32_t turn = query->descending ? UINT32_MAX : 0;
    const uint32_t from = plan->place.movement ? short_key_of_place(&plan->place, query->sort) ^ turn : 0;
    struct firsts firsts = {.most = 4 * enough, .from = from, .below = UINT64_MAX, .turn = turn};
    firsts.room = MAX(4 * firsts.most, (size_t)LEAST_ROOM);
    firsts.items = xcalloc(firsts.room, sizeof(*firsts.items));
    int r = search_columns_read(store, (int)query->sort, begins_with_newest(query), plan->set, note_firsts,
                                &firsts, err);
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
