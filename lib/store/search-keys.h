/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search-private.h"

/*
 * By what an entry is sorted, in 32 bits: a short key is never greater than that of an entry that stands
 * behind it, and equal ones say nothing of each other.
 */
uint32_t short_key_of_number(int64_t number, enum search_sort sort);
/* A text as search_key() makes it. */
uint32_t short_key_of_text(const char *text);
uint32_t short_key_of_place(const struct search_place *place, enum search_sort sort);

/* The text before which there are all that have a smaller key, and no others. A new string. */
char *short_key_first_text(uint64_t key);
/* In the order of the query, behind all that have this key; it may be one less than any, or one more. */
void short_key_place_behind(int64_t key, const struct search_query *query, struct search_place *ret);
