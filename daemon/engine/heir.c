/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

enum { ERASED_PER_TURN = 500 };

/* What is left of a lot that gave way. */
struct leftover {
    struct task task; /* first */
    int64_t lot;
};

static void erase_some(struct task *task)
{
    struct leftover *leftover = (struct leftover *)task;
    struct engine *engine = task->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = engine->stopping ? 0 : store_lot_erase(engine->store, leftover->lot, ERASED_PER_TURN, &err);
    if (r > 0) {
        task_next(task, erase_some);
        return;
    }
    task_end(task);
    free(leftover);
    if (r < 0)
        engine_fatal(engine, &err);
}

static void erase(struct engine *engine, int64_t lot)
{
    struct leftover *leftover = xcalloc(1, sizeof(*leftover));
    leftover->lot = lot;
    task_begin(&leftover->task, engine);
    task_next(&leftover->task, erase_some);
}

int lot_inherit(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = store_lots_by_portal_lot(engine->store, lot->portal_lot, &ids, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        _cleanup_lot_ struct store_lot other = {0};
        r = store_lot_get(engine->store, ids[i], &other, err);
        if (r < 0 || other.id == lot->id || other.sha256 || !streq(other.rp, lot->rp) ||
            !lot_same_reception(other.received_us, lot->received_us))
            continue;
        r = store_lot_give_way(engine->store, other.id, lot->id, err);
        if (r >= 0)
            erase(engine, other.id);
    }
    return r;
}
