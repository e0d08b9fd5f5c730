/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/columns.h"
#include "store/db.h"

/* What a lot has from the start. */
#define LOT_FIXED(X)                                                                                         \
    X(rp, CHARS, store_lot, rp)                                                                              \
    X(type, I32, store_lot, type)                                                                            \
    X(created_us, I64, store_lot, created_us)                                                                \
    X(created_by, TEXT, store_lot, created_by)                                                               \
    X(source, TEXT, store_lot, source)                                                                       \
    X(sha256, TEXT, store_lot, sha256)                                                                       \
    X(adopted_us, I64, store_lot, adopted_us)                                                                \
    X(parent, ID, store_lot, parent)

/* What store_lot_update() writes: what is a key of indexes, or says which of them have the lot, and the rest. */
#define LOT_INDEXED(X)                                                                                       \
    X(state, I32, store_lot, state)                                                                          \
    X(portal_lot, TEXT, store_lot, portal_lot)                                                               \
    X(finished_us, I64, store_lot, finished_us)                                                              \
    X(deadline, I32, store_lot, deadline)                                                                    \
    X(untold_day, I32, store_lot, untold_day)                                                                \
    X(told_us, I64, store_lot, told_us)                                                                      \
    X(told_in_doubt, BOOL, store_lot, told_in_doubt)
#define LOT_PLAIN(X)                                                                                         \
    X(hold, I32, store_lot, hold)                                                                            \
    X(hold_text, TEXT, store_lot, hold_text)                                                                 \
    X(hold_by, TEXT, store_lot, hold_by)                                                                     \
    X(hold_us, I64, store_lot, hold_us)                                                                      \
    X(approved, U32, store_lot, approved)                                                                    \
    X(rejected, U32, store_lot, rejected)                                                                    \
    X(certificate, ID, store_lot, certificate)                                                               \
    X(attempts, U32, store_lot, attempts)                                                                    \
    X(failures, U32, store_lot, failures)                                                                    \
    X(next_us, I64, store_lot, next_us)                                                                      \
    X(attempt_us, I64, store_lot, attempt_us)                                                                \
    X(attempt_end_us, I64, store_lot, attempt_end_us)                                                        \
    X(polled_us, I64, store_lot, polled_us)                                                                  \
    X(last_reason, I32, store_lot, last_reason)                                                              \
    X(last_error, TEXT, store_lot, last_error)                                                               \
    X(folio, TEXT, store_lot, folio)                                                                         \
    X(received_us, I64, store_lot, received_us)                                                              \
    X(have_acuse, BOOL, store_lot, have_acuse)                                                               \
    X(have_constancia, BOOL, store_lot, have_constancia)                                                     \
    X(have_csv, BOOL, store_lot, have_csv)                                                                   \
    X(not_before_us, I64, store_lot, not_before_us)                                                          \
    X(approval, I32, store_lot, approval)                                                                    \
    X(approved_by, TEXT, store_lot, approved_by)                                                             \
    X(approved_us, I64, store_lot, approved_us)                                                              \
    X(given_up_us, I64, store_lot, given_up_us)                                                              \
    X(given_up_by, TEXT, store_lot, given_up_by)                                                             \
    X(given_up_text, TEXT, store_lot, given_up_text)                                                         \
    X(remarks, TEXT, store_lot, remarks)
#define LOT_CHANGING(X) LOT_INDEXED(X) LOT_PLAIN(X)

/* What others write: see erase.c. */
#define LOT_MARKED(X) X(erased_us, I64, store_lot, erased_us)

/* What its intake counts. */
#define LOT_COUNTED(X)                                                                                       \
    X(count_bajas, U32, store_lot, counts[COUNT_BAJAS])                                                      \
    X(count_modificaciones, U32, store_lot, counts[COUNT_MODIFICACIONES])                                    \
    X(count_reingresos, U32, store_lot, counts[COUNT_REINGRESOS])                                            \
    X(count_total, U32, store_lot, counts[COUNT_TOTAL])

#define LOT_ALL(X) LOT_FIXED(X) LOT_CHANGING(X) LOT_COUNTED(X) LOT_MARKED(X)
#define LOT_SELECT SQL_SELECT("id", LOT_ALL) " FROM lot"
extern const struct db_mapping lot_mapping; /* of LOT_SELECT's rows */

enum { LOT_BEING_TAKEN_IN = -1 }; /* in place of a state, until it is published */
enum { TOTAL_HELD = 100, TOTAL_MOVEMENTS = 101 };

/* The rows of a lot in `movement` and `record_part`: (lot << 20 | number), see schema.c. */
enum { ROW_BITS = 20 };
static inline int64_t row_id(int64_t lot, uint32_t number)
{
    return lot << ROW_BITS | number;
}
static inline int64_t row_first(int64_t lot)
{
    return row_id(lot, 0);
}
static inline int64_t row_last(int64_t lot)
{
    return row_id(lot, (UINT32_C(1) << ROW_BITS) - 1);
}

/* Rows of lots that were published lately (recent.c). */
void recent_watch(struct store *store); /* from now on they may be kept */
void recent_add(struct store *store, const struct store_lot *lot);
bool recent_get(const struct store *store, int64_t id, struct store_lot *ret); /* a copy */
void recent_drop(struct store *store); /* what was written may be undone */

/* What a function fails with that is asked for a lot which is not there, or of which that was erased; always negative. */
int lot_unknown(int64_t id, struct err *err);
int lot_erased(int64_t id, int64_t erased_us, struct err *err);
/* The movements at these positions of a lot are approved: what they correct is superseded. */
int corrections_supersede(struct store *store, int64_t lot, uint32_t *positions, size_t n, struct err *err);
/* Adds the errors of the movements from `first` to before `behind` to what is known of codes and texts, or takes them off. */
int rejections_learn(struct store *store, int64_t first, int64_t behind, struct err *err);
int rejections_forget(struct store *store, int64_t first, int64_t behind, struct err *err);
/* Deletes at most `max` movements of a lot that is not visible, with all that hangs on them: 1 when there may be more. */
int lot_discard_some(struct store *store, int64_t lot, size_t max, struct err *err);
/* Which lots go before others (precedence.c): numbers of those that wait, and are not held. */
#define PRECEDENCE_WAITING                                                                                   \
    "SELECT p.lot FROM precedence p CROSS JOIN lot a ON a.id = p.lot AND a.state = 0 AND a.hold = 0"         \
    " CROSS JOIN lot b ON b.id = p.older AND b.state BETWEEN 0 AND 2"
/* The oldest lot that may still go to the portal, or is being taken in; 0: there is none but this one, which is. */
int precedence_oldest(struct store *store, int64_t lot, int64_t *ret, struct err *err);
/* Notes the pairs that a worker makes of this lot and others of its registro patronal (its row), from `oldest` on. */
int precedence_note(struct store *store, int64_t lot, int64_t rp, int64_t nss, int64_t oldest,
                    struct err *err);
/* What type a lot with these counts is. */
enum movement_type type_of_counts(const uint32_t *counts);
/* A movement as its columns have it, and the row of its registro patronal: 1, or 0 when there is none. */
int movement_stored(struct store *store, int64_t id, int64_t *ret_rp, struct movement *ret, struct err *err);
/* What a movement's row has of its own, if it has: 1, or 0 when there is no row. */
int result_stored(struct store *store, int64_t id, int64_t *ret_state, int64_t *ret_extemporaneo,
                  char **ret_imss_name, struct err *err);
/* Is the row of a constancia what is stored of the movement, with this state? 1 or 0. Negative state: that of the row. */
int result_is_stored(struct store *store, int64_t id, const struct constancia_row *row, int state,
                     struct err *err);
/* Writes what the row says; errors that were there must be gone. */
int result_write(struct store *store, int64_t id, const struct constancia_row *row, struct err *err);
/* The positions in a lot of what later lots corrected and got approved, ascending. */
int corrections_superseded(struct store *store, int64_t lot, uint32_t **ret, size_t *ret_n, struct err *err);
/* Writes a movement of a lot; `rp` is the row of the lot's registro patronal. */
int movement_insert(struct store *store, int64_t id, int64_t rp, const struct movement *movement,
                    struct err *err);

/* One movement of a published lot, with its errors: 1, or 0. */
int movement_get(struct store *store, int64_t id, struct store_movement *ret, struct err *err);
void movement_clear(struct store_movement *movement);

/*
 * What a movement's row has of its own counts once its lot was answered: until then results are being written, or were
 * taken back.
 */
#define MOVEMENT_OWN(column, otherwise) "iif(lot.answered_us <> 0, movement." column ", " otherwise ")"
#define MOVEMENT_STATE_NOW              MOVEMENT_OWN("state", "lot.movement_state")
