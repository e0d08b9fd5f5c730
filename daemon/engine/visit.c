/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

void visit_queue_add(struct visit_queue *queue, int64_t lot)
{
    queue->lots = xreallocarray(queue->lots, queue->n + 1, sizeof(*queue->lots));
    queue->lots[queue->n++] = lot;
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
    visit_forget_list(visit);
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

/* ---- steps ---- */

bool visit_may_serve(const struct visit *visit, int64_t lot, enum lot_state state)
{
    const struct job *job = schedule_find(&visit->engine->schedule, lot);
    return job && !job->blocked && !job->unjudged && !job->waits && job->state == state &&
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

/* Does it wait for older lots alone? Where those are sent in this visit, its turn comes in it too. */
static bool is_served_behind(struct engine *engine, const struct job *job, int64_t now)
{
    return job->waits && schedule_ready_us(&engine->schedule, job) <= now;
}

/* Puts what is due into the queues; 1 when there is something, else 0. */
static int collect_due(struct visit *visit, struct err *err)
{
    struct engine *engine = visit->engine;
    int64_t now = engine_boot_us(engine);
    int found = 0;
    for (size_t i = 0; i < engine->schedule.n_jobs; i++) {
        const struct job *job = &engine->schedule.jobs[i];
        if (job->certificate != visit->identity->certificate)
            continue;
        if (is_served_behind(engine, job, now))
            visit_queue_add(&visit->send, job->lot);
        if (!is_served_now(engine, job, now))
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
        visit_forget_list(visit);
    return found;
}

static void logout_done(void *data, const struct portal_answer *answer)
{
    visit_end(data); /* whatever it said: the session ends with us */
}

static void visit_finish(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = visit->unlisted ? 0 : visit_all_served(visit, &err);
    if (r >= 0 && visit->identity->failures > 0 && !visit->unlisted) {
        visit->identity->failures = 0;
        r = visit_save_identity(visit, &err);
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
    bool serve = !visit->engine->stopping && !visit->test_fn;
    if (serve && visit->unlisted) {
        if (send_step(visit))
            return;
    } else if (serve)
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
    return r < 0 ? r : visit_step_served(visit, err);
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
    if (visit_hold_certificate(&alone, LOT_HOLD_CERTIFICATE_REJECTED, err_text(why), &err) < 0)
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
