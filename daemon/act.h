/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"
#include "idse/finding.h"

/*
 * An act: a call that changes something. Whatever becomes of it, it is audited in the write turn that makes
 * the change, and its caller is answered once, after that turn is on disk.
 */
enum { ACT_WHO_SIZE = 304 };

/* Told how an act ended that nobody called for; err has no code when it went well. */
typedef void act_ended_fn(void *data, const struct err *err);

struct act {
    struct daemon *daemon;
    struct bus_call *call; /* results are written to it before act_end(); NULL: nobody called */
    act_ended_fn *ended;   /* then */
    void *data;
    struct err err;         /* what went wrong, for a negative act_end() */
    struct findings wrong;  /* with the file that is refused; the error's reply tells them behind its text */
    char *verb;             /* "hold" */
    char *object;           /* "lot 12"; may be replaced while the act goes on */
    char *detail;           /* JSON for the audit, or NULL; owned */
    char who[ACT_WHO_SIZE]; /* "uid 1000", or "uid 1000 ana@ejemplo.mx" in a session */
    bool writing;
    bool untried; /* it failed before it was tried, as any stranger's can: not all of these are audited */
};

/* Takes the call over. It may go on for many turns; changes begin with act_write(). */
struct act *act_new(struct daemon *daemon, struct bus_call *call, const char *verb, const char *object_fmt,
                    ...) _printf_(4, 5);
/*
 * An act that nobody calls for, by somebody who is known otherwise; `ended` is called once in the place of an answer.
 */
struct act *act_new_for(struct daemon *daemon, const char *who, const char *verb, const char *object,
                        act_ended_fn *ended, void *data);
/* From here to act_end(), in this turn, what is written is kept or undone together. */
int act_write(struct act *act);
/*
 * The end: what act_write() began is kept (r >= 0) or undone, the act is audited, and the caller gets the
 * results or act->err once that is on disk. Frees the act, now or then.
 */
void act_end(struct act *act, int r);

/* A caller as it stands in the audit and in lots: its uid, and the user (may be NULL) of its session. */
void act_who(uid_t uid, const char *email, char ret[static ACT_WHO_SIZE]);
/* Reads the options, the argument at `r`. */
int act_options(struct act *act, struct bus_reader *r, const struct bus_option *options, size_t n,
                void *dest);

/*
 * Answers a call that changes nothing: the results, or err when r is negative, once what it may have seen is
 * on disk. Consumes the call.
 */
void answer(struct daemon *daemon, struct bus_call *call, int r, const struct err *err);
