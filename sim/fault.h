/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "sim/step.h"

/* Misbehaviour by script: one rule a line, "STEP key=value …"; sim/README.md documents the format. */
enum fault_cut {
    CUT_NONE,
    CUT_BEFORE, /* closed before the request is acted on */
    CUT_AFTER,  /* acted on, closed without an answer */
    CUT_MID,    /* acted on, closed in the middle of the answer */
};
enum fault_page { PAGE_AS_IS, PAGE_MAINTENANCE, PAGE_UNKNOWN, PAGE_SESSION_LOST, PAGE_ENCODING };
enum fault_receipt { RECEIPT_AS_IS, RECEIPT_MISSING, RECEIPT_MISMATCH, RECEIPT_FOREIGN };
enum fault_login { LOGIN_AS_IS, LOGIN_LOCKED, LOGIN_BACKEND_TIMEOUT };

struct fault {
    enum step step;
    uint64_t first, times; /* from which request on, and for how many (0: for ever) */
    uint64_t seen;         /* requests of this step since the file was read */
    int64_t delay_us;
    int64_t behind_us; /* the answer's Date is of so long ago */
    uint64_t drip;     /* bytes a second; 0: at full speed */
    uint64_t status, retry_after;
    int cut; /* enum fault_cut, and so on: the parser stores table indexes */
    int page;
    int receipt;
    int login;
    int tls;   /* 1: the handshake fails */
    int lot;   /* 1: the lot is never processed */
    int taken; /* 1: `status` and `page` replace the answer of a request that was acted on */
};

struct faults;
/* `path` NULL: none. A file that cannot be read or understood is ERR_CONFIG with its line. */
int faults_open(const char *path, struct faults **ret, struct err *err);
struct faults *faults_free(struct faults *faults);
/*
 * Reads the file again when it changed (or `always`); every rule then counts from the start. On an error the rules stay
 * as they were.
 */
int faults_reload(struct faults *faults, bool always, struct err *err);
/* Counts a request of this step, and gives the first rule that is in force for it, else a fault that does nothing. */
struct fault faults_next(struct faults *faults, enum step step);
