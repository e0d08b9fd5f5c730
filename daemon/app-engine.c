/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app-private.h"

#include "base/log.h"
#include "daemon/deadlines.h"
#include "daemon/notices.h"
#include "daemon/spool.h"

static void wake_engine(void *data)
{
    struct app *app = data;
    engine_wake(app->daemon.engine);
}

static void host_arm(void *data, int64_t at_boot_us)
{
    struct app *app = data;
    if (at_boot_us == INT64_MAX)
        timer_stop(app->engine_timer);
    else
        timer_set_boot(app->engine_timer, at_boot_us);
}

static void host_lot_changed(void *data, int64_t lot)
{
    struct daemon *daemon = &((struct app *)data)->daemon;
    notices_lot_changed(daemon->notices, lot);
    spool_lot_changed(daemon->spool, lot);
}

static void host_lot_moved(void *data, const struct store_lot *lot)
{
    struct daemon *daemon = &((struct app *)data)->daemon;
    notices_lot_moved(daemon->notices, lot);
    deadlines_lot_moved(daemon, lot);
}

static void host_certificate_changed(void *data, int64_t certificate)
{
    notices_certificate_changed(((struct app *)data)->daemon.notices, certificate);
}

/* The engine's own act: everything that people did is audited where they called. */
static int audit_replacement(struct daemon *daemon, int64_t old, int64_t heir, struct err *err)
{
    _cleanup_free_ char *object = xasprintf("certificate %lld", (long long)heir);
    _cleanup_free_ char *detail = xasprintf("{\"replaces\":%lld}", (long long)old);
    const struct store_audit record = {.who = (char *)"idsed",
                                       .action = (char *)"certificate-replaced",
                                       .object = object,
                                       .outcome = (char *)"ok",
                                       .detail = detail};
    return store_audit_add(daemon->store, &record, err);
}

static void host_certificate_replaced(void *data, int64_t old, int64_t heir)
{
    struct daemon *daemon = &((struct app *)data)->daemon;
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_rp *rps = NULL;
    size_t n = 0;
    if (audit_replacement(daemon, old, heir, &err) < 0 || store_rp_list(daemon->store, &rps, &n, &err) < 0)
        log_error("%s", err_text(&err));
    for (size_t i = 0; i < n; i++)
        if (rps[i].certificate == heir)
            notices_rp_changed(daemon->notices, rps[i].rp);
    store_rps_free(rps, n);
    notices_certificate_removed(daemon->notices, old);
    notices_certificate_changed(daemon->notices, heir);
}

static void host_portal_changed(void *data)
{
    struct daemon *daemon = &((struct app *)data)->daemon;
    notices_portal_changed(daemon->notices);
    if (daemon->deadlines) /* the clock may be trusted again, or not any more */
        deadlines_ask(daemon->deadlines);
}

static void host_attention(void *data, int64_t lot, int64_t certificate, const char *what, const char *text)
{
    notices_attention(((struct app *)data)->daemon.notices, lot, certificate, what, text);
}

static uint32_t host_random(void *data)
{
    uint32_t value;
    random_bytes(&value, sizeof(value));
    return value;
}

static struct engine_config engine_numbers(const struct config *config)
{
    return (struct engine_config){
        .poll_min_us = config->poll_min_us,
        .poll_max_us = config->poll_max_us,
        .retry_first_us = config->retry_first_us,
        .retry_max_us = config->retry_max_us,
        .settle_us = config->uncertain_settle_us,
        .visits_at_once = (unsigned)config->visits_at_once,
        .circuit_failures = (unsigned)config->failures_until_down,
    };
}

void app_configure_engine(struct app *app)
{
    const struct engine_config numbers = engine_numbers(&app->daemon.config);
    engine_configure(app->daemon.engine, &numbers);
}

void app_make_engine(struct app *app)
{
    struct daemon *daemon = &app->daemon;
    const struct engine_config numbers = engine_numbers(&daemon->config);
    const struct engine_host host = {
        .arm = host_arm,
        .lot_changed = host_lot_changed,
        .lot_moved = host_lot_moved,
        .certificate_changed = host_certificate_changed,
        .certificate_replaced = host_certificate_replaced,
        .portal_changed = host_portal_changed,
        .attention = host_attention,
        .random = host_random,
        .fatal = app_give_up,
        .data = app,
    };
    app->engine_timer = timer_new(daemon->loop, wake_engine, app);
    daemon->engine = engine_new(daemon->store, &daemon->portal, &clock_system, &numbers, &host);
}
