/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/*
 * What is due first is sent first. But the portal takes movements as they come, and a baja must not arrive before the alta: a
 * queued lot waits as long as an older one of its registro patronal that has a worker of it may still go to the portal, be it
 * queued (due, delayed, held, for later), sending or uncertain. Which lots those are the store knows from their intake; here a
 * job has a mark, which is looked at again when one of them changes so that it goes no more.
 *
 * Lots that are due together are sent in one visit all the same: the older one goes first and is as urgent as those that wait
 * for it, and each of these is looked at when its turn comes.
 */

struct place {
    int64_t lot;
    int32_t deadline; /* its own, or that of a younger lot that waits for it */
    bool waits;
};

static int by_lot(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return COMPARE(x->lot, y->lot);
}

static int by_deadline(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->deadline != y->deadline ? COMPARE(x->deadline, y->deadline) : by_lot(a, b);
}

/* What a lot waits for is as urgent as it is. */
static int lend(struct engine *engine, struct place *places, size_t at, struct err *err)
{
    _cleanup_free_ struct store_older *older = NULL;
    size_t n = 0;
    int r = store_lot_waits_for(engine->store, places[at].lot, SIZE_MAX, &older, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        const struct place key = {.lot = older[i].lot};
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
    for (size_t i = 1; i < n; i++)
        latest[i] = MAX(latest[i - 1], places[i - 1].deadline);
    for (size_t i = n; i-- > 1;) {
        if (!places[i].waits || latest[i] <= places[i].deadline)
            continue; /* it overtakes nobody */
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
        places[i] = (struct place){
            .lot = lots[i], .deadline = job ? schedule_deadline(job) : INT32_MAX, .waits = job && job->waits};
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

/* ---- waiting ---- */

int order_waits(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    return lot->state == LOT_STATE_QUEUED ? store_lot_waits(engine->store, lot->id, err) : 0;
}

int order_behind(struct engine *engine, const struct store_lot *lot, int64_t **ret, size_t *ret_n,
                 struct err *err)
{
    const struct job *job = schedule_find(&engine->schedule, lot->id);
    bool same = job && job->state == lot->state && job->hold == lot->hold; /* to who waits for it */
    if (engine->schedule.n_waiting == 0 || same)
        return 0;
    return store_lot_younger(engine->store, lot->id, ret, ret_n, err);
}

int order_look_again(struct engine *engine, const int64_t *lots, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct job *job = schedule_find(&engine->schedule, lots[i]);
        int waits = store_lot_waits(engine->store, lots[i], err);
        if (waits < 0)
            return waits;
        if (job)
            schedule_wait(&engine->schedule, job, waits > 0);
        engine->host.lot_changed(engine->host.data, lots[i]);
    }
    if (n > 0)
        engine_poke(engine);
    return 0;
}

int order_published(struct engine *engine, int64_t lot, struct err *err)
{
    _cleanup_free_ int64_t *younger = NULL;
    size_t n = 0;
    if (store_lot_is_newest(engine->store, lot))
        return 0;
    int r = store_lot_younger(engine->store, lot, &younger, &n, err);
    return r < 0 ? r : order_look_again(engine, younger, n, err);
}

/* ---- telling ---- */

/* Is it people who keep the lot from being sent? */
static bool needs_people(const struct store_older *older)
{
    return older->hold != LOT_HOLD_NONE && older->hold != LOT_HOLD_PORTAL_DOWN;
}

char *engine_lot_waits(const struct engine *engine, int64_t lot)
{
    _cleanup_free_ struct store_older *older = NULL;
    size_t n = 0;
    if (store_lot_waits_for(engine->store, lot, SIZE_MAX, &older, &n, NULL) < 0 || n == 0)
        return NULL;
    const struct store_older *first = older; /* one that is held tells what to do */
    for (size_t i = n; i-- > 0;)
        if (needs_people(&older[i]))
            first = &older[i];
    long long id = first->lot;
    const char *state = lot_state_label(first->state);
    return needs_people(first)
               ? xasprintf(_("it waits for lot %lld, which is older, has workers of it and is held: %s"), id,
                           lot_hold_sentence(first->hold))
               : xasprintf(_("it waits for lot %lld (%s), which is older and has workers of it"), id, state);
}

int order_tell(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    _cleanup_free_ struct store_older *older = NULL;
    size_t n = 0;
    bool people = false;
    if (lot->state != LOT_STATE_QUEUED || lot->hold != LOT_HOLD_NONE)
        return 0;
    int r = store_lot_waits_for(engine->store, lot->id, SIZE_MAX, &older, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        people = people || needs_people(&older[i]);
    if (r < 0 || !people)
        return r;
    _cleanup_free_ char *text = engine_lot_waits(engine, lot->id);
    engine_tell(engine, lot->id, lot->certificate, "waits", text);
    return 0;
}

int order_tell_held(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    _cleanup_free_ int64_t *younger = NULL;
    size_t n = 0;
    if (!lot_state_may_go(lot->state))
        return 0;
    int r = store_lot_younger(engine->store, lot->id, &younger, &n, err);
    if (r < 0 || n == 0)
        return r;
    _cleanup_free_ char *text = xasprintf(
        dngettext(
            IDSED_TEXTDOMAIN, "it is held, and %zu younger lot with workers of it waits for it, lot %lld",
            "it is held, and %zu younger lots with workers of it wait for it, the first is lot %lld", n),
        n, (long long)younger[0]);
    engine_tell(engine, lot->id, lot->certificate, "waits", text);
    return 0;
}
