/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * The mail on legal deadlines, where the configuration wants it: one for everybody, some time after the first lot that has
 * something new, of all lots of which people were told and which are not at IMSS yet. That one is to leave is on disk, so that
 * it does after a restart too, and once.
 */
struct deadline_mail;

struct deadline_mail *deadline_mail_new(struct daemon *daemon);
struct deadline_mail *deadline_mail_free(struct deadline_mail *mail);
/* People are told of a lot in this turn: a mail is to leave when the time of grace is over, unless one is to leave already. */
int deadline_mail_want(struct daemon *daemon, int64_t now_us, struct err *err);
/*
 * Makes some of the mail that is due, and sends it: 1 when there is more to do in another turn. When one is to leave later,
 * *next_us becomes that instant if it is sooner.
 */
int deadline_mail_go_on(struct deadline_mail *mail, int64_t now_us, int64_t *next_us, struct err *err);
