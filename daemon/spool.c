/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-job.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "idse/identifier.h"

/* News of the folder of folders, and of each that is a registro patronal's. */
#define WATCH_TOP    (IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW)
#define WATCH_FOLDER (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

enum {
    NEWS_SIZE = 64 * 1024,
    RETRY_S = 30,
};

/* ---- jobs ---- */

static struct job *job_new(struct spool *spool, enum job_kind kind, const char *rp, const char *name)
{
    struct job *job = xcalloc(1, sizeof(*job));
    job->spool = spool;
    job->kind = kind;
    strcpy(job->rp, rp);
    job->name = name ? xstrdup(name) : NULL;
    job->in = job->out = job->file.fd = -1;
    job->max = (size_t)spool->daemon->config.max_file_size;
    return job;
}

void spool_forget(struct job *job)
{
    cleanup_close(&job->in);
    cleanup_close(&job->out);
    cleanup_close(&job->file.fd);
    job->in = job->out = job->file.fd = -1;
    err_clear(&job->err);
    replace_str(&job->identity, NULL);
    replace_str(&job->who, NULL);
    replace_str(&job->target, NULL);
}

static void job_free(struct job *job)
{
    if (!job)
        return;
    spool_free_names(job->names);
    for (size_t i = 0; i < job->n_documents; i++) {
        free(job->documents[i].name);
        buf_free(&job->documents[i].bytes);
    }
    spool_forget(job);
    free(job->name);
    free(job->look);
    free(job->result);
    free(job);
}

static void drop_jobs(struct job_list *jobs)
{
    for (struct job *job; (job = TAILQ_FIRST(jobs));) {
        TAILQ_REMOVE(jobs, job, entry);
        job_free(job);
    }
}

static void poke(struct spool *spool)
{
    event_active(spool->step, EV_TIMEOUT, 0);
}

void spool_enqueue(struct spool *spool, enum job_kind kind, const char *rp, const char *name, bool whole)
{
    struct job *job = job_new(spool, kind, rp, name);
    job->whole = whole;
    TAILQ_INSERT_TAIL(&spool->jobs, job, entry);
    poke(spool);
}

void spool_next(struct spool *spool)
{
    job_free(STEAL(spool->current));
    poke(spool);
}

void spool_later(struct spool *spool)
{
    const struct timeval soon = {RETRY_S, 0};
    if (!event_pending(spool->retry, EV_TIMEOUT, NULL))
        event_add(spool->retry, &soon);
    spool_next(spool);
}

void spool_warn(struct spool *spool, const char *rp, const char *text)
{
    _cleanup_free_ char *warning = xasprintf(_("spool of %s: %s"), rp, text);
    if (streq_null(spool->last_warning, warning))
        return;
    log_write(LOG_WARNING, LOG_FIELDS({"IDSE_EVENT", "spool-stuck"}, {"IDSE_RP", rp}), "%s", warning);
    replace_str(&spool->last_warning, STEAL(warning));
}

void spool_in_worker(struct job *job, worker_fn *work, worker_fn *done)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (worker_run(job->spool->daemon->loop, work, done, job, &err) < 0)
        spool_later(job->spool);
}

/* ---- a folder ---- */

static void read_folder(void *data)
{
    struct job *job = data;
    _cleanup_close_ int folder = spool_open_folder(job->spool->path, "in", job->rp);
    if (folder >= 0)
        job->names = spool_list(folder);
    else
        err_set_errno(&job->err, ERR_IO, errno, "%s/in/%s", job->spool->path, job->rp);
}

static void folder_was_read(void *data)
{
    struct job *job = data;
    if (job->err.code != ERR_NONE)
        spool_warn(job->spool, job->rp, err_text(&job->err));
    for (size_t i = 0; job->names && job->names[i]; i++)
        spool_enqueue(job->spool, JOB_FILE, job->rp, job->names[i], false);
    spool_next(job->spool);
}

/* ---- the queue ---- */

/* Files come first: what is in the queue may have a deadline. */
static struct job *take_job(struct spool *spool)
{
    struct job *job = TAILQ_FIRST(&spool->jobs);
    if (job) {
        TAILQ_REMOVE(&spool->jobs, job, entry);
        return job;
    }
    if (spool->n_lots == 0)
        return NULL;
    job = job_new(spool, JOB_LOT, "", NULL);
    job->lot = spool->lots[0];
    memmove(spool->lots, spool->lots + 1, --spool->n_lots * sizeof(*spool->lots));
    return job;
}

static void committed(void *data, const struct err *lost)
{
    struct spool *spool = data;
    if (!lost)
        poke(spool);
}

/* What was written in this turn is told when it is on disk. */
static void step(evutil_socket_t fd, short what, void *data)
{
    struct spool *spool = data;
    if (store_turn_is_open(spool->daemon->store)) {
        store_after_commit(spool->daemon->store, committed, spool);
        return;
    }
    if (spool->current || !(spool->current = take_job(spool)))
        return;
    switch (spool->current->kind) {
    case JOB_SCAN:
        spool_in_worker(spool->current, read_folder, folder_was_read);
        break;
    case JOB_FILE:
        spool_take_file(spool->current);
        break;
    case JOB_LOT:
        spool_tell_lot(spool->current);
        break;
    }
}

static void remember_lot(struct spool *spool, int64_t lot)
{
    size_t low = 0, high = spool->n_lots;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spool->lots[middle] < lot)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < spool->n_lots && spool->lots[low] == lot)
        return;
    if (spool->n_lots == spool->room) {
        spool->room = MAX(2 * spool->room, (size_t)16);
        spool->lots = xreallocarray(spool->lots, spool->room, sizeof(*spool->lots));
    }
    memmove(&spool->lots[low + 1], &spool->lots[low], (spool->n_lots - low) * sizeof(*spool->lots));
    spool->lots[low] = lot;
    spool->n_lots++;
}

/* ---- news ---- */

void spool_lot_changed(struct spool *spool, int64_t lot)
{
    if (!spool || store_spool_progress(spool->daemon->store, lot, NULL, NULL, NULL) <= 0)
        return;
    remember_lot(spool, lot);
    poke(spool);
}

static struct folder *find_folder(struct spool *spool, int watch)
{
    for (size_t i = 0; i < spool->n_folders; i++)
        if (spool->folders[i].watch == watch)
            return &spool->folders[i];
    return NULL;
}

/* A folder of a registro patronal: watched from now on, then looked through, so that nothing comes in between. */
static void add_folder(struct spool *spool, const char *rp)
{
    if (rp_verdict(rp) == IDENTIFIER_SHAPE)
        return;
    _cleanup_free_ char *path = xasprintf("%s/in/%s", spool->path, rp);
    int watch = inotify_add_watch(event_get_fd(spool->news), path, WATCH_FOLDER);
    if (watch < 0) {
        if (errno != ENOTDIR && errno != ENOENT)
            spool_warn(spool, rp, strerror(errno));
        return;
    }
    if (!find_folder(spool, watch)) {
        spool->folders = xreallocarray(spool->folders, spool->n_folders + 1, sizeof(*spool->folders));
        struct folder *folder = &spool->folders[spool->n_folders++];
        folder->watch = watch;
        strcpy(folder->rp, rp);
    }
    spool_enqueue(spool, JOB_SCAN, rp, NULL, false);
}

static void scan(struct spool *spool)
{
    _cleanup_free_ char *path = xasprintf("%s/in", spool->path);
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        add_folder(spool, entry->d_name);
    if (dir)
        closedir(dir);
}

static void take_news(struct spool *spool, const struct inotify_event *event)
{
    struct folder *folder = find_folder(spool, event->wd);
    if (event->mask & IN_Q_OVERFLOW)
        scan(spool);
    else if (event->mask & IN_IGNORED) {
        if (folder)
            *folder = spool->folders[--spool->n_folders];
    } else if (event->len > 0 && event->wd == spool->top)
        add_folder(spool, event->name);
    else if (event->len > 0 && folder && !(event->mask & IN_ISDIR) && !spool_is_temporary(event->name))
        spool_enqueue(spool, JOB_FILE, folder->rp, event->name, !(event->mask & IN_CREATE));
}

static void on_news(evutil_socket_t fd, short what, void *data)
{
    _Alignas(struct inotify_event) char news[NEWS_SIZE];
    ssize_t n = read(fd, news, sizeof(news));
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *event = (const struct inotify_event *)(news + at);
        take_news(data, event);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
}

/* What could not be done: files that could not be moved, lots of which nothing could be written. */
static void try_again(evutil_socket_t fd, short what, void *data)
{
    struct spool *spool = data;
    int64_t *lots = NULL;
    size_t n = 0;
    scan(spool);
    if (store_spool_open_lots(spool->daemon->store, &lots, &n, NULL) >= 0)
        for (size_t i = 0; i < n; i++)
            remember_lot(spool, lots[i]);
    free(lots);
    poke(spool);
}

/* ---- the whole ---- */

const char *spool_path(const struct spool *spool)
{
    return spool ? spool->path : "";
}

/* Only root and idsed may say whose folders there are. */
static bool is_trusted(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return false;
    bool safe = S_ISDIR(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 022);
    if (!safe)
        log_warning(_("%s is no folder of root's that others cannot write; there is no spool."), path);
    return safe;
}

struct spool *spool_new(struct daemon *daemon, const char *path)
{
    _cleanup_free_ char *in = xasprintf("%s/in", path);
    if (!is_trusted(in))
        return NULL;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int top = fd < 0 ? -1 : inotify_add_watch(fd, in, WATCH_TOP);
    if (top < 0) {
        log_warning(_("%s cannot be watched, there is no spool: %s"), in, strerror(errno));
        cleanup_close(&fd);
        return NULL;
    }
    struct spool *spool = xcalloc(1, sizeof(*spool));
    struct event_base *base = loop_base(daemon->loop);
    spool->daemon = daemon;
    spool->path = xstrdup(path);
    spool->top = top;
    TAILQ_INIT(&spool->jobs);
    TAILQ_INIT(&spool->left);
    spool->news = event_new(base, fd, EV_READ | EV_PERSIST, on_news, spool);
    spool->step = event_new(base, -1, 0, step, spool);
    spool->retry = evtimer_new(base, try_again, spool);
    spool->again = evtimer_new(base, spool_look_again, spool);
    if (!spool->news || !spool->step || !spool->retry || !spool->again || event_add(spool->news, NULL) < 0 ||
        event_priority_set(spool->step, event_base_get_npriorities(base) - 1) < 0)
        abort();
    try_again(-1, 0, spool);
    return spool;
}

struct spool *spool_free(struct spool *spool)
{
    if (!spool)
        return NULL;
    drop_jobs(&spool->jobs);
    drop_jobs(&spool->left);
    job_free(spool->current);
    evutil_socket_t fd = event_get_fd(spool->news);
    event_free(spool->news);
    event_free(spool->step);
    event_free(spool->retry);
    event_free(spool->again);
    close(fd);
    free(spool->folders);
    free(spool->lots);
    free(spool->last_warning);
    free(spool->path);
    free(spool);
    return NULL;
}
