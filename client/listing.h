/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/remote.h"
#include "client/verbs.h"

/* The long lists of the interface, fetched page by page. */
enum listing { LISTING_LOTS, LISTING_MOVEMENTS, LISTING_WORKERS, LISTING_HISTORY };

struct filter {
    const char *rp;   /* of movements several, with commas between them */
    char **states;    /* stable names, NULL-terminated; NULL for any */
    bool held;        /* lots */
    bool waiting;     /* lots */
    bool active;      /* workers */
    const char *nss;  /* movements */
    const char *type; /* movements */
    const char *search, *sort; /* movements; sort: "COLUMN" or "COLUMN:desc" */
    uint64_t lot;     /* movements, history */
    const char *who;  /* history */
    uint32_t since;   /* yyyymmdd, 0 for none */
    uint32_t until;   /* the same, included */
    uint64_t limit;   /* rows; 0 for all */
};

/* Each page as it comes. */
typedef void (*listing_sink)(void *data, const json_t *rows);

/* At most `limit` rows (0: all). *ret_more (may be NULL): there are rows beyond. */
int listing_fetch(struct remote *remote, enum listing listing, const struct filter *filter, uint64_t limit,
                  listing_sink sink, void *data, bool *ret_more, struct err *err);
/* The filter as the daemon wants it; of movements only these fields (none: all). */
void listing_write_filter(struct bus_writer *w, enum listing listing, const struct filter *filter,
                          const char *const *fields, size_t n_fields);
/* The filter that the options of the command line make. `states` is to be freed with strv_free(). */
int listing_filter(const struct invocation *inv, enum listing listing, struct filter *ret, struct err *err);
/* The whole verb: filter by options, fetch, print; the history with --json as JSON lines. */
int listing_run(struct invocation *inv, enum listing listing, struct err *err);
/* Appends rows to the json array that `data` is. */
void listing_collect(void *data, const json_t *rows);
