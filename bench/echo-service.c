/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The baseline of "D-Bus property read": the least that a service with one property can be. Bare libdbus, its own
 * blocking loop, no tables, no checks. It owns mx.idsed1 on the bus at DBUS_SYSTEM_BUS_ADDRESS, which must not be the
 * daemon's but one with the same rules, and answers every Get with the same string until the bus goes away.
 */
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>

static DBusHandlerResult answer(DBusConnection *connection, DBusMessage *message, void *data)
{
    const char *value = "0.1.0";
    DBusMessageIter body, variant;
    if (!dbus_message_is_method_call(message, DBUS_INTERFACE_PROPERTIES, "Get"))
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
    DBusMessage *reply = dbus_message_new_method_return(message);
    dbus_message_iter_init_append(reply, &body);
    dbus_message_iter_open_container(&body, DBUS_TYPE_VARIANT, "s", &variant);
    dbus_message_iter_append_basic(&variant, DBUS_TYPE_STRING, &value);
    dbus_message_iter_close_container(&body, &variant);
    dbus_connection_send(connection, reply, NULL);
    dbus_message_unref(reply);
    return DBUS_HANDLER_RESULT_HANDLED;
}

int main(void)
{
    DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SYSTEM, NULL);
    if (!connection || !dbus_connection_add_filter(connection, answer, NULL, NULL) ||
        dbus_bus_request_name(connection, "mx.idsed1", DBUS_NAME_FLAG_DO_NOT_QUEUE, NULL) !=
            DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER) {
        fputs("echo-service: cannot own mx.idsed1\n", stderr);
        return EXIT_FAILURE;
    }
    dbus_connection_set_exit_on_disconnect(connection, FALSE);
    puts("ready");
    fflush(stdout);
    while (dbus_connection_read_write_dispatch(connection, -1))
        ;
    dbus_connection_unref(connection);
    return EXIT_SUCCESS;
}
