/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "idse/lot.h"

/*
 * The schedule: which lot of which identity is due when. In memory only; every entry is a function of the
 * lot's row. Due times are instants of the boot clock.
 */
struct visit;

struct job {
    int64_t lot;
    int64_t certificate; /* identity that serves it; 0 = none */
    enum lot_state state;
    enum lot_hold hold;
    bool blocked;     /* by its hold, so that nothing is due */
    bool waits;       /* for older lots with workers of it, see order.c */
    int32_t deadline; /* the earliest last day of its movements; 0 or less: not known */
    bool unjudged;    /* something about it changed; its hold must be worked out before it is served */
    int64_t due_us;
    int64_t since_us; /* it is in this state since then, as far as this process has seen */
};

struct identity {
    int64_t certificate;
    unsigned failures;     /* visits that failed in a row */
    int64_t not_before_us; /* backoff of the identity as a whole */
    int32_t hurry;         /* the earliest last day of its lots that are due but wait for older ones of it */
    int64_t replaces;      /* it is on trial: it takes this certificate's place at its first login; 0 = not */
    struct visit *visit;   /* under way, or NULL */
};

struct schedule {
    struct job *jobs; /* sorted by lot */
    size_t n_jobs, cap_jobs;
    struct identity **identities;
    size_t n_identities;
    size_t n_unjudged;
    size_t n_waiting; /* jobs that wait for older lots */
};

#define SCHEDULE_NEVER INT64_MAX

void schedule_free(struct schedule *schedule);
/* Enters or replaces the job of job->lot. */
void schedule_put(struct schedule *schedule, const struct job *job);
void schedule_drop(struct schedule *schedule, int64_t lot);
struct job *schedule_find(struct schedule *schedule,
                          int64_t lot); /* NULL when the lot has nothing to wait for */
/* The identity's entry, made when it is not there; never NULL. Its address stays. */
struct identity *schedule_identity(struct schedule *schedule, int64_t certificate);
/*
 * Is it being visited, or its counterpart while one of the two is to replace the other? They may be one account at the
 * portal, where a second login could end the first.
 */
bool schedule_is_engaged(const struct schedule *schedule, const struct identity *identity);
/* Marks a job for judging again. */
void schedule_unjudge(struct schedule *schedule, struct job *job);
/* Notes whether a job waits for older lots. */
void schedule_wait(struct schedule *schedule, struct job *job, bool waits);
/* When this job could be served, were no older lot before it; its identity's delay included, SCHEDULE_NEVER when not. */
int64_t schedule_ready_us(struct schedule *schedule, const struct job *job);
/* When it may be served. */
int64_t schedule_due_us(struct schedule *schedule, const struct job *job);
/* The last day by which a job must be sent; INT32_MAX where there is none. */
int32_t schedule_deadline(const struct job *job);
/*
 * The earliest due instant, at least `now_us`, of all identities that are not being visited; *ret_identity is the one, of
 * several the one whose lot has the earliest deadline.
 */
int64_t schedule_earliest_us(struct schedule *schedule, int64_t now_us, struct identity **ret_identity);
