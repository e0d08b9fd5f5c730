/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/data.h"
#include "daemon/evidence-bundle.h"
#include "daemon/iface.h"

enum { WAITING_MAX = 16 };

struct evidence_job {
    TAILQ_ENTRY(evidence_job) entry;
    struct act *act; /* NULL: answered already */
    atomic_bool stopping;
    int64_t lot;
    char *path; /* the database */
    int file;
    int result;
    struct err err;
};

static void job_free(struct evidence_job *job)
{
    cleanup_close(&job->file);
    err_clear(&job->err);
    free(job->path);
    free(job);
}

/* ---- the worker ---- */

static int go_on(void *data, struct err *err)
{
    const struct evidence_job *job = data;
    return atomic_load(&job->stopping) ? err_set(err, ERR_BUSY, _("The daemon is stopping")) : 0;
}

static int open_unnamed(const char *beside, struct err *err)
{
    const char *slash = strrchr(beside, '/');
    _cleanup_free_ char *folder = slash ? xstrndup(beside, (size_t)(slash - beside) + 1) : xstrdup(".");
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 ? err_set_errno(err, ERR_IO, errno, _("no file can be made in %s"), folder) : fd;
}

static void make(void *data)
{
    struct evidence_job *job = data;
    _cleanup_(store_cleanup) struct store *reader = NULL;
    struct law law = {0};
    law_load(data_read, &law, NULL); /* where it is missing, legal dates are */
    job->result = store_open_reader(job->path, &reader, &job->err);
    if (job->result >= 0)
        job->result = job->file = open_unnamed(job->path, &job->err);
    if (job->result >= 0)
        job->result = evidence_bundle_write(
            &(struct evidence_order){
                .reader = reader, .law = &law, .lot = job->lot, .fd = job->file, .go_on = go_on, .data = job},
            &job->err);
    law_free(&law);
}

/* ---- the method ---- */

/* A descriptor that can only be read. */
static int write_file(const struct evidence_job *job, struct act *act)
{
    _cleanup_free_ char *self = xasprintf("/proc/self/fd/%d", job->file);
    _cleanup_close_ int fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(&act->err, ERR_IO, errno, "%s", self);
    bus_write_fd(bus_call_results(act->call), fd);
    return 0;
}

static void made(void *data);

/* Gives the first one to a worker; those that no worker takes are answered. */
static void start_first(struct daemon *daemon)
{
    struct evidence_job *job;
    while ((job = TAILQ_FIRST(&daemon->evidences))) {
        int r = worker_run(daemon->loop, make, made, job, &job->act->err);
        if (r >= 0)
            return;
        TAILQ_REMOVE(&daemon->evidences, job, entry);
        act_end(job->act, r);
        job_free(job);
    }
}

static void made(void *data)
{
    struct evidence_job *job = data;
    struct act *act = STEAL(job->act);
    struct daemon *daemon = act->daemon;
    TAILQ_REMOVE(&daemon->evidences, job, entry);
    int r = job->result < 0 ? err_move(&act->err, &job->err) : act_write(act);
    if (r >= 0)
        r = write_file(job, act);
    act_end(act, r);
    job_free(job);
    start_first(daemon);
}

void lot_get_evidence(struct bus_call *call, void *data)
{
    const struct lot_object *object = data;
    struct daemon *daemon = object->daemon;
    struct act *act = act_new(daemon, call, "evidence", "lot %lld", (long long)object->lot.id);
    struct evidence_job *other;
    unsigned waiting = 0;
    TAILQ_FOREACH(other, &daemon->evidences, entry)
    waiting++;
    int r = iface_no_options(act);
    if (r >= 0 && waiting >= WAITING_MAX)
        r = err_set(&act->err, ERR_BUSY, _("other bundles are being made; try again in a moment"));
    if (r < 0) {
        act_end(act, r);
        return;
    }
    struct evidence_job *job = xcalloc(1, sizeof(*job));
    *job = (struct evidence_job){
        .act = act, .lot = object->lot.id, .path = xstrdup(daemon->store_path), .file = -1};
    TAILQ_INSERT_TAIL(&daemon->evidences, job, entry);
    if (waiting == 0)
        start_first(daemon);
}

void evidence_stop(struct daemon *daemon)
{
    struct evidence_job *job;
    TAILQ_FOREACH(job, &daemon->evidences, entry)
    {
        atomic_store(&job->stopping, true);
        struct act *act = STEAL(job->act);
        if (act)
            act_end(act, err_set(&act->err, ERR_BUSY, _("The daemon is stopping")));
    }
}

void evidence_free(struct daemon *daemon)
{
    struct evidence_job *job;
    while ((job = TAILQ_FIRST(&daemon->evidences))) {
        TAILQ_REMOVE(&daemon->evidences, job, entry);
        job_free(job);
    }
}
