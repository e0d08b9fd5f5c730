/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/verbs.h"

/*
 * Evidence bundles. What reads them is idsed-verify, a program of its own, so that this one does not carry
 * what reading signatures and PDFs takes.
 */

/* Lot.GetEvidence: a descriptor of the lot's bundle, or negative. */
int evidence_fetch(struct invocation *inv, const char *lot, struct err *err);
/* receipts export --bundle and --zip. */
int evidence_export(struct invocation *inv, struct err *err);
/*
 * Runs idsed-verify with these words (NULL-terminated) on every argument of the invocation: files and
 * folders, and the bundles of lots, which are fetched first. `output`: a descriptor for what it prints; -1:
 * standard output. Its exit status, or negative.
 */
int evidence_run(struct invocation *inv, const char *const *words, int output, struct err *err);
