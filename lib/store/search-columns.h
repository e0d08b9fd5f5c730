/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search-private.h"

/*
 * What is looked up of many entries at once: numbers of 32 bits in the order of the entries' own numbers, so that none of the
 * entries is fetched for it. Each order of the index has a column with the entries' short keys; one more has what else can be
 * asked for. For some hundred entries of a column there is a row, which just fits on a page. Byte order is the machine's.
 */
#define SEARCH_COLUMNS_LAYOUT                                                                                \
    "CREATE TABLE column_part(id INTEGER PRIMARY KEY, numbers BLOB NOT NULL) STRICT;"

/* Writes those of some entries, which the text behind "FROM" names as e. */
int search_columns_write(struct store *index, const char *entries, struct err *err);

/*
 * Leaves in the plan's set those that fit its filter, words aside. They are to be looked at again: of very many registros
 * patronales, or of dates before 1980, two may have the same number here.
 */
int search_columns_filter(struct search_plan *plan, struct store *store, struct err *err);
/*
 * Leaves in the plan's set those that stand first behind the plan's place: all, or at least `enough` of them, and the place behind
 * these is then the plan's reach, and the whole set its `rest`. 0 when too many share the first short key: then the plan's place
 * is set before these, and nothing else is done.
 */
int search_columns_first(struct search_plan *plan, struct store *store, size_t enough, struct err *err);
