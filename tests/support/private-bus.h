/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

/*
 * A dbus-daemon of type "system" for a test, with the rules of Debian's own configuration and our real policy file. Its
 * limits on open calls are lifted, so that it is the service that has to hold its own.
 */
struct private_bus {
    char folder[64];
    char address[128];
    pid_t pid;
};

/* Returns when the bus listens; ends the test program when it cannot. */
void private_bus_start(struct private_bus *bus);
/* Ends the daemon, if it still runs, and removes its folder. */
void private_bus_stop(struct private_bus *bus);
