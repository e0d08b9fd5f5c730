/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/client.h"

/* A bare round trip: the echo service under the daemon's name, on a second bus with the same rules to itself. */
struct bare;
struct bare *bare_start(const char *echo_program);
void bare_stop(struct bare *bare);
struct bus_client *bare_client(struct bare *bare);
/* A connection to the name on that bus; NULL: the system bus. */
struct bus_client *bare_connect(const char *address);
/* Seconds for so many readings of the property Version, one at a time. */
double bare_read(struct bus_client *client, unsigned reads);
