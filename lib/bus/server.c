/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server-private.h"

#include "bus/client.h"

/* ---- the tree ---- */

const char *bus_path_below(const char *path, const char *top)
{
    size_t n = strlen(top);
    if (n == 1)
        return path[1] ? path + 1 : NULL; /* everything is below "/" */
    return str_starts(path, top) && path[n] == '/' ? path + n + 1 : NULL;
}

bool bus_place_find(struct bus_server *server, const char *path, struct bus_place *ret)
{
    struct bus_entry *entry;
    bool above = false;
    STAILQ_FOREACH(entry, &server->entries, link)
    {
        const char *rest = bus_path_below(path, entry->node->path);
        bool child = rest && entry->node->find && !strchr(rest, '/');
        if (child || streq(path, entry->node->path)) {
            *ret = (struct bus_place){.entry = entry, .name = child ? rest : NULL};
            return true;
        }
        above = above || bus_path_below(entry->node->path, path);
    }
    if (above)
        *ret = (struct bus_place){0};
    return above;
}

bool bus_place_is_object(const struct bus_place *place)
{
    return place->entry && (place->name || !place->entry->node->find);
}

const struct bus_interface *bus_place_interface(const struct bus_place *place, size_t i)
{
    const struct bus_interface *standard[4] = {&bus_introspectable_interface, &bus_peer_interface};
    size_t n = 2;
    if (bus_place_is_object(place)) {
        const struct bus_interface *const *own = place->entry->node->interfaces;
        for (; *own; own++, i--)
            if (i == 0)
                return *own;
        standard[n++] = &bus_properties_interface;
        if (place->entry->node->object_manager)
            standard[n++] = &bus_object_manager_interface;
    }
    return i < n ? standard[i] : NULL;
}

void *bus_place_object(const struct bus_place *place)
{
    const struct bus_node *node = place->entry->node;
    return node->find ? node->find(place->entry->data, place->name) : place->entry->data;
}

void bus_place_release(const struct bus_place *place, void *object)
{
    const struct bus_node *node = place->entry->node;
    if (node->find && node->release && object)
        node->release(object);
}

void bus_server_add(struct bus_server *server, const struct bus_node *node, void *data)
{
    struct bus_entry *entry = xcalloc(1, sizeof(*entry));
    entry->node = node;
    entry->data = data;
    STAILQ_INSERT_TAIL(&server->entries, entry, link);
}

/* ---- what leaves ---- */

static void send_some(struct bus_server *server, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        dbus_connection_send(server->connection, server->outbox[i], NULL);
        dbus_message_unref(server->outbox[i]);
    }
}

/* Announcements are before what was posted. All are made before the first is sent, or each would wake the bus for itself. */
static void turn_over(void *data)
{
    struct bus_server *server = data;
    size_t posted = server->n_outbox;
    bus_announce_flush(server);
    send_some(server, posted, server->n_outbox);
    send_some(server, 0, posted);
    server->n_outbox = 0;
}

void bus_outbox_add(struct bus_server *server, DBusMessage *message)
{
    if (server->n_outbox == server->outbox_cap) {
        server->outbox_cap = MAX(2 * server->outbox_cap, 16);
        server->outbox = xreallocarray(server->outbox, server->outbox_cap, sizeof(DBusMessage *));
    }
    server->outbox[server->n_outbox++] = message;
}

void bus_server_post(struct bus_server *server, DBusMessage *message)
{
    bus_outbox_add(server, message);
    turn_end_ask(server->turn_end);
}

void bus_server_fault(struct bus_server *server, const struct err *err)
{
    if (server->options.fault)
        server->options.fault(server->options.data, err_text(err));
}

void bus_signal_begin(const char *path, const struct bus_interface *interface, const char *name,
                      struct bus_writer *w)
{
    const struct bus_signal *signal = interface->signals;
    bool valid = dbus_validate_path(path, NULL);
    while (signal && signal->name && !streq(signal->name, name))
        signal++;
    bool known = signal && signal->name;
    bus_writer_init(w, dbus_message_new_signal(valid ? path : "/", interface->name, name),
                    known ? signal->signature : "");
    if (!valid || !known)
        bus_writer_fail(w, "no signal %s at '%s'", name, path);
}

void bus_signal_send(struct bus_server *server, struct bus_writer *w)
{
    _cleanup_err_ struct err err = ERR_INIT;
    DBusMessage *message;
    if (bus_writer_finish(w, &message, &err) < 0)
        bus_server_fault(server, &err);
    else
        bus_server_post(server, message);
}

/* ---- calling others ---- */

struct ask {
    bus_reply_fn *done;
    void (*destroy)(void *data);
    void *data;
};

static void ask_answered(DBusPendingCall *pending, void *data)
{
    struct ask *ask = data;
    _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    ask->done(ask->data, reply);
}

static void ask_free(void *data)
{
    struct ask *ask = data;
    if (ask->destroy)
        ask->destroy(ask->data);
    free(ask);
}

void bus_server_ask(struct bus_server *server, DBusMessage *message, int timeout_ms, bus_reply_fn *done,
                    void *data, void (*destroy)(void *data))
{
    DBusPendingCall *pending = NULL;
    struct ask *ask = xcalloc(1, sizeof(*ask));
    *ask = (struct ask){.done = done, .destroy = destroy, .data = data};
    dbus_connection_send_with_reply(server->connection, message, &pending, timeout_ms);
    dbus_message_unref(message);
    if (pending) {
        dbus_pending_call_set_notify(pending, ask_answered, ask, ask_free);
        dbus_pending_call_unref(pending);
        return;
    }
    _cleanup_message_ DBusMessage *none = dbus_message_new(DBUS_MESSAGE_TYPE_ERROR); /* the bus went away */
    dbus_message_set_error_name(none, DBUS_ERROR_DISCONNECTED);
    done(data, none);
    ask_free(ask);
}

/* ---- the connection ---- */

static DBusHandlerResult message_came(DBusConnection *connection, DBusMessage *message, void *data)
{
    struct bus_server *server = data;
    const char *name, *before, *after;
    if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL) {
        bus_call_receive(server, message);
        return DBUS_HANDLER_RESULT_HANDLED;
    }
    if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected"))
        loop_quit(server->options.loop, EXIT_STATUS_UNREACHABLE);
    else if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
             dbus_message_has_sender(message, DBUS_SERVICE_DBUS) &&
             dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &before,
                                   DBUS_TYPE_STRING, &after, DBUS_TYPE_INVALID) &&
             !*after)
        bus_sender_left(server, name);
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED; /* others may have their filters */
}

int bus_server_open(const struct bus_server_options *options, struct bus_server **ret, struct err *err)
{
    DBusConnection *connection;
    int r = bus_connect(options->address, &connection, err);
    if (r < 0)
        return r;
    struct bus_server *server = xcalloc(1, sizeof(*server));
    server->options = *options;
    server->connection = connection;
    STAILQ_INIT(&server->entries);
    STAILQ_INIT(&server->announcements.queue);
    TAILQ_INIT(&server->calls);
    TAILQ_INIT(&server->senders);
    /* No limit on message size or descriptors here: libdbus would answer a stranger's big message by dropping
     * the bus. */
    dbus_connection_add_filter(connection, message_came, server, NULL);
    server->turn_end = turn_end_new(options->loop, turn_over, server);
    server->glue = bus_glue_attach(options->loop, connection);
    *ret = server;
    return 0;
}

int bus_server_own_name(struct bus_server *server, const char *name, struct err *err)
{
    DBusError error = DBUS_ERROR_INIT;
    int got = dbus_bus_request_name(server->connection, name, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error);
    bus_glue_wake(server->glue);
    if (dbus_error_is_set(&error)) {
        int r = bus_err_from_name(error.name, error.message, err);
        dbus_error_free(&error);
        return r;
    }
    if (got != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
        return err_set(err, ERR_BUSY, _("The name %s belongs to another process; is idsed already running?"),
                       name);
    return 0;
}

DBusConnection *bus_server_connection(struct bus_server *server)
{
    return server->connection;
}

struct bus_server *bus_server_close(struct bus_server *server)
{
    if (!server)
        return NULL;
    bus_calls_close(server);
    turn_over(server);
    bus_announce_drop(server);
    dbus_connection_flush(server->connection);
    turn_end_free(server->turn_end);
    bus_glue_detach(server->glue);
    dbus_connection_remove_filter(server->connection, message_came, server);
    dbus_connection_close(server->connection);
    dbus_connection_unref(server->connection);
    struct bus_entry *entry;
    while ((entry = STAILQ_FIRST(&server->entries))) {
        STAILQ_REMOVE_HEAD(&server->entries, link);
        free(entry);
    }
    free(server->outbox);
    free(server);
    return NULL;
}
