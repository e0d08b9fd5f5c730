/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app-private.h"

#include <malloc.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "daemon/backup.h"
#include "daemon/search.h"

/* ---- what a turn leaves to do ---- */

/* One line for `systemctl status`. */
static char *describe(const struct app *app)
{
    uint64_t totals[_LOT_STATE_MAX] = {0}, held = 0;
    struct engine_portal_state portal = {0};
    if (store_lot_totals(app->daemon.store, totals, &held, NULL) < 0)
        return NULL;
    engine_portal_state(app->daemon.engine, &portal);
    if (engine_is_copy(app->daemon.engine, NULL))
        return xasprintf(_("Restored copy, everything is held (lots: %llu); see 'idsectl status'"),
                         (unsigned long long)held);
    return xasprintf(_("Lots: %llu queued, %llu awaiting IMSS, %llu held; portal %s"),
                     (unsigned long long)totals[LOT_STATE_QUEUED],
                     (unsigned long long)(totals[LOT_STATE_RECEIVED] + totals[LOT_STATE_UNCERTAIN]),
                     (unsigned long long)held, portal.state);
}

void app_tell_status(struct app *app)
{
    _cleanup_free_ char *status = describe(app);
    if (!status || streq_null(status, app->status))
        return;
    sd_notifyf(0, "STATUS=%s", status);
    replace_str(&app->status, STEAL(status));
}

/* What work leaves to do: a new STATUS=, and memory that goes back to the system. */
static void settle(evutil_socket_t fd, short what, void *data)
{
    app_tell_status(data);
    malloc_trim(0);
}

/* Not more often than once a second: the service manager's socket takes few messages before it makes us wait. */
static void settle_soon(struct app *app)
{
    const struct timeval second = {1, 0};
    if (!event_pending(app->settle, EV_TIMEOUT, NULL))
        event_add(app->settle, &second);
}

/* ---- the turn and its end ---- */

static void turn_opened(void *data)
{
    struct app *app = data;
    turn_end_ask(app->commit);
}

/*
 * The database does not take what was written: what is in memory no longer agrees with it. Whoever waits was
 * told; the next start goes on from what is on disk.
 */
void app_give_up(void *data, const struct err *err)
{
    struct app *app = data;
    log_event(LOG_ERR, "database-failed", _("The database cannot be written, idsed stops: %s"),
              err_text(err));
    loop_quit(app->daemon.loop, EXIT_STATUS_FAILURE);
}

static void commit_turn(void *data)
{
    struct app *app = data;
    _cleanup_err_ struct err err = ERR_INIT;
    bool written = store_turn_is_open(app->daemon.store);
    if (store_commit(app->daemon.store, &err) < 0)
        app_give_up(app, &err);
    if (written)
        searches_look(app->daemon.searches);
    settle_soon(app);
}

/* ---- the log of the database ---- */

/* The log goes into the database in a worker thread: it is much to write and to sync. */
static void checkpoint(void *data)
{
    struct app *app = data;
    store_checkpoint(app->checkpoint_path, NULL); /* what fails now is tried again with the next commit */
}

static void checkpointed(void *data)
{
    ((struct app *)data)->checkpointing = false;
}

static void log_grown(void *data)
{
    struct app *app = data;
    if (!app->checkpointing)
        app->checkpointing = worker_run(app->daemon.loop, checkpoint, checkpointed, app, NULL) >= 0;
}

int app_open_store(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    daemon->store_path = app_store_path(&app->options, &daemon->config);
    app->checkpoint_path = xstrdup(daemon->store_path);
    backup_sweep(daemon->store_path);
    app->commit = turn_end_new(daemon->loop, commit_turn, app);
    app->settle = evtimer_new(loop_base(daemon->loop), settle, app);
    if (!app->settle)
        abort();
    const struct store_options options = {
        .path = daemon->store_path,
        .clock = &clock_system,
        .turn_opened = turn_opened,
        .log_grown = log_grown,
        .data = app,
    };
    return store_open(&options, &daemon->store, err);
}
