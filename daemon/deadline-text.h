/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"
#include "idse/deadline.h"

/* What people are told of a last legal day of a lot, in the daemon's language. New strings. */

/*
 * By a signal, the journal and hooks: a sentence, what keeps the lot from going, and whether the clock is known wrong.
 * `several`: its movements have other last days, too.
 */
char *deadline_sentence(struct daemon *daemon, const struct store_lot *lot, int32_t day, bool several,
                        int64_t now_us);
/* In a list of many, which has the stage at its head. */
char *deadline_row(struct daemon *daemon, const struct store_lot *lot, int32_t day, int64_t now_us);
