/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message.h"
#include "client/verbs.h"

/* --at TIME. ERR_USAGE for what is no time; warns of one that is over. */
int at_check(const struct invocation *inv, struct err *err);
/* The time to come that is given; 0: none. */
int64_t at_time(const struct invocation *inv);
/* Adds the option "not-before", where a time to come is given. */
void at_write(struct bus_writer *w, const struct invocation *inv);
