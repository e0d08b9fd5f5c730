/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include "daemon/past.h"

enum {
    SLICE_STEPS = 2000,   /* of store_lot_add() in one turn; a few milliseconds */
    SLICE_WORKERS = 1000, /* that past_check() looks up in one turn; the like */
};

/* Looks whether it is new: 0 when it is, else what it ends with. */
static int begin(struct submission *s)
{
    int r = submission_find_existing(s);
    if (r == 0)
        r = submission_check_uncorrected(s);
    s->begun = r == 0;
    if (s->begun)
        submission_warn_of_late_sending(s);
    return r;
}

/* A step of the work: 1 when it ends well, 0 when there is more to do. */
static int go_on(struct submission *s)
{
    if (!s->begun) {
        int r = begin(s);
        if (r != 0)
            return r;
    }
    if (s->past < s->intake.n_events) {
        int r = past_check(s->all->daemon->store, s->rps, &s->intake, &s->past, SLICE_WORKERS, &s->act->err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    if (!s->stored)
        s->stored = xcalloc(s->intake.n_lots, sizeof(struct store_intake *));
    int r = submission_store_some(s, SLICE_STEPS);
    if (r <= 0)
        return r;
    r = submission_publish(s);
    return r < 0 ? r : 1;
}

/* One turn's share of it; true when the submission has ended, and is freed. */
static bool advance(struct submission *s)
{
    int r = go_on(s);
    if (r != 0)
        submission_finish(s, r);
    return r != 0;
}

static void advance_first(evutil_socket_t fd, short what, void *data)
{
    struct submissions *all = data;
    struct submission *s = all->first;
    struct submission *next = s->next;
    if (advance(s)) {
        all->first = next;
        if (!next)
            all->last = &all->first;
    }
    if (all->first)
        event_active(all->more, EV_TIMEOUT, 0);
}

static void enqueue(struct submission *s)
{
    struct submissions *all = s->all;
    if (!all->first)
        event_active(all->more, EV_TIMEOUT, 0);
    *all->last = s;
    all->last = &s->next;
}

static bool is_waiting(const struct submissions *all, const char *key)
{
    for (const struct submission *s = all->first; s; s = s->next)
        if (streq(s->key, key))
            return true;
    return false;
}

void submission_prepared(void *data)
{
    struct submission *s = data;
    /* What was taken before is there whatever has become of its registration since. */
    int existing = s->result < 0 && s->key && !s->ordered ? submission_find_existing(s) : 0;
    if (existing > 0)
        err_clear(&s->act->err);
    if (s->result < 0)
        submission_finish(s, existing > 0 ? 0 : s->result);
    else if (is_waiting(s->all, s->key) || !advance(s))
        enqueue(s);
}

struct submissions *submissions_new(struct daemon *daemon)
{
    struct submissions *all = xcalloc(1, sizeof(*all));
    all->daemon = daemon;
    all->last = &all->first;
    /* Among the ends of turns and the calls: at a higher priority, slice after slice, it would keep both waiting. */
    struct event_base *base = loop_base(daemon->loop);
    all->more = event_new(base, -1, 0, advance_first, all);
    if (!all->more || event_priority_set(all->more, event_base_get_npriorities(base) - 1) < 0)
        abort();
    return all;
}

struct submissions *submissions_free(struct submissions *all)
{
    if (!all)
        return NULL;
    while (all->first) {
        struct submission *s = all->first;
        all->first = s->next;
        submission_finish(
            s, err_set(&s->act->err, ERR_BUSY, _("the daemon is stopping; submit the file again")));
    }
    event_free(all->more);
    free(all->rps);
    free(all);
    return NULL;
}
