/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Which portal is spoken to: the profile that a person chose last, else the configuration's. daemon->portal
 * is what the engine speaks through; it stays in its place when the profile changes.
 */
struct profiles;

/* Sets daemon->portal up; needs the store and the loop. ERR_UNKNOWN_PROFILE, ERR_CONFIG. */
int profiles_open(struct daemon *daemon, struct profiles **ret, struct err *err);
/* After the engine is gone. */
struct profiles *profiles_free(struct profiles *profiles);

/* The Manager's methods of these names. */
int profiles_list(struct daemon *daemon, struct bus_call *call, struct err *err);
int profiles_use(struct daemon *daemon, const char *name, struct err *err);
/* Address of the portal in use. */
const char *profiles_url(const struct profiles *profiles);
/* After resume, when old connections are dead without knowing it. */
void profiles_drop_connections(struct profiles *profiles);
