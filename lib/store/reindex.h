/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/store.h"

/*
 * The index of one lot held against what it is an index of: its records, and the rows of the constancia that answers it. All
 * that is passed in stays the caller's and lives as long as this. Looking takes turns; writing is one turn, so
 * that the lot is seen as it was or as it should be, and nothing between.
 */
struct store_reindex;

struct store_truth {
    int64_t lot;
    const struct buf *records;           /* the lot's; NULL where none are known */
    const struct constancia *constancia; /* that answers it; NULL: nothing is held against results */
    const size_t *row_of;                /* as in struct store_results */
    size_t n;
};

/* Nothing is looked at yet. ERR_UNKNOWN_LOT. */
int store_reindex_begin(struct store *store, const struct store_truth *truth, struct store_reindex **ret,
                        struct err *err);
/* Looks at `max` more movements: 1 when there are more, else 0. */
int store_reindex_next(struct store_reindex *reindex, size_t max, struct err *err);
/* How many movements were looked at, and how many are not as they should be, one that is missing or too many included. */
size_t store_reindex_seen(const struct store_reindex *reindex);
size_t store_reindex_differ(const struct store_reindex *reindex);
/* When all were looked at: how many there are of each kind, what type of lot that is, and the hash of the records (or NULL). */
const uint32_t *store_reindex_counts(const struct store_reindex *reindex);
enum movement_type store_reindex_type(const struct store_reindex *reindex);
const char *store_reindex_sha256(const struct store_reindex *reindex);
/* Puts them right, in this turn. */
int store_reindex_repair(struct store_reindex *reindex, struct err *err);
struct store_reindex *store_reindex_free(struct store_reindex *reindex);

/* What is stored of a lot beside its struct: the state that its movements share, and when they were answered. */
struct store_lot_index {
    enum movement_state movement_state;
    int64_t answered_us;
};
int store_lot_index_get(struct store *store, int64_t lot, struct store_lot_index *ret, struct err *err);
/* Writes a lot's row with all that is fixed and counted in it. */
int store_lot_repair(struct store *store, const struct store_lot *lot, const struct store_lot_index *index,
                     struct err *err);

/*
 * What is kept of all lots together: the index of workers, the texts of rejections, the totals. The first takes turns: at
 * most `max` entries in a call, 1 when there are more; *at begins with zeros.
 */
struct store_key_cursor {
    int64_t nss, rp, type, date, movement;
};
int store_reindex_keys(struct store *store, struct store_key_cursor *at, size_t max, size_t *repaired,
                       struct err *err);
int store_reindex_rejections(struct store *store, size_t *repaired, struct err *err);
int store_reindex_totals(struct store *store, size_t *repaired, struct err *err);
/*
 * Which lots go before others, held against the index of workers, which is to be right by then: lot by lot from the oldest,
 * each looked at in turns. Begin with zeros; end with store_order_begin() of lot 0, which frees.
 */
struct store_order {
    int64_t lot;
    int64_t at;     /* the next row of its movements */
    int64_t *older; /* what it has to wait for, as far as it was looked at */
    size_t n;
};
/* The next lot that may wait, or is said to: 1 and *ret, or 0. */
int store_order_next(struct store *store, int64_t behind, int64_t *ret, struct err *err);
void store_order_begin(struct store_order *order, int64_t lot);
/* Looks at `max` more movements: 1 when there are more, else 0. */
int store_order_look(struct store *store, struct store_order *order, size_t max, struct err *err);
/* All were looked at: puts the lot's pairs right, in this turn; *ret_repaired is how many were not. */
int store_order_repair(struct store *store, const struct store_order *order, size_t *ret_repaired,
                       struct err *err);

/* The newest lot before this one (0: of all) that was not erased: 1 and *ret, or 0. */
int store_lot_before(struct store *store, int64_t lot, int64_t *ret, struct err *err);
