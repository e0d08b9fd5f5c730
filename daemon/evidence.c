/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/data.h"
#include "daemon/evidence-bundle.h"
#include "daemon/iface.h"

/*
 * Lot.GetEvidence. A worker writes the bundle into a file without a name beside the database, so that a large one costs no
 * memory, over a connection of its own, which sees one moment; the loop goes on meanwhile.
 */
enum { EVIDENCES_AT_ONCE = 2 };

struct evidence_job {
    struct act *act;
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
        job->result = evidence_bundle_write(reader, &law, job->lot, job->file, &job->err);
    law_free(&law);
}

/* A descriptor that can only be read. */
static int write_file(struct evidence_job *job, struct err *err)
{
    _cleanup_free_ char *self = xasprintf("/proc/self/fd/%d", job->file);
    _cleanup_close_ int fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", self);
    bus_write_fd(bus_call_results(job->act->call), fd);
    return 0;
}

static void made(void *data)
{
    struct evidence_job *job = data;
    struct act *act = job->act;
    act->daemon->evidences--;
    int r = job->result < 0 ? err_move(&act->err, &job->err) : act_write(act);
    if (r >= 0)
        r = write_file(job, &act->err);
    act_end(act, r);
    job_free(job);
}

void lot_get_evidence(struct bus_call *call, void *data)
{
    const struct lot_object *object = data;
    struct daemon *daemon = object->daemon;
    struct act *act = act_new(daemon, call, "evidence", "lot %lld", (long long)object->lot.id);
    int r = iface_no_options(act);
    if (r >= 0 && daemon->evidences >= EVIDENCES_AT_ONCE)
        r = err_set(&act->err, ERR_BUSY, _("other bundles are being made; try again in a moment"));
    struct evidence_job *job = xcalloc(1, sizeof(*job));
    *job = (struct evidence_job){.act = act, .lot = object->lot.id, .path = xstrdup(daemon->store_path), .file = -1};
    if (r >= 0)
        r = worker_run(daemon->loop, make, made, job, &act->err);
    if (r >= 0) {
        daemon->evidences++;
        return;
    }
    job_free(job);
    act_end(act, r);
}
