/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/* What people ask of a lot. The caller audits; here only what it does to the lot. */

static int wrong_state(const struct store_lot *lot, const char *what, struct err *err)
{
    return err_set(err, ERR_WRONG_STATE, _("lot %lld is %s: %s"), (long long)lot->id,
                   lot_state_label(lot->state), what);
}

/* Others sent it, so there is no step to take, and none to keep from being taken. */
static int refuse_adopted(const struct store_lot *lot, struct err *err)
{
    return lot->adopted_us == 0 || lot_state_final(lot->state)
               ? 0
               : err_set(err, ERR_WRONG_STATE,
                         _("lot %lld was adopted from its receipts, so the portal is never asked about it; "
                           "import "
                           "what is missing with 'idsectl receipts import'"),
                         (long long)lot->id);
}

int engine_hold(struct engine *engine, int64_t id, enum lot_hold reason, const char *text, const char *who,
                struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    if (lot_state_final(lot.state))
        return wrong_state(&lot, _("it is finished and cannot be held"), err);
    r = refuse_adopted(&lot, err);
    if (r < 0)
        return r;
    lot_set_hold(engine, &lot, reason, text, who);
    r = lot_save(engine, &lot, err);
    return r < 0 ? r : order_tell_held(engine, &lot, err);
}

/* A person says that the portal is in order again. */
static int forget_change(struct engine *engine, struct err *err)
{
    if (engine->circuit.state != CIRCUIT_CHANGED)
        return 0;
    circuit_move(&engine->circuit, CIRCUIT_UNKNOWN, "", engine_wall_us(engine));
    engine->host.portal_changed(engine->host.data);
    int r = circuit_save(&engine->circuit, engine->store, err);
    return r < 0 ? r : judge_again(engine, 0, err);
}

/* … that user and password are right now. */
static int forget_refusal(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    struct store_rp rp = {0};
    struct store_certificate certificate = {0};
    int r = store_rp_get(engine->store, lot->rp, &rp, err);
    int64_t id = rp.certificate;
    store_rp_free(&rp);
    if (r < 0 || id == 0)
        return r;
    r = store_certificate_get(engine->store, id, &certificate, err);
    if (r >= 0 && certificate.hold == LOT_HOLD_CERTIFICATE_REJECTED) {
        certificate.hold = LOT_HOLD_NONE;
        replace_str(&certificate.hold_text, NULL);
        r = store_certificate_update(engine->store, &certificate, err);
        if (r >= 0)
            r = engine_certificate_changed(engine, id, err);
        engine->host.certificate_changed(engine->host.data, id);
    }
    store_certificate_free(&certificate);
    return r;
}

/* A person took away what stood in its way: what else does is found out, and told where that takes people too. */
static int judge_released(struct engine *engine, struct store_lot *lot, struct err *err)
{
    int r = judge_lot(engine, lot, err);
    if (r >= 0)
        r = lot_save(engine, lot, err);
    if (r >= 0)
        r = order_tell(engine, lot, err);
    engine_poke(engine);
    return r;
}

int engine_release(struct engine *engine, int64_t id, const char *who, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    if (lot.hold == LOT_HOLD_NONE)
        return wrong_state(&lot, _("it is not held"), err);
    if (lot.hold == LOT_HOLD_APPROVAL)
        return wrong_state(
            &lot, _("a second person must approve it (idsectl approve); releasing does not do that"), err);
    if (lot.hold == LOT_HOLD_RESTORED_COPY)
        r = fence_check(engine, err);
    if (r >= 0 && lot.hold == LOT_HOLD_CERTIFICATE_REJECTED)
        r = forget_refusal(engine, &lot, err);
    if (r >= 0 && lot.hold == LOT_HOLD_PORTAL_CHANGED)
        r = forget_change(engine, err);
    if (r < 0)
        return r;
    lot_set_hold(engine, &lot, LOT_HOLD_NONE, NULL, NULL);
    if (!lot_state_final(lot.state) && lot.state != LOT_STATE_QUARANTINED)
        lot.next_us = engine_wall_us(engine);
    return judge_released(engine, &lot, err);
}

int engine_approve(struct engine *engine, int64_t id, const char *who, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    if (lot.state != LOT_STATE_QUEUED || lot.approval != LOT_APPROVAL_NEEDED)
        return wrong_state(&lot, _("it does not wait for anybody's approval"), err);
    lot.approval = LOT_APPROVAL_GIVEN;
    lot.approved_us = engine_wall_us(engine);
    replace_str(&lot.approved_by, xstrdup(who));
    return judge_released(engine, &lot, err); /* a hold that a person set stays */
}

static bool was_rejected(const struct store_lot *lot)
{
    return lot->state == LOT_STATE_PARTIAL || lot->state == LOT_STATE_REJECTED ||
           lot->state == LOT_STATE_FAILED;
}

static void give_up(struct store_lot *lot, int64_t at_us, const char *text, const char *who)
{
    lot->given_up_us = at_us;
    replace_str(&lot->given_up_by, xstrdup(who));
    replace_str(&lot->given_up_text, str_empty(text) ? NULL : xstrdup(text));
}

/* IMSS's answer stays what it is: only its last day is nobody's business any more. */
static int give_up_correcting(struct engine *engine, struct store_lot *lot, const char *text, const char *who,
                              struct err *err)
{
    int64_t other;
    if (lot->given_up_us)
        return wrong_state(lot, _("correcting it was given up already"), err);
    int r = store_lot_corrected_by(engine->store, lot->id, &other, err);
    if (r > 0)
        return err_set(err, ERR_WRONG_STATE,
                       _("lot %lld corrects lot %lld; what becomes of that is decided there"),
                       (long long)other, (long long)lot->id);
    if (r < 0)
        return r;
    give_up(lot, engine_wall_us(engine), text, who);
    lot->deadline = lot->untold_day = 0;
    return lot_save(engine, lot, err);
}

int engine_cancel(struct engine *engine, int64_t id, const char *text, const char *who, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    unsigned actions;
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r >= 0 && was_rejected(&lot))
        return give_up_correcting(engine, &lot, text, who, err);
    if (r >= 0)
        r = lot_apply(engine, &lot, LOT_EVENT_CANCEL, &actions, err);
    if (r == 0)
        return wrong_state(&lot, _("only what was not sent, or was rejected, can be given up"), err);
    if (r > 0)
        give_up(&lot, lot.finished_us, text, who);
    return r < 0 ? r : lot_save(engine, &lot, err);
}

int engine_lot_corrected(struct engine *engine, int64_t id, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0 || lot.given_up_us == 0)
        return r;
    lot.given_up_us = 0;
    replace_str(&lot.given_up_by, NULL);
    replace_str(&lot.given_up_text, NULL);
    lot.deadline = lot.adopted_us ? 0 : DEADLINE_UNKNOWN; /* should the correction come to nothing */
    return lot_save(engine, &lot, err);
}

/* Makes the next step due now, whatever it is. */
static int hurry(struct engine *engine, struct store_lot *lot, struct err *err)
{
    unsigned actions;
    enum lot_state before = lot->state;
    int r = lot_apply(engine, lot, LOT_EVENT_RETRY, &actions, err);
    if (r <= 0)
        return r;
    if (before == LOT_STATE_QUARANTINED)
        lot->have_acuse = lot->have_constancia = lot->have_csv = false; /* fetched and read again */
    lot->next_us = engine_wall_us(engine);
    lot->not_before_us = 0; /* now is what the person wants */
    r = lot_save(engine, lot, err);
    return r < 0 ? r : 1;
}

/* A person does not wait for the backoff of the identity either. */
static int forget_delay(struct engine *engine, int64_t lot)
{
    const struct job *job = schedule_find(&engine->schedule, lot);
    if (job && job->certificate)
        schedule_identity(&engine->schedule, job->certificate)->not_before_us = 0;
    engine->circuit.open_until_us = 0;
    engine_poke(engine);
    return 0;
}

/* "Now" would be in vain. */
static int refuse_waiting(struct engine *engine, const struct store_lot *lot, struct err *err)
{
    int r = order_waits(engine, lot, err);
    if (r <= 0)
        return r;
    _cleanup_free_ char *why = engine_lot_waits(engine, lot->id);
    _cleanup_free_ char *what = xasprintf(_("%s; to send it ahead of older lots: idsectl retry %lld --ahead"),
                                          str_or_empty(why), (long long)lot->id);
    return wrong_state(lot, what, err);
}

int engine_go_ahead(struct engine *engine, int64_t id, const char *who, struct err *err)
{
    int r = fence_check(engine, err);
    if (r >= 0)
        r = store_lot_go_ahead(engine->store, id, err);
    return r < 0 ? r : engine_retry(engine, id, who, err);
}

int engine_retry(struct engine *engine, int64_t id, const char *who, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = fence_check(engine, err);
    if (r >= 0)
        r = store_lot_get(engine->store, id, &lot, err);
    if (r >= 0)
        r = refuse_adopted(&lot, err);
    if (r >= 0)
        r = refuse_waiting(engine, &lot, err);
    if (r >= 0)
        r = hurry(engine, &lot, err);
    if (r == 0)
        return wrong_state(&lot, _("there is nothing to try again"), err);
    return r < 0 ? r : forget_delay(engine, id);
}

int engine_reconcile(struct engine *engine, int64_t id, const char *who, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = fence_check(engine, err);
    if (r >= 0)
        r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    if (lot.state != LOT_STATE_UNCERTAIN)
        return wrong_state(
            &lot,
            _("only an uncertain lot is reconciled; with a receipt from the portal's page any lot is "
              "settled by 'idsectl receipts import'"),
            err);
    r = hurry(engine, &lot, err);
    return r < 0 ? r : forget_delay(engine, id);
}

int engine_refresh(struct engine *engine, struct err *err)
{
    int64_t *ids = NULL;
    size_t n = 0;
    int r = fence_check(engine, err);
    if (r >= 0)
        r = store_lot_open_ids(engine->store, &ids, &n, err);
    for (size_t i = 0; i < n && r >= 0; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        r = store_lot_get(engine->store, ids[i], &lot, err);
        if (r < 0 || (lot.state != LOT_STATE_RECEIVED && lot.state != LOT_STATE_UNCERTAIN))
            continue;
        r = hurry(engine, &lot, err);
        if (r > 0)
            r = forget_delay(engine, lot.id);
    }
    free(ids);
    if (r >= 0 && !engine_clock_trusted(engine)) {
        portal_clock_ask(engine);
        engine_poke(engine);
    }
    return r;
}

int engine_test_certificate(struct engine *engine, int64_t id, engine_test_fn *fn, void *data,
                            struct err *err)
{
    struct store_certificate certificate = {0};
    int r = fence_check(engine, err);
    if (r >= 0)
        r = store_certificate_get(engine->store, id, &certificate, err);
    if (r >= 0 && certificate.removed_us)
        r = err_set(err, ERR_UNKNOWN_CERTIFICATE, _("certificate %lld was removed"), (long long)id);
    else if (r >= 0 && certificate.hold == LOT_HOLD_CERTIFICATE_REJECTED)
        r = err_set(
            err, ERR_CREDENTIAL_REJECTED,
            _("the portal refused certificate %lld (%s); trying again could lock the account: correct it, or "
              "release it first"),
            (long long)id, str_or_empty(certificate.hold_text));
    bool expired = certificate.not_after_us && certificate.not_after_us <= engine_wall_us(engine);
    store_certificate_free(&certificate);
    if (r >= 0 && expired) {
        visit_tell_test(engine, fn, data, REASON_CERTIFICATE_EXPIRED,
                        outcome_reason_text(REASON_CERTIFICATE_EXPIRED));
        return 0;
    }
    return r < 0 ? r : visit_start_test(engine, schedule_identity(&engine->schedule, id), fn, data, err);
}
