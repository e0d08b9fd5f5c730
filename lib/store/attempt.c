/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"
#include "vault/digest.h"

#define ATTEMPT_COLUMNS(X)                                                                                   \
    X(lot, I64, store_attempt, lot)                                                                          \
    X(certificate, ID, store_attempt, certificate)                                                           \
    X(started_us, I64, store_attempt, started_us)                                                            \
    X(ended_us, I64, store_attempt, ended_us)                                                                \
    X(reason, I32, store_attempt, reason)                                                                    \
    X(text, TEXT, store_attempt, text)                                                                       \
    X(sent, BOOL, store_attempt, sent)

static const struct db_field fields[] = {DB_FIELD(I64, store_attempt, id), ATTEMPT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_attempt, fields);

void store_attempts_free(struct store_attempt *attempts, size_t n)
{
    db_records_free(&mapping, attempts, n);
}

int store_attempt_begin(struct store *store, int64_t lot, int64_t certificate, int64_t *ret_id,
                        struct err *err)
{
    int r = db_run(store, err, "INSERT INTO attempt(lot, certificate, started_us) VALUES (?1, ?2, ?3)",
                   DB_INT(lot), DB_ID(certificate), DB_INT(clock_wall_us(store->clock)));
    if (r < 0)
        return r;
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return 0;
}

static void add_hash(struct buf *json, const char *name, const struct buf *bytes)
{
    if (!bytes)
        return;
    _cleanup_free_ char *sha256 = digest_sha256_hex(str_or_empty(bytes->data), bytes->len);
    buf_printf(json, ",\"%s\":\"%s\"", name, sha256);
}

static int audit_end(struct store *store, const struct store_attempt *attempt, const struct buf *transcript,
                     const struct buf *tls_chain, struct err *err)
{
    _cleanup_buf_ struct buf detail = BUF_INIT;
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)attempt->lot);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT sha256 FROM lot WHERE id = ?1", DB_INT(attempt->lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *records = r > 0 ? db_text(&query, 0) : NULL;
    buf_printf(&detail, "{\"attempt\":%lld,\"certificate\":%lld,\"sent\":%s,\"records\":\"%s\"",
               (long long)attempt->id, (long long)attempt->certificate, attempt->sent ? "true" : "false",
               str_or_empty(records));
    add_hash(&detail, "transcript", transcript);
    add_hash(&detail, "tls_chain", tls_chain);
    buf_add_str(&detail, "}");
    return store_audit_add(store,
                           &(struct store_audit){.who = (char *)"idsed",
                                                 .action = (char *)"attempt",
                                                 .object = object,
                                                 .outcome = (char *)outcome_reason_name(attempt->reason),
                                                 .detail = detail.data},
                           err);
}

int store_attempt_end(struct store *store, const struct store_attempt *attempt, const struct buf *transcript,
                      const struct buf *tls_chain, struct err *err)
{
    int64_t ended_us = attempt->ended_us ? attempt->ended_us : clock_wall_us(store->clock);
    struct db_value bytes = transcript ? DB_BLOB(transcript->data, transcript->len) : DB_TEXT(NULL);
    struct db_value chain = tls_chain ? DB_BLOB(tls_chain->data, tls_chain->len) : DB_TEXT(NULL);
    int r = db_run(store, err,
                   "UPDATE attempt SET ended_us = ?2, reason = ?3, text = ?4, sent = ?5, transcript = ?6, "
                   "tls_chain = ?7 WHERE id = ?1",
                   DB_INT(attempt->id), DB_INT(ended_us), DB_INT(attempt->reason), DB_TEXT(attempt->text),
                   DB_INT(attempt->sent), bytes, chain);
    if (r < 0)
        return r;
    if (sqlite3_changes(store->db) == 0)
        return err_set(err, ERR_STORE, _("There is no attempt %lld"), (long long)attempt->id);
    return audit_end(store, attempt, transcript, tls_chain, err);
}

int store_attempt_list(struct store *store, int64_t lot, struct store_attempt **ret, size_t *ret_n,
                       struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err,
                 SQL_SELECT("id", ATTEMPT_COLUMNS) " FROM attempt WHERE lot = ?1 ORDER BY id", DB_INT(lot));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}

int store_attempt_transcript(struct store *store, int64_t id, struct buf *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT transcript FROM attempt WHERE id = ?1 AND transcript IS NOT NULL", DB_INT(id));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r < 0 ? r
                     : err_set(err, ERR_UNKNOWN_DOCUMENT, _("Attempt %lld has no transcript"), (long long)id);
    db_blob(&query, 0, ret);
    return 0;
}

int store_attempt_tls_chain(struct store *store, int64_t id, struct buf *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT tls_chain FROM attempt WHERE id = ?1 AND tls_chain IS NOT NULL", DB_INT(id));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        db_blob(&query, 0, ret);
    return r < 0 ? r : 0;
}
