/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/db.h"

#include <stdio.h>

int db_fail(struct store *store, struct err *err)
{
    _cleanup_err_ struct err own = ERR_INIT;
    int code = sqlite3_errcode(store->db) & 0xFF;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        err_set(&own, ERR_STORE_CORRUPT, _("The database %s is damaged: %s"), store->path,
                sqlite3_errmsg(store->db));
    else
        err_set(&own, ERR_STORE, _("The database %s reported: %s"), store->path, sqlite3_errmsg(store->db));
    turn_note_loss(store, &own);
    return err_move(err, &own);
}

int db_exec(struct store *store, const char *sql, struct err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(store, err);
}

/* ---- the cache ---- */

static size_t cache_slot(const struct db_cached *cache, size_t size, const char *sql)
{
    size_t slot = (size_t)(((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (size - 1);
    while (cache[slot].sql && cache[slot].sql != sql)
        slot = (slot + 1) & (size - 1);
    return slot;
}

static void cache_grow(struct store *store)
{
    size_t size = store->cache_size ? 2 * store->cache_size : 64;
    struct db_cached *cache = xcalloc(size, sizeof(*cache));
    for (size_t i = 0; i < store->cache_size; i++)
        if (store->cache[i].sql)
            cache[cache_slot(cache, size, store->cache[i].sql)] = store->cache[i];
    free(store->cache);
    store->cache = cache;
    store->cache_size = size;
}

void db_cache_free(struct store *store)
{
    for (size_t i = 0; i < store->cache_size; i++)
        sqlite3_finalize(store->cache[i].stmt);
    free(store->cache);
    store->cache = NULL;
    store->cache_size = store->n_cached = 0;
}

static int prepare(struct store *store, const char *sql, unsigned flags, sqlite3_stmt **ret, struct err *err)
{
    return sqlite3_prepare_v3(store->db, sql, -1, flags, ret, NULL) == SQLITE_OK ? 0 : db_fail(store, err);
}

static int cached(struct store *store, const char *sql, sqlite3_stmt **ret, struct err *err)
{
    if (2 * (store->n_cached + 1) > store->cache_size)
        cache_grow(store);
    struct db_cached *entry = &store->cache[cache_slot(store->cache, store->cache_size, sql)];
    if (!entry->sql) {
        int r = prepare(store, sql, SQLITE_PREPARE_PERSISTENT, &entry->stmt, err);
        if (r < 0)
            return r;
        entry->sql = sql;
        store->n_cached++;
    }
    *ret = entry->stmt;
    return 0;
}

/* ---- binding ---- */

static int bind_value(sqlite3_stmt *stmt, int at, const struct db_value *value)
{
    switch (value->type) {
    case DB_VALUE_INT:
        return sqlite3_bind_int64(stmt, at, value->number);
    case DB_VALUE_ID:
        return value->number ? sqlite3_bind_int64(stmt, at, value->number) : sqlite3_bind_null(stmt, at);
    case DB_VALUE_TEXT:
        return sqlite3_bind_text(stmt, at, value->data, -1, SQLITE_STATIC);
    case DB_VALUE_BLOB: /* without bytes it is an empty blob, not NULL */
        return sqlite3_bind_blob64(stmt, at, value->n ? value->data : "", value->n, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static int start(struct db_query *query, const struct db_value *values, size_t n, struct err *err)
{
    if (!sqlite3_stmt_readonly(query->stmt)) {
        int r = turn_open(query->store, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++)
        if (bind_value(query->stmt, (int)i + 1, &values[i]) != SQLITE_OK)
            return db_fail(query->store, err);
    return 0;
}

int db_query_values(struct store *store, struct db_query *ret, const char *sql, const struct db_value *values,
                    size_t n, struct err *err)
{
    sqlite3_stmt *stmt;
    int r = cached(store, sql, &stmt, err);
    if (r < 0)
        return r;
    *ret = (struct db_query){.store = store, .stmt = stmt};
    return start(ret, values, n, err);
}

int db_query_text(struct store *store, struct db_query *ret, const char *sql, const struct db_value *values,
                  size_t n, struct err *err)
{
    sqlite3_stmt *stmt;
    int r = prepare(store, sql, 0, &stmt, err);
    if (r < 0)
        return r;
    *ret = (struct db_query){.store = store, .stmt = stmt, .owned = true};
    return start(ret, values, n, err);
}

void db_query_end(struct db_query *query)
{
    if (query->owned)
        sqlite3_finalize(query->stmt);
    else if (query->stmt) {
        sqlite3_reset(query->stmt);
        sqlite3_clear_bindings(query->stmt); /* they point to memory of the caller */
    }
    *query = DB_QUERY_INIT;
}

int db_next(struct db_query *query, struct err *err)
{
    int code = sqlite3_step(query->stmt);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    return db_fail(query->store, err);
}

int db_finish(struct db_query *query, struct err *err)
{
    int r;
    do
        r = db_next(query, err);
    while (r > 0);
    sqlite3_reset(query->stmt);
    return r;
}

int db_first_number(struct db_query *query, int64_t *ret, struct err *err)
{
    int r = db_next(query, err);
    if (r <= 0)
        return r;
    int64_t number = sqlite3_column_int64(query->stmt, 0);
    r = db_finish(query, err);
    if (r < 0)
        return r;
    *ret = number;
    return 1;
}

/* ---- records ---- */

static void read_chars(sqlite3_stmt *stmt, int column, char *member, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t n = MIN((size_t)sqlite3_column_bytes(stmt, column), size - 1);
    memcpy(member, str_or_empty(text), n);
    memset(member + n, 0, size - n);
}

static void read_field(sqlite3_stmt *stmt, int column, const struct db_field *field, void *record)
{
    void *member = (char *)record + field->offset;
    switch (field->type) {
    case DB_FIELD_I64:
    case DB_FIELD_ID:
        *(int64_t *)member = sqlite3_column_int64(stmt, column);
        break;
    case DB_FIELD_I32:
        *(int32_t *)member = sqlite3_column_int(stmt, column);
        break;
    case DB_FIELD_U32:
        *(uint32_t *)member = (uint32_t)sqlite3_column_int64(stmt, column);
        break;
    case DB_FIELD_BOOL:
        *(bool *)member = sqlite3_column_int(stmt, column) != 0;
        break;
    case DB_FIELD_CHAR:
        *(char *)member = (char)sqlite3_column_int(stmt, column);
        break;
    case DB_FIELD_TEXT:
        *(char **)member = xstrdup((const char *)sqlite3_column_text(stmt, column));
        break;
    case DB_FIELD_CHARS:
        read_chars(stmt, column, member, field->size);
        break;
    }
}

void db_read(const struct db_query *query, const struct db_mapping *mapping, void *record)
{
    for (size_t i = 0; i < mapping->n; i++)
        read_field(query->stmt, (int)i, &mapping->fields[i], record);
}

static int bind_field(sqlite3_stmt *stmt, int at, const struct db_field *field, const void *record)
{
    const void *member = (const char *)record + field->offset;
    switch (field->type) {
    case DB_FIELD_I64:
        return sqlite3_bind_int64(stmt, at, *(const int64_t *)member);
    case DB_FIELD_ID:
        return bind_value(stmt, at, &DB_ID(*(const int64_t *)member));
    case DB_FIELD_I32:
        return sqlite3_bind_int(stmt, at, *(const int32_t *)member);
    case DB_FIELD_U32:
        return sqlite3_bind_int64(stmt, at, *(const uint32_t *)member);
    case DB_FIELD_BOOL:
        return sqlite3_bind_int(stmt, at, *(const bool *)member);
    case DB_FIELD_CHAR:
        return sqlite3_bind_int(stmt, at, *(const unsigned char *)member);
    case DB_FIELD_TEXT:
        return sqlite3_bind_text(stmt, at, *(char *const *)member, -1, SQLITE_STATIC);
    case DB_FIELD_CHARS:
        return sqlite3_bind_text(stmt, at, member, (int)strnlen(member, field->size), SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

int db_bind(struct db_query *query, int first, const struct db_mapping *mapping, const void *record,
            struct err *err)
{
    for (size_t i = 0; i < mapping->n; i++)
        if (bind_field(query->stmt, first + (int)i, &mapping->fields[i], record) != SQLITE_OK)
            return db_fail(query->store, err);
    return 0;
}

int db_bind_blob(struct db_query *query, int at, const void *bytes, size_t n, struct err *err)
{
    bool ok = sqlite3_bind_blob64(query->stmt, at, bytes, n, SQLITE_STATIC) == SQLITE_OK;
    return ok ? 0 : db_fail(query->store, err);
}

int db_record(struct db_query *query, const struct db_mapping *mapping, void *record, struct err *err)
{
    int r = db_next(query, err);
    if (r <= 0)
        return r;
    memset(record, 0, mapping->record_size);
    db_read(query, mapping, record);
    return 1;
}

/* Room for one more element of an array that grows by doubling. */
static void *grow(void *array, size_t n, size_t size)
{
    return n == 0                         ? xcalloc(8, size)
           : n >= 8 && (n & (n - 1)) == 0 ? xreallocarray(array, 2 * n, size)
                                          : array;
}

int db_records(struct db_query *query, const struct db_mapping *mapping, void *ret_array, size_t *ret_n,
               struct err *err)
{
    char *array = NULL;
    size_t n = 0;
    int r;
    while ((r = db_next(query, err)) > 0) {
        array = grow(array, n, mapping->record_size);
        void *record = array + n++ * mapping->record_size;
        memset(record, 0, mapping->record_size);
        db_read(query, mapping, record);
    }
    if (r < 0) {
        db_records_free(mapping, array, n);
        return r;
    }
    *(void **)ret_array = array;
    *ret_n = n;
    return 0;
}

int db_numbers(struct db_query *query, int64_t **ret, size_t *ret_n, struct err *err)
{
    static const struct db_field number[] = {{DB_FIELD_I64, 0, sizeof(int64_t)}};
    return db_records(query, &(struct db_mapping){number, 1, sizeof(int64_t)}, ret, ret_n, err);
}

void db_record_copy(const struct db_mapping *mapping, const void *record, void *ret)
{
    memcpy(ret, record, mapping->record_size);
    for (size_t i = 0; i < mapping->n; i++)
        if (mapping->fields[i].type == DB_FIELD_TEXT) {
            char **member = (char **)((char *)ret + mapping->fields[i].offset);
            *member = xstrdup(*member);
        }
}

void db_record_free(const struct db_mapping *mapping, void *record)
{
    for (size_t i = 0; i < mapping->n; i++)
        if (mapping->fields[i].type == DB_FIELD_TEXT) {
            char **member = (char **)((char *)record + mapping->fields[i].offset);
            free(STEAL(*member));
        }
}

void db_records_free(const struct db_mapping *mapping, void *array, size_t n)
{
    for (size_t i = 0; i < n; i++)
        db_record_free(mapping, (char *)array + i * mapping->record_size);
    free(array);
}

char *db_text(const struct db_query *query, int column)
{
    return xstrdup((const char *)sqlite3_column_text(query->stmt, column));
}

void db_blob(const struct db_query *query, int column, struct buf *ret)
{
    const void *bytes = sqlite3_column_blob(query->stmt, column);
    buf_add(ret, bytes ? bytes : "", (size_t)sqlite3_column_bytes(query->stmt, column));
}
