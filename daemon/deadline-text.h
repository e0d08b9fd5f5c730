/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"
#include "idse/deadline.h"

/* What people are told of a lot's last legal day, in the daemon's language. New strings. */

/* By a signal, the journal and hooks: a sentence, and what keeps the lot from going. */
char *deadline_sentence(struct daemon *daemon, const struct store_lot *lot, enum deadline_stage stage,
                        int64_t now_us);
/* In a list of many, which has the stage at its head. */
char *deadline_row(struct daemon *daemon, const struct store_lot *lot, int64_t now_us);
