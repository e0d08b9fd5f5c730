/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "bus/server.h"

/*
 * A service made with lib/bus, in a process of its own, with methods that do what a test needs: reply late, reply wrongly,
 * reply twice, announce things. It has the real name, paths and interface names, so that the real policy applies.
 */
extern const struct bus_interface service_manager, service_lot;

/* Starts it on the bus; returns when it owns mx.idsed1, or negative when it cannot. SIGUSR1 lets held calls go. */
pid_t service_start(const char *address);
/* Ends it; its exit status. */
int service_stop(pid_t pid);
/* Waits for it to end by itself; its exit status. */
int service_wait(pid_t pid);
