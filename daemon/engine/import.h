/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "internal.h"

/*
 * A receipt that a person brought, on its way. import.c has it read, waits for its lot and holds it against what is known;
 * import-plan.c says which lot it is of and what becomes of it; import-csv.c holds a table of results against the constancia;
 * import-prepare.c prepares what follows, in slices, over many turns; import-conclude.c is the turn in which it counts. One
 * import at a time is at its lot, so that the acuse and the constancia of one lot, brought together, do not miss each other;
 * the others are being read, or wait.
 */
enum { IMPORT_RESULTS = 1500 }; /* of a constancia, taken or compared in one turn: a few milliseconds */

struct engine_import;
typedef void import_then_fn(struct engine_import *import);

struct engine_import {
    struct task task; /* first */
    struct engine *engine;
    struct engine_import *next; /* in the order in which they came */
    struct engine_receipt receipt;
    engine_import_fn *fn;
    void *data;
    bool is_read;
    bool waits; /* for a visit to let go of the lot */
    enum document_kind kind;
    struct portal_reading reading;
    char *registered; /* a registro patronal */

    /* the plan */
    int64_t lot;          /* that it is of; 0: one is made of it */
    enum lot_state state; /* that the lot had when it was looked at */
    bool found;           /* the acuse reprints the lot's records, and its number was not known */
    bool has_records;     /* the lot's are known */
    int64_t gives_way;    /* a lot of the same number that is known from its constancia alone; 0: none */
    char rp[12];
    enum import_outcome outcome;
    char *text;

    /* what is prepared */
    struct buf records; /* of the lot */
    uint32_t part;
    task_fn *loaded;             /* goes on with them */
    struct store_document *kept; /* constancias that may fit, now that the records are known */
    size_t n_kept, at_kept;
    struct portal_reading answer; /* the one that does */
    struct store_intake *intake;
    struct store_results results;
    size_t differ; /* results that are not those that are stored */
    struct store_saving *saving;
    int64_t document; /* as which it was stored; 0: it was not */

    /* the table of results, held against the constancia (import-csv.c) */
    import_then_fn *then;
    struct csv_doubts doubts;
    bool csv_heard;    /* and these are what it found */
    bool answer_heard; /* the constancia was `answer` */
};

static inline struct engine_import *import_of_task(struct task *task)
{
    return (struct engine_import *)task;
}

/* Ends it: the caller of engine_import() frees the import within its function. `err` is NULL when all is prepared. */
void import_give_back(struct engine_import *import, const struct err *err);
/* Goes on with `next` in another turn, or, where r is negative, ends with what went wrong. */
void import_go_on(struct engine_import *import, int r, task_fn *next, struct err *err);

/* ---- what is prepared (import-prepare.c) ---- */

/* The plan is made: everything that it needs is brought to where one turn can make it count; then the import is given back. */
void import_prepare(struct engine_import *import);

/* ---- a table of results and the constancia (import-csv.c) ---- */

/* Loads the records of the lot, in slices, and goes on. */
void import_load_records(struct engine_import *import, task_fn *then);
/*
 * What becomes of the receipt is known: if it is a table of a lot that has its constancia, or has results of a lot that has a
 * table, the two are held against each other, which may change that. 1: `then` goes on, now or later; 0: there is nothing to
 * compare.
 */
int import_hear_csv(struct engine_import *import, import_then_fn *then, struct err *err);

/* ---- the plan (import-plan.c) ---- */

/*
 * Of a constancia of several employers another part is to be read than the one that was: 1, and receipt.part says which.
 * ERR_INVALID_ARGUMENT when it has nothing of the one that was asked for.
 */
int import_choose_part(struct engine_import *import, struct err *err);
/* Which lot it is of. */
int import_find_lot(struct engine_import *import, struct err *err);
/* Was everything about the lot that is needed read: what becomes of the receipt? */
int import_judge(struct engine_import *import, struct err *err);
/*
 * What the table says otherwise than the constancia is known: of a table the constancia stands; results that a table turns
 * round wait for a person, unless the lot says so already, so that somebody has seen it.
 */
void import_judge_doubts(struct engine_import *import, const struct store_lot *lot);
/* Has the lot, as it will be, room for results that a kept constancia may have? */
bool import_wants_answer(const struct engine_import *import, const struct store_lot *lot);
/* A constancia that was read, held against the number and the registro patronal of the acuse. */
bool import_fits_acuse(const struct engine_import *import, const struct portal_reading *answer);
