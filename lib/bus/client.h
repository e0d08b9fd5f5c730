/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message.h"

/*
 * A blocking connection to the daemon, for programs that have nothing else to do meanwhile. Time-outs are
 * milliseconds; negative is for ever.
 */
struct bus_client;

enum { BUS_TIMEOUT_MS = 25000 };

/* A private connection to the bus at `address`, or to the system bus when it is NULL; close, then unref it.
 */
int bus_connect(const char *address, DBusConnection **ret, struct err *err);

/*
 * Connects to the bus at `address`, or to the system bus (for which libdbus heeds DBUS_SYSTEM_BUS_ADDRESS)
 * when it is NULL. `name` is the well-known name that calls go to. ERR_UNREACHABLE says what to do.
 */
int bus_client_open(const char *address, const char *name, struct bus_client **ret, struct err *err);
struct bus_client *bus_client_close(struct bus_client *client);
DEFINE_CLEANUP(struct bus_client *, bus_client_cleanup, bus_client_close)

/* Says that a person is at hand whom polkit may ask, in all calls from now on; false at first. */
void bus_client_set_interactive(struct bus_client *client, bool interactive);

/* Says that calls from now on start no service: without it they give ERR_UNREACHABLE. */
void bus_client_set_passive(struct bus_client *client);

/* To wait on together with others; see that bus_client_wait() has nothing more to give before. */
int bus_client_fd(const struct bus_client *client);

/* Is the bus itself still there? Tells a daemon that left, and may come back, from a connection that is lost. */
bool bus_client_connected(const struct bus_client *client);

/* Starts a call; write its arguments (`signature`) to w, then hand it to bus_client_call(). */
void bus_client_begin(struct bus_client *client, const char *path, const char *interface, const char *method,
                      const char *signature, struct bus_writer *w);
/*
 * Sends and waits. The reply has the signature `expect` (NULL: any); the caller unrefs it. ret_reply may be
 * NULL. Errors are those of err-table.h that the daemon answered, or ERR_UNREACHABLE.
 */
int bus_client_call(struct bus_client *client, struct bus_writer *w, int timeout_ms, const char *expect,
                    DBusMessage **ret_reply, struct err *err);
/*
 * The same in two steps, for calls that are under way together: what was sent must be received, in any order. Receiving
 * frees the pending call, also on failure.
 */
int bus_client_send(struct bus_client *client, struct bus_writer *w, int timeout_ms, DBusPendingCall **ret,
                    struct err *err);
int bus_client_receive(DBusPendingCall *pending, const char *expect, DBusMessage **ret_reply,
                       struct err *err);
/* The same, but when the daemon answered with an error *ret_reply is that message: it may say more than its text. */
int bus_client_receive_fault(DBusPendingCall *pending, const char *expect, DBusMessage **ret_reply,
                             struct err *err);
/* One property; the value, of type `expect`, is next in ret, which reads from *ret_reply. */
int bus_client_get(struct bus_client *client, const char *path, const char *interface, const char *property,
                   const char *expect, DBusMessage **ret_reply, struct bus_reader *ret, struct err *err);
/* All properties of an interface; ret is inside the a{sv}, for bus_dict_…(), and reads from *ret_reply. */
int bus_client_get_all(struct bus_client *client, const char *path, const char *interface,
                       DBusMessage **ret_reply, struct bus_reader *ret, struct err *err);

/*
 * Waiting without a gap: subscribe, read the state, then wait. What arrives after bus_client_subscribe() is
 * kept, also while calls are made, until bus_client_wait() gives it out.
 *
 * Asks for the daemon's signals on this path and below; NULL for all. When this returns, none is missed.
 */
int bus_client_subscribe(struct bus_client *client, const char *path, struct err *err);
/*
 * 1 with the next signal of the daemon; 0 when the time was up; ERR_UNREACHABLE when the daemon left the bus,
 * or the bus went away. After the daemon left, waiting goes on: its return is given out as the bus's own signal
 * NameOwnerChanged.
 */
int bus_client_wait(struct bus_client *client, int timeout_ms, DBusMessage **ret_signal, struct err *err);
