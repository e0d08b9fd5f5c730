/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* Erasing; erase.c says what goes and what stays. */
struct store;

struct store_erasure {
    uint32_t erased, kept; /* movements */
    uint32_t open;         /* of those kept: in lots that are not finished */
    int64_t last_us;       /* when the last of those kept was finished */
};
/*
 * Erases a worker's movements in lots that never reached IMSS or were finished before `before_us`. The bytes of these lots
 * cannot be read any more, and go with store_erase_some().
 */
int store_erase_worker(struct store *store, int64_t nss, int64_t before_us, struct store_erasure *ret,
                       struct err *err);
/* Begins to erase the lot that was finished first, if before `before_us`: 1 and its id, or 0. */
int store_erase_oldest(struct store *store, int64_t before_us, int64_t *ret_lot, struct err *err);
/* Goes on with what was begun, at most `max` movements: 1 when there may be more, 0 when nothing is left to do. */
int store_erase_some(struct store *store, size_t max, struct err *err);
