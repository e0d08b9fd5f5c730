/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/db.h"

int store_value_set(struct store *store, const char *name, const char *value, struct err *err)
{
    if (!value)
        return db_run(store, err, "DELETE FROM value WHERE name = ?1", DB_TEXT(name));
    return db_run(store, err,
                  "INSERT INTO value(name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
                  DB_TEXT(name), DB_TEXT(value));
}

int store_value_get(struct store *store, const char *name, char **ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT value FROM value WHERE name = ?1", DB_TEXT(name));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        *ret = db_text(&query, 0);
    return r;
}

int store_foreign_add(struct store *store, const char *portal_lot, const char *sha256, struct err *err)
{
    return db_run(store, err,
                  "INSERT INTO foreign_lot(portal_lot, sha256) VALUES (?1, ?2)"
                  " ON CONFLICT DO UPDATE SET sha256 = ?2",
                  DB_TEXT(portal_lot), DB_TEXT(sha256));
}

int store_foreign_find(struct store *store, const char *portal_lot, char **ret_sha256, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT sha256 FROM foreign_lot WHERE portal_lot = ?1",
                     DB_TEXT(portal_lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        *ret_sha256 = db_text(&query, 0);
    return r;
}
