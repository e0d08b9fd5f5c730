/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/check.h"
#include "idse/deadline.h"
#include "idse/finding.h"
#include "idse/record.h"
#include "idse/receipt.h"
#include "idse/worker.h"

/*
 * From an input file to lots: one per registro patronal and movement type, each with the exact bytes to be
 * sent. A worker with several movements in the file has them sent by their dates, and on one day as
 * worker_fold() says by the order of the file: where one lot of each type would not do that there are more of
 * them, as few as may be, and the lots are in the order in which they are to be sent. The same bytes make the
 * same lots.
 */

/* What a registered RP says about its records. */
struct intake_rp {
    char rp[12];
    char guia[6]; /* for movements that have none; "": the registro patronal has none either */
    enum enye_policy enye;
};

struct intake_options {
    const struct intake_rp *rps; /* sorted by rp; those that are registered */
    size_t n_rps;
    bool any_rp;      /* accept records of an RP that is not in the list, with its defaults (the linter) */
    bool keep_mixed;  /* one lot per RP, types as they come */
    bool as_it_is;    /* all in the order of the file, whatever the dates are */
    size_t max_bytes; /* ERR_TOO_LARGE beyond; 0: no limit */
    struct check_options check;
};

struct intake_lot {
    char rp[12];
    enum movement_type type; /* MOVEMENT_NONE when mixed */
    struct buf records;      /* canonical, control record included */
    size_t counts[_COUNT_MAX];
    struct last_days last_days; /* of its movements; none: the calendar does not tell */
};

/* A movement of the file, among those of its worker. */
struct intake_event {
    int64_t nss;
    uint32_t rp;               /* which of the options'; more than these have: of any_rp */
    struct worker_event event; /* its order is the line whose place it takes */
    uint32_t lot, at;          /* where it was put when it was read; private */
    int32_t deadline;          /* its last legal day, or 0 */
};

struct intake {
    struct intake_lot *lots;
    size_t n_lots;
    struct intake_event *events; /* by registro patronal and worker, then as they are sent */
    size_t n_events;
    struct findings findings;
};

/*
 * Reads records or a table, checks and splits. All or nothing: an error anywhere gives ERR_INVALID_FILE
 * (first finding with line and column in the text), ERR_UNKNOWN_RP or ERR_TOO_LARGE, and ret->findings still
 * tells everything; ret->lots is then empty. The same movement twice in one file is an error. Safe in a
 * worker thread. Free with intake_free() either way.
 */
int intake_read(const void *data, size_t n, const struct intake_options *options, struct intake *ret,
                struct err *err);
void intake_free(struct intake *intake);
