/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

/* Does the row say of these errors what is stored of the movement? */
static int errors_equal(struct store *store, int64_t movement, const struct constancia_row *row, bool *ret,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err,
                 "SELECT code, text, imss_value FROM movement_error WHERE movement = ?1 ORDER BY position",
                 DB_INT(movement));
    size_t n = 0;
    *ret = true;
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        const struct receipt_error *error = n < row->n_errors ? &row->errors[n] : NULL;
        *ret = *ret && error && streq_null((const char *)sqlite3_column_text(query.stmt, 0), error->code) &&
               streq_null((const char *)sqlite3_column_text(query.stmt, 1), error->text) &&
               streq_null((const char *)sqlite3_column_text(query.stmt, 2), error->imss_value);
        n++;
    }
    *ret = *ret && n == row->n_errors;
    return r;
}

static bool state_equal(int state, int expected, const struct constancia_row *row)
{
    if (expected >= 0)
        return state == expected;
    return row->operated ? state == MOVEMENT_STATE_APPROVED
                         : state == MOVEMENT_STATE_REJECTED || state == MOVEMENT_STATE_SUPERSEDED;
}

int result_is_stored(struct store *store, int64_t movement, const struct constancia_row *row, int state,
                     struct err *err)
{
    bool equal;
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err,
                 "SELECT nss, type, coalesce(state, -1), extemporaneo, imss_name FROM movement WHERE id = ?1",
                 DB_INT(movement));
    if (r >= 0)
        r = db_next(&query, err);
    equal = r > 0 && sqlite3_column_int64(query.stmt, 0) == strtoll(row->nss, NULL, 10) &&
            sqlite3_column_int(query.stmt, 1) == (int)row->type &&
            state_equal(sqlite3_column_int(query.stmt, 2), state, row) &&
            sqlite3_column_int(query.stmt, 3) == (unsigned char)row->extemporaneo &&
            streq_null((const char *)sqlite3_column_text(query.stmt, 4), row->name);
    if (r >= 0 && equal)
        r = errors_equal(store, movement, row, &equal, err);
    return r < 0 ? r : equal;
}

int store_lot_compare_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                              size_t *differ, struct err *err)
{
    size_t end = results->at + MIN(max, results->n - results->at);
    for (; results->at < end; results->at++) {
        const struct constancia_row *row = &results->constancia->rows[results->row_of[results->at]];
        int equal = result_is_stored(store, row_id(lot, (uint32_t)results->at), row, -1, err);
        if (equal < 0)
            return equal;
        *differ += !equal;
    }
    return results->at < results->n ? 1 : 0;
}
