/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/privacy.h"

#include <event2/event.h>

#include "base/log.h"
#include "daemon/notices.h"
#include "idse/retention.h"

enum { SLICE_MOVEMENTS = 200 }; /* that are forgotten in one turn; a few milliseconds */

struct privacy {
    struct daemon *daemon;
    struct timer *timer; /* when the next day begins */
    struct event *more;
    bool erasing; /* something went since the log was emptied */
    bool emptying;
    char *path; /* of the database, for the worker */
};

static int32_t today(const struct daemon *daemon)
{
    return time_to_date(clock_wall_us(daemon_clock(daemon)));
}

static void go_on(struct privacy *privacy)
{
    event_active(privacy->more, EV_TIMEOUT, 0);
}

/* One more lot whose time is over, with its record in the history; 0 when there is none. */
static int begin_oldest(struct daemon *daemon, struct err *err)
{
    int64_t lot;
    if (daemon->config.retain_years == 0)
        return 0;
    int r = store_erase_oldest(
        daemon->store, retention_before_us(today(daemon), (int)daemon->config.retain_years), &lot, err);
    if (r <= 0)
        return r;
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
    _cleanup_free_ char *detail =
        xasprintf("{\"retain_years\":%lld}", (long long)daemon->config.retain_years);
    const struct store_audit audit = {.who = (char *)"idsed",
                                      .action = (char *)"erase",
                                      .object = object,
                                      .outcome = (char *)"ok",
                                      .detail = detail};
    notices_lot_changed(daemon->notices, lot);
    r = store_audit_add(daemon->store, &audit, err);
    return r < 0 ? r : 1;
}

/* ---- the database's log, which remembers for a while what was deleted ---- */

static void checkpoint(void *data)
{
    store_checkpoint(((struct privacy *)data)->path, NULL); /* what it leaves is done with the emptying */
}

static void empty_log(void *data, const struct err *commit_err)
{
    struct privacy *privacy = data;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_empty_log(privacy->daemon->store, &err);
    privacy->emptying = false;
    privacy->erasing = r <= 0; /* then tomorrow */
    if (r < 0)
        log_error("%s", err_text(&err));
}

static void checkpointed(void *data)
{
    struct privacy *privacy = data;
    store_after_commit(privacy->daemon->store, empty_log, privacy);
}

static void all_erased(struct privacy *privacy)
{
    if (privacy->erasing && !privacy->emptying)
        privacy->emptying = worker_run(privacy->daemon->loop, checkpoint, checkpointed, privacy, NULL) >= 0;
}

/* ---- day by day ---- */

/* A slice of what was begun, else the next lot. */
static void erase_some(evutil_socket_t fd, short what, void *data)
{
    struct privacy *privacy = data;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_erase_some(privacy->daemon->store, SLICE_MOVEMENTS, &err);
    if (r == 0)
        r = begin_oldest(privacy->daemon, &err);
    if (r < 0)
        log_error(_("Erasing what is kept no longer did not go on: %s"), err_text(&err));
    else if (r == 0)
        all_erased(privacy);
    else {
        privacy->erasing = true;
        go_on(privacy);
    }
}

/* Once a day is often enough, for what is kept ends with a year. */
static void new_day(void *data)
{
    struct privacy *privacy = data;
    timer_set_boot(privacy->timer, clock_boot_us(daemon_clock(privacy->daemon)) + US_PER_DAY);
    go_on(privacy);
}

struct privacy *privacy_new(struct daemon *daemon)
{
    struct privacy *privacy = xcalloc(1, sizeof(*privacy));
    struct event_base *base = loop_base(daemon->loop);
    privacy->daemon = daemon;
    privacy->path = xstrdup(daemon->store_path);
    privacy->timer = timer_new(daemon->loop, new_day, privacy);
    privacy->more = event_new(base, -1, 0, erase_some, privacy);
    if (!privacy->more || event_priority_set(privacy->more, event_base_get_npriorities(base) - 1) < 0)
        abort();
    privacy_ask(privacy);
    return privacy;
}

struct privacy *privacy_free(struct privacy *privacy)
{
    if (!privacy)
        return NULL;
    timer_free(privacy->timer);
    event_free(privacy->more);
    free(privacy->path);
    free(privacy);
    return NULL;
}

void privacy_ask(struct privacy *privacy)
{
    timer_set_boot(privacy->timer, clock_boot_us(daemon_clock(privacy->daemon)));
}
