/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/hooks.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"

enum { PATIENCE_S = 300 }; /* more than the unit's own limit */

struct waiting {
    STAILQ_ENTRY(waiting) next;
    struct buf message;
};

struct hooks {
    struct loop *loop;
    const char *folder, *socket;
    STAILQ_HEAD(, waiting) queue;
    size_t n;
    struct event *running; /* the connection whose hooks run; NULL: none */
    bool dropping;
};

struct hooks *hooks_new(struct loop *loop, const char *folder, const char *socket)
{
    struct hooks *hooks = xcalloc(1, sizeof(*hooks));
    hooks->loop = loop;
    hooks->folder = folder;
    hooks->socket = socket;
    STAILQ_INIT(&hooks->queue);
    return hooks;
}

static struct buf take_first(struct hooks *hooks)
{
    struct waiting *first = STAILQ_FIRST(&hooks->queue);
    struct buf message = first->message;
    STAILQ_REMOVE_HEAD(&hooks->queue, next);
    hooks->n--;
    free(first);
    return message;
}

static void drop_all(struct hooks *hooks)
{
    while (hooks->n > 0) {
        struct buf message = take_first(hooks);
        buf_free(&message);
    }
}

static void end_running(struct hooks *hooks)
{
    if (!hooks->running)
        return;
    evutil_socket_t fd = event_get_fd(hooks->running);
    event_free(hooks->running);
    hooks->running = NULL;
    close(fd);
}

struct hooks *hooks_free(struct hooks *hooks)
{
    if (!hooks)
        return NULL;
    end_running(hooks);
    drop_all(hooks);
    free(hooks);
    return NULL;
}

/* ---- the message: the environment, a line each, an empty line, and the same as JSON ---- */

static void add_text(struct buf *head, json_t *body, const char *variable, const char *key, const char *text)
{
    if (str_empty(text))
        return;
    json_object_set_new(body, key, json_string(text));
    buf_printf(head, "%s=", variable);
    for (; *text; text++)
        buf_add_char(head, iscntrl((unsigned char)*text) ? ' ' : *text);
    buf_add_char(head, '\n');
}

static void add_number(struct buf *head, json_t *body, const char *variable, const char *key, int64_t number)
{
    buf_printf(head, "%s=%lld\n", variable, (long long)number);
    json_object_set_new(body, key, json_integer(number));
}

static void compose(const struct hook_event *event, struct buf *ret)
{
    json_t *body = json_object();
    _cleanup_free_ char *now = time_format_iso(clock_wall_us(&clock_system));
    add_text(ret, body, "IDSE_EVENT", "event", event->event);
    add_text(ret, body, "IDSE_TIME", "time", now);
    if (event->lot)
        add_number(ret, body, "IDSE_LOT", "lot", event->lot);
    add_text(ret, body, "IDSE_RP", "registration", event->rp);
    add_text(ret, body, "IDSE_STATE", "state", event->state);
    if (event->certificate)
        add_number(ret, body, "IDSE_CERT", "certificate", event->certificate);
    if (event->days)
        add_number(ret, body, "IDSE_DAYS", "days", *event->days);
    add_text(ret, body, "IDSE_TEXT", "text", event->text);
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);
    buf_printf(ret, "\n%s\n", str_or_empty(text));
    free(text);
    json_decref(body);
}

/* ---- handing over ---- */

static void run_next(struct hooks *hooks);

/* The unit has closed its end, or it took too long: on to the next. */
static void ended(evutil_socket_t fd, short what, void *data)
{
    struct hooks *hooks = data;
    char rest[64];
    if ((what & EV_READ) && recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
        return; /* nobody is meant to say anything */
    end_running(hooks);
    run_next(hooks);
}

/*
 * Passes a message to the unit's socket; the connection, or negative with errno. A message is far smaller than a socket's
 * buffer, so it goes in whole or there is something wrong.
 */
static int hand_over(const char *path, const struct buf *message)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        send(fd, message->data, message->len, MSG_NOSIGNAL) == (ssize_t)message->len &&
        shutdown(fd, SHUT_WR) == 0)
        return fd;
    int errnum = errno;
    if (fd >= 0)
        close(fd);
    errno = errnum;
    return -1;
}

static void run_next(struct hooks *hooks)
{
    const struct timeval patience = {PATIENCE_S, 0};
    if (hooks->running || hooks->n == 0)
        return;
    struct buf message = take_first(hooks);
    int fd = hand_over(hooks->socket, &message);
    buf_free(&message);
    if (fd < 0) {
        log_event(LOG_WARNING, "hooks-dropped",
                  dngettext(IDSED_TEXTDOMAIN, "Hooks cannot be run, %zu event is not told to them: %s",
                            "Hooks cannot be run, %zu events are not told to them: %s", hooks->n + 1),
                  hooks->n + 1, strerror(errno));
        drop_all(hooks);
        return;
    }
    hooks->running = event_new(loop_base(hooks->loop), fd, EV_READ | EV_PERSIST, ended, hooks);
    if (!hooks->running || event_add(hooks->running, &patience) < 0)
        abort();
}

/* ---- telling ---- */

static bool is_wanted(const struct hooks *hooks)
{
    DIR *folder = opendir(hooks->folder);
    bool found = false;
    for (const struct dirent *entry; folder && !found && (entry = readdir(folder));)
        found = entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return found;
}

void hooks_tell(struct hooks *hooks, const struct hook_event *event)
{
    if (!is_wanted(hooks))
        return;
    if (hooks->n >= HOOKS_WAITING_MAX) {
        if (!hooks->dropping)
            log_event(
                LOG_WARNING, "hooks-dropped", "%s",
                _("Hooks are slower than events; until they have caught up events are not told to them."));
        hooks->dropping = true;
        return;
    }
    hooks->dropping = hooks->dropping && hooks->n > 0;
    struct waiting *waiting = xcalloc(1, sizeof(*waiting));
    compose(event, &waiting->message);
    STAILQ_INSERT_TAIL(&hooks->queue, waiting, next);
    hooks->n++;
    run_next(hooks);
}
