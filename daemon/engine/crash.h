/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "config.h"

/*
 * The named points at which the crash test ends the daemon with SIGKILL, to see that no lot is lost and none
 * is sent twice. Compiled in with -Dcrash-points=true only; IDSED_CRASH_AT=NAME[:N] in the environment picks
 * one, N the time it is passed. CRASH_POINT_TABLE(X): X(id, name)
 */
#define CRASH_POINT_TABLE(X)                                                                                 \
    X(INTAKE_BEGUN, "intake-begun") /* some movements of a new lot are written */                            \
    X(SUBMIT_BEFORE_COMMIT, "submit-before-commit")                                                          \
    X(SUBMIT_AFTER_COMMIT, "submit-after-commit") /* queued, the submitter has no answer yet */              \
    X(SEND_BEFORE_COMMIT, "send-before-commit")                                                              \
    X(SEND_AFTER_COMMIT, "send-after-commit") /* sending, no byte has left */                                \
    X(SEND_STARTED, "send-started")           /* the request was handed to the network */                    \
    X(SEND_ANSWERED, "send-answered")         /* the answer is here, not yet on disk */                      \
    X(RESULT_BEFORE_COMMIT, "result-before-commit")                                                          \
    X(STEP_AFTER_COMMIT, "step-after-commit") /* between two steps of a visit */                             \
    X(SETTLE_LISTED, "settle-listed")         /* the list for an uncertain lot is here */                    \
    X(SETTLE_BEFORE_COMMIT, "settle-before-commit")                                                          \
    X(RECEIPT_BEFORE_COMMIT, "receipt-before-commit")                                                        \
    X(RECEIPT_AFTER_COMMIT, "receipt-after-commit") /* stored, not yet read */                               \
    X(RESULTS_BEGUN, "results-begun")               /* some movements' results are written */                \
    X(READ_BEFORE_COMMIT, "read-before-commit")                                                              \
    X(BACKUP_COPIED, "backup-copied")               /* the copy is made, and has its name still */           \
    X(SPOOL_TAKEN, "spool-taken") /* its lots are on disk, nothing is told of the file */                   \
    X(SPOOL_TOLD, "spool-told")   /* its result is there, and it lies where it was */                        \
    X(SPOOL_MOVED, "spool-moved") /* it was moved, which is not on disk */                                   \
    X(IMPORT_BEFORE_COMMIT, "import-before-commit") /* a receipt that was brought, and what came of it */    \
    X(IMPORT_AFTER_COMMIT, "import-after-commit")   /* … who brought it has no answer yet */                 \
    X(REINDEX_BEFORE_COMMIT, "reindex-before-commit") /* a lot's index is put right, not on disk */          \
    X(RESEAL_BEFORE_COMMIT, "reseal-before-commit") /* every credential is sealed anew, not on disk */       \
    X(RESEAL_AFTER_COMMIT, "reseal-after-commit")

enum crash_point {
#define X(id, name) CRASH_##id,
    CRASH_POINT_TABLE(X)
#undef X
        _CRASH_MAX
};

/* Ends the process here, at once and without a word, when $IDSED_CRASH_AT names this point ("NAME:3": at its third time). */
#if IDSED_CRASH_POINTS
void crash_point(enum crash_point point);
#else
static inline void crash_point(enum crash_point point)
{
}
#endif
/* Name of the i-th point, or NULL behind the last; for the test, which asks for all of them. */
const char *crash_point_name(int i);
