/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/select.h"

#include <assert.h>

void select_free(struct select *select)
{
    buf_free(&select->sql);
}

void select_text(struct select *select, const char *sql)
{
    buf_add_str(&select->sql, sql);
}

void select_where(struct select *select, const char *sql, struct db_value value)
{
    assert(select->n < SELECT_MAX_VALUES);
    select_text(select, sql);
    select->values[select->n++] = value;
}

void select_bits(struct select *select, uint32_t bits)
{
    const char *comma = "";
    for (unsigned bit = 0; bit < 32; bit++)
        if (bits >> bit & 1) {
            buf_printf(&select->sql, "%s%u", comma, bit);
            comma = ", ";
        }
}

int select_query(const struct select *select, struct store *store, struct db_query *ret, struct err *err)
{
    return db_query_text(store, ret, select->sql.data, select->values, select->n, err);
}
