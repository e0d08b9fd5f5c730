/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "idse/receipt.h"
#include "store/lot.h"

/* Taking lots in, and which submission made them. */
struct store;

/*
 * A new lot, in slices, so that a big one does not block the loop. begin stores the lot's row but hides it
 * (it is not listed and not sent); add takes up to `max` steps (a movement with its record, or its entry in
 * the index of workers) and returns about how many are left (0: finished); publish makes it visible. Each
 * call may be in a turn of its own. The lot's id, counts and hash are made here, whatever `lot` says; the
 * records are copied. An unpublished lot is deleted by store_open(). Movements that stand in another lot
 * that is accepted or under way make add fail with ERR_DUPLICATE_MOVEMENT, naming that lot, unless
 * allow_duplicate. After a failure, or when a turn of it was lost or undone, only store_lot_abandon() is
 * possible.
 */
struct store_intake;
int store_lot_begin(struct store *store, const struct store_lot *lot, const struct buf *records,
                    bool allow_duplicate, struct store_intake **ret, struct err *err);
int store_lot_add(struct store_intake *intake, size_t max, struct err *err);
int store_lot_publish(struct store_intake *intake, int64_t *ret_id,
                      struct err *err); /* frees the intake, on success */
/*
 * The same in two steps, so that what is to be known of the lot is stored with it: its row as it will be, once it is
 * finished, and publishing it with the hold that this row has got meanwhile.
 */
int store_intake_row(struct store_intake *intake, struct store_lot *ret, struct err *err);
int store_lot_publish_as(struct store_intake *intake, const struct store_lot *row, struct err *err);
/*
 * The same for an adopted lot, one with adopted_us: it is not scheduled, its type is what its movements are, and they may
 * stand in other lots. With records, each must be understood and of its registro patronal, or adding ends with
 * ERR_UNREADABLE_RECEIPT. Without (`records` NULL) the movements are what the constancia prints, in its order; it stays
 * the caller's and must live as long as the intake.
 */
int store_lot_adopt(struct store *store, const struct store_lot *lot, const struct buf *records,
                    const struct constancia *constancia, struct store_intake **ret, struct err *err);
/* The lot that an intake makes: its results may be stored before it is published. */
int64_t store_intake_lot(const struct store_intake *intake);
/* How many movements it has so far. */
uint32_t store_intake_movements(const struct store_intake *intake);
/*
 * Deletes what was written and frees; NULL is fine. None may be left when the store is closed. The lot's number is the next
 * one's again, unless a later one was begun: of several, abandon the last first.
 */
void store_lot_abandon(struct store_intake *intake);

/* The lots that a submission with this key (hash of bytes and options) made: 1 and ids, or 0. */
int store_submission_find(struct store *store, const char *key, int64_t **ret_ids, size_t *ret_n,
                          struct err *err);
/* An older submission with the same key gives way: what it made came to nothing. */
int store_submission_add(struct store *store, const char *key, const int64_t *ids, size_t n, struct err *err);
