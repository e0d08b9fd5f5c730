/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <stdio.h>

struct engine *engine_new(struct store *store, struct portal *portal, const struct clock *clock,
                          const struct engine_config *config, const struct engine_host *host)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));
    engine->store = store;
    engine->portal = portal;
    engine->clock = clock;
    engine->config = *config;
    engine->host = *host;
    return engine;
}

struct engine *engine_free(struct engine *engine)
{
    if (!engine)
        return NULL;
    engine->stopping = true;
    store_commit(engine->store, NULL); /* no step of a visit is left to run after this */
    for (size_t i = 0; i < engine->schedule.n_identities; i++)
        visit_free(engine->schedule.identities[i]->visit);
    engine_reindex_stop(engine);
    while (engine->imports)
        engine_import_free(engine->imports);
    while (engine->tasks) { /* what else there is frees itself when it is stopped */
        struct task *task = engine->tasks;
        task->fn(task);
    }
    schedule_free(&engine->schedule);
    circuit_free(&engine->circuit);
    fence_free(&engine->fence);
    free(engine);
    return NULL;
}

void engine_fatal(struct engine *engine, struct err *err)
{
    engine->stopping = true;
    engine->host.fatal(engine->host.data, err);
}

void engine_tell(struct engine *engine, int64_t lot, int64_t certificate, const char *what, const char *text)
{
    engine->host.attention(engine->host.data, lot, certificate, what, text);
}

/* ---- waking ---- */

void engine_poke(struct engine *engine)
{
    if (engine->poked)
        return;
    engine->poked = true;
    engine->host.arm(engine->host.data, engine_boot_us(engine));
}

/* When the next visit may begin, on the boot clock; *ret_identity is whose it is. */
static int64_t next_visit_boot_us(struct engine *engine, struct identity **ret_identity)
{
    int64_t due = schedule_earliest_us(&engine->schedule, engine_boot_us(engine), ret_identity);
    if (engine->fence.closed)
        return SCHEDULE_NEVER;
    if (due == SCHEDULE_NEVER || engine->circuit.state != CIRCUIT_DOWN)
        return due;
    int64_t closed_for = engine->circuit.open_until_us - engine_wall_us(engine);
    int64_t longest = engine->config.retry_max_us;
    return MAX(due, engine_boot_us(engine) + CLAMP(closed_for, 0, longest));
}

/* An open circuit lets one probe through at a time. */
static bool may_visit(const struct engine *engine)
{
    unsigned most = engine->circuit.state == CIRCUIT_DOWN ? 1 : engine->config.visits_at_once;
    return !engine->stopping && !engine->fence.closed && engine->n_visits < most;
}

void engine_rearm(struct engine *engine)
{
    struct identity *identity;
    int64_t at = SCHEDULE_NEVER;
    if (engine->n_ready > 0 || (engine->schedule.n_unjudged > 0 && !engine->stopping))
        at = engine_boot_us(engine);
    else if (may_visit(engine))
        at = next_visit_boot_us(engine, &identity);
    at = MIN(at, portal_clock_due_us(engine));
    engine->poked = false;
    engine->host.arm(engine->host.data, at);
}

void engine_wake(struct engine *engine)
{
    _cleanup_err_ struct err err = ERR_INIT;
    engine->poked = false;
    visits_go_on(engine);
    tasks_go_on(engine);
    if (!engine->stopping && judge_some(engine, &err) < 0) {
        engine_fatal(engine, &err);
        return;
    }
    struct identity *identity = NULL;
    while (may_visit(engine) && next_visit_boot_us(engine, &identity) <= engine_boot_us(engine))
        visit_start(engine, identity);
    portal_clock_look(engine);
    engine_rearm(engine);
}

/* ---- the start ---- */

static int load_identity(struct engine *engine, int64_t certificate, struct err *err)
{
    _cleanup_free_ char *name = xasprintf("identity.%lld", (long long)certificate);
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(engine->store, name, &value, err);
    if (r <= 0)
        return r;
    char *end;
    struct identity *identity = schedule_identity(&engine->schedule, certificate);
    identity->failures = (unsigned)strtoul(value, &end, 10);
    int64_t wait = strtoll(end, NULL, 10) - engine_wall_us(engine);
    identity->not_before_us = engine_boot_us(engine) + CLAMP(wait, 0, engine->config.retry_max_us);
    return 0;
}

static int load_identities(struct engine *engine, struct err *err)
{
    struct store_certificate *certificates = NULL;
    size_t n = 0;
    int r = store_certificate_list(engine->store, false, &certificates, &n, err);
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = load_identity(engine, certificates[i].id, err);
        if (r >= 0)
            r = trial_look(engine, certificates[i].id, err);
    }
    store_certificates_free(certificates, n);
    return r;
}

/* The attempt that was under way when the process ended: nobody knows whether it arrived. */
static int fold_back(struct engine *engine, struct store_lot *lot, struct err *err)
{
    unsigned actions;
    int r = lot_apply(engine, lot, LOT_EVENT_RESTARTED, &actions, err);
    if (r <= 0 || lot->state != LOT_STATE_UNCERTAIN || !(actions & LOT_ACTION_RECONCILE))
        return r;
    lot->attempt_end_us = engine_wall_us(engine);
    lot->next_us = lot->attempt_end_us + MIN(engine->config.poll_min_us, engine->config.settle_us);
    lot_set_error(lot, REASON_BROKEN, _("idsed stopped while it was sending"));
    engine_tell(engine, lot->id, lot->certificate, "uncertain", lot->last_error);
    return 0;
}

/* Works out how a loaded lot stands when the engine first sees it. */
static int look_at(struct engine *engine, struct store_lot *lot, struct err *err)
{
    int r = lot->state == LOT_STATE_SENDING ? fold_back(engine, lot, err) : 0;
    if (r >= 0)
        r = fence_doubt(engine, lot, err);
    return r < 0 ? r : judge_lot(engine, lot, err);
}

/* Most stand as they stood when the last process ended: then nothing is written, and nobody is told. */
static int load_lot(struct engine *engine, int64_t id, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    enum lot_state state = lot.state;
    enum lot_hold hold = lot.hold;
    _cleanup_free_ char *text = xstrdup(lot.hold_text), *by = xstrdup(lot.hold_by);
    r = look_at(engine, &lot, err);
    if (r < 0)
        return r;
    bool same = lot.state == state && lot.hold == hold && streq_null(lot.hold_text, text) &&
                streq_null(lot.hold_by, by);
    return same ? lot_schedule(engine, &lot, err) : lot_save(engine, &lot, err);
}

int engine_start(struct engine *engine, struct err *err)
{
    int64_t *ids = NULL;
    size_t n = 0;
    int r = circuit_load(&engine->circuit, engine->store, err);
    if (r >= 0)
        r = fence_load(engine, err);
    if (r >= 0)
        r = portal_clock_load(engine, err);
    if (r >= 0)
        r = load_identities(engine, err);
    if (r >= 0)
        r = store_lot_open_ids(engine->store, &ids, &n, err);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = load_lot(engine, ids[i], err);
    free(ids);
    if (r >= 0)
        engine_rearm(engine);
    return r;
}

void engine_configure(struct engine *engine, const struct engine_config *config)
{
    engine->config = *config;
    engine_rearm(engine);
}

void engine_clock_changed(struct engine *engine)
{
    _cleanup_err_ struct err err = ERR_INIT;
    portal_clock_ask(engine);
    engine_poke(engine);
    if (judge_again(engine, 0, &err) < 0) /* schedules each lot anew, by the clock as it is now */
        engine_fatal(engine, &err);
}

/* ---- news from outside ---- */

int engine_lot_publish(struct engine *engine, struct store_intake *intake, struct store_lot *ret,
                       struct err *err)
{
    struct store_lot lot = {0};
    int r = store_intake_row(intake, &lot, err);
    if (r >= 0)
        r = judge_lot(engine, &lot, err);
    if (r >= 0)
        r = store_lot_publish_as(intake, &lot, err);
    if (r < 0)
        store_lot_free(&lot);
    else
        *ret = lot;
    return r;
}

int engine_lot_added(struct engine *engine, struct store_lot *lot, struct err *err)
{
    bool doubtful = engine->fence.closed;
    int r = doubtful ? look_at(engine, lot, err) : 0;
    if (r >= 0)
        r = doubtful ? lot_save(engine, lot, err) : lot_enter(engine, lot, err);
    if (r >= 0)
        r = order_published(engine, lot->id, err);
    if (r >= 0)
        r = order_tell(engine, lot, err);
    if (r >= 0)
        engine_poke(engine);
    return r;
}

int engine_lot_dated(struct engine *engine, int64_t id, const struct last_days *days, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, id, &lot, err);
    if (r < 0)
        return r;
    if (lot.given_up_us || lot.erased_us)
        days = &(const struct last_days){0};
    lot.deadline = last_days_first(days);
    lot.untold_day = last_days_from(days, lot.told_us ? time_to_date(lot.told_us) : 0);
    r = store_lot_set_last_days(engine->store, id, days, err);
    return r < 0 ? r : lot_save(engine, &lot, err);
}

/* Marks the open lots that the filter finds, and judges the first of them now. */
static int judge_found(struct engine *engine, struct store_lot_filter filter, struct err *err)
{
    filter.held = -1;
    filter.states = 1u << LOT_STATE_QUEUED | 1u << LOT_STATE_UNCERTAIN | 1u << LOT_STATE_RECEIVED;
    int64_t cursor = 0;
    size_t n = 0;
    do {
        struct store_lot *lots = NULL;
        int r = store_lot_list(engine->store, &filter, cursor, 500, &lots, &n, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < n; i++) {
            struct job *job = schedule_find(&engine->schedule, lots[i].id);
            if (job)
                schedule_unjudge(&engine->schedule, job);
            cursor = lots[i].id;
        }
        store_lots_free(lots, n);
    } while (n > 0);
    int r = judge_some(engine, err);
    engine_poke(engine);
    return r;
}

int engine_rp_changed(struct engine *engine, const char *rp, struct err *err)
{
    struct store_lot_filter filter = {0};
    snprintf(filter.rp, sizeof(filter.rp), "%s", rp);
    return judge_found(engine, filter, err);
}

int engine_certificate_changed(struct engine *engine, int64_t certificate, struct err *err)
{
    struct identity *identity = schedule_identity(&engine->schedule, certificate);
    identity->failures = 0;
    identity->not_before_us = 0;
    int looked = trial_look(engine, certificate, err);
    if (looked < 0)
        return looked;
    /* those it served, and those that it serves now */
    int r = judge_again(engine, certificate, err);
    return r < 0 ? r : judge_found(engine, (struct store_lot_filter){.certificate = certificate}, err);
}

int engine_profile_changed(struct engine *engine, struct err *err)
{
    circuit_move(&engine->circuit, CIRCUIT_UNKNOWN, "", engine_wall_us(engine));
    engine->circuit.failures = 0;
    int r = circuit_save(&engine->circuit, engine->store, err);
    if (r < 0)
        return r;
    engine->host.portal_changed(engine->host.data);
    return judge_again(engine, 0, err);
}

/* ---- what can be seen ---- */

void engine_portal_state(const struct engine *engine, struct engine_portal_state *ret)
{
    *ret = (struct engine_portal_state){.state = circuit_state_name(engine->circuit.state),
                                        .text = str_or_empty(engine->circuit.text),
                                        .since_us = engine->circuit.since_us,
                                        .failures = engine->circuit.failures,
                                        .failures_until_down = engine->config.circuit_failures};
}

static int64_t boot_to_wall_us(const struct engine *engine, int64_t at_boot_us)
{
    return at_boot_us == SCHEDULE_NEVER ? 0 : engine_wall_us(engine) + at_boot_us - engine_boot_us(engine);
}

int64_t engine_next_visit_us(struct engine *engine)
{
    struct identity *identity;
    return boot_to_wall_us(engine, next_visit_boot_us(engine, &identity));
}

int64_t engine_lot_due_us(struct engine *engine, int64_t lot)
{
    const struct job *job = schedule_find(&engine->schedule, lot);
    if (!job || engine->fence.closed)
        return 0;
    int64_t due = schedule_due_us(&engine->schedule, job);
    if (due != SCHEDULE_NEVER && engine->circuit.state == CIRCUIT_DOWN)
        due = MAX(due, engine_boot_us(engine) + engine->circuit.open_until_us - engine_wall_us(engine));
    return boot_to_wall_us(engine, due);
}

bool engine_is_visiting(const struct engine *engine)
{
    return engine->n_visits > 0;
}

void engine_stop(struct engine *engine)
{
    engine->stopping = true;
    engine_rearm(engine);
}
