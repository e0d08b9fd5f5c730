/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "internal.h"
#include "store/reindex.h"

/*
 * The index is what was parsed: rows of lots and movements, over the records and documents that are stored as they came. Here
 * it is held against them, lot by lot, the newest first, since what later lots corrected depends on these. A lot is read and
 * looked at in turns; what is not as it should be is written in one, so that a death leaves it as it was or put right.
 * reindex.c goes from lot to lot and has their documents read; reindex-lot.c says what a lot should be, and puts it right;
 * reindex-order.c does so with what lots wait for, when the index of workers is right.
 */

struct engine_reindex {
    struct task task; /* first */
    struct engine *engine;
    char *who;
    engine_reindex_fn *fn;
    void *data;
    struct engine_reindex_report report;
    bool waits; /* for a visit or an import to let go of the lot */

    /* the lot at hand */
    int64_t lot;          /* 0: none */
    int64_t behind;       /* the next one is older than this */
    struct store_lot row; /* as it was when it was looked at first */
    struct buf records;
    uint32_t part;
    struct store_document *documents;
    size_t n_documents, at;
    enum document_kind kind;                 /* that is being read */
    struct portal_reading acuse, constancia; /* that speak for the lot */
    int64_t answered_us;                     /* when the constancia was stored */
    bool csv_heard; /* the CSV was held against the constancia, see constancia.doubts */
    struct store_reindex *index;
    struct store_key_cursor keys;
    struct store_order order;
};

static inline bool reindex_is_answered(enum lot_state state)
{
    return state == LOT_STATE_ACCEPTED || state == LOT_STATE_PARTIAL || state == LOT_STATE_REJECTED;
}

/* Whether a receipt was taken is for the engine to say as long as it works on the lot. */
static inline bool reindex_is_settled(const struct store_lot *lot)
{
    return (lot_state_final(lot->state) || lot->adopted_us) && lot->next_us == 0;
}

/* Notes a sentence about a lot, 0 for all of them together; takes the text. */
void reindex_report(struct engine_reindex *reindex, int64_t lot, char *text);

/* Goes on with what is kept of all lots together; ends when that fails. */
void reindex_rest(struct engine_reindex *reindex, int r, struct err *err);

/* ---- reindex-order.c ---- */

/* A task: begins with the first lot that may wait, and comes to reindex_rest(). */
void reindex_order(struct task *task);

/* ---- reindex-lot.c ---- */

/* That the lot was put right is in the history, with what was wrong. */
int reindex_audit(struct engine_reindex *reindex, int64_t lot, const char *what, struct err *err);

/* All of the lot at hand was read and looked at: writes what is not as it should be, in one act, and lets the lot go. */
int reindex_lot(struct engine_reindex *reindex, struct err *err);
