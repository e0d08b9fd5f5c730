/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/worker.h"

static int day_rank(enum movement_type type)
{
    return type == MOVEMENT_BAJA ? 0 : type == MOVEMENT_REINGRESO ? 1 : 2;
}

int worker_event_order(const struct worker_event *a, const struct worker_event *b)
{
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    if (a->type != b->type)
        return day_rank(a->type) - day_rank(b->type);
    return (a->line > b->line) - (a->line < b->line);
}

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

enum finding_rule worker_judge(const struct worker *worker, const struct worker_event *event)
{
    switch (event->type) {
    case MOVEMENT_REINGRESO:
        return worker->status == WORKER_ACTIVE ? RULE_WORKER_ACTIVE : _RULE_MAX;
    case MOVEMENT_MODIFICACION:
        return worker->status == WORKER_GONE ? RULE_WORKER_GONE : _RULE_MAX;
    case MOVEMENT_BAJA:
        return worker->status == WORKER_GONE      ? RULE_WORKER_GONE
               : worker->status == WORKER_UNKNOWN ? RULE_ALTA_UNKNOWN
                                                  : _RULE_MAX;
    case MOVEMENT_NONE:
        break;
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
