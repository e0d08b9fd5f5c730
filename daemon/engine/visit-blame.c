/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

#include "base/log.h"

/* What the answer to a request means beyond the lot at hand: for identity, certificate and portal. */

int visit_save_identity(struct visit *visit, struct err *err)
{
    const struct identity *identity = visit->identity;
    int64_t wait = MAX(identity->not_before_us - engine_boot_us(visit->engine), INT64_C(0));
    _cleanup_free_ char *name = xasprintf("identity.%lld", (long long)identity->certificate);
    _cleanup_free_ char *value = NULL;
    if (identity->failures > 0)
        value = xasprintf("%u %lld", identity->failures, (long long)(engine_wall_us(visit->engine) + wait));
    return store_value_set(visit->engine->store, name, value, err);
}

static int identity_back_off(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    struct engine *engine = visit->engine;
    const struct engine_config *config = &engine->config;
    struct identity *identity = visit->identity;
    identity->failures++;
    identity->not_before_us =
        engine_boot_us(engine) + backoff_delay_us(identity->failures, config->retry_first_us,
                                                  config->retry_max_us, answer->retry_after_us,
                                                  engine->host.random(engine->host.data));
    return visit_save_identity(visit, err);
}

static int circuit_move_and_judge(struct engine *engine, enum circuit_state state, const char *text,
                                  struct err *err)
{
    bool other = circuit_move(&engine->circuit, state, text, engine_wall_us(engine));
    int r = circuit_save(&engine->circuit, engine->store, err);
    if (r < 0 || !other)
        return r;
    engine->host.portal_changed(engine->host.data);
    return judge_again(engine, 0, err);
}

/* It is not down yet, but nobody should read that all is well. */
static int circuit_doubt(struct engine *engine, const char *text, struct err *err)
{
    struct circuit *circuit = &engine->circuit;
    if (circuit->state == CIRCUIT_OK || circuit->state == CIRCUIT_UNKNOWN)
        replace_str(&circuit->text, xstrdup(text));
    engine->host.portal_changed(engine->host.data);
    return circuit_save(circuit, engine->store, err);
}

static int circuit_blame(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    struct engine *engine = visit->engine;
    struct circuit *circuit = &engine->circuit;
    const struct engine_config *config = &engine->config;
    circuit_count(circuit, visit->step);
    if (circuit->failures < config->circuit_failures)
        return circuit_doubt(engine, answer->text, err);
    circuit->open_until_us = engine_wall_us(engine) +
                             backoff_delay_us(circuit->failures - config->circuit_failures + 1,
                                              config->retry_first_us, config->retry_max_us,
                                              answer->retry_after_us, engine->host.random(engine->host.data));
    if (circuit->state != CIRCUIT_DOWN)
        engine_tell(engine, 0, 0, "portal-down", answer->text);
    return circuit_move_and_judge(engine, CIRCUIT_DOWN, answer->text, err);
}

static int praise_portal(struct engine *engine, struct err *err)
{
    if (engine->circuit.failures == 0 && engine->circuit.state != CIRCUIT_UNKNOWN)
        return 0;
    if (engine->circuit.failures > 0)
        engine->host.portal_changed(engine->host.data);
    engine->circuit.failures = 0;
    engine->circuit.open_until_us = 0;
    enum circuit_state state = engine->circuit.state == CIRCUIT_CHANGED ? CIRCUIT_CHANGED : CIRCUIT_OK;
    return circuit_move_and_judge(engine, state, outcome_reason_text(REASON_OK), err);
}

int visit_step_served(struct visit *visit, struct err *err)
{
    visit->served = visit->served || visit->step != CIRCUIT_STEP_LOGIN;
    return circuit_is_mended(&visit->engine->circuit, visit->step) ? praise_portal(visit->engine, err) : 0;
}

/* Where files are not taken, visits for receipts alone say nothing about that as long as a file is to be sent. */
static bool uploads_are_owed(const struct engine *engine)
{
    if (engine->circuit.failures == 0 || engine->circuit.failed != CIRCUIT_STEP_UPLOAD)
        return false;
    for (size_t i = 0; i < engine->schedule.n_jobs; i++) {
        const struct job *job = &engine->schedule.jobs[i];
        if (job->state == LOT_STATE_QUEUED && !job->blocked)
            return true;
    }
    return false;
}

int visit_all_served(struct visit *visit, struct err *err)
{
    return visit->served && !uploads_are_owed(visit->engine) ? praise_portal(visit->engine, err) : 0;
}

int visit_hold_certificate(struct visit *visit, enum lot_hold hold, const char *text, struct err *err)
{
    struct engine *engine = visit->engine;
    struct store_certificate certificate = {0};
    int r = store_certificate_get(engine->store, visit->identity->certificate, &certificate, err);
    if (r >= 0) {
        certificate.hold = hold;
        replace_str(&certificate.hold_text, xstrdup(text));
        r = store_certificate_update(engine->store, &certificate, err);
    }
    store_certificate_free(&certificate);
    if (r < 0)
        return r;
    engine->host.certificate_changed(engine->host.data, visit->identity->certificate);
    _cleanup_free_ char *overlap =
        visit->identity->replaces
            ? xasprintf(_("%s; certificate %lld goes on serving until this one is put right"), text,
                        (long long)visit->identity->replaces)
            : NULL;
    visit->identity->replaces = 0;
    engine_tell(engine, 0, visit->identity->certificate, lot_hold_name(hold), overlap ? overlap : text);
    return judge_again(engine, visit->identity->certificate, err);
}

int visit_tell_waiting(struct visit *visit, const struct visit_queue *queue, enum lot_hold hold,
                       const struct portal_answer *answer, struct err *err)
{
    _cleanup_free_ char *text = xasprintf("%s (%s)", lot_hold_sentence(hold), answer->text);
    for (size_t i = queue->at; i < queue->n; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        int r = store_lot_get(visit->engine->store, queue->lots[i], &lot, err);
        if (r < 0)
            return r;
        lot_set_error(&lot, answer->reason, answer->text);
        if (hold != LOT_HOLD_NONE)
            lot_hold_for(visit->engine, &lot, hold, text);
        r = lot_save(visit->engine, &lot, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int portal_is_changed(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    int r = visit_keep_page(visit, 0, answer, err);
    if (r >= 0)
        r = visit_tell_waiting(visit, &visit->settle, LOT_HOLD_PORTAL_CHANGED, answer, err);
    if (r >= 0)
        r = visit_tell_waiting(visit, &visit->receipt, LOT_HOLD_PORTAL_CHANGED, answer, err);
    if (r < 0)
        return r;
    engine_tell(visit->engine, 0, visit->identity->certificate, "portal-changed", answer->text);
    return circuit_move_and_judge(visit->engine, CIRCUIT_CHANGED, answer->text, err);
}

static int draw_consequences(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    enum lot_hold hold = LOT_HOLD_NONE;
    enum outcome outcome = outcome_of(answer->reason, &hold);
    if (portal_clock_note(visit->engine, answer, err) < 0)
        return -1;
    if (outcome_blames_portal(answer->reason)) {
        int r = circuit_blame(visit, answer, err);
        if (r < 0)
            return r;
    }
    if (outcome != OUTCOME_HOLD)
        return identity_back_off(visit, answer, err);
    if (hold == LOT_HOLD_CERTIFICATE_REJECTED || hold == LOT_HOLD_CERTIFICATE_EXPIRED)
        return visit_hold_certificate(visit, hold, answer->text, err);
    int r = visit->identity->replaces ? identity_back_off(visit, answer, err)
                                      : 0; /* nobody waits for it to be due */
    return r < 0 ? r : portal_is_changed(visit, answer, err);
}

bool visit_blame(struct visit *visit, const struct portal_answer *answer)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *certificate = xasprintf("%lld", (long long)visit->identity->certificate);
    log_write(LOG_WARNING, LOG_FIELDS({"IDSE_EVENT", "visit-failed"}, {"IDSE_CERT", certificate}), "%s: %s",
              outcome_reason_name(answer->reason), answer->text);
    if (draw_consequences(visit, answer, &err) >= 0)
        return true;
    visit_fatal(visit, &err);
    return false;
}

void visit_failed(struct visit *visit, const struct portal_answer *answer)
{
    if (visit_blame(visit, answer))
        visit_end(visit);
}

int visit_keep_page(struct visit *visit, int64_t lot, const struct portal_answer *answer, struct err *err)
{
    if (!answer->page || answer->page->len == 0)
        return 0;
    struct store_document document = {
        .lot = lot, .kind = DOCUMENT_PAGE, .name = (char *)"page.html", .media_type = (char *)"text/html"};
    int64_t id;
    return store_document_add(visit->engine->store, &document, answer->page->data, answer->page->len, &id,
                              err);
}
