/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "notify/desktop.h"
#include "notify/source.h"

const char *argp_program_version = "idse-notify " IDSED_VERSION;

struct options {
    const char *address;
    uint64_t gather_s;
};

enum { KEY_ADDRESS = 1000, KEY_GATHER };

static const struct argp_option option_table[] = {
    {"address", KEY_ADDRESS, "ADDRESS", 0, N_("Listen on this bus instead of the system's"), 0},
    {"gather", KEY_GATHER, "SECONDS", 0, N_("Wait this long for more before something is shown (2)"), 0},
    {0},
};

static const char doc[] = N_("Shows notifications of the desktop when lots are answered or need a person, "
                             "when certificates end, and when the "
                             "portal is out of reach.");

static error_t on_option(int key, char *value, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_ADDRESS:
        options->address = value;
        return 0;
    case KEY_GATHER:
        if (!str_to_uint(value, 3600, &options->gather_s))
            argp_error(state, _("'%s' is not a number of seconds"), value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/*
 * News that come in a burst are shown together: when there were none for a while, or when the first has
 * waited long enough.
 */
struct burst {
    int64_t gather_us;
    int64_t quiet_us, latest_us; /* when it is over, by either; boot clock; 0: there is none */
};

static bool has_news(const struct board *board)
{
    for (enum topic topic = 0; topic < _TOPIC_MAX; topic++)
        if (board_is_dirty(board, topic))
            return true;
    return false;
}

/* How long it lasts still, in milliseconds for poll(): 0 it is over, -1 there is none. */
static int burst_left(struct burst *burst, const struct board *board, bool more)
{
    enum { AT_MOST = 5 };
    int64_t now_us = clock_boot_us(&clock_system);
    if (!has_news(board)) {
        burst->quiet_us = 0;
        return -1;
    }
    if (!burst->quiet_us)
        burst->latest_us = now_us + AT_MOST * burst->gather_us;
    if (!burst->quiet_us || more)
        burst->quiet_us = MIN(now_us + burst->gather_us, burst->latest_us);
    return (int)((MAX(burst->quiet_us - now_us, 0) + US_PER_MS - 1) / US_PER_MS);
}

static void show(struct desktop *desktop, struct board *board)
{
    _cleanup_err_ struct err err = ERR_INIT;
    for (enum topic topic = 0; topic < _TOPIC_MAX; topic++) {
        if (!board_is_dirty(board, topic) || desktop_show(desktop, board, topic, &err) >= 0)
            continue;
        if (err.code == ERR_UNREACHABLE)
            log_info(_("Nobody shows notifications in this session; they are shown when somebody does."));
        else
            log_warning(_("A notification was not shown: %s"), err_text(&err));
        err_clear(&err);
    }
}

static int run(const struct options *options, struct err *err)
{
    _cleanup_(board_cleanup) struct board *board = board_new();
    _cleanup_(source_cleanup) struct source *source = NULL;
    _cleanup_(desktop_cleanup) struct desktop *desktop = NULL;
    struct burst burst = {.gather_us = (int64_t)options->gather_s * US_PER_S};
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    _cleanup_close_ int ending = signalfd(-1, &ends, SFD_CLOEXEC);
    int r = source_open(options->address, &source, err);
    if (r >= 0)
        r = desktop_open(&desktop, err);
    bool more = false;
    while (r >= 0) {
        r = source_take_in(source, board, err);
        if (r >= 0 && desktop_take_in(desktop, board, err) < 0) {
            err_clear(err);
            return 0; /* the session is over */
        }
        int left_ms = r < 0 ? 0 : burst_left(&burst, board, more);
        if (r < 0 || left_ms == 0) {
            if (r >= 0)
                show(desktop, board);
            continue;
        }
        struct pollfd fds[] = {
            {ending, POLLIN, 0}, {source_fd(source), POLLIN, 0}, {desktop_fd(desktop), POLLIN, 0}};
        if (poll(fds, ELEMENTSOF(fds), left_ms) < 0 && errno != EINTR)
            return err_set_errno(err, ERR_FAILED, errno, _("The buses cannot be waited for"));
        if (fds[0].revents)
            return 0;
        more = fds[1].revents != 0;
    }
    return r;
}

int main(int argc, char **argv)
{
    i18n_init();
    argp_err_exit_status = EXIT_STATUS_USAGE;
    _cleanup_err_ struct err err = ERR_INIT;
    struct options options = {.gather_s = 2};
    const struct argp parser = {.options = option_table, .parser = on_option, .doc = doc};
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    if (run(&options, &err) >= 0)
        return EXIT_STATUS_OK;
    log_error("%s", err_text(&err));
    return (int)err_exit_status(err.code);
}
