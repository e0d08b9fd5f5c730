/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

/* The portal's list is asked for from this long before the oldest lot in question: its clock and its dates are coarse. */
#define LIST_MARGIN_US US_PER_DAY

void visit_forget_list(struct visit *visit)
{
    for (size_t i = 0; i < visit->n_rows; i++) {
        free(visit->rows[i].portal_lot);
        free(visit->rows[i].type);
    }
    free(visit->rows);
    free(visit->undecided);
    free(visit->undecided_why);
    visit->rows = NULL;
    visit->n_rows = 0;
    visit->undecided = NULL;
    visit->undecided_why = NULL;
    visit->listed = false;
}

static void list_since(struct visit *visit, const struct visit_queue *queue, int64_t *since)
{
    for (size_t i = queue->at; i < queue->n; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        if (store_lot_get(visit->engine->store, queue->lots[i], &lot, NULL) >= 0 && lot.attempt_us)
            *since = MIN(*since, lot.attempt_us);
    }
}

static void list_done(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    if (answer->reason != REASON_OK) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (visit_tell_waiting(visit, &visit->settle, LOT_HOLD_NONE, answer, &err) < 0 ||
            visit_tell_waiting(visit, &visit->receipt, LOT_HOLD_NONE, answer, &err) < 0)
            visit_fatal(visit, &err);
        else
            visit_failed(visit, answer);
        return;
    }
    _cleanup_err_ struct err err = ERR_INIT;
    if (portal_clock_note(visit->engine, answer, &err) < 0) {
        visit_fatal(visit, &err);
        return;
    }
    visit->listed = true;
    visit->complete = answer->complete;
    visit->clocks_differ = answer->server_date_us &&
                           llabs(answer->server_date_us - engine_wall_us(visit->engine)) > LIST_MARGIN_US / 2;
    visit->n_rows = answer->n_rows;
    visit->rows = xcalloc(answer->n_rows, sizeof(*visit->rows));
    visit->undecided = xcalloc(answer->n_rows, sizeof(*visit->undecided));
    for (size_t i = 0; i < answer->n_rows; i++) {
        visit->rows[i] = answer->rows[i];
        visit->rows[i].portal_lot = xstrdup(answer->rows[i].portal_lot);
        visit->rows[i].type = xstrdup(answer->rows[i].type);
    }
    visit_continue(visit);
}

bool visit_list(struct visit *visit)
{
    if (visit->listed)
        return false;
    visit->listed_us = engine_boot_us(visit->engine);
    visit->since_us = engine_wall_us(visit->engine);
    list_since(visit, &visit->settle, &visit->since_us);
    list_since(visit, &visit->receipt, &visit->since_us);
    visit->engine->portal->ops->list(visit->session, visit->since_us - LIST_MARGIN_US, list_done, visit);
    return true;
}

const struct portal_row *visit_row(const struct visit *visit, const char *portal_lot)
{
    for (size_t i = 0; i < visit->n_rows; i++)
        if (streq(visit->rows[i].portal_lot, portal_lot))
            return &visit->rows[i];
    return NULL;
}
