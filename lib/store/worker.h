/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/movement.h"
#include "idse/worker.h"

/* Workers, as their movements leave them. */
struct store;

/*
 * The movements of a worker at a registro patronal that IMSS operated or that are on their way, with no line, and with the
 * order in which IMSS got or gets them; a new array.
 */
int store_worker_events(struct store *store, const char *rp, int64_t nss, struct worker_event **ret,
                        size_t *ret_n, struct err *err);
struct store_worker {
    char rp[12], nss[12];
    char paterno[MOVEMENT_NAME_SIZE], materno[MOVEMENT_NAME_SIZE],
        nombres[MOVEMENT_NAME_SIZE]; /* the last that were sent */
    struct worker worker;            /* by what IMSS operated */
    uint32_t pending;                /* movements that are on their way */
};
struct store_worker_cursor { /* a place behind a worker; zeros: the start, or the end */
    int64_t nss, rp;
};
/*
 * By NSS. Looks at about `movements` of them, so that a page may have any number of workers, none among them; *ret_next says
 * whether there is another. Free the array with free().
 */
int store_worker_list(struct store *store, const struct store_worker_cursor *after, size_t movements,
                      struct store_worker **ret, size_t *ret_n, struct store_worker_cursor *ret_next,
                      struct err *err);
