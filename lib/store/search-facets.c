/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-facets.h"

#include "idse/date.h"
#include "store/search-columns.h"

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

uint32_t search_facets(int32_t date, uint32_t type, uint32_t state, int64_t rp)
{
    return pack(&(struct facets){
        .day = day_of(date), .type = type % 4, .state = state, .rp = (uint32_t)rp % (1 << RP_BITS)});
}

/* ---- the filter ---- */

/*
 * The least and the greatest that fit the dates, and bits for the types with their states, and for registros
 * patronales.
 */
struct facets_filter {
    uint32_t least, greatest;
    uint64_t kinds, rps[(1 << RP_BITS) / SEARCH_SET_BITS];
    bool any_rp;
};

static void make_filter(const struct search_plan *plan, struct facets_filter *ret)
{
    const struct search_query *query = plan->query;
    *ret = (struct facets_filter){
        .least = query->since ? pack(&(struct facets){.day = day_of(query->since)}) : 0,
        .greatest = query->until ? pack(&(struct facets){.day = day_of(query->until) + 1}) - 1 : UINT32_MAX,
        .any_rp = plan->n_rps == 0,
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

static uint64_t those_that_fit(void *data, uint32_t first, uint64_t bits,
                               const uint32_t numbers[static SEARCH_SET_BITS])
{
    const struct facets_filter *filter = data;
    uint64_t fit = 0;
    for (uint64_t rest = bits; rest; rest &= rest - 1)
        if (fits(filter, numbers[__builtin_ctzll(rest)]))
            fit |= rest & -rest;
    return fit;
}

int search_facets_filter(struct search_plan *plan, struct store *store, struct err *err)
{
    struct facets_filter filter;
    make_filter(plan, &filter);
    return search_columns_read(store, SEARCH_COLUMN_FACETS, false, plan->set, those_that_fit, &filter, err);
}
