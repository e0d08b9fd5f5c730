/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/remote.h"
#include "client/verbs.h"

/*
 * The token of our session, kept in $XDG_RUNTIME_DIR/idsed/session, which only we can read and which a reboot
 * ends.
 */
int session_keep(const char *token, struct err *err);
void session_forget(void);
/*
 * Takes the kept session up, if there is one, for all calls that follow. One that has ended is forgotten,
 * with a warning.
 */
int session_take_up(struct invocation *inv, struct err *err);
