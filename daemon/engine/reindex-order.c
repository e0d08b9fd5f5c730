/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reindex.h"

/* Which lots wait for which, lot by lot from the oldest; see order.c for what follows from it. */

enum { MOVEMENTS = 500 }; /* looked at in one turn */

static int put_right(struct engine_reindex *reindex, size_t *ret_repaired, struct err *err)
{
    struct engine *engine = reindex->engine;
    const int64_t lot = reindex->order.lot;
    int r = store_begin(engine->store, err);
    if (r < 0)
        return r;
    r = store_order_repair(engine->store, &reindex->order, ret_repaired, err);
    _cleanup_free_ char *what = xasprintf("precedence %zu", *ret_repaired);
    if (r >= 0 && *ret_repaired > 0)
        r = reindex_audit(reindex, lot, what, err);
    int ended = store_end(engine->store, r >= 0, r >= 0 ? err : NULL);
    if (r < 0 || ended < 0)
        return MIN(r, ended);
    if (*ret_repaired == 0)
        return 0;
    reindex_report(reindex, lot, xstrdup(what));
    const struct job *job = schedule_find(&engine->schedule, lot);
    if (job && job->state == LOT_STATE_QUEUED)
        return order_look_again(engine, &lot, 1, err);
    engine->host.lot_changed(engine->host.data, lot);
    return 0;
}

static void look_at_workers(struct task *task)
{
    struct engine_reindex *reindex = (struct engine_reindex *)task;
    _cleanup_err_ struct err err = ERR_INIT;
    size_t repaired = 0;
    int r = store_order_look(reindex->engine->store, &reindex->order, MOVEMENTS, &err);
    if (r > 0) {
        task_next(task, look_at_workers);
        return;
    }
    if (r >= 0)
        r = put_right(reindex, &repaired, &err);
    reindex->report.repaired += repaired;
    if (r < 0)
        reindex_rest(reindex, r, &err);
    else
        task_next(task, reindex_order);
}

void reindex_order(struct task *task)
{
    struct engine_reindex *reindex = (struct engine_reindex *)task;
    _cleanup_err_ struct err err = ERR_INIT;
    int64_t lot = 0;
    if (reindex->engine->stopping)
        return; /* whoever stops the engine frees it */
    int r = store_order_next(reindex->engine->store, reindex->order.lot, &lot, &err);
    if (r > 0) {
        store_order_begin(&reindex->order, lot);
        task_next(task, look_at_workers);
    } else
        reindex_rest(reindex, r, &err);
}
