/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-job.h"

/*
 * Files that are left to their writers, since somebody writes them or may do so. What takes such a file is the news that it
 * was closed or moved; it is looked at again too, for news are told a moment before the writer is gone, and another name of the
 * file may be in a folder that nobody watches.
 */

enum {
    SOON_S = 1,     /* for an empty file or a second name: whoever makes it may not be through with it */
    QUIET_S = 20,   /* that it must lie still, where the kernel does not say whether somebody writes it */
    SELDOM_S = 300, /* the longest wait for a writer */
};

bool spool_is_early(const struct job *job)
{
    const struct spool_file *file = &job->file;
    if (job->found == SPOOL_WRITTEN)
        return true;
    if (job->whole || job->found == SPOOL_GONE || !S_ISREG(file->st.st_mode))
        return false;
    if (file->sole) /* its name is there a moment before its writer counts as one */
        return !job->look && (file->st.st_size == 0 || file->st.st_nlink != 1);
    _cleanup_free_ char *look = spool_look(&file->st);
    return !streq_null(job->look, look);
}

static bool is_left_already(const struct spool *spool, const struct job *job)
{
    for (const struct job *other = TAILQ_FIRST(&spool->left); other; other = TAILQ_NEXT(other, entry))
        if (streq(other->rp, job->rp) && streq(other->name, job->name))
            return true;
    return false;
}

/* The timer stands at the first of them. */
static void set_timer(struct spool *spool)
{
    int64_t first_us = INT64_MAX, now_us = clock_boot_us(daemon_clock(spool->daemon));
    for (const struct job *job = TAILQ_FIRST(&spool->left); job; job = TAILQ_NEXT(job, entry))
        first_us = MIN(first_us, job->due_us);
    if (first_us == INT64_MAX)
        return;
    int64_t wait_us = MAX(first_us - now_us, INT64_C(0)) + US_PER_MS;
    const struct timeval wait = {wait_us / US_PER_S, wait_us % US_PER_S};
    event_add(spool->again, &wait);
}

void spool_leave(struct job *job)
{
    struct spool *spool = job->spool;
    if (!is_left_already(spool, job)) {
        if (job->found == SPOOL_WRITTEN)
            job->wait_s = MIN(MAX(2 * job->wait_s, (int)SOON_S), (int)SELDOM_S);
        else
            job->wait_s = job->file.sole ? SOON_S : QUIET_S;
        job->due_us = clock_boot_us(daemon_clock(spool->daemon)) + job->wait_s * US_PER_S;
        replace_str(&job->look, spool_look(&job->file.st));
        spool_forget(job);
        TAILQ_INSERT_TAIL(&spool->left, job, entry);
        spool->current = NULL;
        set_timer(spool);
    }
    spool_next(spool);
}

void spool_look_again(evutil_socket_t fd, short what, void *data)
{
    struct spool *spool = data;
    int64_t now_us = clock_boot_us(daemon_clock(spool->daemon));
    for (struct job *job = TAILQ_FIRST(&spool->left), *next; job; job = next) {
        next = TAILQ_NEXT(job, entry);
        if (job->due_us > now_us)
            continue;
        TAILQ_REMOVE(&spool->left, job, entry);
        TAILQ_INSERT_TAIL(&spool->jobs, job, entry);
    }
    set_timer(spool);
    event_active(spool->step, EV_TIMEOUT, 0);
}
