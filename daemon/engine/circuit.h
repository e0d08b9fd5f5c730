/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/outcome.h"

/*
 * One circuit for the portal as a whole. After some failures in a row that are the portal's own it opens:
 * then one visit at a time is a probe, and only when its delay has passed. Kept on disk, so that a restart
 * does not forget it.
 */
enum circuit_state { CIRCUIT_UNKNOWN, CIRCUIT_OK, CIRCUIT_DOWN, CIRCUIT_CHANGED };

/* What a visit asks of the portal, from what comes first to what comes last. */
enum circuit_step { CIRCUIT_STEP_LOGIN, CIRCUIT_STEP_LIST, CIRCUIT_STEP_UPLOAD, CIRCUIT_STEP_FETCH };

struct circuit {
    enum circuit_state state;
    char *text;       /* what was last seen */
    int64_t since_us; /* wall clock */
    unsigned failures;
    enum circuit_step failed; /* the last of the steps that failed; while there are failures */
    int64_t open_until_us;    /* wall clock; while CIRCUIT_DOWN */
};

struct store;
const char *circuit_state_name(enum circuit_state state); /* "unknown", "ok", "down", "changed"; stable */
/* From and to the store. Where nothing was stored yet, or it is not understood, the circuit stays as it is. */
int circuit_load(struct circuit *circuit, struct store *store, struct err *err);
int circuit_save(const struct circuit *circuit, struct store *store, struct err *err);
void circuit_free(struct circuit *circuit); /* fields only */
/* Counts a failure of this step. */
void circuit_count(struct circuit *circuit, enum circuit_step step);
/* Does this step's success say that what failed works again? Where a list fails, a login is no news. */
bool circuit_is_mended(const struct circuit *circuit, enum circuit_step step);
/* Moves to a state at `now_us`; true when it is another one than before. */
bool circuit_move(struct circuit *circuit, enum circuit_state state, const char *text, int64_t now_us);
