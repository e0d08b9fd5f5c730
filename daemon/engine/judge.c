/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/* How many lots are judged in one turn, so that a long queue does not stop the loop. */
enum { JUDGED_PER_TURN = 100 };

/* What stands in a lot's way, apart from what people decided about it. */
struct obstacle {
    enum lot_hold hold;
    char *text; /* NULL: the hold's own sentence */
    const char *who;
};

static void certificate_obstacle(struct engine *engine, const struct store_certificate *certificate,
                                 struct obstacle *obstacle)
{
    if (certificate->hold != LOT_HOLD_NONE) {
        obstacle->hold = certificate->hold;
        obstacle->text =
            xasprintf("%s (%s)", lot_hold_sentence(certificate->hold), str_or_empty(certificate->hold_text));
    } else if (certificate->not_after_us && certificate->not_after_us <= engine_wall_us(engine)) {
        _cleanup_free_ char *when = time_format_short(certificate->not_after_us);
        obstacle->hold = LOT_HOLD_CERTIFICATE_EXPIRED;
        obstacle->text = xasprintf(_("The certificate expired on %s; add the new one."), when);
    }
}

static void portal_obstacle(struct engine *engine, struct obstacle *obstacle)
{
    if (engine->circuit.state == CIRCUIT_DOWN)
        obstacle->hold = LOT_HOLD_PORTAL_DOWN;
    else if (engine->circuit.state == CIRCUIT_CHANGED)
        obstacle->hold = LOT_HOLD_PORTAL_CHANGED;
    else
        return;
    obstacle->text =
        xasprintf("%s (%s)", lot_hold_sentence(obstacle->hold), str_or_empty(engine->circuit.text));
}

static int find_obstacle(struct engine *engine, const struct store_lot *lot, struct obstacle *ret,
                         struct err *err)
{
    bool queued = lot->state == LOT_STATE_QUEUED;
    if (engine->fence.closed) {
        ret->hold = LOT_HOLD_RESTORED_COPY;
        return 0;
    }
    if (queued && lot->approval == LOT_APPROVAL_NEEDED) {
        ret->hold = LOT_HOLD_APPROVAL;
        return 0;
    }
    struct store_rp rp = {0};
    int r = store_rp_get(engine->store, lot->rp, &rp, err);
    if (r < 0)
        return r;
    bool paused = rp.paused;
    int64_t id = rp.certificate;
    store_rp_free(&rp);

    if (paused && queued) {
        ret->hold = LOT_HOLD_OPERATOR;
        ret->text = xstrdup(_("Its registro patronal is paused; resume it with 'idsectl rp resume'."));
        ret->who = ENGINE_WHO_PAUSE;
        return 0;
    }
    if (id == 0) {
        ret->hold = LOT_HOLD_CERTIFICATE_MISSING;
        return 0;
    }
    struct store_certificate certificate = {0};
    r = store_certificate_get(engine->store, id, &certificate, err);
    if (r < 0)
        return r;
    certificate_obstacle(engine, &certificate, ret);
    store_certificate_free(&certificate);
    if (ret->hold != LOT_HOLD_NONE || !queued)
        return 0;
    if (!engine->portal->ops->can_upload(engine->portal->data))
        ret->hold = LOT_HOLD_PROFILE_INCOMPLETE;
    else
        portal_obstacle(engine, ret);
    return 0;
}

/* A hold that the engine set for an obstacle and takes off with it; the others are for people to take off. */
static bool hold_is_judged(const struct store_lot *lot)
{
    switch (lot->hold) {
    case LOT_HOLD_NONE:
    case LOT_HOLD_APPROVAL: /* it goes when the lot is approved */
    case LOT_HOLD_CERTIFICATE_MISSING:
    case LOT_HOLD_CERTIFICATE_EXPIRED:
    case LOT_HOLD_CERTIFICATE_REJECTED:
    case LOT_HOLD_PORTAL_DOWN:
    case LOT_HOLD_PROFILE_INCOMPLETE:
    case LOT_HOLD_RESTORED_COPY:
        return true;
    case LOT_HOLD_OPERATOR:
        return streq_null(lot->hold_by, ENGINE_WHO_PAUSE);
    case LOT_HOLD_PORTAL_CHANGED: /* before sending it is the portal's state, afterwards the lot's own */
        return lot->state == LOT_STATE_QUEUED;
    case _LOT_HOLD_MAX:
        return false;
    }
    return false;
}

int judge_lot(struct engine *engine, struct store_lot *lot, struct err *err)
{
    if (lot_state_final(lot->state) || !hold_is_judged(lot))
        return 0;
    struct obstacle obstacle = {.hold = LOT_HOLD_NONE, .who = ENGINE_WHO};
    int r = find_obstacle(engine, lot, &obstacle, err);
    if (r >= 0)
        lot_set_hold(engine, lot, obstacle.hold, obstacle.text, obstacle.who);
    free(obstacle.text);
    return r;
}

static int judge_stored(struct engine *engine, int64_t id, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r >= 0)
        r = judge_lot(engine, &lot, err);
    return r < 0 ? r : lot_save(engine, &lot, err); /* schedules it anew, which takes the mark off */
}

int judge_some(struct engine *engine, struct err *err)
{
    int left = JUDGED_PER_TURN;
    for (size_t i = 0; i < engine->schedule.n_jobs && left > 0 && engine->schedule.n_unjudged > 0;) {
        const struct job *job = &engine->schedule.jobs[i];
        int64_t lot = job->lot;
        if (job->unjudged) {
            int r = judge_stored(engine, lot, err);
            if (r < 0)
                return r;
            left--;
        }
        /* the job is gone when its lot has nothing to wait for any more */
        if (i < engine->schedule.n_jobs && engine->schedule.jobs[i].lot == lot)
            i++;
    }
    return 0;
}

int judge_again(struct engine *engine, int64_t certificate, struct err *err)
{
    for (size_t i = 0; i < engine->schedule.n_jobs; i++) {
        struct job *job = &engine->schedule.jobs[i];
        if (certificate == 0 || job->certificate == certificate)
            schedule_unjudge(&engine->schedule, job);
    }
    int r = judge_some(engine, err);
    engine_poke(engine);
    return r;
}
