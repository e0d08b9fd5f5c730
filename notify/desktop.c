/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify/desktop.h"

#include "bus/client.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

struct desktop {
    struct bus_client *bus;
    char *server;               /* who gave the numbers */
    uint32_t shown[_TOPIC_MAX]; /* the server's number of it; 0: not on the screen */
};

int desktop_open(struct desktop **ret, struct err *err)
{
    const char *given = getenv("DBUS_SESSION_BUS_ADDRESS"), *runtime = getenv("XDG_RUNTIME_DIR");
    if (str_empty(given) && str_empty(runtime))
        return err_set(
            err, ERR_UNREACHABLE,
            _("There is no session here: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set."));
    _cleanup_free_ char *address = str_empty(given) ? xasprintf("unix:path=%s/bus", runtime) : xstrdup(given);
    struct desktop desktop = {0};
    int r = bus_client_open(address, NAME, &desktop.bus, err);
    if (r >= 0)
        r = bus_client_subscribe(desktop.bus, PATH, err);
    if (r < 0) {
        bus_client_close(desktop.bus);
        return r;
    }
    *ret = xmemdup(&desktop, sizeof(desktop));
    return 0;
}

struct desktop *desktop_close(struct desktop *desktop)
{
    if (desktop)
        bus_client_close(desktop->bus);
    if (desktop)
        free(desktop->server);
    free(desktop);
    return NULL;
}

int desktop_fd(const struct desktop *desktop)
{
    return bus_client_fd(desktop->bus);
}

/* ---- showing ---- */

static int take_off(struct desktop *desktop, enum topic topic, struct err *err)
{
    struct bus_writer w;
    if (!desktop->shown[topic])
        return 0;
    bus_client_begin(desktop->bus, PATH, NAME, "CloseNotification", "u", &w);
    bus_write_u32(&w, desktop->shown[topic]);
    desktop->shown[topic] = 0;
    return bus_client_call(desktop->bus, &w, BUS_TIMEOUT_MS, NULL, NULL, err);
}

static void write_note(struct bus_writer *w, uint32_t replaces, const struct note *note)
{
    static const char *const icons[] = {"dialog-information", "dialog-warning", "dialog-error"};
    bus_write_string(w, "idsed");
    bus_write_u32(w, replaces);
    bus_write_string(w, icons[note->urgency]);
    bus_write_string(w, note->summary);
    bus_write_string(w, note->body);
    bus_open_array(w);
    bus_write_string(w, "default"); /* a click on it */
    /* TRANSLATORS: what a click on a notification does. */
    bus_write_string(w, _("Dismiss"));
    bus_close(w);
    bus_open_array(w);
    bus_open_entry(w, "urgency", "y");
    bus_write_byte(w, (uint8_t)note->urgency);
    bus_close_entry(w);
    bus_entry_string(w, "desktop-entry", "idse-notify");
    bus_close(w);
    bus_write_i32(w, -1); /* as long as the desktop thinks right */
}

static int put_up(struct desktop *desktop, enum topic topic, const struct note *note, struct err *err)
{
    struct bus_writer w;
    struct bus_reader reply;
    _cleanup_message_ DBusMessage *message = NULL;
    bus_client_begin(desktop->bus, PATH, NAME, "Notify", "susssasa{sv}i", &w);
    write_note(&w, desktop->shown[topic], note);
    int r = bus_client_call(desktop->bus, &w, BUS_TIMEOUT_MS, "u", &message, err);
    if (r < 0)
        return r;
    bus_reader_init(&reply, message);
    bus_read_u32(&reply, &desktop->shown[topic]);
    replace_str(&desktop->server, xstrdup(dbus_message_get_sender(message)));
    return 0;
}

int desktop_show(struct desktop *desktop, struct board *board, enum topic topic, struct err *err)
{
    _cleanup_note_ struct note note = {0};
    board_note(board, topic, &note);
    return str_empty(note.summary) ? take_off(desktop, topic, err) : put_up(desktop, topic, &note, err);
}

/* ---- taking in ---- */

static void off_screen(struct desktop *desktop, struct board *board, uint32_t number)
{
    for (enum topic topic = 0; topic < _TOPIC_MAX; topic++)
        if (number && desktop->shown[topic] == number) {
            desktop->shown[topic] = 0;
            board_dismiss(board, topic);
        }
}

/* Another one has nothing on its screen. That the one came that our own call has started is no news. */
static void on_server(struct desktop *desktop, struct board *board, DBusMessage *signal)
{
    struct bus_reader r;
    const char *name = "", *before = "", *after = "";
    bus_reader_init(&r, signal);
    if (!bus_read_string(&r, &name) || !bus_read_string(&r, &before) || !bus_read_string(&r, &after) ||
        streq_null(after, desktop->server))
        return;
    for (enum topic topic = 0; topic < _TOPIC_MAX; topic++) {
        desktop->shown[topic] = 0;
        board_forget_shown(board, topic);
    }
}

static void on_signal(struct desktop *desktop, struct board *board, DBusMessage *signal)
{
    struct bus_reader r;
    uint32_t number = 0;
    bus_reader_init(&r, signal);
    if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged")) {
        on_server(desktop, board, signal);
    } else if (dbus_message_is_signal(signal, NAME, "NotificationClosed") && bus_read_u32(&r, &number)) {
        off_screen(desktop, board, number);
    } else if (dbus_message_is_signal(signal, NAME, "ActionInvoked") && bus_read_u32(&r, &number)) {
        for (enum topic topic = 0; topic < _TOPIC_MAX; topic++)
            if (number && desktop->shown[topic] == number) {
                board_dismiss(board, topic);
                take_off(desktop, topic, NULL);
            }
    }
}

int desktop_take_in(struct desktop *desktop, struct board *board, struct err *err)
{
    for (;;) {
        _cleanup_message_ DBusMessage *signal = NULL;
        int r = bus_client_wait(desktop->bus, 0, &signal, err);
        if (r > 0) {
            on_signal(desktop, board, signal);
            continue;
        }
        if (r < 0 &&
            bus_client_connected(desktop->bus)) { /* the server left; its numbers mean nothing any more */
            err_clear(err);
            memset(desktop->shown, 0, sizeof(desktop->shown));
            continue;
        }
        return r;
    }
}
