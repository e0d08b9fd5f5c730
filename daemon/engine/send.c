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
                              &part, err);
    buf_free(&part);
    return r;
}

static int keep_signature(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    if (!answer->signature || answer->signature->len == 0)
        return 0;
    struct store_document document = {.lot = visit->lot,
                                      .kind = DOCUMENT_SIGNATURE,
                                      .name = (char *)"signature.p7s",
                                      .media_type = (char *)"application/pkcs7-signature"};
    int64_t id;
    return store_document_add(visit->engine->store, &document, answer->signature->data,
                              answer->signature->len, &id, err);
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
    if (r >= 0)
        r = keep_signature(visit, answer, err);
    if (r >= 0 && event != LOT_EVENT_NOT_SENT)
        r = visit_keep_page(visit, lot.id, answer, err);
    if (r < 0)
        return r;
    note_end(visit, &lot, event, answer);
    return lot_save(engine, &lot, err);
}

/* An answer that says "taken" must name a lot that no other lot of ours has. */
static bool names_a_new_lot(struct visit *visit, const struct portal_answer *answer)
{
    int64_t other;
    return !str_empty(answer->portal_lot) &&
           store_lot_by_portal_lot(visit->engine->store, answer->portal_lot, &other, NULL) == 0;
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
    buf_free(&visit->records);
    if (record_end(visit, event, &answer, &err) < 0) {
        engine_fatal(engine, &err);
        return;
    }
    crash_point(CRASH_RESULT_BEFORE_COMMIT);
    if (event == LOT_EVENT_TAKEN)
        visit_queue_add(&visit->receipt, visit->lot);
    if (event == LOT_EVENT_TAKEN || event == LOT_EVENT_REFUSED)
        visit_continue(visit);
    else
        visit_failed(visit, &answer);
}

static void send_now(void *data, const struct err *commit_err)
{
    struct visit *visit = data;
    struct engine *engine = visit->engine;
    if (commit_err) {
        struct err err = {.code = commit_err->code, .text = xstrdup(commit_err->text)};
        engine_fatal(engine, &err);
        err_clear(&err);
        return;
    }
    crash_point(CRASH_SEND_AFTER_COMMIT);
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_lot_get(engine->store, visit->lot, &lot, &err) < 0) {
        engine_fatal(engine, &err);
        return;
    }
    visit->transcript_from = engine->portal->ops->transcript(visit->session)->len;
    engine->portal->ops->upload(visit->session, lot.rp, visit->records.data, visit->records.len, send_done,
                                visit);
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
        r = store_lot_records(engine->store, lot.id, &visit->records, err);
    if (r >= 0)
        r = lot_save(engine, &lot, err);
    return r < 0 ? r : 1;
}

bool send_step(struct visit *visit)
{
    while (!visit_queue_empty(&visit->send)) {
        visit->lot = visit->send.lots[visit->send.at++];
        if (!visit_may_serve(visit, visit->lot, LOT_STATE_QUEUED))
            continue;
        _cleanup_err_ struct err err = ERR_INIT;
        buf_reset(&visit->records);
        int r = record_start(visit, &err);
        if (r < 0) {
            engine_fatal(visit->engine, &err);
            return true;
        }
        if (r == 0)
            continue;
        crash_point(CRASH_SEND_BEFORE_COMMIT);
        store_after_commit(visit->engine->store, send_now, visit);
        return true;
    }
    return false;
}
