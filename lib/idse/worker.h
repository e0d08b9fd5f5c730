/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/movement.h"

/*
 * A worker (NSS) at a registro patronal, as its movements leave it one after the other. They go by their dates; on one day a
 * baja comes before a reingreso, and that before a modificación (disputed, see RULE_DAY_ORDER). What happened before the
 * first movement that is stored here is not known, so nothing below is more than a warning.
 */
enum worker_status {
    WORKER_UNKNOWN, /* no movement says */
    WORKER_ACTIVE,
    WORKER_GONE,
};

struct worker {
    enum worker_status status;
    int32_t since;        /* yyyymmdd of the alta, or the baja, that holds; 0: not known */
    int32_t last;         /* of the last movement; 0: there is none */
    int32_t sbc_centavos; /* that holds; 0: not known */
};

/* A movement, as far as it matters for that. */
struct worker_event {
    enum movement_type type;
    int32_t date;
    int32_t sbc_centavos;
    uint32_t line; /* of the file that it stands in; the caller's */
};

/* The order above, for qsort(); equal events keep the order of their lines. */
int worker_event_order(const struct worker_event *a, const struct worker_event *b);
void worker_apply(struct worker *worker, const struct worker_event *event);
/* The rule that the event breaks when it comes next; _RULE_MAX when it breaks none. */
enum finding_rule worker_judge(const struct worker *worker, const struct worker_event *event);

const char *worker_status_name(enum worker_status status);  /* "unknown", "active", "gone": stable */
const char *worker_status_label(enum worker_status status); /* for people, translated */
int worker_status_from_name(const char *name);              /* negative when it is none */
