/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Asks the authorities once a day whether certificates were revoked, where [Certificates] CheckRevocation allows it. It is
 * information for people only: nothing is held for it.
 */
struct revocations;

struct revocations *revocations_new(struct daemon *daemon);
/* Questions under way are given up; no worker thread may run any more. */
struct revocations *revocations_free(struct revocations *revocations);
/* At the start, when a certificate was stored and when the configuration was read: asks about all of them now. */
void revocations_ask(struct revocations *revocations);
/*
 * What is known of a certificate: "good", "revoked", "unknown" or, when nobody asked, "", and the same as a sentence. New
 * strings.
 */
void revocations_get(struct store *store, int64_t certificate, char **ret_state, char **ret_text);
