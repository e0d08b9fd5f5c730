/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "idse/lot.h"
#include "idse/movement.h"
#include "idse/outcome.h"
#include "idse/receipt.h"

/* Lots as rows: one by its number, lists, the bytes of its records, and which lot corrects which. */
struct store;

struct store_lot {
    int64_t id;
    char rp[12];
    enum movement_type type; /* MOVEMENT_NONE: mixed */
    enum lot_state state;
    enum lot_hold hold;
    char *hold_text, *hold_by; /* the sentence as it was said; who: "uid 1000" or "idsed" */
    int64_t hold_us;
    int64_t created_us;
    char *created_by; /* "uid 1000" */
    char *source;     /* file name given by the submitter; may be NULL */
    char *sha256;     /* of the records, hex; computed while it is taken in; NULL when they are not known */
    int64_t
        adopted_us; /* since when it is known from its receipts, others having sent it; 0: it is our own */
    uint32_t counts[_COUNT_MAX];
    uint32_t approved, rejected; /* movements; 0 until the constancia was read */
    int64_t certificate;         /* of the last attempt; 0 = none yet */
    uint32_t attempts;
    uint32_t failures;                  /* in a row, for the backoff; 0 after success */
    int64_t next_us;                    /* when the next step is due, wall clock; 0 = not scheduled */
    int64_t attempt_us, attempt_end_us; /* last attempt */
    int64_t polled_us;                  /* last time the list was read for it */
    enum outcome_reason last_reason;
    char *last_error; /* NULL = none */
    char *portal_lot, *folio;
    int64_t received_us; /* reception by the portal */
    int64_t finished_us;
    int64_t parent;                             /* lot that this one corrects; 0 = none */
    bool have_acuse, have_constancia, have_csv; /* stored and, for the PDFs, read */
    int64_t not_before_us;                      /* it is not sent before; 0 = as soon as may be */
    enum lot_approval approval;
    char *approved_by; /* "uid 1000"; NULL = nobody */
    int64_t approved_us;
    /*
     * The earliest last legal day of its movements, of those that are rejected once it was answered: yyyymmdd; 0: the
     * calendar does not tell, -1: to be worked out.
     */
    int32_t deadline;
    /*
     * What people were told of its last days: all that was to be told of them up to told_us, 0: nothing. The first one that
     * they were not told to be over: yyyymmdd; 0: none.
     */
    int64_t told_us;
    bool told_in_doubt; /* while this machine's clock was known to be wrong */
    int32_t untold_day;
    int64_t erased_us; /* when its bytes were erased; 0 = they are here */
    char *remarks;     /* what the portal's CSV says otherwise than the constancia; NULL = nothing */
    /*
     * Since when it is cancelled, or nobody will correct what was rejected, and then it has no deadline; by the word of whom,
     * and why. 0, NULL: not so, or nobody said
     */
    int64_t given_up_us;
    char *given_up_by, *given_up_text;
};
void store_lot_free(struct store_lot *lot);
void store_lots_free(struct store_lot *lots, size_t n);

int store_lot_get(struct store *store, int64_t id, struct store_lot *ret,
                  struct err *err); /* ERR_UNKNOWN_LOT */
/* Writes every changeable field of the row. Together with store_lot_set_movements() this is one transition.
 */
int store_lot_update(struct store *store, const struct store_lot *lot, struct err *err);
/* The exact bytes sent or to be sent. */
int store_lot_records(struct store *store, int64_t id, struct buf *ret, struct err *err);
/* The same in slices: appends at least `max` bytes more, if there are so many; *part begins with 0. 1 when there are
 * more, else 0. */
int store_lot_records_next(struct store *store, int64_t id, uint32_t *part, size_t max, struct buf *ret,
                           struct err *err);
/* All lots that carry this portal lot number, newest first. */
int store_lots_by_portal_lot(struct store *store, const char *portal_lot, int64_t **ret, size_t *ret_n,
                             struct err *err);
/* The lots with these records that were not sent yet, or of which that is not known; of those in one state the oldest first. */
int store_lots_open_by_records(struct store *store, const char *sha256, int64_t **ret, size_t *ret_n,
                               struct err *err);
/*
 * An adopted lot gives way to another that is the same: its documents become the heir's, and it is seen no more. What is left
 * of it goes with store_lot_erase(), at most `max` movements in a call (1: there are more), or when the store is opened.
 */
int store_lot_give_way(struct store *store, int64_t lot, int64_t heir, struct err *err);
int store_lot_erase(struct store *store, int64_t lot, size_t max, struct err *err);
/* Is no lot younger, published or not? False also where that is not known. */
bool store_lot_is_newest(const struct store *store, int64_t lot);

struct store_lot_filter {
    char rp[12];                /* "" = any */
    uint32_t states;            /* bit 1 << state; 0 = any */
    int held;                   /* 1 only held, 0 only not held, -1 any */
    bool waiting;               /* only those that are not held but wait for older ones */
    int64_t certificate;        /* lots of RPs bound to it; 0 = any */
    int64_t since_us, until_us; /* created; 0 = any */
};
/* Newest first below the cursor (an id; 0 = from the newest), at most `limit`. */
int store_lot_list(struct store *store, const struct store_lot_filter *filter, int64_t cursor, size_t limit,
                   struct store_lot **ret, size_t *ret_n, struct err *err);
/*
 * Ids of the lots that have a next step (next_us is set), oldest first: what the engine schedules from at
 * start.
 */
int store_lot_open_ids(struct store *store, int64_t **ret, size_t *ret_n, struct err *err);

/* How many lots are in each state, [_LOT_STATE_MAX], and how many are held. Cheap: kept by triggers, not
 * counted. */
int store_lot_totals(struct store *store, uint64_t *ret_totals, uint64_t *ret_held, struct err *err);

/* How many of the lots in this state were adopted. */
int store_lot_adopted(struct store *store, enum lot_state state, uint64_t *ret, struct err *err);

/* ---- lots that correct others ---- */
/* The 0-based positions of the movements that are rejected, ascending. */
int store_lot_rejected(struct store *store, int64_t lot, uint32_t **ret, size_t *ret_n, struct err *err);
/* The lot that corrects this one, unless it came to nothing: 1 and *ret_id (the newest), or 0. */
int store_lot_corrected_by(struct store *store, int64_t lot, int64_t *ret_id, struct err *err);
/*
 * Says which movement of its parent each movement of a lot corrects. Once one of them is approved, that movement, and the
 * one that it corrected itself, become superseded (store_lot_set_results()).
 */
int store_lot_set_corrections(struct store *store, int64_t lot, const uint32_t *positions, size_t n,
                              struct err *err);
