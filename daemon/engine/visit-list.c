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

/* The portal, which let us in, answers in good order that it cannot do this, and does not ask to be left alone. */
static bool only_the_list_fails(const struct portal_answer *answer)
{
    return (answer->reason == REASON_HTTP_SERVER || answer->reason == REASON_HTTP_UNAVAILABLE) &&
           answer->retry_after_us == 0;
}

/*
 * No list, so nothing is settled and no receipt fetched. Lots to be sent need none, unless they wait for an uncertain one:
 * they go all the same, so that one lot that cannot be settled does not stop the others.
 */
static void list_failed(struct visit *visit, const struct portal_answer *answer)
{
    _cleanup_err_ struct err err = ERR_INIT;
    visit->unlisted = only_the_list_fails(answer);
    int r = visit_tell_waiting(visit, &visit->settle, LOT_HOLD_NONE, answer, &err);
    if (r >= 0)
        r = visit_tell_waiting(visit, &visit->receipt, LOT_HOLD_NONE, answer, &err);
    if (r >= 0 && !visit->unlisted)
        r = visit_tell_waiting(visit, &visit->send, LOT_HOLD_NONE, answer, &err);
    if (r < 0)
        visit_fatal(visit, &err);
    else if (!visit->unlisted)
        visit_failed(visit, answer);
    else if (visit_blame(visit, answer))
        visit_continue(visit);
}

static void list_done(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (answer->reason != REASON_OK) {
        list_failed(visit, answer);
        return;
    }
    if (visit_step_served(visit, &err) < 0 || portal_clock_note(visit->engine, answer, &err) < 0) {
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
    visit->step = CIRCUIT_STEP_LIST;
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
