/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "base/util.h"

/*
 * A set of entries of the index, by their numbers, one bit each. What is known of the rows of a page before its statement
 * runs is in here, and the statement asks for it:
 *   search_set     a table of its members in rising order, with the one column n
 *   search_in(n)   is that entry a member?
 */
struct search_set {
    uint64_t *words;
    size_t n_words, room;
    uint32_t
        looks; /* how often search_in() may still be asked before the statement fails; 0: as often as it likes */
    bool tired; /* it was asked more often */
};

enum { SEARCH_SET_BITS = 64 }; /* of a word */

/* Empties it and makes room for numbers up to `last`. */
void search_set_clear(struct search_set *set, uint32_t last);
void search_set_free(struct search_set *set);
/* A number above the last one is left out. */
void search_set_add(struct search_set *set, uint32_t n);
size_t search_set_count(const struct search_set *set);

/* The table and the function, on a connection whose statements run while the set is there. */
int search_set_register(sqlite3 *db, struct search_set *set);
