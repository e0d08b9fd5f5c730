/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

static const struct db_field fields[] = {
    DB_FIELD(TEXT, store_rejection, code), DB_FIELD(TEXT, store_rejection, text),
    DB_FIELD(I64, store_rejection, movements), DB_FIELD(I64, store_rejection, last_us)};
static const struct db_mapping mapping = DB_MAPPING(store_rejection, fields);

void store_rejections_free(struct store_rejection *rejections, size_t n)
{
    db_records_free(&mapping, rejections, n);
}

int rejections_learn(struct store *store, int64_t first, int64_t behind, struct err *err)
{
    return db_run(store, err,
                  "INSERT INTO rejection(code, text, movements, last_us)"
                  " SELECT code, coalesce(text, ''), count(*), ?3 FROM movement_error"
                  " WHERE movement >= ?1 AND movement < ?2 AND code IS NOT NULL GROUP BY 1, 2"
                  " ON CONFLICT DO UPDATE SET movements = movements + excluded.movements,"
                  " last_us = max(last_us, excluded.last_us)",
                  DB_INT(first), DB_INT(behind), DB_INT(clock_wall_us(store->clock)));
}

int rejections_forget(struct store *store, int64_t first, int64_t behind, struct err *err)
{
    return db_run(store, err,
                  "UPDATE rejection SET movements = movements - seen.n FROM"
                  " (SELECT code, coalesce(text, '') AS text, count(*) AS n FROM movement_error"
                  "  WHERE movement >= ?1 AND movement < ?2 GROUP BY 1, 2) AS seen"
                  " WHERE rejection.code = seen.code AND rejection.text = seen.text",
                  DB_INT(first), DB_INT(behind));
}

int store_rejection_list(struct store *store, const char *code, size_t limit, struct store_rejection **ret,
                         size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT code, text, movements, last_us FROM rejection"
                     " WHERE movements > 0 AND (?1 IS NULL OR code = ?1)"
                     " ORDER BY code, movements DESC, text LIMIT ?2",
                     DB_TEXT(code), DB_INT((int64_t)MIN(limit, (size_t)INT32_MAX)));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}
