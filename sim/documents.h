/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/fault.h"
#include "sim/lots.h"

/*
 * The documents of a lot. `kind` is STEP_ACUSE, STEP_CONSTANCIA or STEP_CSV; the latter two need a processed lot. Made at
 * the first call and then kept beside the lot's bytes, but for those that a fault (MISMATCH, FOREIGN) falsifies. Takes a
 * while for a big lot and touches nothing but that lot: made for a worker thread.
 */
int document_get(const struct sim_lot *lot, enum step kind, enum fault_receipt fault, struct buf *ret,
                 struct err *err);

const char *document_media_type(enum step kind);
char *document_file_name(const struct sim_lot *lot, enum step kind); /* new string */
