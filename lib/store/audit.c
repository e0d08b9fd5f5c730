/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"
#include "store/select.h"
#include "vault/digest.h"

/*
 * Each record's hash is SHA-256 over the hash before it and the record itself, so that none can be changed,
 * taken out or moved without breaking all that follow; the head, kept beside, shows when the last ones are
 * gone.
 */
#define AUDIT_COLUMNS(X)                                                                                     \
    X(at_us, I64, store_audit, at_us)                                                                        \
    X(who, TEXT, store_audit, who)                                                                           \
    X(action, TEXT, store_audit, action)                                                                     \
    X(object, TEXT, store_audit, object)                                                                     \
    X(outcome, TEXT, store_audit, outcome)                                                                   \
    X(detail, TEXT, store_audit, detail)                                                                     \
    X(hash, TEXT, store_audit, hash)

static const struct db_field fields[] = {DB_FIELD(I64, store_audit, seq), AUDIT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_audit, fields);

struct audit_head {
    int64_t seq;
    char hash[2 * DIGEST_SHA256_SIZE + 1];
};
static const struct db_field head_fields[] = {DB_FIELD(I64, audit_head, seq),
                                              DB_FIELD(CHARS, audit_head, hash)};
static const struct db_mapping head_mapping = DB_MAPPING(audit_head, head_fields);

void store_audits_free(struct store_audit *audits, size_t n)
{
    db_records_free(&mapping, audits, n);
}

static char *chain_hash(const char *previous, const struct store_audit *audit)
{
    const char *const texts[] = {audit->who, audit->action, audit->object, audit->outcome, audit->detail};
    return digest_link_hex(previous, audit->seq, audit->at_us, texts, ELEMENTSOF(texts));
}

static int damaged(int64_t seq, const char *how, struct err *err)
{
    return err_set(err, ERR_STORE_CORRUPT, _("The history is broken: record %lld %s"), (long long)seq, how);
}

static int read_head(struct store *store, struct audit_head *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT seq, hash FROM audit_head WHERE one = 1");
    if (r >= 0)
        r = db_record(&query, &head_mapping, ret, err);
    if (r == 0)
        return err_set(err, ERR_STORE_CORRUPT, _("The history is broken: its head is missing"));
    return r < 0 ? r : 0;
}

static int append(struct store *store, const struct store_audit *row, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_INSERT("audit", "seq", AUDIT_COLUMNS));
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, row, err);
    if (r >= 0)
        r = db_finish(&query, err);
    if (r < 0)
        return r;
    return db_run(store, err, "UPDATE audit_head SET seq = ?1, hash = ?2 WHERE one = 1", DB_INT(row->seq),
                  DB_TEXT(row->hash));
}

int store_audit_add(struct store *store, const struct store_audit *audit, struct err *err)
{
    struct audit_head head;
    int r = read_head(store, &head, err);
    if (r < 0)
        return r;
    struct store_audit row = *audit;
    row.seq = head.seq + 1;
    row.at_us = clock_wall_us(store->clock);
    _cleanup_free_ char *hash = chain_hash(head.hash, &row);
    row.hash = hash;
    return append(store, &row, err);
}

/* The object of an act on several lots at once is "lots 7-9". */
static void where_lot(struct select *select, int64_t lot)
{
    select_where(select, " AND (object = 'lot ' || ?", DB_INT(lot));
    select_where(select, " OR (object LIKE 'lots %-%' AND ?", DB_INT(lot));
    select_text(select, " BETWEEN CAST(substr(object, 6) AS INTEGER)"
                        " AND CAST(substr(object, instr(object, '-') + 1) AS INTEGER)))");
}

int store_audit_hash(struct store *store, int64_t seq, char **ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT hash FROM audit WHERE seq = ?1", DB_INT(seq));
    if (r >= 0)
        r = db_next(&query, err);
    if (r < 0)
        return r;
    *ret = r > 0 ? db_text(&query, 0) : xstrdup("");
    return 0;
}

int store_audit_head(struct store *store, int64_t *ret_seq, char **ret_hash, struct err *err)
{
    struct audit_head head;
    int r = read_head(store, &head, err);
    if (r < 0)
        return r;
    *ret_seq = head.seq;
    *ret_hash = xstrdup(head.hash);
    return 0;
}

int store_audit_list(struct store *store, const struct store_audit_filter *filter, int64_t cursor,
                     size_t limit, struct store_audit **ret, size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_text(&select, SQL_SELECT("seq", AUDIT_COLUMNS) " FROM audit");
    select_where(&select, " WHERE seq < ?", DB_INT(cursor ? cursor : INT64_MAX));
    if (filter->since_us)
        select_where(&select, " AND at_us >= ?", DB_INT(filter->since_us));
    if (filter->until_us)
        select_where(&select, " AND at_us <= ?", DB_INT(filter->until_us));
    if (filter->who)
        select_where(&select, " AND instr(' ' || who || ' ', ' ' || ? || ' ')", DB_TEXT(filter->who));
    if (filter->object)
        select_where(&select, " AND object = ?", DB_TEXT(filter->object));
    if (filter->lot)
        where_lot(&select, filter->lot);
    select_where(&select, " ORDER BY seq DESC LIMIT ?", DB_INT((int64_t)MIN(limit, (size_t)INT32_MAX)));

    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = select_query(&select, store, &query, err);
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}

/* Checks one record against the end of the chain so far and moves that end on. */
static int verify_record(const struct store_audit *audit, struct audit_head *end, struct err *err)
{
    if (audit->seq != end->seq + 1)
        return damaged(end->seq + 1, _("is missing"), err);
    _cleanup_free_ char *hash = chain_hash(end->hash, audit);
    if (!streq_null(hash, audit->hash))
        return damaged(audit->seq, _("was changed"), err);
    end->seq = audit->seq;
    memcpy(end->hash, hash, sizeof(end->hash));
    return 0;
}

int store_audit_verify(struct store *store, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct audit_head head, end = {0};
    int r = read_head(store, &head, err);
    if (r >= 0)
        r = db_query(store, &query, err, SQL_SELECT("seq", AUDIT_COLUMNS) " FROM audit ORDER BY seq");
    struct store_audit audit;
    while (r >= 0 && (r = db_record(&query, &mapping, &audit, err)) > 0) {
        r = verify_record(&audit, &end, err);
        db_record_free(&mapping, &audit);
    }
    if (r < 0)
        return r;
    if (end.seq < head.seq)
        return damaged(end.seq + 1, _("is missing"), err);
    if (end.seq != head.seq || !streq(end.hash, head.hash))
        return damaged(end.seq, _("is not the one that the head names"), err);
    return 0;
}
