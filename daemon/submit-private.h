/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/act.h"
#include "daemon/input.h"
#include "daemon/submit.h"
#include "idse/intake.h"

/*
 * What the files of a submission share. submit.c reads the call, and ends all of them; submit-read.c makes lots of the bytes;
 * submit-slices.c goes on turn by turn; submit-store.c stores and publishes the lots; submit-answer.c looks whether it was here
 * before, and says what came of it; submit-correct.c is what only corrections need.
 */

struct submit_options {
    const char *name; /* of the message */
    bool keep_mixed, allow_duplicate, hold;
    uint64_t not_before; /* 0: as soon as may be */
    int fixes;           /* descriptor of a table of corrections; -1: none */
};

/* What nobody calls for: a file of the spool. It lives until it is told the end. */
struct ordered {
    struct submit_order order;
    struct findings findings;
};

/* What Lot.Correct starts from. */
struct parent {
    int64_t lot; /* 0: nothing is corrected */
    struct buf records;
    uint32_t *rejected; /* positions of its movements that are corrected, in the order of the new lot */
    size_t n_rejected;
    uint32_t *lines; /* of the table of corrections, for each of them; 0: it is as it was */
};

struct submission {
    struct submissions *all;
    struct act *act;
    struct submit_options options;
    struct ordered *ordered; /* NULL: somebody called */
    struct parent parent;
    struct check_options check;
    struct input input; /* without a descriptor where a lot is corrected as it is */
    bool counted;       /* its bytes are in all->bytes */

    /* made by submission_prepare(), in a worker where the input is large */
    struct intake_rp *rps;
    size_t n_rps;
    struct buf bytes;
    char *key;
    struct intake intake;
    int result;

    bool begun;                   /* it was not here before */
    size_t past;                  /* how many of its events were held against what is stored */
    struct store_intake **stored; /* one for each lot, NULL before it is begun and after it is published */
    size_t at;                    /* the lot that is being stored */
    struct submission *next;
};

struct submissions {
    struct daemon *daemon;
    struct submission *first, **last; /* waiting for their slices */
    struct event *more;
    size_t bytes; /* of files, waiting for a worker or in memory */
    struct intake_rp
        *rps; /* as they were at this version; submissions have copies, for they may be in a worker */
    size_t n_rps;
    uint64_t rps_version;
};

/* ---- beginning and ending (submit.c) ---- */

/* An empty one, whose act the caller makes. */
struct submission *submission_new(struct daemon *daemon);
/* Goes on with it, or ends it when reading the call came to a negative `r`; it may be freed afterwards. */
void submission_start(struct submission *s, int r);
/* The one way out of a submission: audits, answers and frees. */
void submission_finish(struct submission *s, int r);

/* ---- from bytes to lots (submit-read.c) ---- */

/* What the file is checked against, as it is now: the worker must not look at what a reload may change. */
struct check_options submission_check_options(const struct daemon *daemon);
/* Gives it a copy of the registros patronales. */
int submission_list_rps(struct submission *s);
/* Reads, checks and splits; touches nothing but the submission, so that a worker can do it. Then submission_prepared(). */
void submission_prepare(void *submission);

/* ---- turn by turn (submit-slices.c) ---- */

/* On the loop, after submission_prepare(): stores it at once or in slices, and ends it. */
void submission_prepared(void *submission);

/* ---- storing (submit-store.c) ---- */

/* Stores at most about `max` movements: 1 when all are stored, 0 when there are more. */
int submission_store_some(struct submission *s, size_t max);
/* Makes the lots visible, enters them into the queue, and writes the results; in one write turn with the act's record. */
int submission_publish(struct submission *s);

/* ---- the answer (submit-answer.c) ---- */

/* 1 when it was submitted before, and the results are written; else 0. */
int submission_find_existing(struct submission *s);
void submission_write_results(struct submission *s, const int64_t *ids, size_t n, bool existing);
/* What the audit says of it: "lot 7", or "lots 7-9". */
void submission_name_lots(struct act *act, const int64_t *ids, size_t n);
/* In the turn of the lots: whoever ordered them writes what belongs to them. */
int submission_tell_order(struct submission *s, const int64_t *ids, size_t n, bool existing);
/* To be sent after the last day: that is for people to decide, but not without a word. */
void submission_warn_of_late_sending(struct submission *s);

/* ---- corrections (submit-correct.c) ---- */

/* Of a correction: the bytes, a table of corrections, become the records of the new lot. */
int submission_apply_corrections(struct submission *s);
/* When the records that came of it are refused: says so with the lines of the table, which the caller knows. */
int submission_refuse_corrections(struct submission *s);
/* ERR_WRONG_STATE when another lot corrects its parent already; one that corrects nothing passes. */
int submission_check_uncorrected(struct submission *s);
/* Writes what the lot `id` corrects, if anything, in the turn that publishes it. */
int submission_publish_correction(struct submission *s, int64_t id);
