/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Warns of certificates that end: a signal, a journal entry, once for each stage of each certificate, whatever restarts and
 * clocks do in between. One timer stands at the first instant at which one reaches its next stage.
 */
struct expiry;

struct expiry *expiry_new(struct daemon *daemon);
struct expiry *expiry_free(struct expiry *expiry);
/* At the start, when a certificate was stored, and when the clock was set: looks at all of them in the next turn. */
void expiry_ask(struct expiry *expiry);
