/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/db.h"

/* A SELECT that is put together from the parts a filter needs, each with its value. */
enum { SELECT_MAX_VALUES = 16 };
struct select {
    struct buf sql;
    struct db_value values[SELECT_MAX_VALUES];
    size_t n;
};
#define SELECT_INIT      ((struct select){0})
#define _cleanup_select_ _cleanup_(select_free)

void select_free(struct select *select);
/* Appends text as it is. */
void select_text(struct select *select, const char *sql);
/* A text with one `?`. */
void select_where(struct select *select, const char *sql, struct db_value value);
/* The numbers of the bits that are set, as a list. */
void select_bits(struct select *select, uint32_t bits);
/* Begins it with its values bound; the rows are read with db_next(). */
int select_query(const struct select *select, struct store *store, struct db_query *ret, struct err *err);
