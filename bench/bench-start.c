/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a call to a service that does not run to its answer: bench-start NAME OURS BASELINE. The two are addresses of buses of
 * which each starts its own mx.idsed1 when it is called. In each round both are called, timed and ended again.
 */
#include <dbus/dbus.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "bench/measure.h"

enum { ROUNDS = 25, PATIENCE_MS = 60000 };

#define NAME "mx.idsed1"

static DBusMessage *ask(DBusConnection *bus, DBusMessage *call)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusMessage *reply = dbus_connection_send_with_reply_and_block(bus, call, PATIENCE_MS, &error);
    if (!reply)
        measure_fail(NAME, error.message);
    dbus_message_unref(call);
    return reply;
}

static DBusConnection *connect_to(const char *address)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusConnection *bus = dbus_connection_open_private(address, &error);
    if (!bus || !dbus_bus_register(bus, &error))
        measure_fail(address, error.message);
    return bus;
}

static double time_call(DBusConnection *bus)
{
    const char *interface = "mx.idsed1.Manager", *property = "Version";
    DBusMessage *call = dbus_message_new_method_call(NAME, "/mx/idsed1", DBUS_INTERFACE_PROPERTIES, "Get");
    dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &property,
                             DBUS_TYPE_INVALID);
    double start = measure_now_s();
    dbus_message_unref(ask(bus, call));
    return measure_now_s() - start;
}

/* What the bus says of the name: a number or a boolean. */
static dbus_uint32_t ask_bus(DBusConnection *bus, const char *method, int type)
{
    static const char *name = NAME;
    dbus_uint32_t value = 0;
    DBusMessage *call =
        dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, method);
    dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    DBusMessage *reply = ask(bus, call);
    dbus_message_get_args(reply, NULL, type, &value, DBUS_TYPE_INVALID);
    dbus_message_unref(reply);
    return value;
}

/* Until the process is gone, and the bus knows. */
static void end(DBusConnection *bus)
{
    dbus_uint32_t pid = ask_bus(bus, "GetConnectionUnixProcessID", DBUS_TYPE_UINT32);
    struct pollfd ended = {.fd = pidfd_open((pid_t)pid, 0), .events = POLLIN};
    if (ended.fd < 0 || kill((pid_t)pid, SIGTERM) < 0 || poll(&ended, 1, PATIENCE_MS) != 1)
        measure_fail(NAME, strerror(errno));
    close(ended.fd);
    while (ask_bus(bus, "NameHasOwner", DBUS_TYPE_BOOLEAN))
        ;
}

static double start_once(DBusConnection *bus)
{
    double s = time_call(bus);
    end(bus);
    return s;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bench-start NAME OURS BASELINE\n");
        return EXIT_FAILURE;
    }
    DBusConnection *ours = connect_to(argv[2]), *baseline = connect_to(argv[3]);
    struct measure measure = {0};
    start_once(ours); /* warm */
    start_once(baseline);
    for (int i = 0; i < ROUNDS; i++) {
        double bare = start_once(baseline);
        measure_note(&measure, start_once(ours), bare);
    }
    measure_print_cost(argv[1], &measure, 1, "µs to the first reply", "µs of the baseline");
    return EXIT_SUCCESS;
}
