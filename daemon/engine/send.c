/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

/*
 * Sending: the attempt and the state `sending` are committed before the first byte leaves, and the answer
 * becomes one transition. What is not known to be taken or not taken is `uncertain`.
 */

static int attempt_end(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    const struct buf *transcript = visit->engine->portal->ops->transcript(visit->session);
    size_t from = MIN(visit->transcript_from, transcript->len);
    struct buf part = BUF_INIT;
    buf_add(&part, transcript->data ? transcript->data + from : "", transcript->len - from);
    int r = store_attempt_end(visit->engine->store,
                              &(struct store_attempt){.id = visit->attempt,
                                                      .lot = visit->lot,
                                                      .certificate = visit->identity->certificate,
                                                      .ended_us = engine_wall_us(visit->engine),
                                                      .reason = answer->reason,
                                                      .text = (char *)answer->text,
                                                      .sent = answer->sent},
                              &part, answer->tls_chain, err);
    buf_free(&part);
    return r;
}

/* The fields of the row that the event changes; the event was applied. */
static void note_end(struct visit *visit, struct store_lot *lot, enum lot_event event,
                     const struct portal_answer *answer)
{
    struct engine *engine = visit->engine;
    lot->attempt_end_us = engine_wall_us(engine);
    lot_set_error(lot, answer->reason, answer->text);
    if (event == LOT_EVENT_TAKEN) {
        replace_str(&lot->portal_lot, xstrdup(answer->portal_lot));
        replace_str(&lot->folio, xstrdup(answer->folio));
        lot->received_us = answer->received_us;
        lot->failures = 0;
        lot_poll_later(engine, lot);
        lot_set_error(lot, REASON_OK, NULL);
    } else if (event == LOT_EVENT_NOT_SENT) {
        lot_back_off(engine, lot, answer->retry_after_us);
    } else if (event == LOT_EVENT_BROKEN) {
        lot->next_us = lot->attempt_end_us + MIN(engine->config.poll_min_us, engine->config.settle_us);
        engine_tell(engine, lot->id, lot->certificate, "uncertain", answer->text);
    } else if (event == LOT_EVENT_REFUSED) {
        engine_tell(engine, lot->id, lot->certificate, "failed", answer->text);
    }
}

static int record_end(struct visit *visit, enum lot_event event, const struct portal_answer *answer,
                      struct err *err)
{
    struct engine *engine = visit->engine;
    _cleanup_lot_ struct store_lot lot = {0};
    unsigned actions;
    int r = store_lot_get(engine->store, visit->lot, &lot, err);
    if (r >= 0)
        r = lot_apply(engine, &lot, event, &actions, err);
    if (r == 0)
        return err_set(err, ERR_WRONG_STATE, _("lot %lld is %s and cannot take %s"), (long long)lot.id,
                       lot_state_name(lot.state), lot_event_name(event));
    if (r >= 0)
        r = attempt_end(visit, answer, err);
    if (r >= 0 && event != LOT_EVENT_NOT_SENT)
        r = visit_keep_page(visit, lot.id, answer, err);
    if (r < 0)
        return r;
    note_end(visit, &lot, event, answer);
    return lot_save(engine, &lot, err);
}

/* An answer that says "taken" must name a lot that no other lot of ours has; in the past the number may have been another's. */
static bool names_a_new_lot(struct visit *visit, const struct portal_answer *answer)
{
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    if (str_empty(answer->portal_lot) ||
        store_lots_by_portal_lot(visit->engine->store, answer->portal_lot, &ids, &n, NULL) < 0)
        return false;
    bool new = true;
    for (size_t i = 0; i < n && new; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        new = store_lot_get(visit->engine->store, ids[i], &lot, NULL) >= 0 && lot.adopted_us != 0;
    }
    return new;
}

static void receive(struct visit *visit)
{
    visit_queue_add(&visit->receipt, visit->lot);
    visit_continue(visit);
}

/* As large as the file, so in slices. */
static void keep_signature(struct visit *visit, struct buf *signature, visit_fn *then)
{
    const struct store_document document = {.lot = visit->lot,
                                            .kind = DOCUMENT_SIGNATURE,
                                            .name = (char *)"signature.p7s",
                                            .media_type = (char *)"application/pkcs7-signature"};
    buf_take(&visit->document, signature);
    visit_save(visit, &document, &visit->document, then);
}

static void send_done(void *data, const struct portal_answer *given)
{
    struct visit *visit = data;
    struct engine *engine = visit->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    struct portal_answer answer = *given;
    crash_point(CRASH_SEND_ANSWERED);
    if (answer.reason == REASON_OK && !names_a_new_lot(visit, &answer)) {
        answer.reason = REASON_UNKNOWN_PAGE;
        answer.text = _("the portal says that it took the lot, without a número de lote of its own");
    }
    enum lot_event event = outcome_of_upload(answer.reason, answer.sent, NULL);
    bool served = event == LOT_EVENT_TAKEN || event == LOT_EVENT_REFUSED;
    if (record_end(visit, event, &answer, &err) < 0 || (served && visit_step_served(visit, &err) < 0)) {
        engine_fatal(engine, &err);
        return;
    }
    crash_point(CRASH_RESULT_BEFORE_COMMIT);
    visit_fn *then = event == LOT_EVENT_TAKEN ? receive : visit_continue;
    if (!served) {
        if (!visit_blame(visit, &answer))
            return;
        then = visit_end;
    }
    if (answer.signature && answer.signature->len > 0)
        keep_signature(visit, answer.signature, then);
    else
        then(visit);
}

static void send_now(struct visit *visit)
{
    struct engine *engine = visit->engine;
    crash_point(CRASH_SEND_AFTER_COMMIT);
    buf_free(&visit->document);
    visit->transcript_from = engine->portal->ops->transcript(visit->session)->len;
    visit->step = CIRCUIT_STEP_UPLOAD;
    engine->portal->ops->upload(visit->session, send_done, visit);
    crash_point(CRASH_SEND_STARTED);
}

/* The attempt, as it is committed before anything leaves. */
static int record_start(struct visit *visit, struct err *err)
{
    struct engine *engine = visit->engine;
    _cleanup_lot_ struct store_lot lot = {0};
    unsigned actions;
    int r = store_lot_get(engine->store, visit->lot, &lot, err);
    if (r >= 0)
        r = lot_apply(engine, &lot, LOT_EVENT_SEND, &actions, err);
    if (r <= 0)
        return r;
    lot.attempts++;
    lot.certificate = visit->identity->certificate;
    lot.attempt_us = engine_wall_us(engine);
    lot.attempt_end_us = 0;
    lot.next_us =
        lot.attempt_us + engine->config.settle_us; /* nobody waits for it while the attempt is under way */
    r = store_attempt_begin(engine->store, lot.id, lot.certificate, &visit->attempt, err);
    if (r >= 0)
        r = lot_save(engine, &lot, err);
    return r < 0 ? r : 1;
}

/* The lot is signed; it may have been held or cancelled meanwhile. */
static void send_signed(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    bool serve = !visit->engine->stopping && visit_may_serve(visit, visit->lot, LOT_STATE_QUEUED);
    int r = serve ? record_start(visit, &err) : 0;
    if (r < 0)
        engine_fatal(visit->engine, &err);
    else if (r == 0)
        visit_continue(visit);
    else {
        crash_point(CRASH_SEND_BEFORE_COMMIT);
        visit_next(visit, send_now);
    }
}

/* The signature is on disk before the portal has it, so that no crash can lose it. */
static void sign_done(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    if (answer->signature && answer->signature->len > 0)
        keep_signature(visit, answer->signature, send_signed);
    else
        send_signed(visit); /* if it could not be made, the upload will say why */
}

static void send_loaded(struct visit *visit)
{
    struct engine *engine = visit->engine;
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_lot_get(engine->store, visit->lot, &lot, &err) < 0)
        visit_fatal(visit, &err);
    else
        engine->portal->ops->sign(visit->session, lot.rp, &visit->records, sign_done, visit);
}

bool send_step(struct visit *visit)
{
    while (!visit_queue_empty(&visit->send)) {
        visit->lot = visit->send.lots[visit->send.at++];
        if (!visit_may_serve(visit, visit->lot, LOT_STATE_QUEUED))
            continue;
        visit_load(visit, send_loaded);
        return true;
    }
    return false;
}
