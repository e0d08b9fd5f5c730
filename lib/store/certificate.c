/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"

/* The sealed bytes are opaque here and stand behind the columns that lists read. */
#define CERTIFICATE_COLUMNS(X)                                                                               \
    X(kind, I32, store_certificate, kind)                                                                    \
    X(user, TEXT, store_certificate, user)                                                                   \
    X(rfc, TEXT, store_certificate, rfc)                                                                     \
    X(curp, TEXT, store_certificate, curp)                                                                   \
    X(name, TEXT, store_certificate, name)                                                                   \
    X(serial, TEXT, store_certificate, serial)                                                               \
    X(fingerprint, TEXT, store_certificate, fingerprint)                                                     \
    X(not_before_us, I64, store_certificate, not_before_us)                                                  \
    X(not_after_us, I64, store_certificate, not_after_us)                                                    \
    X(added_us, I64, store_certificate, added_us)                                                            \
    X(removed_us, I64, store_certificate, removed_us)                                                        \
    X(hold, I32, store_certificate, hold)                                                                    \
    X(hold_text, TEXT, store_certificate, hold_text)                                                         \
    X(last_login_us, I64, store_certificate, last_login_us)                                                  \
    X(replaces, ID, store_certificate, replaces)
#define CERTIFICATE_ALL(X) CERTIFICATE_COLUMNS(X) X(sealed, , , )
#define CERTIFICATE_SET(X) CERTIFICATE_COLUMNS(X) ", sealed = coalesce(?, sealed)"

static const struct db_field fields[] = {DB_FIELD(I64, store_certificate, id),
                                         CERTIFICATE_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_certificate, fields);

void store_certificate_free(struct store_certificate *certificate)
{
    db_record_free(&mapping, certificate);
    free(STEAL(certificate->sealed));
    certificate->sealed_len = 0;
}

void store_certificates_free(struct store_certificate *certificates, size_t n)
{
    db_records_free(&mapping, certificates, n);
}

static int unknown(int64_t id, struct err *err)
{
    return err_set(err, ERR_UNKNOWN_CERTIFICATE, _("There is no certificate %lld"), (long long)id);
}

int store_certificate_reserve(struct store *store, int64_t *ret_id, struct err *err)
{
    int r = db_number(
        store, ret_id, err,
        "INSERT INTO value(name, value) VALUES ('certificate.last', '1')"
        " ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT) RETURNING CAST(value AS INTEGER)");
    return r < 0 ? r : 0;
}

static int write_certificate(struct store *store, const char *sql,
                             const struct store_certificate *certificate, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, sql);
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, certificate, err);
    if (r >= 0)
        r = db_bind_blob(&query, (int)mapping.n + 1, certificate->sealed, certificate->sealed_len, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r : sqlite3_changes(store->db) > 0;
}

int store_certificate_add(struct store *store, const struct store_certificate *certificate, struct err *err)
{
    struct store_certificate row = *certificate;
    if (row.added_us == 0)
        row.added_us = clock_wall_us(store->clock);
    int r = write_certificate(
        store, SQL_INSERT("certificate", "id", CERTIFICATE_ALL) " ON CONFLICT(id) DO NOTHING", &row, err);
    if (r == 0)
        return err_set(err, ERR_CERTIFICATE_EXISTS, _("There is already a certificate %lld"),
                       (long long)certificate->id);
    return r < 0 ? r : 0;
}

int store_certificate_update(struct store *store, const struct store_certificate *certificate,
                             struct err *err)
{
    /* Rows read by a list have no sealed bytes: what is there stays. */
    int r =
        write_certificate(store, SQL_UPDATE("certificate", "id", "kind", CERTIFICATE_SET), certificate, err);
    return r < 0 ? r : r > 0 ? 0 : unknown(certificate->id, err);
}

int store_certificate_remove(struct store *store, int64_t id, struct err *err)
{
    /* secure_delete overwrites the sealed bytes in the file. */
    int r = db_run(store, err,
                   "UPDATE certificate SET removed_us = ?2, sealed = NULL WHERE id = ?1 AND removed_us = 0",
                   DB_INT(id), DB_INT(MAX(clock_wall_us(store->clock), 1)));
    if (r < 0)
        return r;
    if (sqlite3_changes(store->db) == 0)
        return unknown(id, err);
    r = db_run(store, err, "UPDATE rp SET certificate = NULL WHERE certificate = ?1", DB_INT(id));
    rp_changed(store);
    return r < 0 ? r : 0;
}

int store_certificate_succeed(struct store *store, int64_t old, int64_t heir, struct err *err)
{
    int r = db_run(store, err, "UPDATE rp SET certificate = ?2 WHERE certificate = ?1", DB_INT(old),
                   DB_INT(heir));
    rp_changed(store);
    return r < 0 ? r : store_certificate_remove(store, old, err);
}

int store_certificate_get(struct store *store, int64_t id, struct store_certificate *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_SELECT("id", CERTIFICATE_ALL) " FROM certificate WHERE id = ?1",
                     DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &mapping, ret, err);
    if (r <= 0)
        return r < 0 ? r : unknown(id, err);
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    db_blob(&query, (int)mapping.n, &sealed);
    if (sealed.len > 0)
        ret->sealed = buf_steal(&sealed, &ret->sealed_len);
    return 0;
}

int store_certificate_list(struct store *store, bool removed, struct store_certificate **ret, size_t *ret_n,
                           struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        SQL_SELECT("id", CERTIFICATE_COLUMNS) " FROM certificate WHERE removed_us = 0 OR ?1 ORDER BY id",
        DB_INT(removed));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}
