/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-job.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/engine/crash.h"
#include "daemon/spool-result.h"
#include "daemon/submit.h"

/* A file of the spool: opened, submitted, answered, moved away. */

/* ---- the end of a file: its result is written, then it is moved ---- */

static void put_away(void *data)
{
    struct job *job = data;
    _cleanup_free_ char *name = xasprintf("%s.result.json", job->target);
    crash_point(CRASH_SPOOL_TAKEN);
    job->moved = spool_write(job->out, name, job->result, strlen(job->result), &job->err);
    crash_point(CRASH_SPOOL_TOLD);
    if (job->moved >= 0)
        job->moved = spool_move(job->in, job->name, &job->file.st, job->out, &job->target, &job->err);
    crash_point(CRASH_SPOOL_MOVED);
}

static void was_put_away(void *data)
{
    struct job *job = data;
    struct spool *spool = job->spool;
    _cleanup_err_ struct err err = ERR_INIT;
    if (job->moved < 0) { /* it is found again, by its row when it was taken */
        spool_warn(spool, job->rp, err_text(&job->err));
        spool_later(spool);
        return;
    }
    if (job->id && store_spool_moved(spool->daemon->store, job->id, &err) < 0)
        log_error("%s", err_text(&err));
    if (job->moved == 0) /* another one has its name now */
        spool_enqueue(spool, JOB_FILE, job->rp, job->name, false);
    spool_next(spool);
}

/* What becomes of the lots of a file that was taken, now or before a crash. */
static void answer_taken(struct job *job)
{
    struct store *store = job->spool->daemon->store;
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_spool_file file = {0};
    int r = store_spool_get(store, job->id, &file, &err);
    if (r > 0)
        r = spool_result_now(store, &file, &job->result, &err);
    if (r >= 0)
        replace_str(&job->target, xstrdup(file.name));
    store_spool_file_free(&file);
    if (r < 0) {
        spool_warn(job->spool, job->rp, err_text(&err));
        spool_later(job->spool);
    } else
        spool_in_worker(job, put_away, was_put_away);
}

static struct spool_told told_of(const struct job *job)
{
    return (struct spool_told){.file = job->name,
                               .rp = job->rp,
                               .who = job->who,
                               .at_us = clock_wall_us(daemon_clock(job->spool->daemon))};
}

static void answer_refused(struct job *job, const struct findings *findings, const struct err *why)
{
    struct spool_told told = told_of(job);
    told.findings = findings;
    told.err = why;
    job->result = spool_result(&told);
    log_write(LOG_WARNING, LOG_FIELDS({"IDSE_EVENT", "spool-refused"}, {"IDSE_RP", job->rp}),
              _("spool of %s: a file was refused: %s"), job->rp, err_dbus_name(why->code));
    spool_in_worker(job, put_away, was_put_away);
}

/* ---- a file ---- */

/* In the write turn that makes its lots. */
static int taken(void *data, const int64_t *lots, size_t n, bool existing, const struct findings *findings,
                 struct err *err)
{
    struct job *job = data;
    if (!spool_is_unchanged(&job->file))
        return err_set(err, ERR_BUSY, _("the file was changed while it was read"));
    struct spool_told told = told_of(job);
    told.existing = existing;
    told.findings = findings;
    told.lots = lots;
    told.n_lots = n;
    _cleanup_free_ char *result = spool_result(&told);
    struct store_spool_file file = {.name = job->target, .result = result};
    strcpy(file.rp, job->rp);
    return store_spool_add(job->spool->daemon->store, &file, job->identity, lots, n, &job->id, err);
}

/* Is it the file that is wrong, rather than this moment? */
static bool is_refusal(enum err_code code)
{
    return err_exit_status(code) == EXIT_STATUS_INVALID || code == ERR_UNKNOWN_RP;
}

static void submitted(void *data, const struct findings *findings, const struct err *err)
{
    struct job *job = data;
    if (err->code == ERR_NONE)
        answer_taken(job);
    else if (!spool_is_unchanged(&job->file))
        spool_next(job->spool); /* whoever writes it closes it */
    else if (is_refusal(err->code))
        answer_refused(job, findings, err);
    else
        spool_later(job->spool);
}

static void open_file(void *data)
{
    struct job *job = data;
    const char *top = job->spool->path;
    job->in = spool_open_folder(top, "in", job->rp);
    job->out = spool_open_folder(top, "out", job->rp);
    if (job->in < 0 || job->out < 0) {
        err_set_errno(&job->err, ERR_IO, errno, "%s/%s/%s", top, job->in < 0 ? "in" : "out", job->rp);
        return;
    }
    job->found = spool_open_file(job->in, job->name, job->max, &job->file, &job->err);
    if (job->found != SPOOL_REFUSED && job->found != SPOOL_READABLE)
        return;
    job->target = spool_free_name(job->out, job->name);
    job->identity = spool_identity(&job->file.st);
    job->who = xasprintf("uid %u", (unsigned)job->file.st.st_uid);
}

static int submit_file(struct job *job, struct err *err)
{
    int fd = fcntl(job->file.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", job->rp);
    const struct submit_order order = {
        .who = job->who,
        .name = job->name,
        .rp = job->rp,
        .fd = fd,
        .taken = taken,
        .ended = submitted,
        .data = job,
    };
    submit_ordered(job->spool->daemon, &order);
    return 0;
}

/* A name that JSON and people can read; any other is told as such. */
static bool is_readable_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            return false;
    return utf8_valid(name, strlen(name));
}

static void opened(void *data)
{
    struct job *job = data;
    struct spool *spool = job->spool;
    _cleanup_err_ struct err err = ERR_INIT;
    if (job->in < 0 || job->out < 0) {
        spool_warn(spool, job->rp, err_text(&job->err));
        spool_later(spool);
        return;
    }
    if (job->found == SPOOL_GONE) {
        spool_next(spool);
        return;
    }
    if (spool_is_early(job)) {
        spool_leave(job);
        return;
    }
    if (job->found == SPOOL_REFUSED) {
        err_move(&err, &job->err);
        answer_refused(job, NULL, &err);
        return;
    }
    int r = store_spool_find(spool->daemon->store, job->rp, job->identity, &job->id, &err);
    if (r > 0)
        answer_taken(job);
    else if (r < 0 || submit_file(job, &err) < 0) {
        spool_warn(spool, job->rp, err_text(&err));
        spool_later(spool);
    }
}

void spool_take_file(struct job *job)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (is_readable_name(job->name))
        spool_in_worker(job, open_file, opened);
    else {
        spool_warn(job->spool, job->rp,
                   _("the name of a file has bytes that are no text; give it another name"));
        spool_next(job->spool);
    }
}
