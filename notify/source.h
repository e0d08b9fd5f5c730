/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "notify/board.h"

/*
 * idsed, seen from here: what is open is read when it is there for the first time and whenever it comes back,
 * and its signals tell what changes. Nothing here starts it.
 */
struct source;

/* On the system bus, or that at `address`. ERR_ACCESS_DENIED when idsed's signals do not reach this user. */
int source_open(const char *address, struct source **ret, struct err *err);
struct source *source_close(struct source *source);
DEFINE_CLEANUP(struct source *, source_cleanup, source_close)
int source_fd(const struct source *source);

/*
 * Takes in what there is. ERR_ACCESS_DENIED when this user may not read; ERR_UNREACHABLE when the bus went
 * away.
 */
int source_take_in(struct source *source, struct board *board, struct err *err);
