/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "sim/server.h"

const char *argp_program_version = "idse-sim " IDSED_VERSION;

struct options {
    const char *listen, *state, *fault, *make_credentials;
    int64_t delay_us, idle_us;
    uint64_t seed;
};

enum { KEY_LISTEN = 1000, KEY_STATE, KEY_FAULT, KEY_DELAY, KEY_SEED, KEY_IDLE, KEY_MAKE_CREDENTIALS };

static const struct argp_option option_table[] = {
    {"listen", KEY_LISTEN, "ADDR:PORT", 0, N_("Listen there; port 0 takes a free one (127.0.0.1:0)"), 0},
    {"state", KEY_STATE, "DIR", 0, N_("Keep CA, register, ledger and lots in DIR"), 0},
    {"fault", KEY_FAULT, "FILE", 0, N_("Misbehave as FILE says; it is read again whenever it changes"), 0},
    {"delay", KEY_DELAY, "SECONDS", 0, N_("Process a lot this long after its reception (2)"), 0},
    {"seed", KEY_SEED, "N", 0,
     N_("Other numbers and, if not 0, other surprises; same seed, same answers (0)"), 0},
    {"idle", KEY_IDLE, "SECONDS", 0, N_("End a session after this time without a request (900)"), 0},
    {"make-credentials", KEY_MAKE_CREDENTIALS, "DIR", 0,
     N_("Write registered practice credentials to DIR first, if imss.pfx is not there"), 0},
    {0},
};

static const char doc[] =
    N_("The practice portal: IDSE on this machine, with real TLS, signatures and receipts."
       "\v"
       "Prints its URL when it is ready, and keeps it in DIR/url. Clients trust DIR/ca.pem. Every lot that "
       "was ever "
       "received is a line of DIR/ledger.jsonl, every request a line of DIR/requests.jsonl.\n\n"
       "A fault file has a rule a line: STEP KEY=VALUE…, # begins a comment. Steps: connect home sequence "
       "login menu "
       "module list upload acuse constancia csv logout. Keys:\n"
       "  first=N times=N      from the N-th request of the step on, for N of them (1, always)\n"
       "  delay=SECONDS        wait before acting on it\n"
       "  drip=BYTES           send the answer at so many bytes a second\n"
       "  cut=before|after|mid break the connection before acting, after it, or in the middle of the answer\n"
       "  status=N retry-after=SECONDS   answer with that HTTP status\n"
       "  page=maintenance|unknown|session-lost|encoding\n"
       "  taken=yes            status and page only replace the answer; the request is acted on\n"
       "  login=locked|backend-timeout   (login; the second also upload)\n"
       "  lot=stuck            (upload) the lot is never processed\n"
       "  receipt=missing|mismatch|foreign   (acuse, constancia, csv)\n"
       "  tls=fail             (connect) the handshake fails; connect also takes cut=before");

static int64_t seconds(const char *text, struct argp_state *state)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0 && value < 1e7))
        argp_error(state, _("'%s' is not a number of seconds"), text);
    return (int64_t)(value * (double)US_PER_S);
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_LISTEN:
        options->listen = value;
        return 0;
    case KEY_STATE:
        options->state = value;
        return 0;
    case KEY_FAULT:
        options->fault = value;
        return 0;
    case KEY_DELAY:
        options->delay_us = seconds(value, state);
        return 0;
    case KEY_SEED:
        if (!str_to_uint(value, UINT32_MAX, &options->seed))
            argp_error(state, _("'%s' is not a number"), value);
        return 0;
    case KEY_IDLE:
        options->idle_us = seconds(value, state);
        return 0;
    case KEY_MAKE_CREDENTIALS:
        options->make_credentials = value;
        return 0;
    case ARGP_KEY_END:
        if (!options->state)
            argp_error(state, _("--state is missing"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static char *in_state(const struct options *options, const char *name)
{
    return xasprintf("%s/%s", options->state, name);
}

static int make_credentials(struct portal *portal, const char *dir, struct err *err)
{
    _cleanup_free_ char *first = xasprintf("%s/imss.pfx", dir);
    if (access(first, F_OK) == 0)
        return 0;
    int r = file_make_dirs(dir, 0700, err);
    return r < 0 ? r : authority_make_practice_set(portal->authority, dir, err);
}

static int portal_open(const struct options *options, struct portal *portal, struct err *err)
{
    const struct clock *clock = loop_clock(portal->loop);
    const struct lots_options lots = {options->state, options->seed, options->delay_us};
    _cleanup_free_ char *locked = in_state(options, "locked"),
                        *requests = in_state(options, "requests.jsonl");
    portal->sessions = sessions_new(clock, options->idle_us);
    int r = file_make_dirs(options->state, 0700, err);
    if (r >= 0)
        r = authority_open(options->state, &portal->authority, err);
    if (r >= 0 && options->make_credentials)
        r = make_credentials(portal, options->make_credentials, err);
    if (r >= 0)
        r = faults_open(options->fault, &portal->faults, err);
    if (r >= 0)
        r = lockout_open(locked, &portal->lockout, err);
    if (r >= 0)
        r = jsonl_open(requests, NULL, NULL, &portal->requests, err);
    if (r >= 0)
        r = lots_open(portal->loop, &lots, &portal->lots, err);
    return r;
}

static void portal_close(struct portal *portal)
{
    lots_free(portal->lots);
    jsonl_free(portal->requests);
    lockout_free(portal->lockout);
    faults_free(portal->faults);
    authority_free(portal->authority);
    sessions_free(portal->sessions);
}

/* ---- signals ---- */

static void on_stop(evutil_socket_t fd, short what, void *data)
{
    struct portal *portal = data;
    portal->stopping = true;
    if (portal->working == 0)
        loop_quit(portal->loop, 0);
}

static void on_reload(evutil_socket_t fd, short what, void *data)
{
    struct portal *portal = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (faults_reload(portal->faults, true, &err) < 0)
        log_error("%s", err_text(&err));
}

static int announce(const struct options *options, const struct server *server, struct err *err)
{
    _cleanup_free_ char *path = in_state(options, "url"), *line = xasprintf("%s\n", server_url(server));
    int r = file_replace(path, 0644, line, strlen(line), err);
    if (r < 0)
        return r;
    fputs(line, stdout);
    fflush(stdout);
    sd_notify(0, "READY=1");
    return 0;
}

static int serve(const struct options *options, struct portal *portal, struct err *err)
{
    struct server *server = NULL;
    struct event_base *base = loop_base(portal->loop);
    struct event *signals[] = {
        evsignal_new(base, SIGTERM, on_stop, portal),
        evsignal_new(base, SIGINT, on_stop, portal),
        evsignal_new(base, SIGHUP, on_reload, portal),
    };
    for (size_t i = 0; i < ELEMENTSOF(signals); i++)
        evsignal_add(signals[i], NULL);
    int r = server_listen(portal, options->listen, &server, err);
    if (r >= 0)
        r = announce(options, server, err);
    if (r >= 0)
        r = loop_run(portal->loop);
    server_free(server);
    for (size_t i = 0; i < ELEMENTSOF(signals); i++)
        event_free(signals[i]);
    return r;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {option_table, on_option, NULL, doc, NULL, NULL, IDSED_TEXTDOMAIN};
    struct options options = {.listen = "127.0.0.1:0", .delay_us = 2 * US_PER_S, .idle_us = 900 * US_PER_S};
    _cleanup_err_ struct err err = ERR_INIT;
    i18n_init();
    signal(SIGPIPE, SIG_IGN);
    argp_parse(&argp, argc, argv, 0, NULL, &options);

    struct portal portal = {.loop = loop_new(&clock_system)};
    int r =
        portal.loop ? portal_open(&options, &portal, &err) : err_set(&err, ERR_FAILED, _("no event loop"));
    if (r >= 0)
        r = serve(&options, &portal, &err);
    if (r < 0)
        log_error("%s", err_text(&err));
    portal_close(&portal);
    loop_free(portal.loop);
    return r < 0 ? (int)err_exit_status(err.code) : 0;
}
