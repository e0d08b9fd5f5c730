/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/verbs.h"

/*
 * What the long lists are filtered by. A filter that nothing can pass, for the shape of what was typed, is
 * refused rather than answered with an empty list.
 */
enum listing { LISTING_LOTS, LISTING_MOVEMENTS, LISTING_WORKERS, LISTING_HISTORY };

struct filter {
    const char *rp;     /* of movements several, with commas between them */
    char **states;      /* stable names, NULL-terminated; NULL for any */
    bool held;          /* lots */
    bool waiting;       /* lots */
    bool active;        /* workers */
    const char *nss;    /* movements */
    uint32_t types;     /* movements; bits by enum movement_type, 0 for any */
    const char *search; /* movements */
    const char *sort;   /* movements; as the daemon calls it */
    bool descending;    /* the other way round */
    uint64_t lot;       /* movements, history */
    const char *who;    /* history */
    uint32_t since;     /* yyyymmdd, 0 for none */
    uint32_t until;     /* the same, included */
    uint64_t limit;     /* rows; 0 for all */
};

/* The filter that the options of the command line make. `states` is to be freed with strv_free(). */
int filter_read(const struct invocation *inv, enum listing listing, struct filter *ret, struct err *err);

/* The types of "baja,reingreso", which the command line let pass, as bits; 0 for NULL. */
uint32_t filter_types(const char *typed);

/* The index-th column to sort by, as people call it ("name", "first_surname"); NULL behind the last. */
const char *filter_sort_column(size_t index, char ret[static 32]);
