/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/movement.h"
#include "idse/receipt.h"

/* Movements, and the results that constancias give them. */
struct store;

struct store_movement {
    int64_t lot;
    uint32_t seq; /* 0-based position in the lot */
    struct movement movement;
    enum movement_state state;
    int64_t sent_us, received_us, answered_us;
    int64_t given_up_us; /* that it was rejected will not be corrected; 0 = not so */
    char extemporaneo;   /* IMSS's own verdict on lateness: '0', '1' or 0 */
    char *imss_name;     /* the name as IMSS holds it; NULL = not known */
    struct receipt_error *errors;
    size_t n_errors;
};
void store_movements_free(struct store_movement *movements, size_t n);

struct store_movement_filter {
    int64_t lot;             /* 0 = any */
    char rp[12];             /* "" = any */
    char nss[12];            /* "" = any */
    enum movement_type type; /* MOVEMENT_NONE = any */
    uint32_t states;         /* bits; 0 = any */
    int32_t since, until;    /* date of the movement, yyyymmdd; 0 = any */
};
struct store_movement_cursor { /* a place behind a row; lot 0 = from the start */
    int64_t lot;
    uint32_t seq;
};
/* By lot (newest first) and order in the lot. */
int store_movement_list(struct store *store, const struct store_movement_filter *filter,
                        const struct store_movement_cursor *after, size_t limit, struct store_movement **ret,
                        size_t *ret_n, struct err *err);
int store_movement_count(struct store *store, uint64_t *ret, struct err *err); /* all stored; cheap */

/* Gives all movements of the lot that state. */
int store_lot_set_movements(struct store *store, int64_t lot, enum movement_state state, struct err *err);
/* What a matched constancia says of a lot's movements; all pointers stay the caller's. */
struct store_results {
    const struct constancia *constancia;
    const size_t *row_of; /* the row for the i-th movement (see constancia_match()) */
    size_t n;             /* movements; all of the lot */
    size_t at;            /* how many are stored; begins with 0 */
};
/*
 * Stores at most `max` more of them; each call may be in a turn of its own. None shows until the call that stores the last
 * one: 1 when there are more, 0 when all are stored. What was never stored whole is written over by the next constancia.
 */
int store_lot_set_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                          struct err *err);
/*
 * Holds at most `max` more results against what is stored, and moves on; 1 when there are more, else 0. Counts in *differ
 * the movements that are others, or have another result; that one was superseded since is none.
 */
int store_lot_compare_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                              size_t *differ, struct err *err);
