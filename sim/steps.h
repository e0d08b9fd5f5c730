/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/exchange.h"

/* What each step does, and the table that leads to it. */

/* The step that a method, a path and a form ask for. */
enum step step_find(enum evhttp_cmd_type method, const char *path, const struct form *form);
/* May it only be asked for by somebody who is logged in? */
bool step_needs_session(enum step step);
/*
 * Acts on a request: fills in the answer and returns true, or returns false and sees to it that exchange_answer() is
 * called later.
 */
bool step_act(struct exchange *exchange);

/* The two that verify signatures, in signed-steps.c. */
bool step_login(struct exchange *exchange);
bool step_upload(struct exchange *exchange);
