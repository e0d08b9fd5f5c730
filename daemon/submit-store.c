/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include "daemon/approval.h"
#include "daemon/deadlines.h"
#include "daemon/engine/crash.h"
#include "daemon/iface.h"
#include "daemon/notices.h"

enum { COPIED_AS_A_STEP = 8192 }; /* bytes of records that store_lot_begin() copies in the time of one step */

static int begin_lot(struct submission *s)
{
    const struct intake_lot *part = &s->intake.lots[s->at];
    int64_t now_us = clock_wall_us(daemon_clock(s->all->daemon));
    int64_t not_before_us = iface_number(s->options.not_before);
    bool later = not_before_us > now_us;
    struct store_lot lot = {
        .type = part->type,
        .created_us = now_us,
        .created_by = s->act->who,
        .source = (char *)s->options.name,
        .parent = s->parent.lot,
        .not_before_us = later ? not_before_us : 0,
        .deadline = last_days_first(&part->last_days),
        .untold_day = last_days_first(&part->last_days),
    };
    if (approval_is_needed(s->all->daemon, part->rp))
        lot.approval = LOT_APPROVAL_NEEDED;
    memcpy(lot.rp, part->rp, sizeof(lot.rp));
    if (s->options.hold) {
        lot.hold = LOT_HOLD_OPERATOR;
        lot.hold_text = (char *)lot_hold_sentence(LOT_HOLD_OPERATOR);
        lot.hold_by = s->act->who;
        lot.hold_us = now_us;
    }
    return store_lot_begin(s->all->daemon->store, &lot, &part->records, s->options.allow_duplicate,
                           &s->stored[s->at], &s->act->err);
}

int submission_store_some(struct submission *s, size_t max)
{
    while (s->at < s->intake.n_lots) {
        int r = 0;
        if (!s->stored[s->at]) {
            r = begin_lot(s);
            max -= MIN(max, s->intake.lots[s->at].records.len / COPIED_AS_A_STEP);
        }
        int left = r < 0 ? r : store_lot_add(s->stored[s->at], max, &s->act->err);
        if (left < 0)
            return left;
        crash_point(CRASH_INTAKE_BEGUN);
        max -= MIN(max, s->intake.lots[s->at].counts[COUNT_TOTAL]);
        if (left == 0)
            s->at++;
        if (left > 0 || max == 0)
            break;
    }
    return s->at == s->intake.n_lots;
}

static void committed(void *data, const struct err *commit_err)
{
    crash_point(CRASH_SUBMIT_AFTER_COMMIT);
}

/* Writes all that belongs to the lots, which become visible, and enters them into the queue. */
static int publish_lots(struct submission *s, struct store_lot *lots, int64_t *ids)
{
    struct daemon *daemon = s->all->daemon;
    int r = submission_check_uncorrected(s);
    for (size_t i = 0; r >= 0 && i < s->intake.n_lots; i++) {
        r = engine_lot_publish(daemon->engine, s->stored[i], &lots[i], &s->act->err);
        if (r >= 0)
            s->stored[i] = NULL;
        ids[i] = lots[i].id;
        if (r >= 0 && s->intake.lots[i].last_days.n > 1)
            r = store_lot_set_last_days(daemon->store, ids[i], &s->intake.lots[i].last_days, &s->act->err);
    }
    if (r >= 0)
        r = submission_publish_correction(s, ids[0]);
    if (r >= 0)
        r = store_submission_add(daemon->store, s->key, ids, s->intake.n_lots, &s->act->err);
    if (r >= 0)
        r = submission_tell_order(s, ids, s->intake.n_lots, false);
    if (r >= 0)
        deadlines_lot_moved(daemon, &(struct store_lot){.state = LOT_STATE_QUEUED});
    for (size_t i = 0; r >= 0 && i < s->intake.n_lots; i++) {
        notices_lot_added(daemon->notices, ids[i]);
        r = engine_lot_added(daemon->engine, &lots[i], &s->act->err);
    }
    return r;
}

int submission_publish(struct submission *s)
{
    struct daemon *daemon = s->all->daemon;
    struct store_lot *lots = xcalloc(s->intake.n_lots, sizeof(*lots));
    _cleanup_free_ int64_t *ids = xcalloc(s->intake.n_lots, sizeof(*ids));
    int r = act_write(s->act);
    if (r >= 0)
        r = publish_lots(s, lots, ids);
    store_lots_free(lots, s->intake.n_lots);
    if (r < 0)
        return r;
    submission_name_lots(s->act, ids, s->intake.n_lots);
    submission_write_results(s, ids, s->intake.n_lots, false);
    crash_point(CRASH_SUBMIT_BEFORE_COMMIT);
    store_after_commit(daemon->store, committed, NULL);
    return 0;
}
