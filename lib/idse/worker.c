/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/worker.h"

/* ---- the order ---- */

static bool may_follow(enum worker_status status, enum movement_type type)
{
    return type == MOVEMENT_REINGRESO ? status != WORKER_ACTIVE : status != WORKER_GONE;
}

static enum worker_status status_after(enum movement_type type)
{
    return type == MOVEMENT_BAJA ? WORKER_GONE : WORKER_ACTIVE;
}

enum {
    DAY_MOST = 6
}; /* more movements of one worker on one day, and all their orders would be too many to try */

/* A day on which each movement is to be possible when it comes. */
struct day {
    const struct worker_event *events; /* as they came */
    size_t n;
    bool taken[DAY_MOST];
    uint8_t places[DAY_MOST];
};

/* Of the orders of which the first `at` places are given, the first one that can be, nearest to how they came. */
static bool arrange(struct day *day, size_t at, enum worker_status status)
{
    if (at == day->n)
        return true;
    for (uint8_t i = 0; i < day->n; i++) {
        if (day->taken[i] || !may_follow(status, day->events[i].type))
            continue;
        day->taken[i] = true;
        day->places[at] = i;
        if (arrange(day, at + 1, status_after(day->events[i].type)))
            return true;
        day->taken[i] = false;
    }
    return false;
}

/* Where no order can be they stay as they came. */
static void sort_day(struct worker_event *events, size_t n, enum worker_status status)
{
    struct worker_event sorted[DAY_MOST];
    struct day day = {.events = events, .n = n};
    if (n == 1 || n > DAY_MOST || !arrange(&day, 0, status))
        return;
    for (size_t i = 0; i < n; i++)
        sorted[i] = events[day.places[i]];
    memcpy(events, sorted, n * sizeof(*events));
}

static int by_date(const void *a, const void *b)
{
    const struct worker_event *x = a, *y = b;
    return x->date != y->date ? COMPARE(x->date, y->date) : COMPARE(x->order, y->order);
}

struct worker worker_fold(struct worker_event *events, size_t n)
{
    struct worker worker = {0};
    if (n > 1)
        qsort(events, n, sizeof(*events), by_date);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && events[next].date == events[i].date;)
            next++;
        sort_day(events + i, next - i, worker.status);
        for (size_t j = i; j < next; j++)
            worker_apply(&worker, &events[j]);
    }
    return worker;
}

/* ---- what movements do ---- */

void worker_apply(struct worker *worker, const struct worker_event *event)
{
    worker->last = event->date;
    switch (event->type) {
    case MOVEMENT_REINGRESO:
        worker->status = WORKER_ACTIVE;
        worker->since = event->date;
        worker->sbc_centavos = event->sbc_centavos;
        break;
    case MOVEMENT_MODIFICACION:
        if (worker->status == WORKER_UNKNOWN)
            worker->status = WORKER_ACTIVE; /* since an alta that is not stored here */
        worker->sbc_centavos = event->sbc_centavos;
        break;
    case MOVEMENT_BAJA:
        worker->status = WORKER_GONE;
        worker->since = event->date;
        break;
    case MOVEMENT_NONE:
        break;
    }
}

/* IMSS judges by the last alta or baja that it has: what is older than that comes too late. */
enum finding_rule worker_judge(const struct worker *worker, const struct worker_event *event)
{
    bool older = worker->since && event->date < worker->since;
    switch (worker->status) {
    case WORKER_UNKNOWN:
        return event->type == MOVEMENT_REINGRESO ? _RULE_MAX : RULE_ALTA_UNKNOWN;
    case WORKER_ACTIVE:
        if (event->type == MOVEMENT_REINGRESO)
            return RULE_WORKER_ACTIVE;
        return older ? RULE_BEFORE_ALTA : _RULE_MAX;
    case WORKER_GONE:
        if (event->type != MOVEMENT_REINGRESO)
            return RULE_WORKER_GONE;
        return older ? RULE_BEFORE_BAJA : _RULE_MAX;
    }
    return _RULE_MAX;
}

static const struct {
    const char *name, *label;
} statuses[] = {
    [WORKER_UNKNOWN] = {"unknown", N_("not known")},
    [WORKER_ACTIVE] = {"active", N_("active")},
    [WORKER_GONE] = {"gone", N_("gone")},
};

const char *worker_status_name(enum worker_status status)
{
    return statuses[status].name;
}

const char *worker_status_label(enum worker_status status)
{
    return _(statuses[status].label);
}

int worker_status_from_name(const char *name)
{
    return ROW_INDEX(statuses, name, name);
}
