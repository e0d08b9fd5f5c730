/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app.h"

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/data.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/app-private.h"
#include "daemon/attempt.h"
#include "daemon/auth.h"
#include "daemon/backup.h"
#include "daemon/deadlines.h"
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

/* ---- configuration ---- */

void app_log_lines(int priority, const struct buf *lines)
{
    _cleanup_free_ char *copy = xstrdup(str_or_empty(lines->data));
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            log_write(priority, NULL, "%s", line);
}

int app_load_config(const struct app_options *options, struct config *ret, struct err *err)
{
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    int r = config_load(options->config_path, options->config_must_exist, ret, &warnings, err);
    app_log_lines(LOG_WARNING, &warnings);
    return r;
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

/* Where the key is: named on the command line or in the configuration, or passed by the service manager. */
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

int app_open_state(struct app *app, struct err *err)
{
    struct daemon *daemon = &app->daemon;
    int r = app_load_config(&app->options, &daemon->config, err);
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
    return app_open_store(app, err);
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
    int r = app_open_state(app, err);
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
    app_make_engine(app);
    if ((r = open_bus(app, err)) < 0 || (r = home_check(daemon, err)) < 0 ||
        (r = deadlines_check_calendar(daemon, err)) < 0 || (r = engine_start(daemon->engine, err)) < 0 ||
        (r = store_commit(daemon->store, err)) < 0)
        return r;
    searches_look(daemon->searches);
    daemon->expiry = reminder_new(daemon, expiry_look);
    daemon->deadlines = deadlines_new(daemon);
    daemon->revocations = revocations_new(daemon);
    daemon->privacy = privacy_new(daemon);
    app_watch_signals(app);
    app->machine = machine_new(daemon);
    open_spool(app);
    return bus_server_own_name(daemon->bus, "mx.idsed1", err);
}

struct app *app_alloc(const struct app_options *options)
{
    struct app *app = xcalloc(1, sizeof(*app));
    TAILQ_INIT(&app->daemon.evidences);
    app->options = *options;
    app->state_lock = -1;
    return app;
}

int app_new(const struct app_options *options, struct app **ret, struct err *err)
{
    struct app *app = app_alloc(options);
    int r = open_all(app, err);
    if (r < 0) {
        app_free(app);
        return r;
    }
    *ret = app;
    return 0;
}

int app_run(struct app *app)
{
    app_feed_watchdog(app);
    app_tell_status(app);
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
