/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app-private.h"

#include <signal.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "daemon/deadlines.h"
#include "daemon/privacy.h"
#include "daemon/revocation.h"

enum { STOP_CHECK_MS = 50, STOP_LATEST_S = 15 };

/* ---- the configuration, read again ---- */

static void reload(struct app *app)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf restart = BUF_INIT;
    _cleanup_config_ struct config fresh = {0};
    sd_notify(0, "RELOADING=1");
    if (app_load_config(&app->options, &fresh, &err) < 0) {
        log_event(LOG_ERR, "configuration-invalid", _("The configuration stays as it was: %s"),
                  err_text(&err));
    } else {
        config_reload(&app->daemon.config, &fresh, &restart);
        app_log_lines(LOG_NOTICE, &restart);
        log_set_level((int)app->daemon.config.log_level);
        app_configure_engine(app);
        revocations_ask(app->daemon.revocations);
        deadlines_ask(app->daemon.deadlines);
        privacy_ask(app->daemon.privacy);
        log_event(LOG_INFO, "configuration-read", "%s", _("The configuration was read again."));
    }
    sd_notify(0, "READY=1");
}

/* ---- stopping ---- */

static void check_stop(evutil_socket_t fd, short what, void *data)
{
    struct app *app = data;
    bool late = clock_boot_us(&clock_system) >= app->stop_latest_us;
    if (late || !engine_is_visiting(app->daemon.engine))
        loop_quit(app->daemon.loop, EXIT_STATUS_OK);
}

/*
 * Visits end after their step; what they leave in flight is settled at the next start. The second signal does
 * not wait.
 */
static void stop(struct app *app)
{
    if (app->stop_check) {
        loop_quit(app->daemon.loop, EXIT_STATUS_OK);
        return;
    }
    const struct timeval interval = {0, STOP_CHECK_MS * 1000};
    sd_notify(0, "STOPPING=1");
    log_event(LOG_INFO, "stopping", "%s", _("Stopping."));
    engine_stop(app->daemon.engine);
    app->stop_latest_us = clock_boot_us(&clock_system) + STOP_LATEST_S * US_PER_S;
    app->stop_check = event_new(loop_base(app->daemon.loop), -1, EV_PERSIST, check_stop, app);
    if (!app->stop_check || event_add(app->stop_check, &interval) < 0)
        abort();
    check_stop(-1, 0, app);
}

/* ---- what comes from outside ---- */

static void on_signal(evutil_socket_t number, short what, void *data)
{
    struct app *app = data;
    if (number == SIGHUP)
        reload(app);
    else
        stop(app);
}

void app_watch_signals(struct app *app)
{
    static const int numbers[ELEMENTSOF(app->signals)] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGIO, SIG_IGN); /* somebody waits to write a file of the spool that is being read */
    for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
        app->signals[i] = evsignal_new(loop_base(app->daemon.loop), numbers[i], on_signal, app);
        if (!app->signals[i] || event_add(app->signals[i], NULL) < 0)
            abort();
    }
}

static void on_watchdog(evutil_socket_t fd, short what, void *data)
{
    sd_notify(0, "WATCHDOG=1");
}

void app_feed_watchdog(struct app *app)
{
    uint64_t limit_us = 0;
    if (sd_watchdog_enabled(0, &limit_us) <= 0)
        return;
    const struct timeval half = {(time_t)(limit_us / 2 / US_PER_S), (suseconds_t)(limit_us / 2 % US_PER_S)};
    app->watchdog = event_new(loop_base(app->daemon.loop), -1, EV_PERSIST, on_watchdog, app);
    if (!app->watchdog || event_add(app->watchdog, &half) < 0)
        abort();
}
