/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

#include "base/log.h"

/* The portal's list is asked for from this long before the oldest lot in question: its clock and its dates
 * are coarse. */
#define LIST_MARGIN_US US_PER_DAY

void visit_queue_add(struct visit_queue *queue, int64_t lot)
{
    queue->lots = xreallocarray(queue->lots, queue->n + 1, sizeof(*queue->lots));
    queue->lots[queue->n++] = lot;
}

static void forget_list(struct visit *visit)
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

void visit_free(struct visit *visit)
{
    if (!visit)
        return;
    struct engine *engine = visit->engine;
    engine->portal->ops->close(visit->session);
    visit->identity->visit = NULL;
    engine->n_visits--;
    imports_try_again(engine);
    reindex_try_again(engine);
    forget_list(visit);
    free(visit->settle.lots);
    free(visit->send.lots);
    free(visit->receipt.lots);
    buf_free(&visit->records);
    buf_free(&visit->document);
    portal_reading_free(&visit->reading);
    buf_free(&visit->csv);
    store_document_end(visit->saving);
    engine->n_ready -= visit->ready;
    free(visit);
}

void visit_end(struct visit *visit)
{
    struct engine *engine = visit->engine;
    visit_free(visit);
    engine_rearm(engine);
}

void visit_fatal(struct visit *visit, struct err *err)
{
    struct engine *engine = visit->engine;
    visit_free(visit);
    engine_fatal(engine, err);
}

/* ---- what a failure means beyond the lot at hand ---- */

static int identity_save(struct visit *visit, struct err *err)
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
    return identity_save(visit, err);
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

static int circuit_blame(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    struct engine *engine = visit->engine;
    struct circuit *circuit = &engine->circuit;
    const struct engine_config *config = &engine->config;
    circuit->failures++;
    if (circuit->failures < config->circuit_failures)
        return circuit_save(circuit, engine->store, err);
    circuit->open_until_us = engine_wall_us(engine) +
                             backoff_delay_us(circuit->failures - config->circuit_failures + 1,
                                              config->retry_first_us, config->retry_max_us,
                                              answer->retry_after_us, engine->host.random(engine->host.data));
    if (circuit->state != CIRCUIT_DOWN)
        engine_tell(engine, 0, 0, "portal-down", answer->text);
    return circuit_move_and_judge(engine, CIRCUIT_DOWN, answer->text, err);
}

static int circuit_praise(struct engine *engine, struct err *err)
{
    if (engine->circuit.failures == 0 && engine->circuit.state != CIRCUIT_UNKNOWN)
        return 0;
    engine->circuit.failures = 0;
    engine->circuit.open_until_us = 0;
    enum circuit_state state = engine->circuit.state == CIRCUIT_CHANGED ? CIRCUIT_CHANGED : CIRCUIT_OK;
    return circuit_move_and_judge(engine, state, outcome_reason_text(REASON_OK), err);
}

static int certificate_hold(struct visit *visit, enum lot_hold hold, const char *text, struct err *err)
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

/* Lots whose next step needs what the portal did not give learn why; `hold`: and wait for a person. */
static int tell_waiting(struct visit *visit, const struct visit_queue *queue, enum lot_hold hold,
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
        r = tell_waiting(visit, &visit->settle, LOT_HOLD_PORTAL_CHANGED, answer, err);
    if (r >= 0)
        r = tell_waiting(visit, &visit->receipt, LOT_HOLD_PORTAL_CHANGED, answer, err);
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
        return certificate_hold(visit, hold, answer->text, err);
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

/* ---- the list ---- */

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
        if (tell_waiting(visit, &visit->settle, LOT_HOLD_NONE, answer, &err) < 0 ||
            tell_waiting(visit, &visit->receipt, LOT_HOLD_NONE, answer, &err) < 0)
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

/* ---- steps ---- */

bool visit_may_serve(const struct visit *visit, int64_t lot, enum lot_state state)
{
    const struct job *job = schedule_find(&visit->engine->schedule, lot);
    return job && !job->blocked && !job->unjudged && job->state == state &&
           job->certificate == visit->identity->certificate;
}

/*
 * Lots that wait for receipts and would come due soon are taken along: the list that the visit asks for serves them all,
 * and so the portal sees visits by the clock, however many lots there are.
 */
static bool is_served_now(struct engine *engine, const struct job *job, int64_t now)
{
    bool waits = job->state != LOT_STATE_QUEUED && job->state != LOT_STATE_UNCERTAIN;
    int64_t early = waits ? engine->config.poll_min_us / 2 : 0;
    int64_t due = schedule_due_us(&engine->schedule, job);
    return due != SCHEDULE_NEVER && due - early <= now;
}

/* Puts what is due into the queues; 1 when there is something, else 0. */
static int collect_due(struct visit *visit, struct err *err)
{
    struct engine *engine = visit->engine;
    int64_t now = engine_boot_us(engine);
    int found = 0;
    for (size_t i = 0; i < engine->schedule.n_jobs; i++) {
        const struct job *job = &engine->schedule.jobs[i];
        if (job->certificate != visit->identity->certificate || !is_served_now(engine, job, now))
            continue;
        visit_queue_add(job->state == LOT_STATE_UNCERTAIN ? &visit->settle
                        : job->state == LOT_STATE_QUEUED  ? &visit->send
                                                          : &visit->receipt,
                        job->lot);
        found = 1;
    }
    if (order_lots(engine, visit->send.lots + visit->send.at, visit->send.n - visit->send.at, err) < 0)
        return -1;
    /* A visit that lasts goes on with a list of its own time, or it might never see what it waits for. */
    if (found && now - visit->listed_us >= engine->config.poll_min_us)
        forget_list(visit);
    return found;
}

static void logout_done(void *data, const struct portal_answer *answer)
{
    visit_end(data); /* whatever it said: the session ends with us */
}

static void visit_finish(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = 0;
    if (visit->identity->failures > 0) {
        visit->identity->failures = 0;
        r = identity_save(visit, &err);
    }
    if (r < 0)
        visit_fatal(visit, &err);
    else
        visit->engine->portal->ops->logout(visit->session, logout_done, visit);
}

static void step(struct visit *visit)
{
    crash_point(CRASH_STEP_AFTER_COMMIT);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = 0;
    visit->lot = 0;
    imports_try_again(visit->engine);
    reindex_try_again(visit->engine);
    if (!visit->engine->stopping && !visit->test_fn)
        do {
            if (settle_step(visit) || send_step(visit) || receipt_step(visit))
                return;
        } while ((r = collect_due(visit, &err)) > 0);
    if (r < 0)
        visit_fatal(visit, &err);
    else
        visit_finish(visit);
}

void visit_continue(struct visit *visit)
{
    visit_next(visit, step);
}

/* ---- turns ---- */

static void committed(void *data, const struct err *commit_err)
{
    struct visit *visit = data;
    if (commit_err) {
        struct err err = {.code = commit_err->code, .text = xstrdup(commit_err->text)};
        visit_fatal(visit, &err);
        err_clear(&err);
        return;
    }
    visit->ready = true;
    visit->engine->n_ready++;
    engine_poke(visit->engine);
}

void visit_next(struct visit *visit, visit_fn *fn)
{
    visit->next = fn;
    store_after_commit(visit->engine->store, committed, visit);
}

bool visits_have(const struct engine *engine, int64_t lot)
{
    for (size_t i = 0; i < engine->schedule.n_identities; i++) {
        const struct visit *visit = engine->schedule.identities[i]->visit;
        if (visit && visit->lot == lot)
            return true;
    }
    return false;
}

void visits_go_on(struct engine *engine)
{
    for (size_t i = 0; engine->n_ready > 0 && i < engine->schedule.n_identities; i++) {
        struct visit *visit = engine->schedule.identities[i]->visit;
        if (!visit || !visit->ready)
            continue;
        visit->ready = false;
        engine->n_ready--;
        visit->next(visit);
    }
}

/* ---- the beginning ---- */

struct test_result {
    engine_test_fn *fn;
    void *data;
    enum outcome_reason reason;
    char *text;
};

static void test_tell(void *data, const struct err *commit_err)
{
    struct test_result *result = data;
    result->fn(result->data, result->reason, result->text);
    free(result->text);
    free(result);
}

void visit_tell_test(struct engine *engine, engine_test_fn *fn, void *data, enum outcome_reason reason,
                     const char *text)
{
    struct test_result *result = xmalloc(sizeof(*result));
    *result = (struct test_result){fn, data, reason, xstrdup(text)};
    store_after_commit(engine->store, test_tell, result);
}

static int note_login(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    struct engine *engine = visit->engine;
    struct store_certificate certificate = {0};
    int r = store_certificate_get(engine->store, visit->identity->certificate, &certificate, err);
    if (r >= 0) {
        certificate.last_login_us = engine_wall_us(engine);
        r = store_certificate_update(engine->store, &certificate, err);
    }
    store_certificate_free(&certificate);
    if (r >= 0)
        engine->host.certificate_changed(engine->host.data, visit->identity->certificate);
    if (r >= 0)
        r = portal_clock_note(engine, answer, err);
    if (r >= 0)
        r = trial_pass(engine, visit->identity, err);
    return r < 0 ? r : circuit_praise(engine, err);
}

static void login_done(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    struct engine *engine = visit->engine;
    engine_test_fn *test_fn = visit->test_fn;
    void *test_data = visit->test_data;
    if (answer->reason != REASON_OK)
        visit_failed(visit, answer); /* frees it */
    else if (note_login(visit, answer, &err) < 0)
        visit_fatal(visit, &err);
    else
        visit_continue(visit);
    if (test_fn)
        visit_tell_test(engine, test_fn, test_data, answer->reason, answer->text);
}

static struct visit *visit_new(struct engine *engine, struct identity *identity, struct err *err)
{
    struct portal_session *session =
        engine->portal->ops->open(engine->portal->data, identity->certificate, err);
    if (!session)
        return NULL;
    struct visit *visit = xcalloc(1, sizeof(*visit));
    visit->engine = engine;
    visit->identity = identity;
    visit->session = session;
    identity->visit = visit;
    engine->n_visits++;
    return visit;
}

/* The credential cannot be opened: nothing can be sent with it until somebody stores it again. */
static void credential_broken(struct engine *engine, struct identity *identity, struct err *why)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct visit alone = {.engine = engine, .identity = identity};
    if (certificate_hold(&alone, LOT_HOLD_CERTIFICATE_REJECTED, err_text(why), &err) < 0)
        engine_fatal(engine, &err);
}

void visit_start(struct engine *engine, struct identity *identity)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct visit *visit = visit_new(engine, identity, &err);
    if (visit)
        engine->portal->ops->login(visit->session, login_done, visit);
    else
        credential_broken(engine, identity, &err);
}

int visit_start_test(struct engine *engine, struct identity *identity, engine_test_fn *fn, void *data,
                     struct err *err)
{
    if (schedule_is_engaged(&engine->schedule, identity))
        return err_set(err, ERR_BUSY, _("this certificate is in use for a visit; try again in a moment"));
    struct visit *visit = visit_new(engine, identity, err);
    if (!visit)
        return err_prefix(err, _("the credential cannot be opened"));
    visit->test_fn = fn;
    visit->test_data = data;
    engine->portal->ops->login(visit->session, login_done, visit);
    return 0;
}
