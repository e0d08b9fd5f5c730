/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/calendar.h"
#include "idse/limits.h"
#include "idse/source.h"

/*
 * What can be said of movements beyond their fields: SBC limits, deadlines, future dates, CURP against the rest, the same
 * movement twice, the order on one day. Pure; what needs the history of a worker is not here.
 */
struct check_options {
    const struct limits *limits;     /* NULL: the SBC is not held against its limits */
    const struct calendar *calendar; /* NULL: no deadlines, no future dates */
    int32_t today;                   /* in Mexico, yyyymmdd; needed where there is a calendar */
    int32_t sent;      /* the day on which they are sent, where that comes after today; else 0 */
    bool north;        /* the minimum wage is that of the north border zone */
    bool allow_future; /* dates that IMSS does not take yet are no errors */
};

struct check;

/* `expected` movements, or 0, only spares time. Options, source and findings outlive it; findings may be NULL. */
struct check *check_new(const struct check_options *options, const struct source *source,
                        struct findings *findings, size_t expected);
struct check *check_free(struct check *check);
DEFINE_CLEANUP(struct check *, check_cleanup, check_free)
/* Checks the movement that the source gave last, by itself; false when it has an error. */
bool check_movement(struct check *check, const struct movement *movement);
/* Checks what is right of a movement that the source gave as broken. */
void check_broken(struct check *check, const struct movement *movement);
/* Its last legal day; 0 where the calendar does not tell, or there is none. */
int32_t check_deadline(struct check *check, const struct movement *movement);
/* When all were checked: what they do to each other. */
void check_finish(struct check *check);
/*
 * Then: of movements that stand there more than once with other data, the first is told as wrong too. `again` reads the same
 * bytes from their beginning, without findings.
 */
void check_contradictions(struct check *check, struct source *again);
bool check_has_repeated(const struct check *check);
/*
 * Is the movement of that line left out of the canonical form, since it stood in an earlier line already, or contradicts one
 * that does? Known when it is finished.
 */
bool check_is_left_out(const struct check *check, uint32_t line);
