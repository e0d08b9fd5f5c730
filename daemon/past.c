/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/past.h"

#include <stdio.h>

#include "idse/date.h"

enum { NSS_SIZE = 12 };

static void report(struct findings *findings, enum finding_rule rule, int64_t nss,
                   const struct worker *worker, const struct worker_event *event)
{
    char text[NSS_SIZE], since[DATE_TEXT_SIZE] = "?";
    snprintf(text, sizeof(text), "%011lld", (long long)nss);
    if (worker->since)
        date_text(worker->since, since);
    findings_report(findings, rule, event->line, 0, "nss", text, rule == RULE_ALTA_UNKNOWN ? NULL : since);
}

/* The file's events [from, to) of one worker, behind those that are stored: IMSS gets them in this order. */
static int check_worker(struct store *store, const struct intake_rp *rps, struct intake *intake, size_t from,
                        size_t to, struct err *err)
{
    _cleanup_free_ struct worker_event *stored = NULL;
    size_t n = 0;
    const int64_t nss = intake->events[from].nss;
    int r = store_worker_events(store, rps[intake->events[from].rp].rp, nss, &stored, &n, err);
    if (r < 0)
        return r;
    struct worker worker = worker_fold(stored, n);
    for (size_t i = from; i < to; i++) {
        const struct worker_event *event = &intake->events[i].event;
        enum finding_rule rule = worker_judge(&worker, event);
        if (rule != _RULE_MAX)
            report(&intake->findings, rule, nss, &worker, event);
        if (rule == _RULE_MAX || rule == RULE_ALTA_UNKNOWN) /* what IMSS rejects changes nothing */
            worker_apply(&worker, event);
    }
    return 0;
}

static int check_some(struct store *store, const struct intake_rp *rps, struct intake *intake, size_t *at,
                      size_t max, struct err *err)
{
    for (; max > 0 && *at < intake->n_events; max--) {
        const struct intake_event *first = &intake->events[*at];
        size_t to = *at + 1;
        while (to < intake->n_events && intake->events[to].nss == first->nss &&
               intake->events[to].rp == first->rp)
            to++;
        int r = check_worker(store, rps, intake, *at, to, err);
        if (r < 0)
            return r;
        *at = to;
    }
    return *at < intake->n_events;
}

/* Many are looked up within a turn, for outside of one each question takes and drops a lock. */
int past_check(struct store *store, const struct intake_rp *rps, struct intake *intake, size_t *at,
               size_t max, struct err *err)
{
    enum { FEW = 10 };
    if (intake->n_events - *at <= FEW)
        return check_some(store, rps, intake, at, max, err);
    int r = store_begin(store, err);
    if (r < 0)
        return r;
    r = check_some(store, rps, intake, at, max, err);
    int ended = store_end(store, true, r < 0 ? NULL : err);
    return r < 0 ? r : ended < 0 ? ended : r;
}
