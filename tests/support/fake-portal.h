/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "portal/ops.h"

/*
 * A portal in memory for the engine's tests: it takes lots, lists them, hands out receipts, and does to the next requests
 * what a script says. Callbacks run only in fake_portal_turn(), as they would from the loop.
 */
#define FAKE_TLS_CHAIN "the fake's certificates"

enum fake_step { FAKE_LOGIN, FAKE_LIST, FAKE_SIGN, FAKE_UPLOAD, FAKE_ACUSE, FAKE_CONSTANCIA, FAKE_CSV, FAKE_LOGOUT, FAKE_DATE, _FAKE_MAX };

/* A fault for the next request of one step. */
struct fake_fault {
    enum outcome_reason reason;
    bool sent;           /* upload: bytes may have left */
    bool taken;          /* upload: the portal took the lot although the answer is lost */
    bool wrong;          /* acuse, constancia: a document that does not fit */
    bool misfiled;       /* acuse: that of another lot */
    bool incomplete;     /* list: does not reach back */
    char only[16];       /* acuse, constancia: only that of this lot; empty: any */
    int64_t retry_after_us;
};

struct fake_lot {
    char number[16];
    char rp[12];
    int64_t certificate;
    struct buf records;
    int64_t received_us;
    bool processed;
    unsigned reject_every; /* 0: all are operados */
};

struct fake_portal {
    const struct clock *clock;
    struct portal portal; /* what the engine is given */
    struct fake_lot *lots;
    size_t n_lots;
    bool process_at_once; /* lots are processed when they are taken */
    unsigned reject_every;
    const char *csv_says; /* of every movement, in the CSV; NULL: there is none */
    bool cannot_upload;
    int64_t behind_us; /* its clock */
    unsigned requests[_FAKE_MAX]; /* how many were made */
    struct fake_fault faults[_FAKE_MAX];
    bool has_fault[_FAKE_MAX]; /* one request is hit, then it is gone */
    bool keeps_fault[_FAKE_MAX]; /* … or stays until it is cleared */
    struct fake_pending *pending;
    struct buf empty;
};

void fake_portal_init(struct fake_portal *fake, const struct clock *clock);
void fake_portal_free(struct fake_portal *fake);
/* Runs the callbacks that were pending at the call; true when there were any. */
bool fake_portal_turn(struct fake_portal *fake);
/* Forgets what is pending, as the death of the process does. What the portal took stays. */
void fake_portal_forget(struct fake_portal *fake);
void fake_portal_fault(struct fake_portal *fake, enum fake_step step, struct fake_fault fault);
/* A lot that somebody else sent with this identity. */
void fake_portal_add_foreign(struct fake_portal *fake, int64_t certificate, const char *rp, const void *records,
                             size_t n);
/* How many lots have exactly these records. */
size_t fake_portal_count(const struct fake_portal *fake, const void *records, size_t n);
