/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/law.h"
#include "store/store.h"

/*
 * Writes the evidence bundle of a lot into an empty file, as the store of a reader has it. Takes seconds for a large lot, in
 * bounded memory: for a worker thread. Nothing secret is in what it reads: transcripts are stored without. The calendar may
 * be missing: then there are no legal dates. ERR_UNKNOWN_LOT, ERR_IO, ERR_STORE_CORRUPT.
 */
int evidence_bundle_write(struct store *reader, const struct law *law, int64_t lot, int fd, struct err *err);
