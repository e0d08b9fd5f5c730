/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* Codes of rejections, learned from constancias. */
struct store;

struct store_rejection {
    char *code, *text;
    int64_t movements; /* how many were rejected so */
    int64_t last_us;   /* when the last of them was stored */
};
void store_rejections_free(struct store_rejection *rejections, size_t n);
/* The texts seen with a code (NULL: with all), by code, the most frequent first; at most `limit`. */
int store_rejection_list(struct store *store, const char *code, size_t limit, struct store_rejection **ret,
                         size_t *ret_n, struct err *err);
