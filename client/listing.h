/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/filter.h"
#include "client/remote.h"
#include "client/verbs.h"

/* Each page as it comes. */
typedef void (*listing_sink)(void *data, const json_t *rows);

/* At most `limit` rows (0: all). *ret_more (may be NULL): there are rows beyond. */
int listing_fetch(struct remote *remote, enum listing listing, const struct filter *filter, uint64_t limit,
                  listing_sink sink, void *data, bool *ret_more, struct err *err);
/*
 * Appends the rejected movements of a lot, given by its properties, to the json array `rows`, in the order of
 * the lot.
 */
int listing_rejected(struct remote *remote, const json_t *lot, json_t *rows, struct err *err);
/* The filter as the daemon wants it; of movements only these fields (none: all). */
void listing_write_filter(struct bus_writer *w, enum listing listing, const struct filter *filter,
                          const char *const *fields, size_t n_fields);
/* The whole verb: filter by options, fetch, print; the history with --json as JSON lines. */
int listing_run(struct invocation *inv, enum listing listing, struct err *err);
/* Appends rows to the json array that `data` is. */
void listing_collect(void *data, const json_t *rows);
