/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

/*
 * Settling an uncertain lot with what the portal itself shows. Its acuse reprints the raw records: equal
 * bytes prove arrival. A complete list, asked for late enough and without such an acuse, proves absence.
 * Anything else leaves the lot uncertain, with the reason. The hash of each foreign acuse is remembered, so
 * that it is read only once.
 */

/* A portal lot may be dated a little before our attempt: the clocks differ, and the list may round. */
#define CANDIDATE_MARGIN_US US_PER_DAY

static bool is_candidate(const struct store_lot *lot, const struct portal_row *row)
{
    return row->date_us == 0 || row->date_us >= lot->attempt_us - CANDIDATE_MARGIN_US;
}

/*
 * Is the row one of our lots already? A number that came back on a much later row is another lot's; and what is known of a
 * number from a constancia alone may be the very lot in question.
 */
static int is_ours(struct visit *visit, const struct portal_row *row, struct err *err)
{
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = store_lots_by_portal_lot(visit->engine->store, row->portal_lot, &ids, &n, err);
    bool ours = false;
    for (size_t i = 0; r >= 0 && i < n && !ours; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        r = store_lot_get(visit->engine->store, ids[i], &lot, err);
        ours = r >= 0 && lot.sha256 &&
               row->date_us <= MAX(lot.attempt_us, lot.received_us) + CANDIDATE_MARGIN_US;
    }
    return r < 0 ? r : ours;
}

static int settle_save(struct visit *visit, struct store_lot *lot, enum lot_event event, struct err *err)
{
    unsigned actions;
    int r = lot_apply(visit->engine, lot, event, &actions, err);
    return r < 0 ? r : lot_save(visit->engine, lot, err);
}

static int found(struct visit *visit, struct store_lot *lot, const struct portal_row *row, struct err *err)
{
    replace_str(&lot->portal_lot, xstrdup(row->portal_lot));
    lot->failures = 0;
    lot_set_error(lot, REASON_OK, NULL);
    lot_poll_later(visit->engine, lot);
    engine_tell(visit->engine, lot->id, lot->certificate, "found",
                _("the portal has the lot: its acuse reprints the same records"));
    visit_queue_add(&visit->receipt, lot->id);
    int r = lot_inherit(visit->engine, lot, err);
    return r < 0 ? r : settle_save(visit, lot, LOT_EVENT_FOUND, err);
}

static int absent(struct visit *visit, struct store_lot *lot, struct err *err)
{
    lot_back_off(visit->engine, lot, 0);
    engine_tell(visit->engine, lot->id, lot->certificate, "absent",
                _("the portal does not have the lot; it is queued again"));
    return settle_save(visit, lot, LOT_EVENT_ABSENT, err);
}

static int still_uncertain(struct visit *visit, struct store_lot *lot, const char *why, struct err *err)
{
    replace_str(&lot->last_error, xstrdup(why));
    lot_poll_later(visit->engine, lot);
    return lot_save(visit->engine, lot, err);
}

/* Is the list that of the account that sent the lot? Another's may not show it. */
static int is_its_account(struct visit *visit, const struct store_lot *lot, struct err *err)
{
    struct store_certificate sender = {0}, looker = {0};
    /* 0: the original of a restored copy may have sent it, with the certificate of its registro patronal. */
    if (lot->certificate == visit->identity->certificate || lot->certificate == 0)
        return 1;
    int r = store_certificate_get(visit->engine->store, lot->certificate, &sender, err);
    if (r >= 0)
        r = store_certificate_get(visit->engine->store, visit->identity->certificate, &looker, err);
    bool same = r >= 0 && !str_empty(sender.user) && streq_null(sender.user, looker.user);
    store_certificate_free(&sender);
    store_certificate_free(&looker);
    return r < 0 ? r : same;
}

/* All candidates were looked at and none is this lot. */
static int conclude(struct visit *visit, struct store_lot *lot, struct err *err)
{
    struct engine *engine = visit->engine;
    if (visit->undecided_why)
        return still_uncertain(visit, lot, visit->undecided_why, err);
    if (!visit->complete)
        return still_uncertain(visit, lot, _("the portal's list does not reach back to the attempt"), err);
    if (visit->clocks_differ)
        return still_uncertain(
            visit, lot, _("this machine's clock and the portal's differ by more than half a day"), err);
    int r = is_its_account(visit, lot, err);
    if (r < 0)
        return r;
    if (r == 0)
        return still_uncertain(
            visit, lot,
            _("it was sent with another account, whose list alone can show that it did not arrive"), err);
    /* By the boot clock: the other may have been set since. */
    int64_t provable_us = schedule_find(&engine->schedule, lot->id)->since_us + engine->config.settle_us;
    if (visit->listed_us >= provable_us && visit->since_us <= lot->attempt_us)
        return absent(visit, lot, err);
    /* Never due before another list will be asked for, see collect_due(). */
    int64_t now = engine_wall_us(engine);
    lot->next_us = now + MAX(provable_us - engine_boot_us(engine), engine->config.poll_min_us);
    lot->polled_us = now;
    return lot_save(engine, lot, err);
}

static int remember(struct visit *visit, const char *sha256, struct err *err)
{
    return store_foreign_add(visit->engine->store, visit->rows[visit->row].portal_lot, sha256, err);
}

static void cannot_decide(struct visit *visit, const char *why)
{
    visit->undecided[visit->row] = true;
    replace_str(&visit->undecided_why,
                xasprintf(_("lot %s of the portal may be this one, but its acuse cannot be read: %s"),
                          visit->rows[visit->row].portal_lot, why));
}

static void candidate_read(void *data, struct portal_reading *reading)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = 0;
    if (reading->reason != REASON_OK || !reading->acuse)
        cannot_decide(visit, reading->text);
    else if (!streq_null(reading->acuse->portal_lot, visit->rows[visit->row].portal_lot))
        cannot_decide(visit, _("it is of another lot"));
    else
        r = remember(visit, reading->sha256, &err);
    portal_reading_free(reading);
    if (r < 0)
        engine_fatal(visit->engine, &err);
    else
        visit_continue(visit);
}

/* The candidate cannot be had now: the lot is put off, so that the others have their turn. */
static int put_off(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->settle.lots[visit->settle.at], &lot, err);
    if (r < 0)
        return r;
    lot_set_error(&lot, answer->reason, answer->text);
    lot_back_off(visit->engine, &lot, answer->retry_after_us);
    return lot_save(visit->engine, &lot, err);
}

static void candidate_fetched(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    enum lot_hold hold;
    switch (outcome_of(answer->reason, &hold)) {
    case OUTCOME_OK:
        if (visit_step_served(visit, &err) < 0) {
            engine_fatal(visit->engine, &err);
            return;
        }
        visit->engine->portal->ops->read(visit->engine->portal->data, DOCUMENT_ACUSE, answer->document,
                                         &BUF_INIT, NULL, candidate_read, visit);
        return;
    case OUTCOME_WAIT:
    case OUTCOME_HOLD:
        cannot_decide(visit, answer->text);
        visit_continue(visit);
        return;
    case OUTCOME_RETRY:
    case OUTCOME_REJECT:
    case OUTCOME_UNKNOWN:
        if (put_off(visit, answer, &err) < 0)
            engine_fatal(visit->engine, &err);
        else
            visit_failed(visit, answer);
        return;
    }
}

/*
 * Looks for the lot among the rows: 1 when it was found, 0 when it is not among those that can be told, 2
 * when visit->row is a candidate whose acuse must be fetched first.
 */
static int look_for(struct visit *visit, struct store_lot *lot, const struct portal_row **ret_row,
                    struct err *err)
{
    for (size_t i = 0; i < visit->n_rows; i++) {
        const struct portal_row *row = &visit->rows[i];
        if (visit->undecided[i] || !is_candidate(lot, row))
            continue;
        int r = is_ours(visit, row, err);
        if (r < 0)
            return r;
        if (r == 1)
            continue;
        _cleanup_free_ char *sha256 = NULL;
        r = store_foreign_find(visit->engine->store, row->portal_lot, &sha256, err);
        if (r < 0)
            return r;
        if (r == 0) {
            visit->row = i;
            return 2;
        }
        if (streq(sha256, lot->sha256)) {
            *ret_row = row;
            return 1;
        }
    }
    return 0;
}

static bool settle_lot(struct visit *visit, struct store_lot *lot)
{
    struct engine *engine = visit->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    const struct portal_row *row = NULL;
    int r = look_for(visit, lot, &row, &err);
    if (r == 2) {
        visit->step = CIRCUIT_STEP_FETCH;
        engine->portal->ops->fetch(visit->session, visit->rows[visit->row].portal_lot, DOCUMENT_ACUSE,
                                   candidate_fetched, visit);
        return true;
    }
    if (r >= 0)
        r = r == 1 ? found(visit, lot, row, &err) : conclude(visit, lot, &err);
    visit->settle.at++;
    if (r < 0)
        engine_fatal(engine, &err);
    else {
        crash_point(CRASH_SETTLE_BEFORE_COMMIT);
        visit_continue(visit);
    }
    return true;
}

bool settle_step(struct visit *visit)
{
    while (!visit_queue_empty(&visit->settle)) {
        int64_t id = visit->settle.lots[visit->settle.at];
        if (!visit_may_serve(visit, id, LOT_STATE_UNCERTAIN)) {
            visit->settle.at++;
            continue;
        }
        if (visit_list(visit))
            return true;
        crash_point(CRASH_SETTLE_LISTED);
        _cleanup_lot_ struct store_lot lot = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        if (store_lot_get(visit->engine->store, id, &lot, &err) < 0) {
            engine_fatal(visit->engine, &err);
            return true;
        }
        lot.attempt_us =
            MIN(lot.attempt_us, engine_wall_us(visit->engine)); /* the clock was set back since */
        return settle_lot(visit, &lot);
    }
    return false;
}
