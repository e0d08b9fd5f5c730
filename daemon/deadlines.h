/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Legal deadlines. Works out the last days of lots where they are not known yet: those of another calendar, and those of which
 * only some movements are left to do. Tells people, once for each stage of each last day of a lot, what has not reached IMSS.
 * While this machine's clock is known to be wrong that says so, and is told again once it is right.
 */
struct deadlines;

struct deadlines *deadlines_new(struct daemon *daemon);
struct deadlines *deadlines_free(struct deadlines *deadlines);
/* Before the engine starts: where the calendar is another than last time, every last day is to be worked out anew. */
int deadlines_check_calendar(struct daemon *daemon, struct err *err);
/* The clock was set, or is trusted again, or the settings changed. */
void deadlines_ask(struct deadlines *deadlines);
/* A lot is new, or has another state. */
void deadlines_lot_moved(struct daemon *daemon, const struct store_lot *lot);
/* The stage of one of its last days that people were told of. */
enum deadline_stage deadlines_told(const struct daemon *daemon, const struct store_lot *lot, int32_t day);
/* What was rejected is no longer this lot's to do once another corrects it, or was made of the same file. */
bool deadlines_taken_over(struct store *store, const struct store_lot *lot);
