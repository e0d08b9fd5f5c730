/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/db.h"
#include "store/search-set.h"

/*
 * Which entries of the index have which trigrams. A word's last two letters and what is behind them count as a trigram too,
 * so that every two letters within a word begin one.
 *
 * For each trigram and 65,536 numbers of entries there is a row: the sorted numbers, two bytes each, or, where that would be
 * longer, one bit for each. Numbers are given once and never again, so rows only grow at their end; an entry that is no more
 * stays in them, and is missed when it is fetched. Byte order is the machine's: an index is not moved to another.
 */
#define POSTINGS_LAYOUT "CREATE TABLE posting(id INTEGER PRIMARY KEY, members BLOB NOT NULL) STRICT;"

/*
 * Adds the rows of a query, n and text as search_text() makes it; each n is above all that were added before.
 */
int postings_add(struct store *index, const char *sql, struct err *err);
/*
 * The entries that may have all terms (folded, without tildes, between single blanks), of those up to `last`:
 * they have the terms' trigrams, in some place. 0 when the terms say too little for that (single letters),
 * and every entry may.
 */
int postings_find(struct store *store, const char *terms, uint32_t last, struct search_set *ret,
                  struct err *err);
