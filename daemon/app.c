/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app.h"

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/data.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/attempt.h"
#include "daemon/auth.h"
#include "daemon/backup.h"
#include "daemon/credentials.h"
#include "daemon/deadlines.h"
#include "daemon/engine/crash.h"
#include "daemon/evidence.h"
#include "daemon/expiry.h"
#include "daemon/home.h"
#include "daemon/hooks.h"
#include "daemon/iface.h"
#include "daemon/import.h"
#include "daemon/machine.h"
#include "daemon/notices.h"
#include "daemon/privacy.h"
#include "daemon/profiles.h"
#include "daemon/reindex.h"
#include "daemon/revocation.h"
#include "daemon/search.h"
#include "daemon/sessions.h"
#include "daemon/spool.h"
#include "daemon/submit.h"
#include "daemon/throttle.h"
#include "net/mail.h"

enum { STOP_CHECK_MS = 50, STOP_LATEST_S = 15 };

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

/* ---- the write turn ---- */

static void turn_opened(void *data)
{
    struct app *app = data;
    turn_end_ask(app->commit);
}

/* One line for `systemctl status`. */
static char *describe(const struct app *app)
{
    uint64_t totals[_LOT_STATE_MAX] = {0}, held = 0;
    struct engine_portal_state portal = {0};
    if (store_lot_totals(app->daemon.store, totals, &held, NULL) < 0)
        return NULL;
    engine_portal_state(app->daemon.engine, &portal);
    if (engine_is_copy(app->daemon.engine, NULL))
        return xasprintf(_("Restored copy, everything is held (%llu lots); see 'idsectl status'"),
                         (unsigned long long)held);
    return xasprintf(_("%llu lots queued, %llu awaiting IMSS, %llu held; portal %s"),
                     (unsigned long long)totals[LOT_STATE_QUEUED],
                     (unsigned long long)(totals[LOT_STATE_RECEIVED] + totals[LOT_STATE_UNCERTAIN]),
                     (unsigned long long)held, portal.state);
}

static void tell_status(struct app *app)
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
    tell_status(data);
    malloc_trim(0);
}

/*
 * Not more often than once a second: the service manager's socket takes few messages before it makes us wait.
 */
static void settle_soon(struct app *app)
{
    const struct timeval second = {1, 0};
    if (!event_pending(app->settle, EV_TIMEOUT, NULL))
        event_add(app->settle, &second);
}

/*
 * The database does not take what was written: what is in memory no longer agrees with it. Whoever waits was
 * told; the next start goes on from what is on disk.
 */
static void give_up(void *data, const struct err *err)
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
        give_up(app, &err);
    if (written)
        searches_look(app->daemon.searches);
    settle_soon(app);
}

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

/* ---- what the engine needs ---- */

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
    notices_portal_changed(((struct app *)data)->daemon.notices);
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

/* ---- configuration ---- */

static void log_lines(int priority, const struct buf *lines)
{
    _cleanup_free_ char *copy = xstrdup(str_or_empty(lines->data));
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            log_write(priority, NULL, "%s", line);
}

static int load_config(const struct app_options *options, struct config *ret, struct err *err)
{
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    int r = config_load(options->config_path, options->config_must_exist, ret, &warnings, err);
    log_lines(LOG_WARNING, &warnings);
    return r;
}

static void reload(struct app *app)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf restart = BUF_INIT;
    _cleanup_config_ struct config fresh = {0};
    sd_notify(0, "RELOADING=1");
    if (load_config(&app->options, &fresh, &err) < 0) {
        log_event(LOG_ERR, "configuration-invalid", _("The configuration stays as it was: %s"),
                  err_text(&err));
    } else {
        config_reload(&app->daemon.config, &fresh, &restart);
        log_lines(LOG_NOTICE, &restart);
        log_set_level((int)app->daemon.config.log_level);
        const struct engine_config numbers = engine_numbers(&app->daemon.config);
        engine_configure(app->daemon.engine, &numbers);
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

static void on_signal(evutil_socket_t number, short what, void *data)
{
    struct app *app = data;
    if (number == SIGHUP)
        reload(app);
    else
        stop(app);
}

static void on_watchdog(evutil_socket_t fd, short what, void *data)
{
    sd_notify(0, "WATCHDOG=1");
}

/* ---- putting together ---- */

int app_lock_state(const char *state, int *ret_fd, struct err *err)
{
    int r = file_make_dirs(state, 0700, err);
    if (r < 0)
        return r;
    _cleanup_close_ int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", state);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return err_set_errno(err, ERR_BUSY, errno, _("%s: another idsed works on this folder"), state);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

char *app_store_path(const struct app_options *options, const struct config *config)
{
    return config->store_path ? xstrdup(config->store_path) : xasprintf("%s/idsed.db", options->state);
}

/*
 * Where the key is: named on the command line or in the configuration, or passed by the service manager.
 */
static char *find_key(const struct app *app)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (app->options.key_file)
        return xstrdup(app->options.key_file);
    if (app->daemon.config.key_file)
        return xstrdup(app->daemon.config.key_file);
    if (credentials) {
        _cleanup_free_ char *path = xasprintf("%s/idsed.key", credentials);
        if (access(path, F_OK) == 0)
            return STEAL(path);
    }
    return NULL;
}

static int open_seal(struct app *app, struct err *err)
{
    _cleanup_free_ char *path = find_key(app);
    if (path)
        return seal_open_key(path, &app->daemon.seal, err);
    log_event(LOG_NOTICE, "no-sealing-key", "%s",
              _("There is no sealing key, so credentials can be neither stored nor used."));
    return 0;
}

static int open_store(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    daemon->store_path = app_store_path(&app->options, &daemon->config);
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

static void make_engine(struct app *app)
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
        .fatal = give_up,
        .data = app,
    };
    app->engine_timer = timer_new(daemon->loop, wake_engine, app);
    daemon->engine = engine_new(daemon->store, &daemon->portal, &clock_system, &numbers, &host);
}

static void authorize(void *data, struct bus_call *call, const char *action)
{
    auth_check(((struct app *)data)->daemon.auth, call, action);
}

static void bus_fault(void *data, const char *text)
{
    log_warning("D-Bus: %s", text);
}

static int open_bus(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    const struct bus_server_options options = {
        .loop = daemon->loop,
        .authorize = authorize,
        .fault = bus_fault,
        .data = app,
    };
    int r = bus_server_open(&options, &daemon->bus, err);
    if (r < 0)
        return r;
    auth_set_server(daemon->auth, daemon->bus);
    bus_server_add(daemon->bus, &manager_node, daemon);
    bus_server_add(daemon->bus, &lot_node, daemon);
    bus_server_add(daemon->bus, &certificate_node, daemon);
    bus_server_add(daemon->bus, &registration_node, daemon);
    bus_server_add(daemon->bus, &user_node, daemon);
    return 0;
}

static void watch_signals(struct app *app)
{
    static const int numbers[ELEMENTSOF(app->signals)] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
        app->signals[i] = evsignal_new(loop_base(app->daemon.loop), numbers[i], on_signal, app);
        if (!app->signals[i] || event_add(app->signals[i], NULL) < 0)
            abort();
    }
}

static void feed_watchdog(struct app *app)
{
    uint64_t limit_us = 0;
    if (sd_watchdog_enabled(0, &limit_us) <= 0)
        return;
    const struct timeval half = {(time_t)(limit_us / 2 / US_PER_S), (suseconds_t)(limit_us / 2 % US_PER_S)};
    app->watchdog = event_new(loop_base(app->daemon.loop), -1, EV_PERSIST, on_watchdog, app);
    if (!app->watchdog || event_add(app->watchdog, &half) < 0)
        abort();
}

/* Without the package's files the rules that need them are off; a file that is wrong must be put right. */
static int open_law(struct app *app, struct err *err)
{
    _cleanup_err_ struct err why = ERR_INIT;
    int r = law_load(data_read, &app->daemon.law, &why);
    if (r == -ERR_IO) {
        log_event(LOG_WARNING, "no-limits", _("Limits of the SBC and deadlines are not checked: %s"),
                  err_text(&why));
        return 0;
    }
    return r < 0 ? err_move(err, &why) : 0;
}

static int open_advices(struct app *app, struct err *err)
{
    static const char name[] = "rejections.conf";
    struct advices *advices = &app->daemon.advices;
    _cleanup_err_ struct err why = ERR_INIT;
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    if (data_read(name, &shipped, &local, &why) < 0) {
        log_event(LOG_WARNING, "no-advice", _("There is no advice on rejections: %s"), err_text(&why));
        return 0;
    }
    int r = advices_parse(advices, name, str_or_empty(shipped.data), err);
    return r < 0 ? r : advices_parse(advices, "/etc/idsed/rejections.conf", str_or_empty(local.data), err);
}

/* Configuration, key and database, for this process alone. */
static int open_state(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    int r = load_config(&app->options, &daemon->config, err);
    if (r < 0)
        return r;
    if (daemon->config.language != CONFIG_LANGUAGE_SYSTEM)
        i18n_choose(daemon->config.language == CONFIG_LANGUAGE_ES ? "es" : "en");
    log_set_level((int)daemon->config.log_level);
    daemon->loop = loop_new(&clock_system);
    if (!daemon->loop)
        return err_set(err, ERR_FAILED, _("the kernel gives no epoll descriptor"));
    daemon->hooks = hooks_new(daemon->loop, IDSED_SYSCONFDIR "/hooks.d", HOOKS_SOCKET);
    daemon->notices = notices_new(daemon);
    if ((r = app_lock_state(app->options.state, &app->state_lock, err)) < 0 || (r = open_seal(app, err)) < 0)
        return r;
    return open_store(app, err);
}

/* A daemon with another state than the system's, one for practice for instance, keeps off the system's spool. */
static void open_spool(struct app *app)
{
    struct daemon *daemon = &app->daemon;
    const char *path = daemon->config.spool_path                   ? daemon->config.spool_path
                       : streq(app->options.state, IDSED_STATEDIR) ? IDSED_SPOOLDIR
                                                                   : NULL;
    if (path)
        daemon->spool = spool_new(daemon, path);
}

/* The bus name comes last: from there on calls are served, and all they need is there. */
static int open_all(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    int r = open_state(app, err);
    if (r >= 0)
        r = profiles_open(daemon, &daemon->profiles, err);
    if (r >= 0)
        r = open_law(app, err);
    if (r >= 0)
        r = open_advices(app, err);
    if (r < 0)
        return r;
    daemon->sessions = sessions_new(&clock_system, &daemon->config.session_idle_us);
    daemon->throttle =
        throttle_new(&clock_system, &daemon->config.attempt_delay_us, &daemon->config.attempt_delay_max_us);
    daemon->mailer = mailer_new(daemon->loop);
    daemon->auth = auth_new(daemon->store, &clock_system, daemon->sessions);
    daemon->submissions = submissions_new(daemon);
    daemon->searches = searches_new(daemon);
    daemon->imports = imports_new(daemon);
    make_engine(app);
    if ((r = open_bus(app, err)) < 0 || (r = home_check(daemon, err)) < 0 ||
        (r = deadlines_check_calendar(daemon, err)) < 0 || (r = engine_start(daemon->engine, err)) < 0 ||
        (r = store_commit(daemon->store, err)) < 0)
        return r;
    searches_look(daemon->searches);
    daemon->expiry = reminder_new(daemon, expiry_look);
    daemon->deadlines = deadlines_new(daemon);
    daemon->revocations = revocations_new(daemon);
    daemon->privacy = privacy_new(daemon);
    watch_signals(app);
    app->machine = machine_new(daemon);
    open_spool(app);
    return bus_server_own_name(daemon->bus, "mx.idsed1", err);
}

static struct app *new_app(const struct app_options *options)
{
    struct app *app = xcalloc(1, sizeof(*app));
    TAILQ_INIT(&app->daemon.evidences);
    app->options = *options;
    app->state_lock = -1;
    return app;
}

int app_new(const struct app_options *options, struct app **ret, struct err *err)
{
    struct app *app = new_app(options);
    int r = open_all(app, err);
    if (r < 0) {
        app_free(app);
        return r;
    }
    *ret = app;
    return 0;
}

/* ---- another key ---- */

static int open_new_key(const char *path, struct seal **ret, struct err *err)
{
    int r = access(path, F_OK) < 0 && errno == ENOENT ? seal_make_key(path, err) : 0;
    return r < 0 ? r : seal_open_key(path, ret, err);
}

static int audit_reseal(struct store *store, size_t n, struct err *err)
{
    char who[ACT_WHO_SIZE];
    act_who(getuid(), NULL, who);
    _cleanup_free_ char *detail = xasprintf("{\"credentials\":%zu}", n);
    const struct store_audit record = {.who = who,
                                       .action = (char *)"reseal",
                                       .object = (char *)"sealing key",
                                       .outcome = (char *)"ok",
                                       .detail = detail};
    return store_audit_add(store, &record, err);
}

int app_reseal(const struct app_options *options, const char *new_key, struct err *err)
{
    _cleanup_(app_cleanup) struct app *app = new_app(options);
    _cleanup_(seal_cleanup) struct seal *seal = NULL;
    struct daemon *daemon = &app->daemon;
    size_t n = 0;
    int r = open_state(app, err);
    if (r >= 0)
        r = open_new_key(new_key, &seal, err);
    if (r >= 0)
        r = store_begin(daemon->store, err);
    if (r < 0)
        return r;
    r = credentials_reseal(daemon->store, daemon->seal, seal, &n, err);
    if (r >= 0)
        r = audit_reseal(daemon->store, n, err);
    store_end(daemon->store, r >= 0, r >= 0 ? err : NULL);
    crash_point(CRASH_RESEAL_BEFORE_COMMIT);
    if (r >= 0)
        r = store_commit(daemon->store, err);
    crash_point(CRASH_RESEAL_AFTER_COMMIT);
    if (r >= 0)
        log_notice(_("%zu credentials are sealed under %s now. Put it in the place of the old key before "
                     "idsed starts, "
                     "and destroy the old one."),
                   n, new_key);
    return r;
}

int app_run(struct app *app)
{
    feed_watchdog(app);
    tell_status(app);
    sd_notify(0, "READY=1");
    log_event(LOG_INFO, "started", _("Serving mx.idsed1; portal %s."), profiles_url(app->daemon.profiles));
    int status = loop_run(app->daemon.loop);
    return status < 0 ? EXIT_STATUS_FAILURE : status;
}

/* ---- taking apart: the bus stays until the last commit, so that its answers still go out ---- */

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

static void free_daemon(struct daemon *daemon)
{
    attempts_stop(daemon);
    backup_stop(daemon);
    evidence_stop(daemon);
    reindex_stop(daemon);
    daemon->imports = imports_free(daemon->imports);
    daemon->engine = engine_free(daemon->engine);
    daemon->expiry = reminder_free(daemon->expiry);
    daemon->deadlines = deadlines_free(daemon->deadlines);
    daemon->revocations = revocations_free(daemon->revocations);
    daemon->submissions = submissions_free(daemon->submissions);
    daemon->searches = searches_free(daemon->searches);
    if (daemon->store)
        store_commit(daemon->store, NULL);
    daemon->spool = spool_free(daemon->spool);
    daemon->privacy = privacy_free(daemon->privacy); /* after what it left with the commit */
    daemon->bus = bus_server_close(daemon->bus);
    daemon->profiles = profiles_free(daemon->profiles);
    daemon->store = store_close(daemon->store);
    daemon->auth = auth_free(daemon->auth);
    daemon->mailer = mailer_free(daemon->mailer);
    daemon->sessions = sessions_free(daemon->sessions);
    daemon->throttle = throttle_free(daemon->throttle);
    daemon->notices = notices_free(daemon->notices);
    daemon->hooks = hooks_free(daemon->hooks);
    daemon->seal = seal_free(daemon->seal);
    law_free(&daemon->law);
    advices_free(&daemon->advices);
    config_free(&daemon->config);
    free(daemon->store_path);
}

struct app *app_free(struct app *app)
{
    if (!app)
        return NULL;
    for (size_t i = 0; i < ELEMENTSOF(app->signals); i++)
        free_event(&app->signals[i]);
    free_event(&app->watchdog);
    free_event(&app->stop_check);
    free_event(&app->settle);
    machine_free(app->machine);
    if (app->daemon.loop)
        workers_end(app->daemon.loop);
    free_daemon(&app->daemon);
    timer_free(app->engine_timer);
    turn_end_free(app->commit);
    loop_free(app->daemon.loop);
    backup_free(app->daemon.backup);
    evidence_free(&app->daemon);
    free(app->checkpoint_path);
    cleanup_close(&app->state_lock);
    free(app->status);
    free(app);
    return NULL;
}
