/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "daemon/daemon.h"
#include "store/search.h"

/*
 * Keeps the index of the grid a little behind the database, slice by slice, and lets worker threads search: each with a
 * reader of its own, one search of a user at a time, so that a slow one holds up nobody else.
 */
struct searches;

struct searches *searches_new(struct daemon *daemon);
/* After the workers ended. What was not answered is not. */
struct searches *searches_free(struct searches *searches);
/* After a commit, and at the start: something may have to be indexed. */
void searches_look(struct searches *searches);

/* `work` runs in a worker, with `err` NULL, or is left out when no reader can be had; `done` on the loop in any case. */
struct searching {
    void (*work)(void *data, struct search *search);
    void (*done)(void *data, const struct err *err);
    void *data;
};
void searches_run(struct searches *searches, uid_t uid, const struct searching *searching);
