/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* What `idsectl status` makes of the daemon's answers; pure. New references. */

/* What to do next, as sentences; empty when nothing is left to set up. */
json_t *status_advice(const json_t *manager, const json_t *registrations, const json_t *certificates);
/* Of Manager.Overview, the registros patronales with lots that are late or end today, and how many. */
json_t *status_due(const json_t *overview);
/* Of the certificates, those that end within 60 days or have ended. */
json_t *status_expiring(const json_t *certificates, int64_t now_us);
