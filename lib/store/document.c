/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "vault/digest.h"

#define DOCUMENT_COLUMNS(X)                                                                                  \
    X(lot, ID, store_document, lot)                                                                          \
    X(kind, I32, store_document, kind)                                                                       \
    X(name, TEXT, store_document, name)                                                                      \
    X(media_type, TEXT, store_document, media_type)                                                          \
    X(sha256, TEXT, store_document, sha256)                                                                  \
    X(size, I64, store_document, size)                                                                       \
    X(stored_us, I64, store_document, stored_us)
static const struct db_field fields[] = {DB_FIELD(ID, store_document, id), DOCUMENT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_document, fields);

void store_documents_free(struct store_document *documents, size_t n)
{
    db_records_free(&mapping, documents, n);
}

/* ---- storing ---- */

struct store_saving {
    struct store *store;
    int64_t id;  /* of its row */
    int64_t lot; /* what equal documents have in common */
    enum document_kind kind;
    const char *bytes;
    size_t n, at; /* those before `at` are stored */
    uint32_t parts;
    struct digest *digest; /* of the stored ones */
};

static int insert(struct store *store, const struct store_document *document, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_INSERT("document", "id", DOCUMENT_COLUMNS));
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, document, err);
    return r < 0 ? r : db_finish(&query, err);
}

int document_discard(struct store *store, int64_t id, struct err *err)
{
    int r = db_run(store, err, "DELETE FROM document_part WHERE id BETWEEN ?1 AND ?2", DB_INT(row_first(id)),
                   DB_INT(row_last(id)));
    return r < 0 ? r : db_run(store, err, "DELETE FROM document WHERE id = ?1", DB_INT(id));
}

int document_sweep(struct store *store, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = db_query(store, &query, err, "SELECT id FROM document WHERE sha256 = ''");
    if (r >= 0)
        r = db_numbers(&query, &ids, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = document_discard(store, ids[i], err);
    return r;
}

int store_document_begin(struct store *store, const struct store_document *document, const void *bytes,
                         size_t n, struct store_saving **ret, struct err *err)
{
    struct store_document row = *document;
    row.id = 0;
    row.sha256 = (char *)"";
    row.size = n;
    if (row.stored_us == 0)
        row.stored_us = clock_wall_us(store->clock);
    int r = insert(store, &row, err);
    if (r < 0)
        return r;
    struct store_saving *saving = xmalloc(sizeof(*saving));
    *saving = (struct store_saving){.store = store,
                                    .id = sqlite3_last_insert_rowid(store->db),
                                    .lot = row.lot,
                                    .kind = row.kind,
                                    .bytes = bytes,
                                    .n = n,
                                    .digest = digest_new()};
    *ret = saving;
    return 0;
}

/* What a lot's documents were can be proved by the history from now on. */
int document_audit(struct store *store, int64_t lot, const struct store_document *document, struct err *err)
{
    if (lot == 0)
        return 0;
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
    _cleanup_free_ char *detail =
        xasprintf("{\"document\":%lld,\"kind\":\"%s\",\"sha256\":\"%s\"}", (long long)document->id,
                  document_kind_name(document->kind), document->sha256);
    return store_audit_add(store,
                           &(struct store_audit){.who = (char *)"idsed",
                                                 .action = (char *)"document",
                                                 .object = object,
                                                 .outcome = (char *)"ok",
                                                 .detail = detail},
                           err);
}

/* All bytes are stored: unless they were there before, the document shows from now on. */
static int finish(struct store_saving *saving, int64_t *ret_id, struct err *err)
{
    _cleanup_free_ char *sha256 = digest_end_hex(STEAL(saving->digest));
    int r =
        db_number(saving->store, ret_id, err,
                  "SELECT id FROM document WHERE lot IS ?1 AND kind = ?2 AND sha256 = ?3 ORDER BY id LIMIT 1",
                  DB_ID(saving->lot), DB_INT(saving->kind), DB_TEXT(sha256));
    if (r > 0)
        return document_discard(saving->store, saving->id, err);
    if (r == 0)
        r = db_run(saving->store, err, "UPDATE document SET sha256 = ?2, lot = ?3 WHERE id = ?1",
                   DB_INT(saving->id), DB_TEXT(sha256), DB_ID(saving->lot));
    if (r >= 0)
        r = document_audit(saving->store, saving->lot,
                           &(struct store_document){.id = saving->id, .kind = saving->kind, .sha256 = sha256},
                           err);
    if (r >= 0)
        *ret_id = saving->id;
    return r;
}

int store_document_next(struct store_saving *saving, size_t max, int64_t *ret_id, struct err *err)
{
    const char *part = saving->bytes + saving->at;
    size_t n = MIN(max, saving->n - saving->at);
    int r = n == 0 ? 0
                   : db_run(saving->store, err, "INSERT INTO document_part(id, bytes) VALUES (?1, ?2)",
                            DB_INT(row_id(saving->id, saving->parts)), DB_BLOB(part, n));
    if (r < 0)
        return r;
    digest_add(saving->digest, part, n);
    saving->at += n;
    saving->parts++;
    return saving->at < saving->n ? 1 : finish(saving, ret_id, err);
}

struct store_saving *store_document_end(struct store_saving *saving)
{
    if (saving)
        digest_free(saving->digest);
    free(saving);
    return NULL;
}

struct store_saving *store_document_drop(struct store_saving *saving)
{
    if (saving)
        document_discard(saving->store, saving->id, NULL); /* on failure store_open() deletes it */
    return store_document_end(saving);
}

void store_document_of(struct store_saving *saving, int64_t lot)
{
    saving->lot = lot;
}

size_t store_document_left(const struct store_saving *saving)
{
    return saving->n - saving->at;
}

int store_document_add(struct store *store, const struct store_document *document, const void *bytes,
                       size_t n, int64_t *ret_id, struct err *err)
{
    struct store_saving *saving = NULL;
    int r = store_document_begin(store, document, bytes, n, &saving, err);
    if (r >= 0)
        r = store_document_next(saving, SIZE_MAX, ret_id, err);
    store_document_end(saving);
    return r;
}

/* ---- reading ---- */

int store_document_list(struct store *store, int64_t lot, struct store_document **ret, size_t *ret_n,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        SQL_SELECT("id", DOCUMENT_COLUMNS) " FROM document WHERE lot IS ?1 AND sha256 <> '' ORDER BY id",
        DB_ID(lot));
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}

static int read_parts(struct store *store, int64_t id, struct buf *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err, "SELECT bytes FROM document_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                 DB_INT(row_first(id)), DB_INT(row_last(id)));
    while (r >= 0 && (r = db_next(&query, err)) > 0)
        db_blob(&query, 0, ret);
    return r;
}

static int read_row(struct store *store, int64_t id, struct store_document *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     SQL_SELECT("id", DOCUMENT_COLUMNS) " FROM document WHERE id = ?1 AND sha256 <> ''",
                     DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &mapping, ret, err);
    return r != 0 ? r : err_set(err, ERR_UNKNOWN_DOCUMENT, _("There is no document %lld"), (long long)id);
}

static int check_erased(struct store *store, int64_t lot, struct err *err)
{
    int64_t erased_us = 0;
    int r =
        lot ? db_number(store, &erased_us, err, "SELECT erased_us FROM lot WHERE id = ?1", DB_INT(lot)) : 0;
    return r >= 0 && erased_us ? lot_erased(lot, erased_us, err) : r;
}

int store_document_get(struct store *store, int64_t id, struct store_document *ret_document, struct buf *ret,
                       struct err *err)
{
    struct store_document document;
    int r = read_row(store, id, &document, err);
    if (r < 0)
        return r;
    size_t before = ret->len;
    r = check_erased(store, document.lot, err);
    if (r >= 0)
        r = read_parts(store, id, ret, err);
    if (r >= 0) {
        _cleanup_free_ char *sha256 = digest_sha256_hex(str_or_empty(ret->data) + before, ret->len - before);
        if (ret->len - before != document.size || !streq_null(sha256, document.sha256))
            r = err_set(err, ERR_STORE_CORRUPT,
                        _("Document %lld is not what was stored: its SHA-256 differs"), (long long)id);
    }
    if (r < 0)
        ret->len = before;
    else if (ret_document)
        *ret_document = document;
    if (r < 0 || !ret_document)
        db_record_free(&mapping, &document);
    return r < 0 ? r : 0;
}
