/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/finding.h"

/*
 * The rejected movements of a lot as the records of another: as they were, or as the rows of a table of corrections (CSV)
 * have them. A row names its movement by number in the column "No.", or by NSS, type and date. It may change all but
 * registro patronal and type; rejected movements without a row stay as they are.
 */
struct correction {
    const void *records; /* of the lot, as it was sent */
    size_t n;
    const uint32_t *rejected; /* 0-based positions in it, ascending */
    size_t n_rejected;
    const void *fixes; /* the table; NULL: none */
    size_t n_fixes;
};

/*
 * Appends one record for each rejected movement, in the order of the lot, and the control record. ERR_INVALID_FILE with the
 * line of the table that is wrong; what was read of the table is told in `findings`. `lines` (n_rejected of them; may be NULL)
 * gets for each record the line of the table that it comes from, 0 where it is as it was.
 */
int correction_apply(const struct correction *correction, struct findings *findings, struct buf *ret,
                     uint32_t *lines, struct err *err);
