/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/app.h"
#include "daemon/daemon.h"

/*
 * The whole of the daemon, opened and taken apart by app.c. app-turn.c is the database and what the end of a turn writes,
 * app-engine.c what the engine needs of its host, app-signals.c what comes from outside: signals and the watchdog.
 */
struct app {
    struct daemon daemon;
    struct app_options options;
    int state_lock; /* the state folder, locked: two daemons on one queue would send twice */
    struct turn_end *commit;
    struct timer *engine_timer;
    struct machine *machine;
    struct event *signals[3];
    struct event *watchdog;
    struct event *stop_check; /* not NULL: stopping */
    int64_t stop_latest_us;
    struct event *settle;
    bool checkpointing;
    char *checkpoint_path; /* the worker thread's own */
    char *status;          /* the last STATUS= */
};

/* ---- opening (app.c) ---- */

/* An app with nothing open; app_free() takes it at any stage. */
struct app *app_alloc(const struct app_options *options);
/* Configuration, key and database, for this process alone: ERR_BUSY when another idsed has the state folder. */
int app_open_state(struct app *app, struct err *err);
/* Reads the configuration; warnings go to the log. */
int app_load_config(const struct app_options *options, struct config *ret, struct err *err);
/* Each line of a text is one of the log. */
void app_log_lines(int priority, const struct buf *lines);

/* ---- the database and the write turn (app-turn.c) ---- */

/* Opens and migrates it, with the commit at the end of each turn. Errors of store_open(). */
int app_open_store(struct app *app, struct err *err);
/* Nothing can be written any more: tells so and ends the loop. `data` is the app, for struct engine_host has it too. */
void app_give_up(void *data, const struct err *err);
/* STATUS= for the service manager, when it is another than the last. */
void app_tell_status(struct app *app);

/* ---- the engine's host (app-engine.c) ---- */

void app_make_engine(struct app *app);
/* Gives the engine the numbers of the configuration as it is now. */
void app_configure_engine(struct app *app);

/* ---- what comes from outside (app-signals.c) ---- */

/* SIGHUP reads the configuration again; SIGTERM and SIGINT stop, the second one at once. */
void app_watch_signals(struct app *app);
void app_feed_watchdog(struct app *app);
