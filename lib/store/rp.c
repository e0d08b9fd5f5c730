/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"

#include <stdio.h>

/* What store_rp_update() may change. A removed registro patronal keeps its row: lots and movements refer to
 * it. */
#define RP_COLUMNS(X)                                                                                        \
    X(name, TEXT, store_rp, name)                                                                            \
    X(guia, CHARS, store_rp, guia)                                                                           \
    X(enye, I32, store_rp, enye)                                                                             \
    X(paused, BOOL, store_rp, paused)                                                                        \
    X(approval, BOOL, store_rp, approval)                                                                    \
    X(certificate, ID, store_rp, certificate)                                                                \
    X(added_us, I64, store_rp, added_us)

static const struct db_field fields[] = {DB_FIELD(CHARS, store_rp, rp), RP_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_rp, fields);

void store_rp_free(struct store_rp *rp)
{
    db_record_free(&mapping, rp);
}

void store_rps_free(struct store_rp *rps, size_t n)
{
    db_records_free(&mapping, rps, n);
}

static int unknown(const char *rp, struct err *err)
{
    return err_set(err, ERR_UNKNOWN_RP, _("The registro patronal %s is not registered; add it first"), rp);
}

void rp_changed(struct store *store)
{
    if (store->rp)
        store_rp_free(store->rp);
    free(STEAL(store->rp));
    store->rp_numbered[0] = '\0';
    store->rp_version++;
}

uint64_t store_rp_version(const struct store *store)
{
    return store->rp_version;
}

/* Runs a writing statement whose parameters are the struct's members, rp first; 1 when it changed a row. */
static int write_rp(struct store *store, const char *sql, const struct store_rp *rp, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, sql);
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, rp, err);
    if (r >= 0)
        r = db_finish(&query, err);
    rp_changed(store);
    return r < 0 ? r : sqlite3_changes(store->db) > 0;
}

int store_rp_add(struct store *store, const struct store_rp *rp, struct err *err)
{
    struct store_rp row = *rp;
    if (row.added_us == 0)
        row.added_us = clock_wall_us(store->clock);
    int r = write_rp(
        store,
        SQL_INSERT("rp", "rp", RP_COLUMNS) " ON CONFLICT(rp) DO UPDATE SET name = excluded.name, "
                                           "guia = excluded.guia, enye = excluded.enye,"
                                           " paused = excluded.paused, approval = excluded.approval, "
                                           "certificate = excluded.certificate, added_us = excluded.added_us,"
                                           " removed_us = 0 WHERE removed_us <> 0",
        &row, err);
    if (r == 0)
        return err_set(err, ERR_RP_EXISTS, _("The registro patronal %s is already registered"), rp->rp);
    return r < 0 ? r : 0;
}

int store_rp_update(struct store *store, const struct store_rp *rp, struct err *err)
{
    int r = write_rp(store, SQL_UPDATE("rp", "rp", "removed_us", RP_COLUMNS) " AND removed_us = 0", rp, err);
    return r < 0 ? r : r > 0 ? 0 : unknown(rp->rp, err);
}

int store_rp_remove(struct store *store, const char *rp, struct err *err)
{
    int64_t lot = 0;
    int r = db_number(
        store, &lot, err,
        "SELECT id FROM lot WHERE rp = ?1 AND state IN (-1, 0, 1, 2, 3, 8) AND adopted_us = 0 LIMIT 1",
        DB_TEXT(rp));
    if (r < 0)
        return r;
    if (r > 0)
        return err_set(err, ERR_RP_IN_USE,
                       _("The registro patronal %s has lots that are not finished, for one lot %lld"), rp,
                       (long long)lot);
    r = db_run(store, err,
               "UPDATE rp SET removed_us = ?2, certificate = NULL WHERE rp = ?1 AND removed_us = 0",
               DB_TEXT(rp), DB_INT(MAX(clock_wall_us(store->clock), 1)));
    rp_changed(store);
    if (r < 0)
        return r;
    return sqlite3_changes(store->db) > 0 ? 0 : unknown(rp, err);
}

static int read_rp(struct store *store, const char *rp, struct store_rp *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     SQL_SELECT("rp", RP_COLUMNS) " FROM rp WHERE rp = ?1 AND removed_us = 0", DB_TEXT(rp));
    if (r >= 0)
        r = db_record(&query, &mapping, ret, err);
    return r < 0 ? r : r > 0 ? 0 : unknown(rp, err);
}

int rp_number(struct store *store, const char *rp, int64_t *ret, struct err *err)
{
    if (store->reader || !*rp || !streq(store->rp_numbered, rp)) {
        int r = db_number(store, &store->rp_number, err, "SELECT id FROM rp WHERE rp = ?1", DB_TEXT(rp));
        if (r <= 0)
            return r;
        snprintf(store->rp_numbered, sizeof(store->rp_numbered), "%s", rp);
    }
    *ret = store->rp_number;
    return 1;
}

int store_rp_known(struct store *store, const char *rp, struct err *err)
{
    int64_t number;
    return rp_number(store, rp, &number, err);
}

/* Whoever takes in or looks at a lot asks several times in a row for the same one. */
int store_rp_get(struct store *store, const char *rp, struct store_rp *ret, struct err *err)
{
    if (store->reader)
        return read_rp(store, rp, ret, err);
    if (!store->rp || !streq(store->rp->rp, rp)) {
        struct store_rp row = {0};
        int r = read_rp(store, rp, &row, err);
        if (r < 0)
            return r;
        if (store->rp)
            store_rp_free(store->rp);
        else
            store->rp = xmalloc(sizeof(*store->rp));
        *store->rp = row;
    }
    db_record_copy(&mapping, store->rp, ret);
    return 0;
}

int store_rp_list(struct store *store, struct store_rp **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     SQL_SELECT("rp", RP_COLUMNS) " FROM rp WHERE removed_us = 0 ORDER BY rp");
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}
