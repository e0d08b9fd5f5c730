/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schedule.h"

#include "base/util.h"

void schedule_free(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->n_identities; i++)
        free(schedule->identities[i]);
    free(schedule->identities);
    free(schedule->jobs);
    *schedule = (struct schedule){0};
}

/* Index of the first job whose lot is not below `lot`. */
static size_t position(const struct schedule *schedule, int64_t lot)
{
    size_t low = 0, high = schedule->n_jobs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (schedule->jobs[middle].lot < lot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct job *schedule_find(struct schedule *schedule, int64_t lot)
{
    size_t at = position(schedule, lot);
    return at < schedule->n_jobs && schedule->jobs[at].lot == lot ? &schedule->jobs[at] : NULL;
}

void schedule_put(struct schedule *schedule, const struct job *job)
{
    struct job *there = schedule_find(schedule, job->lot);
    if (there) {
        schedule->n_unjudged += (size_t)job->unjudged - (size_t)there->unjudged;
        schedule->n_waiting += (size_t)job->waits - (size_t)there->waits;
        *there = *job;
        return;
    }
    if (schedule->n_jobs == schedule->cap_jobs) {
        schedule->cap_jobs = MAX(schedule->cap_jobs * 2, (size_t)64);
        schedule->jobs = xreallocarray(schedule->jobs, schedule->cap_jobs, sizeof(struct job));
    }
    size_t at = position(schedule, job->lot);
    memmove(&schedule->jobs[at + 1], &schedule->jobs[at], (schedule->n_jobs - at) * sizeof(struct job));
    schedule->jobs[at] = *job;
    schedule->n_jobs++;
    schedule->n_unjudged += job->unjudged;
    schedule->n_waiting += job->waits;
}

void schedule_drop(struct schedule *schedule, int64_t lot)
{
    struct job *job = schedule_find(schedule, lot);
    if (!job)
        return;
    schedule->n_unjudged -= job->unjudged;
    schedule->n_waiting -= job->waits;
    size_t after = (size_t)(job - schedule->jobs) + 1;
    memmove(job, job + 1, (schedule->n_jobs - after) * sizeof(struct job));
    schedule->n_jobs--;
}

struct identity *schedule_identity(struct schedule *schedule, int64_t certificate)
{
    for (size_t i = 0; i < schedule->n_identities; i++)
        if (schedule->identities[i]->certificate == certificate)
            return schedule->identities[i];
    struct identity *identity = xcalloc(1, sizeof(*identity));
    identity->certificate = certificate;
    identity->hurry = INT32_MAX;
    schedule->identities =
        xreallocarray(schedule->identities, schedule->n_identities + 1, sizeof(*schedule->identities));
    schedule->identities[schedule->n_identities++] = identity;
    return identity;
}

void schedule_unjudge(struct schedule *schedule, struct job *job)
{
    schedule->n_unjudged += !job->unjudged;
    job->unjudged = true;
}

void schedule_wait(struct schedule *schedule, struct job *job, bool waits)
{
    schedule->n_waiting += (size_t)waits - (size_t)job->waits;
    job->waits = waits;
}

/* Nothing but the time, and older lots, keeps it from being looked at. */
static bool is_open(const struct job *job)
{
    return !job->blocked && !job->unjudged && job->certificate != 0;
}

int64_t schedule_ready_us(struct schedule *schedule, const struct job *job)
{
    if (!is_open(job))
        return SCHEDULE_NEVER;
    return MAX(job->due_us, schedule_identity(schedule, job->certificate)->not_before_us);
}

int64_t schedule_due_us(struct schedule *schedule, const struct job *job)
{
    return job->waits ? SCHEDULE_NEVER : schedule_ready_us(schedule, job);
}

bool schedule_is_engaged(const struct schedule *schedule, const struct identity *identity)
{
    for (size_t i = 0; i < schedule->n_identities; i++) {
        const struct identity *other = schedule->identities[i];
        if (other->visit && (other == identity || other->replaces == identity->certificate ||
                             identity->replaces == other->certificate))
            return true;
    }
    return false;
}

static int64_t earliest_trial_us(const struct schedule *schedule, struct identity **ret_identity)
{
    int64_t earliest = SCHEDULE_NEVER;
    for (size_t i = 0; i < schedule->n_identities; i++) {
        struct identity *identity = schedule->identities[i];
        if (!identity->replaces || identity->not_before_us >= earliest ||
            schedule_is_engaged(schedule, identity))
            continue;
        earliest = identity->not_before_us;
        *ret_identity = identity;
    }
    return earliest;
}

int32_t schedule_deadline(const struct job *job)
{
    return job->state == LOT_STATE_QUEUED && job->deadline > 0 ? job->deadline : INT32_MAX;
}

/* A lot that is due makes the older ones that it waits for as urgent as it is; they are of its identity. */
static void hurry_identities(struct schedule *schedule, int64_t now_us)
{
    for (size_t i = 0; i < schedule->n_identities; i++)
        schedule->identities[i]->hurry = INT32_MAX;
    for (size_t i = 0; i < schedule->n_jobs && schedule->n_waiting > 0; i++) {
        const struct job *job = &schedule->jobs[i];
        if (!job->waits || schedule_ready_us(schedule, job) > now_us)
            continue;
        struct identity *identity = schedule_identity(schedule, job->certificate);
        identity->hurry = MIN(identity->hurry, schedule_deadline(job));
    }
}

/* The last day of what a visit for this job is for: its own, or that of a lot that waits and is as urgent. */
static int32_t visit_deadline(struct schedule *schedule, const struct job *job)
{
    int32_t deadline = schedule_deadline(job);
    return schedule->n_waiting == 0 ? deadline
                                    : MIN(deadline, schedule_identity(schedule, job->certificate)->hurry);
}

int64_t schedule_earliest_us(struct schedule *schedule, int64_t now_us, struct identity **ret_identity)
{
    struct identity *best = NULL;
    int64_t earliest = MAX(earliest_trial_us(schedule, &best), now_us);
    int32_t earliest_deadline = INT32_MAX;
    hurry_identities(schedule, now_us);
    for (size_t i = 0; i < schedule->n_jobs; i++) {
        const struct job *job = &schedule->jobs[i];
        int64_t due = MAX(job->due_us, now_us);
        if (!is_open(job) || job->waits || due > earliest)
            continue;
        int32_t deadline = visit_deadline(schedule, job);
        if (due == earliest && best && deadline >= earliest_deadline)
            continue;
        struct identity *identity = schedule_identity(schedule, job->certificate);
        due = MAX(due, identity->not_before_us);
        if (due > earliest || (due == earliest && best && deadline >= earliest_deadline) ||
            schedule_is_engaged(schedule, identity))
            continue;
        earliest = due;
        earliest_deadline = deadline;
        best = identity;
    }
    if (best)
        *ret_identity = best;
    return best ? earliest : SCHEDULE_NEVER;
}
