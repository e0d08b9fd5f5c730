/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/client.h"

#include "base/clock.h"

struct bus_client {
    DBusConnection *connection;
    char *name;
    bool interactive, passive;
};

static int from_dbus_error(DBusError *error, struct err *err)
{
    int r = bus_err_from_name(error->name, error->message, err);
    dbus_error_free(error);
    return r;
}

int bus_connect(const char *address, DBusConnection **ret, struct err *err)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusConnection *connection = address ? dbus_connection_open_private(address, &error)
                                         : dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
    if (connection && address && !dbus_bus_register(connection, &error)) {
        dbus_connection_close(connection);
        dbus_connection_unref(connection);
        connection = NULL;
    }
    if (!connection) {
        err_set(err, ERR_UNREACHABLE, _("The bus cannot be reached (%s); is dbus-daemon running?"),
                error.message);
        dbus_error_free(&error);
        return -(int)ERR_UNREACHABLE;
    }
    dbus_connection_set_exit_on_disconnect(connection, false);
    *ret = connection;
    return 0;
}

int bus_client_open(const char *address, const char *name, struct bus_client **ret, struct err *err)
{
    DBusConnection *connection;
    int r = bus_connect(address, &connection, err);
    if (r < 0)
        return r;
    struct bus_client *client = xcalloc(1, sizeof(*client));
    *client = (struct bus_client){.connection = connection, .name = xstrdup(name)};
    *ret = client;
    return 0;
}

struct bus_client *bus_client_close(struct bus_client *client)
{
    if (!client)
        return NULL;
    dbus_connection_flush(client->connection);
    dbus_connection_close(client->connection);
    dbus_connection_unref(client->connection);
    free(client->name);
    free(client);
    return NULL;
}

void bus_client_set_interactive(struct bus_client *client, bool interactive)
{
    client->interactive = interactive;
}

void bus_client_set_passive(struct bus_client *client)
{
    client->passive = true;
}

int bus_client_fd(const struct bus_client *client)
{
    int fd = -1;
    dbus_connection_get_unix_fd(client->connection, &fd);
    return fd;
}

bool bus_client_connected(const struct bus_client *client)
{
    return dbus_connection_get_is_connected(client->connection);
}

void bus_client_begin(struct bus_client *client, const char *path, const char *interface, const char *method,
                      const char *signature, struct bus_writer *w)
{
    bool valid = dbus_validate_path(path, NULL);
    bus_writer_init(w, dbus_message_new_method_call(client->name, valid ? path : "/", interface, method),
                    signature);
    if (!valid)
        bus_writer_fail(w, "'%s' is no object path", path);
}

static int check_reply(DBusMessage *reply, const char *expect, struct err *err)
{
    if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
        return bus_err_from_message(reply, err);
    if (expect && !dbus_message_has_signature(reply, expect))
        return err_set(err, ERR_FAILED,
                       _("The daemon answered with “%s” instead of “%s”; are both of the same version?"),
                       dbus_message_get_signature(reply), expect);
    return 0;
}

int bus_client_send(struct bus_client *client, struct bus_writer *w, int timeout_ms, DBusPendingCall **ret,
                    struct err *err)
{
    _cleanup_message_ DBusMessage *message = NULL;
    DBusPendingCall *pending = NULL;
    int r = bus_writer_finish(w, &message, err);
    if (r < 0)
        return r;
    dbus_message_set_allow_interactive_authorization(message, client->interactive);
    dbus_message_set_auto_start(message, !client->passive);
    /* A person who types a password for polkit needs as long as it takes. */
    timeout_ms = timeout_ms < 0 || client->interactive ? DBUS_TIMEOUT_INFINITE : timeout_ms;
    if (!dbus_connection_send_with_reply(client->connection, message, &pending, timeout_ms) || !pending)
        return bus_err_from_name(DBUS_ERROR_DISCONNECTED, _("the bus went away"), err);
    *ret = pending;
    return 0;
}

int bus_client_receive_fault(DBusPendingCall *pending, const char *expect, DBusMessage **ret_reply,
                             struct err *err)
{
    dbus_pending_call_block(pending);
    DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    dbus_pending_call_unref(pending);
    *ret_reply = reply;
    return check_reply(reply, expect, err);
}

int bus_client_receive(DBusPendingCall *pending, const char *expect, DBusMessage **ret_reply, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = bus_client_receive_fault(pending, expect, &reply, err);
    if (r == 0 && ret_reply)
        *ret_reply = STEAL(reply);
    return r;
}

int bus_client_call(struct bus_client *client, struct bus_writer *w, int timeout_ms, const char *expect,
                    DBusMessage **ret_reply, struct err *err)
{
    DBusPendingCall *pending = NULL;
    int r = bus_client_send(client, w, timeout_ms, &pending, err);
    return r < 0 ? r : bus_client_receive(pending, expect, ret_reply, err);
}

int bus_client_get(struct bus_client *client, const char *path, const char *interface, const char *property,
                   const char *expect, DBusMessage **ret_reply, struct bus_reader *ret, struct err *err)
{
    struct bus_writer w;
    struct bus_reader outer, value;
    _cleanup_message_ DBusMessage *reply = NULL;
    bus_client_begin(client, path, DBUS_INTERFACE_PROPERTIES, "Get", "ss", &w);
    bus_write_string(&w, interface);
    bus_write_string(&w, property);
    int r = bus_client_call(client, &w, BUS_TIMEOUT_MS, "v", &reply, err);
    if (r < 0)
        return r;
    bus_reader_init(&outer, reply);
    bus_read_enter(&outer, &value);
    char *signature = dbus_message_iter_get_signature(&value.iter);
    bool right = streq_null(signature, expect);
    dbus_free(signature);
    if (!right)
        return err_set(err, ERR_FAILED, _("The daemon's property %s is not of the type “%s”"), property,
                       expect);
    *ret = value;
    *ret_reply = STEAL(reply);
    return 0;
}

int bus_client_get_all(struct bus_client *client, const char *path, const char *interface,
                       DBusMessage **ret_reply, struct bus_reader *ret, struct err *err)
{
    struct bus_writer w;
    struct bus_reader outer;
    _cleanup_message_ DBusMessage *reply = NULL;
    bus_client_begin(client, path, DBUS_INTERFACE_PROPERTIES, "GetAll", "s", &w);
    bus_write_string(&w, interface);
    int r = bus_client_call(client, &w, BUS_TIMEOUT_MS, "a{sv}", &reply, err);
    if (r < 0)
        return r;
    bus_reader_init(&outer, reply);
    bus_read_enter(&outer, ret);
    *ret_reply = STEAL(reply);
    return 0;
}

static int add_match(struct bus_client *client, char *rule, struct err *err)
{
    DBusError error = DBUS_ERROR_INIT;
    dbus_bus_add_match(client->connection, rule, &error); /* waits for the answer, since we want the error */
    free(rule);
    return dbus_error_is_set(&error) ? from_dbus_error(&error, err) : 0;
}

int bus_client_subscribe(struct bus_client *client, const char *path, struct err *err)
{
    char *rule = path ? xasprintf("type='signal',sender='%s',path_namespace='%s'", client->name, path)
                      : xasprintf("type='signal',sender='%s'", client->name);
    int r = add_match(client, rule, err);
    if (r < 0)
        return r;
    return add_match(client,
                     xasprintf("type='signal',sender='%s',interface='%s',member='NameOwnerChanged',arg0='%s'",
                               DBUS_SERVICE_DBUS, DBUS_INTERFACE_DBUS, client->name),
                     err);
}

/* 1: the message is a signal of the daemon; 0: of no interest; negative: nothing more will come. */
static int judge(struct bus_client *client, DBusMessage *message, struct err *err)
{
    const char *name = "", *before = "", *after = "";
    if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected"))
        return bus_err_from_name(DBUS_ERROR_DISCONNECTED, _("the bus went away"), err);
    if (!dbus_message_has_sender(message, DBUS_SERVICE_DBUS))
        return dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL;
    if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
        dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &before,
                              DBUS_TYPE_STRING, &after, DBUS_TYPE_INVALID) &&
        streq(name, client->name))
        return *after ? 1 : bus_err_from_name(DBUS_ERROR_NAME_HAS_NO_OWNER, _("it left the bus"), err);
    return 0;
}

int bus_client_wait(struct bus_client *client, int timeout_ms, DBusMessage **ret_signal, struct err *err)
{
    int64_t deadline_us = clock_boot_us(&clock_system) + timeout_ms * US_PER_MS;
    bool looked = false;
    for (;;) {
        _cleanup_message_ DBusMessage *message = dbus_connection_pop_message(client->connection);
        if (message) {
            int r = judge(client, message, err);
            if (r > 0)
                *ret_signal = STEAL(message);
            if (r != 0)
                return r;
            continue;
        }
        int64_t left_us = deadline_us - clock_boot_us(&clock_system);
        if (timeout_ms >= 0 && left_us <= 0 && looked)
            return 0;
        int left_ms = timeout_ms < 0 ? -1 : (int)(MAX(left_us, 0) / US_PER_MS) + (left_us > 0);
        looked = true; /* a time-out of 0 still takes what is there */
        if (!dbus_connection_read_write(client->connection, left_ms) &&
            dbus_connection_get_dispatch_status(client->connection) == DBUS_DISPATCH_COMPLETE)
            return bus_err_from_name(DBUS_ERROR_DISCONNECTED, _("the bus went away"), err);
    }
}
