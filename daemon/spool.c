/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/engine/crash.h"
#include "daemon/spool-file.h"
#include "daemon/spool-result.h"
#include "daemon/submit.h"
#include "idse/identifier.h"

/* News of the folder of folders, and of each that is a registro patronal's. */
#define WATCH_TOP    (IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW)
#define WATCH_FOLDER (IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

enum {
    NEWS_SIZE = 64 * 1024,
    RETRY_S = 30,
    DOCUMENTS = 3, /* kinds that are put into the folder: acuse, constancia, csv */
};

/* One thing at a time: a folder that is looked through, a file that is taken, a lot of which something is told. */
enum job_kind { JOB_SCAN, JOB_FILE, JOB_LOT };

struct document {
    char *name;
    struct buf bytes;
};

struct job {
    TAILQ_ENTRY(job) entry;
    struct spool *spool;
    enum job_kind kind;
    char rp[12];
    char *name;  /* of the file; JOB_FILE */
    int64_t lot; /* JOB_LOT */
    size_t max;
    struct err err;

    /* what the worker found */
    char **names; /* JOB_SCAN */
    int in, out;  /* folders */
    enum spool_found found;
    struct spool_file file;
    char *identity, *who;

    /* what is told */
    int64_t id;   /* of the row; 0: it was refused */
    char *target; /* name in the folder of results */
    char *result;
    int moved;
    struct document documents[DOCUMENTS];
    size_t n_documents;
    unsigned written; /* bits of document kinds */
    int told;
    bool done;
};

struct folder {
    int watch;
    char rp[12];
};

struct spool {
    struct daemon *daemon;
    char *path;
    struct event *news, *step, *retry;
    int top; /* watch of in/ */
    struct folder *folders;
    size_t n_folders;
    TAILQ_HEAD(, job) jobs;
    struct job *current;
    int64_t *lots; /* sorted; those of which something is to be told */
    size_t n_lots, room;
    char *last_warning;
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

static void job_free(struct job *job)
{
    if (!job)
        return;
    spool_free_names(job->names);
    for (size_t i = 0; i < job->n_documents; i++) {
        free(job->documents[i].name);
        buf_free(&job->documents[i].bytes);
    }
    cleanup_close(&job->in);
    cleanup_close(&job->out);
    cleanup_close(&job->file.fd);
    err_clear(&job->err);
    free(job->name);
    free(job->identity);
    free(job->who);
    free(job->target);
    free(job->result);
    free(job);
}

static void poke(struct spool *spool)
{
    event_active(spool->step, EV_TIMEOUT, 0);
}

static void enqueue(struct spool *spool, enum job_kind kind, const char *rp, const char *name)
{
    struct job *job = job_new(spool, kind, rp, name);
    TAILQ_INSERT_TAIL(&spool->jobs, job, entry);
    poke(spool);
}

/* The job under way has ended. */
static void next(struct spool *spool)
{
    job_free(STEAL(spool->current));
    poke(spool);
}

/* It cannot be done now: everything is looked at again in a while. */
static void later(struct spool *spool)
{
    const struct timeval soon = {RETRY_S, 0};
    if (!event_pending(spool->retry, EV_TIMEOUT, NULL))
        event_add(spool->retry, &soon);
    next(spool);
}

/* Once for each cause, not once for each file. */
static void warn(struct spool *spool, const char *rp, const char *text)
{
    _cleanup_free_ char *warning = xasprintf(_("spool of %s: %s"), rp, text);
    if (streq_null(spool->last_warning, warning))
        return;
    log_write(LOG_WARNING, LOG_FIELDS({"IDSE_EVENT", "spool-stuck"}, {"IDSE_RP", rp}), "%s", warning);
    replace_str(&spool->last_warning, STEAL(warning));
}

static void in_worker(struct job *job, worker_fn *work, worker_fn *done)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (worker_run(job->spool->daemon->loop, work, done, job, &err) < 0)
        later(job->spool);
}

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
        warn(spool, job->rp, err_text(&job->err));
        later(spool);
        return;
    }
    if (job->id && store_spool_moved(spool->daemon->store, job->id, &err) < 0)
        log_error("%s", err_text(&err));
    if (job->moved == 0) /* another one has its name now */
        enqueue(spool, JOB_FILE, job->rp, job->name);
    next(spool);
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
        warn(job->spool, job->rp, err_text(&err));
        later(job->spool);
    } else
        in_worker(job, put_away, was_put_away);
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
    in_worker(job, put_away, was_put_away);
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
        next(job->spool); /* whoever writes it closes it */
    else if (is_refusal(err->code))
        answer_refused(job, findings, err);
    else
        later(job->spool);
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
        warn(spool, job->rp, err_text(&job->err));
        later(spool);
        return;
    }
    if (job->found == SPOOL_GONE) {
        next(spool);
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
        warn(spool, job->rp, err_text(&err));
        later(spool);
    }
}

static void take_file(struct job *job)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (is_readable_name(job->name))
        in_worker(job, open_file, opened);
    else {
        warn(job->spool, job->rp, _("the name of a file has bytes that are no text; give it another name"));
        next(job->spool);
    }
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
        warn(job->spool, job->rp, err_text(&job->err));
    for (size_t i = 0; job->names && job->names[i]; i++)
        enqueue(job->spool, JOB_FILE, job->rp, job->names[i]);
    next(job->spool);
}

/* ---- a lot ---- */

static const enum document_kind kinds[DOCUMENTS] = {DOCUMENT_ACUSE, DOCUMENT_CONSTANCIA, DOCUMENT_CSV};

/* "lot-12-acuse.pdf" */
static char *document_name(const struct store_document *document)
{
    const char *dot = strrchr(str_or_empty(document->name), '.');
    return xasprintf("lot-%lld-%s%s", (long long)document->lot, document_kind_name(document->kind),
                     dot && !strchr(dot, '/') ? dot : "");
}

static int load_documents(struct job *job, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    struct store_document *documents = NULL;
    size_t n = 0;
    int r = store_document_list(store, job->lot, &documents, &n, err);
    for (size_t k = 0; k < DOCUMENTS && r >= 0; k++)
        for (size_t i = n; i-- > 0 && r >= 0;) { /* the last of a kind is the one that was read */
            struct document *document = &job->documents[job->n_documents];
            if (documents[i].kind != kinds[k] || (job->written >> kinds[k] & 1))
                continue;
            r = store_document_get(store, documents[i].id, NULL, &document->bytes, err);
            documents[i].lot = job->lot;
            document->name = document_name(&documents[i]);
            job->n_documents++;
            job->written |= 1u << kinds[k];
        }
    store_documents_free(documents, n);
    return r;
}

/* What is to be told of it; 1 when there is something. */
static int look_at_lot(struct job *job, int *told, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    struct store_lot lot = {0};
    int before;
    int r = store_lot_get(store, job->lot, &lot, err);
    if (r >= 0)
        r = store_spool_progress(store, job->lot, &job->written, &before, err);
    if (r > 0)
        r = load_documents(job, err);
    if (r < 0) {
        store_lot_free(&lot);
        return r;
    }
    strcpy(job->rp, lot.rp);
    *told = (int)lot.state << 8 | (int)lot.hold;
    job->done = lot_state_final(lot.state) && lot.next_us == 0;
    bool news = job->n_documents > 0 || job->done ||
                (*told != before && lot.state != LOT_STATE_SENDING); /* which lasts for a moment */
    store_lot_free(&lot);
    return news;
}

/* Receipts, and the results of the files that the lot is of. */
static void write_lot(void *data)
{
    struct job *job = data;
    int r = 0;
    job->out = spool_open_folder(job->spool->path, "out", job->rp);
    if (job->out < 0)
        r = err_set_errno(&job->err, ERR_IO, errno, "%s/out/%s", job->spool->path, job->rp);
    for (size_t i = 0; r >= 0 && i < job->n_documents; i++) {
        const struct document *document = &job->documents[i];
        r = spool_write(job->out, document->name, str_or_empty(document->bytes.data), document->bytes.len,
                        &job->err);
    }
    for (size_t i = 0; r >= 0 && job->names[i]; i += 2)
        r = spool_write(job->out, job->names[i], job->names[i + 1], strlen(job->names[i + 1]), &job->err);
}

static void lot_was_written(void *data)
{
    struct job *job = data;
    struct spool *spool = job->spool;
    _cleanup_err_ struct err err = ERR_INIT;
    if (job->err.code != ERR_NONE) {
        warn(spool, job->rp, err_text(&job->err));
        later(spool);
        return;
    }
    if (store_spool_note_progress(spool->daemon->store, job->lot, job->written, job->told, job->done, &err) <
        0)
        log_error("%s", err_text(&err));
    next(spool);
}

/* Name and text of the result of each file that it is of, one after the other. */
static int compose_results(struct job *job, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    _cleanup_free_ int64_t *files = NULL;
    size_t n = 0;
    int r = store_spool_files_of(store, job->lot, &files, &n, err);
    job->names = xcalloc(2 * n + 1, sizeof(*job->names));
    for (size_t i = 0, at = 0; r >= 0 && i < n; i++) {
        struct store_spool_file file = {0};
        char *result = NULL;
        r = store_spool_get(store, files[i], &file, err);
        if (r > 0)
            r = spool_result_now(store, &file, &result, err);
        if (r >= 0 && result) {
            job->names[at++] = xasprintf("%s.result.json", file.name);
            job->names[at++] = result;
        }
        store_spool_file_free(&file);
    }
    return r;
}

static void tell_lot(struct job *job)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = look_at_lot(job, &job->told, &err);
    if (r > 0)
        r = compose_results(job, &err) < 0 ? -1 : 1;
    if (r > 0) {
        in_worker(job, write_lot, lot_was_written);
        return;
    }
    if (r < 0)
        warn(job->spool, job->rp, err_text(&err));
    next(job->spool);
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
        in_worker(spool->current, read_folder, folder_was_read);
        break;
    case JOB_FILE:
        take_file(spool->current);
        break;
    case JOB_LOT:
        tell_lot(spool->current);
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
            warn(spool, rp, strerror(errno));
        return;
    }
    if (!find_folder(spool, watch)) {
        spool->folders = xreallocarray(spool->folders, spool->n_folders + 1, sizeof(*spool->folders));
        struct folder *folder = &spool->folders[spool->n_folders++];
        folder->watch = watch;
        strcpy(folder->rp, rp);
    }
    enqueue(spool, JOB_SCAN, rp, NULL);
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
        enqueue(spool, JOB_FILE, folder->rp, event->name);
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
    spool->news = event_new(base, fd, EV_READ | EV_PERSIST, on_news, spool);
    spool->step = event_new(base, -1, 0, step, spool);
    spool->retry = evtimer_new(base, try_again, spool);
    if (!spool->news || !spool->step || !spool->retry || event_add(spool->news, NULL) < 0 ||
        event_priority_set(spool->step, event_base_get_npriorities(base) - 1) < 0)
        abort();
    try_again(-1, 0, spool);
    return spool;
}

struct spool *spool_free(struct spool *spool)
{
    if (!spool)
        return NULL;
    for (struct job *job; (job = TAILQ_FIRST(&spool->jobs));) {
        TAILQ_REMOVE(&spool->jobs, job, entry);
        job_free(job);
    }
    job_free(spool->current);
    evutil_socket_t fd = event_get_fd(spool->news);
    event_free(spool->news);
    event_free(spool->step);
    event_free(spool->retry);
    close(fd);
    free(spool->folders);
    free(spool->lots);
    free(spool->last_warning);
    free(spool->path);
    free(spool);
    return NULL;
}
