/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/glue.h"

/* So many messages in a row, some milliseconds of work at most; then the other events of the loop have their turn. */
enum { MESSAGES_PER_TURN = 32, NO_MEMORY_RETRY_MS = 50 };

struct bus_glue {
    DBusConnection *connection;
    struct event_base *base;
    struct event *dispatch; /* libdbus forbids dispatching in its callbacks, so they only activate this */
};

static struct timeval milliseconds(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* ---- watches ---- */

static void watch_ready(evutil_socket_t fd, short what, void *data)
{
    /* The watch may be gone when this returns. */
    dbus_watch_handle(data, (what & EV_READ ? DBUS_WATCH_READABLE : 0u) |
                                (what & EV_WRITE ? DBUS_WATCH_WRITABLE : 0u));
}

static void watch_toggled(DBusWatch *watch, void *data)
{
    struct event *event = dbus_watch_get_data(watch);
    if (dbus_watch_get_enabled(watch))
        event_add(event, NULL);
    else
        event_del(event);
}

static dbus_bool_t watch_added(DBusWatch *watch, void *data)
{
    struct bus_glue *glue = data;
    unsigned flags = dbus_watch_get_flags(watch);
    short what = (short)(EV_PERSIST | (flags & DBUS_WATCH_READABLE ? EV_READ : 0) |
                         (flags & DBUS_WATCH_WRITABLE ? EV_WRITE : 0));
    struct event *event = event_new(glue->base, dbus_watch_get_unix_fd(watch), what, watch_ready, watch);
    if (!event)
        return false;
    dbus_watch_set_data(watch, event, NULL);
    watch_toggled(watch, glue);
    return true;
}

static void watch_removed(DBusWatch *watch, void *data)
{
    event_free(dbus_watch_get_data(watch));
    dbus_watch_set_data(watch, NULL, NULL);
}

/* ---- time-outs ---- */

static void timeout_due(evutil_socket_t fd, short what, void *data)
{
    dbus_timeout_handle(data);
}

static void timeout_toggled(DBusTimeout *timeout, void *data)
{
    struct event *event = dbus_timeout_get_data(timeout);
    struct timeval interval = milliseconds(dbus_timeout_get_interval(timeout));
    event_del(event);
    if (dbus_timeout_get_enabled(timeout))
        event_add(event, &interval);
}

static dbus_bool_t timeout_added(DBusTimeout *timeout, void *data)
{
    struct bus_glue *glue = data;
    struct event *event = event_new(glue->base, -1, EV_PERSIST, timeout_due, timeout);
    if (!event)
        return false;
    dbus_timeout_set_data(timeout, event, NULL);
    timeout_toggled(timeout, glue);
    return true;
}

static void timeout_removed(DBusTimeout *timeout, void *data)
{
    event_free(dbus_timeout_get_data(timeout));
    dbus_timeout_set_data(timeout, NULL, NULL);
}

/* ---- dispatch ---- */

static void dispatch(evutil_socket_t fd, short what, void *data)
{
    struct bus_glue *glue = data;
    DBusDispatchStatus status = DBUS_DISPATCH_DATA_REMAINS;
    for (int i = 0; i < MESSAGES_PER_TURN && status == DBUS_DISPATCH_DATA_REMAINS; i++)
        status = dbus_connection_dispatch(glue->connection);
    if (status == DBUS_DISPATCH_COMPLETE)
        return;
    /* By a time-out, also one of 0: an event that activates itself keeps the loop from polling. */
    struct timeval again = milliseconds(status == DBUS_DISPATCH_NEED_MEMORY ? NO_MEMORY_RETRY_MS : 0);
    event_add(glue->dispatch, &again);
}

void bus_glue_wake(struct bus_glue *glue)
{
    event_active(glue->dispatch, EV_TIMEOUT, 0);
}

static void dispatch_status_changed(DBusConnection *connection, DBusDispatchStatus status, void *data)
{
    if (status == DBUS_DISPATCH_DATA_REMAINS)
        bus_glue_wake(data);
}

struct bus_glue *bus_glue_attach(struct loop *loop, DBusConnection *connection)
{
    struct bus_glue *glue = xcalloc(1, sizeof(*glue));
    glue->connection = connection;
    glue->base = loop_base(loop);
    /* Behind the ends of turns: under load callers get the answers to one batch while the next is read. */
    glue->dispatch = event_new(glue->base, -1, 0, dispatch, glue);
    if (!glue->dispatch ||
        event_priority_set(glue->dispatch, event_base_get_npriorities(glue->base) - 1) < 0 ||
        !dbus_connection_set_watch_functions(connection, watch_added, watch_removed, watch_toggled, glue,
                                             NULL) ||
        !dbus_connection_set_timeout_functions(connection, timeout_added, timeout_removed, timeout_toggled,
                                               glue, NULL))
        abort(); /* only for want of memory */
    dbus_connection_set_dispatch_status_function(connection, dispatch_status_changed, glue, NULL);
    bus_glue_wake(glue);
    return glue;
}

struct bus_glue *bus_glue_detach(struct bus_glue *glue)
{
    if (!glue)
        return NULL;
    dbus_connection_set_dispatch_status_function(glue->connection, NULL, NULL, NULL);
    dbus_connection_set_watch_functions(glue->connection, NULL, NULL, NULL, NULL, NULL);
    dbus_connection_set_timeout_functions(glue->connection, NULL, NULL, NULL, NULL, NULL);
    event_free(glue->dispatch);
    free(glue);
    return NULL;
}
