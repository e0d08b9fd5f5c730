/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

int lot_apply(struct engine *engine, struct store_lot *lot, enum lot_event event, unsigned *ret_actions,
              struct err *err)
{
    struct lot_step step;
    if (lot_transition(lot->state, event, &step) == 0)
        return 0;
    lot->state = step.state;
    if (lot_state_final(lot->state)) {
        lot->finished_us = engine_wall_us(engine);
        lot_set_hold(engine, lot, LOT_HOLD_NONE, NULL, NULL);
    }
    if (lot->state == LOT_STATE_PARTIAL && !lot->adopted_us) { /* what others sent, others correct */
        lot->deadline = DEADLINE_UNKNOWN; /* from now on that of those that were rejected */
        lot->untold_day = 0;
    }
    if (lot->state == LOT_STATE_CANCELLED || lot->state == LOT_STATE_FAILED)
        lot->next_us = 0; /* the others still have receipts to come */
    int state = lot_movement_state(lot->state);
    if ((step.actions & LOT_ACTION_MOVEMENTS) && state >= 0) {
        int r = store_lot_set_movements(engine->store, lot->id, (enum movement_state)state, err);
        if (r < 0)
            return r;
    }
    engine->host.lot_moved(engine->host.data, lot);
    *ret_actions = step.actions;
    if (lot->state == LOT_STATE_QUEUED && judge_lot(engine, lot, err) < 0)
        return -1; /* what stands in its way may have come while it was on the way */
    return 1;
}

/* Does this hold stop the lot in this state? Following a lot that was sent goes on under an operator's hold.
 */
static bool hold_blocks(const struct store_lot *lot)
{
    if (lot->state == LOT_STATE_SENDING)
        return true; /* the visit that sends it has it */
    switch (lot->hold) {
    case LOT_HOLD_NONE:
    case LOT_HOLD_PORTAL_DOWN: /* the circuit delays its visit */
    case _LOT_HOLD_MAX:
        return false;
    case LOT_HOLD_OPERATOR:
    case LOT_HOLD_APPROVAL:
    case LOT_HOLD_PROFILE_INCOMPLETE:
        return lot->state == LOT_STATE_QUEUED;
    case LOT_HOLD_CERTIFICATE_MISSING:
    case LOT_HOLD_CERTIFICATE_EXPIRED:
    case LOT_HOLD_CERTIFICATE_REJECTED:
    case LOT_HOLD_PORTAL_CHANGED:
    case LOT_HOLD_RESTORED_COPY:
        return true;
    }
    return true;
}

/* A due time that the wall clock may have pushed far away (it was set back) is never later than the longest
 * delay. */
static int64_t due_boot_us(const struct engine *engine, int64_t next_us)
{
    const struct engine_config *config = &engine->config;
    int64_t longest = MAX(MAX(config->poll_max_us, config->retry_max_us), config->settle_us);
    int64_t wait = next_us - engine_wall_us(engine);
    return engine_boot_us(engine) + CLAMP(wait, 0, longest);
}

/* What is to be sent later waits that long, however far it is: this is no delay of ours that a clock could have spoiled. */
static int64_t lot_due_boot_us(const struct engine *engine, const struct store_lot *lot)
{
    int64_t due = due_boot_us(engine, lot->next_us), wait = lot->not_before_us - engine_wall_us(engine);
    return lot->state == LOT_STATE_QUEUED && wait > 0 ? MAX(due, engine_boot_us(engine) + wait) : due;
}

int lot_schedule(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    if (lot->next_us == 0) {
        schedule_drop(&engine->schedule, lot->id);
        return 0;
    }
    struct store_rp rp = {0};
    int waits = order_waits(engine, lot, err);
    int r = waits < 0 ? waits : store_rp_get(engine->store, lot->rp, &rp, err);
    if (r < 0)
        return r;
    const struct job *before = schedule_find(&engine->schedule, lot->id);
    int64_t since_us = before && before->state == lot->state ? before->since_us : engine_boot_us(engine);
    schedule_put(&engine->schedule,
                 &(struct job){.lot = lot->id,
                               .certificate = rp.certificate,
                               .state = lot->state,
                               .hold = lot->hold,
                               .blocked = hold_blocks(lot) || import_has(engine, lot->id) ||
                                          reindex_has(engine, lot->id),
                               .waits = waits > 0,
                               .deadline = lot->deadline,
                               .due_us = lot_due_boot_us(engine, lot),
                               .since_us = since_us});
    store_rp_free(&rp);
    return 0;
}

int lot_enter(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    int r = lot_schedule(engine, lot, err);
    if (r >= 0)
        engine->host.lot_changed(engine->host.data, lot->id);
    return r;
}

int lot_save(struct engine *engine, struct store_lot *lot, struct err *err)
{
    if (lot->adopted_us)
        lot->next_us = 0;                  /* others sent it, so nothing is asked of the portal for it */
    _cleanup_free_ int64_t *behind = NULL; /* the store forgets them with the change */
    size_t n = 0;
    int r = order_behind(engine, lot, &behind, &n, err);
    if (r >= 0)
        r = store_lot_update(engine->store, lot, err);
    if (r >= 0)
        r = lot_enter(engine, lot, err);
    return r < 0 ? r : order_look_again(engine, behind, n, err);
}

void lot_back_off(struct engine *engine, struct store_lot *lot, int64_t floor_us)
{
    const struct engine_config *config = &engine->config;
    lot->failures++;
    lot->next_us =
        engine_wall_us(engine) + backoff_delay_us(lot->failures, config->retry_first_us, config->retry_max_us,
                                                  floor_us, engine->host.random(engine->host.data));
}

void lot_poll_later(struct engine *engine, struct store_lot *lot)
{
    int64_t now = engine_wall_us(engine);
    int64_t since = lot->received_us ? lot->received_us : lot->attempt_end_us;
    lot->polled_us = now;
    lot->next_us = now + poll_interval_us(MAX(now - since, INT64_C(0)), engine->config.poll_min_us,
                                          engine->config.poll_max_us);
}

void lot_set_error(struct store_lot *lot, enum outcome_reason reason, const char *text)
{
    lot->last_reason = reason;
    replace_str(&lot->last_error, reason == REASON_OK ? NULL : xstrdup(text));
}

void lot_set_hold(struct engine *engine, struct store_lot *lot, enum lot_hold hold, const char *text,
                  const char *who)
{
    if (hold != lot->hold)
        lot->hold_us = hold == LOT_HOLD_NONE ? 0 : engine_wall_us(engine);
    lot->hold = hold;
    replace_str(&lot->hold_text, xstrdup(hold == LOT_HOLD_NONE ? NULL
                                         : text                ? text
                                                               : lot_hold_sentence(hold)));
    replace_str(&lot->hold_by, xstrdup(hold == LOT_HOLD_NONE ? NULL : who));
}

bool lot_held_by_people(const struct store_lot *lot)
{
    switch (lot->hold) {
    case LOT_HOLD_OPERATOR:
        return !streq_null(lot->hold_by, ENGINE_WHO_PAUSE);
    case LOT_HOLD_APPROVAL:
    case LOT_HOLD_RESTORED_COPY:
        return true;
    case LOT_HOLD_NONE:
    case LOT_HOLD_CERTIFICATE_MISSING:
    case LOT_HOLD_CERTIFICATE_EXPIRED:
    case LOT_HOLD_CERTIFICATE_REJECTED:
    case LOT_HOLD_PORTAL_DOWN:
    case LOT_HOLD_PORTAL_CHANGED:
    case LOT_HOLD_PROFILE_INCOMPLETE:
    case _LOT_HOLD_MAX:
        return false;
    }
    return false;
}

void lot_hold_for(struct engine *engine, struct store_lot *lot, enum lot_hold hold, const char *text)
{
    if (lot_held_by_people(lot))
        lot->next_us = 0;
    else
        lot_set_hold(engine, lot, hold, text, ENGINE_WHO);
}
