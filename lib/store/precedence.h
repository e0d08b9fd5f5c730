/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/lot.h"

struct store;

/*
 * Which lots go before others: older ones of the same registro patronal that have a worker in common with it and may
 * still go to the portal; all of these are one look at an index, however large the lots are.
 */

/* Is there such a lot? 1 or 0. */
int store_lot_waits(struct store *store, int64_t lot, struct err *err);
struct store_older {
    int64_t lot;
    enum lot_state state;
    enum lot_hold hold;
};
/* They, oldest first, at most `limit`; free the array with free(). */
int store_lot_waits_for(struct store *store, int64_t lot, size_t limit, struct store_older **ret,
                        size_t *ret_n, struct err *err);
/* The queued lots that this one goes before. */
int store_lot_younger(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err);
/* A person lets it go ahead of them. */
int store_lot_go_ahead(struct store *store, int64_t lot, struct err *err);
/* How many lots that are not held wait so. */
int store_lot_waiting(struct store *store, uint64_t *ret, struct err *err);
