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
/* The last days of a lot, of which the first is its deadline; none where that is not known. */
int store_lot_last_days(struct store *store, const struct store_lot *lot, struct last_days *ret,
                        struct err *err);
int store_lot_set_last_days(struct store *store, int64_t lot, const struct last_days *days, struct err *err);
/* People were told at this instant; `untold_day` is the first that they were not told to be over. */
int store_lot_set_told(struct store *store, int64_t lot, int64_t now_us, bool in_doubt, int32_t untold_day,
                       struct err *err);
/*
 * What people were told of by a wrong clock they were not told of: behind `after_us`, an instant that has not come, and, if
 * `doubts`, while the clock was known to be wrong.
 */
int store_lot_untell(struct store *store, int64_t after_us, bool doubts, struct err *err);
/*
 * Lots that IMSS did not receive, or of which it rejected something, with a last day before `horizon` of which people were
 * not told yet that it is over: by the first such day and number, behind the cursor (deadline 0: from the start).
 */
struct store_due_cursor {
    int32_t deadline; /* or that first day */
    int64_t lot;
};
int store_lot_untold(struct store *store, int32_t horizon, const struct store_due_cursor *after, size_t limit,
                     struct store_lot **ret, size_t *ret_n, struct err *err);
/* … and all open ones, told or not. `rp` "" is any. */
int store_lot_due(struct store *store, const char *rp, int32_t horizon, const struct store_due_cursor *after,
                  size_t limit, struct store_lot **ret, size_t *ret_n, struct err *err);
