/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Four eyes: where a registro patronal asks for it, what one person submits another one approves. People are known by their
 * identity in the audit, "uid 1000" or "uid 1000 ana@ejemplo.mx".
 */

/* Does what is submitted for this registro patronal now need approval? */
bool approval_is_needed(const struct daemon *daemon, const char *rp);
/*
 * Are these certainly two people? Only when nothing speaks for one: two uids, unless both are in a session of the same
 * user; or one uid with sessions of two users. A shell and a session of the same uid may well be one person.
 */
bool approval_is_by_another(const char *submitter, const char *approver);
/* The method Lot.Approve. */
void lot_approve(struct bus_call *call, void *lot_object);
