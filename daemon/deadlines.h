/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Legal deadlines. Works out the last day of lots where it is not known yet: those of another calendar, and those of which
 * only some movements are left to do. Tells people, once for each stage of each lot, what has not reached IMSS.
 */
struct deadlines;

struct deadlines *deadlines_new(struct daemon *daemon);
struct deadlines *deadlines_free(struct deadlines *deadlines);
/* Before the engine starts: where the calendar is another than last time, every last day is to be worked out anew. */
int deadlines_check_calendar(struct daemon *daemon, struct err *err);
/* The clock was set, or the settings changed. */
void deadlines_ask(struct deadlines *deadlines);
/* A lot is new, or has another state. */
void deadlines_lot_moved(struct daemon *daemon, const struct store_lot *lot);
/* What was rejected is no longer this lot's to do once another corrects it, or was made of the same file. */
bool deadlines_taken_over(struct store *store, const struct store_lot *lot);
