/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/queue.h>

#include "daemon/daemon.h"
#include "daemon/spool-file.h"
#include "daemon/spool.h"

/* What the files of the spool share: its jobs, one after the other, each partly in a worker. */

/* One thing at a time: a folder that is looked through, a file that is taken, a lot of which something is told. */
enum job_kind { JOB_SCAN, JOB_FILE, JOB_LOT };

/* Kinds that are put into the folder: acuse, constancia, csv. */
enum { SPOOL_DOCUMENTS = 3 };

struct document {
    char *name;
    struct buf bytes;
};

struct job {
    TAILQ_ENTRY(job) entry;
    struct spool *spool;
    enum job_kind kind;
    char rp[12];
    char *name;     /* of the file; JOB_FILE */
    bool whole;     /* it was moved here, or closed, just now */
    char *look;     /* as it was when it was left, by spool_look(); NULL: it is seen for the first time */
    int wait_s;     /* for which it was left */
    int64_t due_us; /* until then; CLOCK_BOOTTIME */
    int64_t lot;    /* JOB_LOT */
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
    struct document documents[SPOOL_DOCUMENTS];
    size_t n_documents;
    unsigned written; /* bits of document kinds */
    int told;
    bool done;
};

TAILQ_HEAD(job_list, job);

struct folder {
    int watch;
    char rp[12];
};

struct spool {
    struct daemon *daemon;
    char *path;
    struct event *news, *step, *retry, *again;
    int top; /* watch of in/ */
    struct folder *folders;
    size_t n_folders;
    struct job_list jobs, left; /* to be done; files that are left to their writers */
    struct job *current;
    int64_t *lots; /* sorted; those of which something is to be told */
    size_t n_lots, room;
    char *last_warning;
};

/* Takes the file of the job (spool-take.c). */
void spool_take_file(struct job *job);
/* Tells what is new of the job's lot (spool-tell.c). */
void spool_tell_lot(struct job *job);

/* Of a file: its folder's registro patronal and its name; `whole`: it was moved here, or closed, just now. */
void spool_enqueue(struct spool *spool, enum job_kind kind, const char *rp, const char *name, bool whole);
/* Is the file that was opened perhaps not yet what it is going to be? It is left then (spool-leave.c). */
bool spool_is_early(const struct job *job);
/* The file of the job under way is left alone; it is looked at again in a while, or when there is news of it. */
void spool_leave(struct job *job);
void spool_look_again(evutil_socket_t fd, short what, void *data);
/* What a worker found of its file. */
void spool_forget(struct job *job);
/* The job under way has ended. */
void spool_next(struct spool *spool);
/* It cannot be done now: everything is looked at again in a while. */
void spool_later(struct spool *spool);
/* Said once for each cause, not once for each file. */
void spool_warn(struct spool *spool, const char *rp, const char *text);
/* Both get the job, `done` on the loop; where no worker can be had the job is given up as by spool_later(). */
void spool_in_worker(struct job *job, worker_fn *work, worker_fn *done);
