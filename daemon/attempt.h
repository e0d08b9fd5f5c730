/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/act.h"
#include "daemon/input.h"

/*
 * An act with passwords: somebody proves to be a user, or says a new password, or both. They come as descriptors, are read
 * and hashed in a worker, and wiped. What is guesswork is slowed: it waits for its turn (daemon/throttle.h), with a timer.
 *
 * The steps: attempt_new(), the arguments, attempt_start(); then `look`, when its turn has come; the worker; `end`.
 */
struct attempt;
enum { ATTEMPT_PENDING = 1 }; /* attempt_finish() follows */
typedef int attempt_fn(struct attempt *attempt);

struct attempt {
    struct act *act;
    struct input given;     /* what proves: a password or a code; fd -1: nothing to prove */
    const char *given_name; /* as the argument is called */
    struct input fresh;     /* the new password; fd -1: none */
    char *user;             /* the e-mail that it is about, owned; the new password must not be equal to it */
    bool guess;             /* slow it down, per user and per caller */
    attempt_fn *look;       /* fills `known` from the store; may be NULL */
    attempt_fn *end;        /* on the loop; what it returns goes to act_end(), but for ATTEMPT_PENDING */

    char *secret; /* to be hashed as it is, owned; NULL: none */
    char *known;  /* the hash that `given` must have, owned; NULL: nobody's, so never right */

    bool right;  /* it had */
    char *hash;  /* of the new password or of `secret`; or of the given one, if `known` is stale; else NULL */
    void *extra; /* of whoever makes the attempt; freed with it */

    LIST_ENTRY(attempt) link;
    bool pending;
    struct timer *timer;                 /* while it waits for its turn */
    char *common;                        /* passwords that are refused */
    struct buf given_bytes, fresh_bytes; /* secret */
    int result;
};

/* `verb` is what the history calls the act. Nothing is proved, asked for or looked up until the caller fills it in. */
struct attempt *attempt_new(struct daemon *daemon, struct bus_call *call, const char *verb);
/* The e-mail as it came; ERR_INVALID_USER when it is none. */
int attempt_take_user(struct attempt *attempt, const char *email);
/* Goes on by itself from here; with a negative r it ends at once with act->err. */
void attempt_start(struct attempt *attempt, int r);
/* Ends one that was pending. */
void attempt_finish(struct attempt *attempt, int r);
/* Those that wait for their turn, or are pending, wait no longer. */
void attempts_stop(struct daemon *daemon);
/* Called by `end` when it was no wrong guess, so that it does not slow down others. */
void attempt_undo_guess(struct attempt *attempt);
