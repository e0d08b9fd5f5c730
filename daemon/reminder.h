/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * What people are told of as time goes on, in stages: one timer that stands at the first instant at which something reaches
 * its next stage. What was told is on disk, so each stage is told once, whatever restarts and clocks do in between.
 */
struct reminder;

/* Looks at everything now, tells what is to be told, and gives the wall-clock instant of the next look; INT64_MAX: none. */
typedef int reminder_fn(struct daemon *daemon, int64_t now_us, int64_t *ret_next_us, struct err *err);

/* The first look comes with the first turn. */
struct reminder *reminder_new(struct daemon *daemon, reminder_fn *look);
struct reminder *reminder_free(struct reminder *reminder);
/* When something is new, or the clock was set: looks in the next turn. */
void reminder_ask(struct reminder *reminder);
/* The same by this wall-clock instant at the latest. */
void reminder_ask_by(struct reminder *reminder, int64_t at_us);

/* Mails every enabled user with one of the roles (bits 1 << role), where a relay is configured. */
void reminder_mail(struct daemon *daemon, unsigned roles, const char *subject, const char *text);
