/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/server.h"
#include "daemon/sessions.h"
#include "store/store.h"

/*
 * Who may do what. uid 0 may do everything; anybody else may do what the role of its session allows, and what polkit, asked
 * about the sender of the message, does. A bus without polkit serves uid 0 and sessions only. Denials are audited.
 */
struct auth;

/* All three stay the caller's and outlive it; denials are written into `store`. */
struct auth *auth_new(struct store *store, const struct clock *clock, struct sessions *sessions);
struct auth *auth_free(struct auth *auth);
/* The server to ask polkit through; before any call comes in. */
void auth_set_server(struct auth *auth, struct bus_server *server);
/*
 * Answers with bus_call_allow(), bus_call_fail() or, where it is only a wish, bus_call_go_without(), at once or when
 * polkit has spoken.
 */
void auth_check(struct auth *auth, struct bus_call *call, const char *action);
/*
 * May one more act be recorded that failed before it was tried, as any stranger's can? So many in a minute may, so that
 * nobody fills the disk; those that are left out are counted in the next denial.
 */
bool auth_may_record_untried(struct auth *auth);
