/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search-private.h"

/*
 * What is looked up of many entries at once: numbers of 32 bits in the order of the entries' own numbers, so
 * that none of the entries is fetched for it. Each order of the index has a column with the entries' short
 * keys; one more has what else can be asked for. For some hundred entries of a column there is a row, which
 * just fits on a page. Byte order is the machine's.
 */
#define SEARCH_COLUMNS_LAYOUT                                                                                \
    "CREATE TABLE column_part(id INTEGER PRIMARY KEY, numbers BLOB NOT NULL) STRICT;"

/* Writes those of some entries, which the text behind "FROM" names as e. */
int search_columns_write(struct store *index, const char *entries, struct err *err);

/* The column beside those of enum search_sort: search_facets(). */
enum { SEARCH_COLUMN_FACETS = _SEARCH_SORT_MAX };

/*
 * Takes the numbers of 64 entries, of which the first is `first`; the bits are those of them that are in the set. What it
 * returns stays in there. The entries come in their order or, backwards, by groups from the last one on.
 */
typedef uint64_t search_column_fn(void *data, uint32_t first, uint64_t bits,
                                  const uint32_t numbers[static SEARCH_SET_BITS]);
int search_columns_read(struct store *store, int column, bool backwards, struct search_set *set,
                        search_column_fn *fn, void *data, struct err *err);
