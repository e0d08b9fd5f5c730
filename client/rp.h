/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "client/verbs.h"

/* Of registrations as the daemon lists them. */

/*
 * Up to five of the registros patronales of which `wanted` is true, with `between`: an office may have a
 * hundred. A new string, "" for none.
 */
char *rp_some(const json_t *registrations, bool (*wanted)(const json_t *rp), const char *between);
/*
 * Which of them have no certificate, what that means, and what to do; NULL when all have one. A new string.
 */
char *rp_lacking(const json_t *registrations);
/*
 * Asks the daemon, and says that on standard error. A fault is not worth a word: the verb's own work is done.
 */
void rp_warn_lacking(struct invocation *inv);
