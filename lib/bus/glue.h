/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <dbus/dbus.h>

#include "net/loop.h"

/* A libdbus connection driven by the loop: its watches, its time-outs and the dispatch of what came in. */
struct bus_glue;

/* The connection stays the caller's. */
struct bus_glue *bus_glue_attach(struct loop *loop, DBusConnection *connection);
/* To be called before the connection is closed. Returns NULL. */
struct bus_glue *bus_glue_detach(struct bus_glue *glue);
/* Looks for messages that came in unseen, e.g. during a blocking call. */
void bus_glue_wake(struct bus_glue *glue);
