/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/search.h"

#include "base/log.h"

enum {
    READERS = 2,         /* as many as there are workers */
    DELAY_US = US_PER_S, /* so that what comes in together is indexed together */
    LONGEST_DELAY_US =
        5 * US_PER_S, /* while more comes in: until then that has processors and disk to itself */
    DELAY_FAILED_US = 300 * US_PER_S,
};

struct job {
    TAILQ_ENTRY(job) entry;
    struct searches *searches;
    struct searching searching;
    uid_t uid;
    struct search **reader; /* NULL while it waits */
    struct err err;
};

struct searches {
    struct daemon *daemon;
    struct timer *timer;
    bool armed, failed;
    bool written;               /* something, since the timer was set */
    int64_t wait_until_us;      /* on the boot clock: so long it gives way to what is being written */
    struct search_slice *slice; /* under way */
    TAILQ_HEAD(, job) jobs;
    struct search *readers[READERS];
    bool taken[READERS];
};

/* ---- the index ---- */

static void arm(struct searches *searches, int64_t delay_us)
{
    searches->armed = true;
    timer_set_boot(searches->timer, clock_boot_us(daemon_clock(searches->daemon)) + delay_us);
}

/* Said once: it is tried again, and until then everything is found in the database. */
static void failed(struct searches *searches, const struct err *err)
{
    if (!searches->failed)
        log_warning(_("Movements are searched without an index, which takes longer: %s"), err_text(err));
    searches->failed = true;
    arm(searches, DELAY_FAILED_US);
}

static void work_slice(void *data)
{
    search_slice_run(((struct searches *)data)->slice);
}

static void next_slice(void *data, const struct err *err)
{
    struct searches *searches = data;
    if (err || !search_index_due(searches->daemon->store))
        return;
    searches->wait_until_us = 0;
    arm(searches, 0);
}

static void slice_done(void *data)
{
    struct searches *searches = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (search_slice_end(searches->daemon->store, STEAL(searches->slice), &err) < 0) {
        failed(searches, &err);
        return;
    }
    searches->failed = false;
    store_after_commit(searches->daemon->store, next_slice, searches);
}

/* What the slice is to index is on disk. */
static void run_slice(void *data, const struct err *lost)
{
    struct searches *searches = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (!lost && worker_run(searches->daemon->loop, work_slice, slice_done, searches, &err) >= 0)
        return;
    searches->slice = search_slice_free(searches->slice);
    failed(searches, lost ? lost : &err);
}

static bool gives_way(struct searches *searches)
{
    bool written = searches->written;
    searches->written = false;
    return written && clock_boot_us(daemon_clock(searches->daemon)) < searches->wait_until_us;
}

static void begin_slice(void *data)
{
    struct searches *searches = data;
    struct store *store = searches->daemon->store;
    _cleanup_err_ struct err err = ERR_INIT;
    searches->armed = false;
    if (searches->slice || !search_index_due(store))
        return;
    if (gives_way(searches))
        arm(searches, DELAY_US);
    else if (search_slice_begin(store, &searches->slice, &err) < 0)
        failed(searches, &err);
    else
        store_after_commit(store, run_slice, searches);
}

void searches_look(struct searches *searches)
{
    if (!searches)
        return;
    searches->written = true;
    if (searches->armed || searches->slice || !search_index_due(searches->daemon->store))
        return;
    searches->written = false;
    searches->wait_until_us = clock_boot_us(daemon_clock(searches->daemon)) + LONGEST_DELAY_US;
    arm(searches, DELAY_US);
}

/* ---- searching ---- */

static void job_free(struct job *job)
{
    err_clear(&job->err);
    free(job);
}

static bool is_searching(const struct searches *searches, uid_t uid)
{
    const struct job *job;
    TAILQ_FOREACH(job, &searches->jobs, entry)
    if (job->reader && job->uid == uid)
        return true;
    return false;
}

static void start_jobs(struct searches *searches);

static void job_done(void *data)
{
    struct job *job = data;
    struct searches *searches = job->searches;
    if (job->reader)
        searches->taken[job->reader - searches->readers] = false;
    TAILQ_REMOVE(&searches->jobs, job, entry);
    job->searching.done(job->searching.data, job->err.code == ERR_NONE ? NULL : &job->err);
    job_free(job);
    start_jobs(searches);
}

static void job_work(void *data)
{
    struct job *job = data;
    if (!*job->reader && search_open(job->searches->daemon->store_path, job->reader, &job->err) < 0)
        return;
    job->searching.work(job->searching.data, *job->reader);
}

static struct search **free_reader(struct searches *searches)
{
    for (int i = 0; i < READERS; i++)
        if (!searches->taken[i])
            return &searches->readers[i];
    return NULL;
}

static void start_jobs(struct searches *searches)
{
    struct job *job, *next;
    for (job = TAILQ_FIRST(&searches->jobs); job; job = next) {
        next = TAILQ_NEXT(job, entry);
        struct search **reader = free_reader(searches);
        if (!reader)
            return;
        if (job->reader || is_searching(searches, job->uid))
            continue;
        job->reader = reader;
        searches->taken[reader - searches->readers] = true;
        if (worker_run(searches->daemon->loop, job_work, job_done, job, &job->err) < 0) {
            job_done(job); /* begins here again */
            return;
        }
    }
}

void searches_run(struct searches *searches, uid_t uid, const struct searching *searching)
{
    struct job *job = xcalloc(1, sizeof(*job));
    *job = (struct job){.searches = searches, .searching = *searching, .uid = uid};
    TAILQ_INSERT_TAIL(&searches->jobs, job, entry);
    start_jobs(searches);
}

struct searches *searches_new(struct daemon *daemon)
{
    struct searches *searches = xcalloc(1, sizeof(*searches));
    searches->daemon = daemon;
    searches->timer = timer_new(daemon->loop, begin_slice, searches);
    TAILQ_INIT(&searches->jobs);
    return searches;
}

struct searches *searches_free(struct searches *searches)
{
    if (!searches)
        return NULL;
    _cleanup_err_ struct err ending = ERR_INIT;
    err_set(&ending, ERR_BUSY, _("the program is ending"));
    for (struct job *job; (job = TAILQ_FIRST(&searches->jobs));) {
        TAILQ_REMOVE(&searches->jobs, job, entry);
        job->searching.done(job->searching.data, &ending);
        job_free(job);
    }
    for (int i = 0; i < READERS; i++)
        search_close(searches->readers[i]);
    search_slice_free(searches->slice);
    timer_free(searches->timer);
    free(searches);
    return NULL;
}
