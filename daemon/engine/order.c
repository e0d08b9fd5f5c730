/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/*
 * What is due first is sent first. A lot does not overtake an older one that has a worker of it, though: the portal takes
 * movements as they come, and a baja must not arrive before the alta. The older one then goes ahead of both.
 */

/* So many movements are looked at for workers that lots share; what is beyond that overtakes nothing. */
enum { LOOKED_AT = 2000 };

struct place {
    int64_t lot;
    int32_t deadline; /* its own, or that of a younger lot that must not overtake it */
    uint32_t movements;
};

static int by_lot(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->lot > y->lot) - (x->lot < y->lot);
}

static int by_deadline(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->deadline != y->deadline ? (x->deadline > y->deadline) - (x->deadline < y->deadline)
                                      : by_lot(a, b);
}

/* An older lot with a worker of this one is as urgent as this one. */
static int lend(struct engine *engine, struct place *places, size_t at, struct err *err)
{
    _cleanup_free_ int64_t *older = NULL;
    size_t n = 0;
    int r = store_lot_older_with_workers(engine->store, places[at].lot, places[0].lot, &older, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        const struct place key = {.lot = older[i]};
        struct place *place = bsearch(&key, places, at, sizeof(key), by_lot);
        if (place)
            place->deadline = MIN(place->deadline, places[at].deadline);
    }
    return r;
}

/* From the youngest to the oldest, so that what was lent to one is lent on. */
static int lend_all(struct engine *engine, struct place *places, size_t n, struct err *err)
{
    _cleanup_free_ int32_t *latest = xcalloc(n, sizeof(*latest)); /* of those before it */
    uint32_t left = LOOKED_AT;
    int32_t unseen = INT32_MAX; /* the earliest of younger lots that were not looked into */
    for (size_t i = 1; i < n; i++)
        latest[i] = MAX(latest[i - 1], places[i - 1].deadline);
    for (size_t i = n; i-- > 0;) {
        places[i].deadline = MIN(places[i].deadline, unseen);
        if (i == 0 || latest[i] <= places[i].deadline)
            continue; /* it overtakes nobody */
        if (places[i].movements > left) {
            unseen = places[i].deadline;
            continue;
        }
        left -= places[i].movements;
        int r = lend(engine, places, i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int order_lots(struct engine *engine, int64_t *lots, size_t n, struct err *err)
{
    _cleanup_free_ struct place *places = xcalloc(n, sizeof(*places));
    bool in_order = true;
    for (size_t i = 0; i < n; i++) {
        const struct job *job = schedule_find(&engine->schedule, lots[i]);
        places[i] = (struct place){.lot = lots[i],
                                   .deadline = job ? schedule_deadline(job) : INT32_MAX,
                                   .movements = job ? job->movements : 0};
        in_order = in_order && (i == 0 || by_deadline(&places[i - 1], &places[i]) < 0);
    }
    if (in_order)
        return 0;
    qsort(places, n, sizeof(*places), by_lot);
    int r = lend_all(engine, places, n, err);
    if (r < 0)
        return r;
    qsort(places, n, sizeof(*places), by_deadline);
    for (size_t i = 0; i < n; i++)
        lots[i] = places[i].lot;
    return 0;
}
