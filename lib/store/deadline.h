/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/deadline.h"
#include "store/lot.h"

/* Deadlines. "Open" are all lots but those accepted and cancelled. */
struct store;

/* Does the movement at this 0-based position stand once more in a later lot that did not come to nothing? 1 or 0. */
int store_movement_redone(struct store *store, int64_t lot, uint32_t seq, struct err *err);
/* An open lot whose deadline is to be worked out: 1 and *ret, or 0. */
int store_lot_undated(struct store *store, int64_t *ret, struct err *err);
/* The deadlines of all open lots are to be worked out anew, but of those that were given up. */
int store_lot_undate(struct store *store, struct err *err);
int store_lot_set_stage(struct store *store, int64_t lot, enum deadline_stage stage, struct err *err);
/*
 * Lots that IMSS did not receive, or of which it rejected something, with a deadline before `horizon`, whose people were
 * not told yet that it is over: by deadline and number, behind the cursor (deadline 0: from the start).
 */
struct store_due_cursor {
    int32_t deadline;
    int64_t lot;
};
int store_lot_untold(struct store *store, int32_t horizon, const struct store_due_cursor *after, size_t limit,
                     struct store_lot **ret, size_t *ret_n, struct err *err);
/* … and all open ones, told or not. `rp` "" is any. */
int store_lot_due(struct store *store, const char *rp, int32_t horizon, const struct store_due_cursor *after,
                  size_t limit, struct store_lot **ret, size_t *ret_n, struct err *err);
