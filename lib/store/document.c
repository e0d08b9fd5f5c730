/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"
#include "vault/digest.h"

#define DOCUMENT_COLUMNS(X)                                                                                  \
    X(lot, ID, store_document, lot)                                                                          \
    X(kind, I32, store_document, kind)                                                                       \
    X(name, TEXT, store_document, name)                                                                      \
    X(media_type, TEXT, store_document, media_type)                                                          \
    X(sha256, TEXT, store_document, sha256)                                                                  \
    X(size, I64, store_document, size)                                                                       \
    X(stored_us, I64, store_document, stored_us)
#define DOCUMENT_ALL(X) DOCUMENT_COLUMNS(X) X(bytes, , , )

static const struct db_field fields[] = {DB_FIELD(ID, store_document, id), DOCUMENT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_document, fields);

void store_documents_free(struct store_document *documents, size_t n)
{
    db_records_free(&mapping, documents, n);
}

static int insert(struct store *store, const struct store_document *document, const void *bytes,
                  struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_INSERT("document", "id", DOCUMENT_ALL));
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, document, err);
    if (r >= 0)
        r = db_bind_blob(&query, (int)mapping.n + 1, document->size ? bytes : "", document->size, err);
    return r < 0 ? r : db_finish(&query, err);
}

int store_document_add(struct store *store, const struct store_document *document, const void *bytes,
                       size_t n, int64_t *ret_id, struct err *err)
{
    _cleanup_free_ char *sha256 = digest_sha256_hex(bytes, n);
    int r =
        db_number(store, ret_id, err,
                  "SELECT id FROM document WHERE lot IS ?1 AND kind = ?2 AND sha256 = ?3 ORDER BY id LIMIT 1",
                  DB_ID(document->lot), DB_INT(document->kind), DB_TEXT(sha256));
    if (r != 0)
        return r < 0 ? r : 0;
    struct store_document row = *document;
    row.id = 0;
    row.sha256 = sha256;
    row.size = n;
    if (row.stored_us == 0)
        row.stored_us = clock_wall_us(store->clock);
    r = insert(store, &row, bytes, err);
    if (r < 0)
        return r;
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return 0;
}

int store_document_list(struct store *store, int64_t lot, struct store_document **ret, size_t *ret_n,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err,
                 SQL_SELECT("id", DOCUMENT_COLUMNS) " FROM document WHERE lot IS ?1 ORDER BY id", DB_ID(lot));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}

int store_document_get(struct store *store, int64_t id, struct store_document *ret_document, struct buf *ret,
                       struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct store_document document;
    int r = db_query(store, &query, err, SQL_SELECT("id", DOCUMENT_ALL) " FROM document WHERE id = ?1",
                     DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &mapping, &document, err);
    if (r <= 0)
        return r < 0 ? r : err_set(err, ERR_UNKNOWN_DOCUMENT, _("There is no document %lld"), (long long)id);

    _cleanup_buf_ struct buf bytes = BUF_INIT;
    db_blob(&query, (int)mapping.n, &bytes);
    _cleanup_free_ char *sha256 = digest_sha256_hex(str_or_empty(bytes.data), bytes.len);
    bool whole = bytes.len == document.size && streq_null(sha256, document.sha256);
    if (whole) {
        buf_add(ret, str_or_empty(bytes.data), bytes.len);
        if (ret_document)
            *ret_document = document;
    }
    if (!whole || !ret_document)
        db_record_free(&mapping, &document);
    return whole ? 0
                 : err_set(err, ERR_STORE_CORRUPT,
                           _("Document %lld is not what was stored: its SHA-256 differs"), (long long)id);
}
