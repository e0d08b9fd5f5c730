/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * What happens to the machine: its clock is set, it sleeps and resumes, its network changes. After each the
 * engine works out its due times anew, or connections from before are given up.
 */
struct machine;

/* Needs the engine, the profiles and an open bus. */
struct machine *machine_new(struct daemon *daemon);
/* Before the bus is closed. */
struct machine *machine_free(struct machine *machine);
