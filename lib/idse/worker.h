/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/movement.h"

/*
 * A worker (NSS) at a registro patronal, as its movements leave it one after the other. They go by their
 * dates; on one day in the order in which IMSS gets them, unless that cannot be and another one can: an alta
 * needs a worker who is not active, a modificación and a baja one who is (domain: order and history). So
 * somebody who was not there has an alta and then a baja, and somebody who was has a baja and then a
 * reingreso. What happened before the first movement that is stored here is not known, so nothing below is
 * more than a warning.
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
    uint32_t line;  /* of the file that it stands in; the caller's */
    uint32_t order; /* among those of its day: of what IMSS gets first the lower number */
};

void worker_apply(struct worker *worker, const struct worker_event *event);
/* What the events make of a worker of whom nothing is known before; they are put in the order above. */
struct worker worker_fold(struct worker_event *events, size_t n);
/* The rule that the event breaks when IMSS gets it next, whatever its date; _RULE_MAX when it breaks none. */
enum finding_rule worker_judge(const struct worker *worker, const struct worker_event *event);

const char *worker_status_name(enum worker_status status);  /* "unknown", "active", "gone": stable */
const char *worker_status_label(enum worker_status status); /* for people, translated */
int worker_status_from_name(const char *name);              /* negative when it is none */
