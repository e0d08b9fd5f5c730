/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "store/store.h"

/*
 * What the files of this folder share: the connection, cached statements, and rows that map to structs by
 * tables. A statement that writes opens the turn by itself, so no write can escape it.
 */
struct db_cached {
    const char *sql; /* the key is the address: texts are static */
    sqlite3_stmt *stmt;
};

struct db_callback {
    store_commit_fn *fn;
    void *data;
};

/* How far the index of the grid is (search-index.c). */
struct search_progress {
    bool checked;         /* the file is there and of this database */
    bool renew;           /* it is not */
    int64_t lot, version; /* a large lot, of which a part is done: */
    uint32_t seq;         /* up to here */
};

struct store {
    sqlite3 *db;
    const struct clock *clock;
    void (*turn_opened)(void *data);
    void (*log_grown)(void *data);
    void *data;
    char *path;

    bool turn;       /* a transaction is open, or was lost before its store_commit() */
    unsigned depth;  /* of store_begin() */
    struct err lost; /* why the turn's transaction is gone; ERR_NONE while it is not */
    struct db_callback *callbacks;
    size_t n_callbacks;

    struct store_intake *intakes; /* those that live */
    int64_t newest;               /* the lot that was begun last; 0: none since the start */
    bool unswept;                 /* something was undone: there may be hidden lots of none of them */

    struct search_progress search; /* of the index; the loop's store only */

    /* kept in memory, for they are asked for again and again (rp.c, recent.c) */
    struct store_rp *rp;  /* the one that was asked for last, as it is now; NULL: none */
    uint64_t rp_version;  /* grows with every change of one */
    char rp_numbered[12]; /* whose row has the number */
    int64_t rp_number;
    struct recent_lots *recent; /* NULL in a reader */
    bool reader;                /* others write what it reads */

    struct db_cached *cache; /* open addressing, a power of two */
    size_t cache_size, n_cached;
};

/* ---- values bound to ?1, ?2, … ---- */
struct db_value {
    enum { DB_VALUE_INT, DB_VALUE_ID, DB_VALUE_TEXT, DB_VALUE_BLOB } type;
    int64_t number;
    const void *data; /* must live until the statement has run */
    size_t n;
};
#define DB_INT(x)     ((struct db_value){.type = DB_VALUE_INT, .number = (x)})
#define DB_ID(x)      ((struct db_value){.type = DB_VALUE_ID, .number = (x)}) /* 0 is NULL */
#define DB_TEXT(x)    ((struct db_value){.type = DB_VALUE_TEXT, .data = (x)}) /* NULL is NULL */
#define DB_BLOB(p, l) ((struct db_value){.type = DB_VALUE_BLOB, .data = (p), .n = (l)})

/* ---- members of a struct, in the order of the columns ---- */
enum db_type {
    DB_FIELD_I64,
    DB_FIELD_ID,  /* int64_t, 0 is NULL */
    DB_FIELD_I32, /* enums too */
    DB_FIELD_U32,
    DB_FIELD_BOOL,
    DB_FIELD_CHAR,  /* as its code */
    DB_FIELD_TEXT,  /* char *, owned */
    DB_FIELD_CHARS, /* char[size] */
};
struct db_field {
    enum db_type type;
    uint16_t offset, size;
};
#define DB_FIELD(type, record, member)                                                                       \
    {                                                                                                        \
        DB_FIELD_##type, offsetof(struct record, member), sizeof(((struct record *)0)->member)               \
    }

struct db_mapping {
    const struct db_field *fields;
    size_t n;
    size_t record_size;
};
#define DB_MAPPING(record, fields) ((struct db_mapping){fields, ELEMENTSOF(fields), sizeof(struct record)})

/* ---- statements ---- */
struct db_query {
    struct store *store;
    sqlite3_stmt *stmt;
    bool owned; /* not in the cache: finalized at the end */
};
#define _cleanup_query_ _cleanup_(db_query_end)
#define DB_QUERY_INIT   ((struct db_query){0})

/* Prepares (or finds) the statement of a static text and binds the values; a writing one opens the turn. */
int db_query_values(struct store *store, struct db_query *ret, const char *sql, const struct db_value *values,
                    size_t n, struct err *err);
#define db_query(store, ret, err, sql, ...)                                                                  \
    db_query_values(store, ret, sql, (const struct db_value[]){__VA_ARGS__},                                 \
                    sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), err)
/* The same for a text that was put together; it is not cached. */
int db_query_text(struct store *store, struct db_query *ret, const char *sql, const struct db_value *values,
                  size_t n, struct err *err);
void db_query_end(struct db_query *query);
/* 1 and a row, or 0 at the end. */
int db_next(struct db_query *query, struct err *err);
/* Runs to the end: 0; how many rows were changed is in sqlite3_changes(). */
int db_finish(struct db_query *query, struct err *err);
#define db_run(store, err, sql, ...)                                                                         \
    ({                                                                                                       \
        _cleanup_query_ struct db_query _query = DB_QUERY_INIT;                                              \
        int _r = db_query(store, &_query, err, sql, __VA_ARGS__);                                            \
        _r < 0 ? _r : db_finish(&_query, err);                                                               \
    })
/* The first column of the first row: 1 and the number, or 0 without a row. */
#define db_number(store, ret, err, sql, ...)                                                                 \
    ({                                                                                                       \
        _cleanup_query_ struct db_query _query = DB_QUERY_INIT;                                              \
        int _r = db_query(store, &_query, err, sql, __VA_ARGS__);                                            \
        _r < 0 ? _r : db_first_number(&_query, ret, err);                                                    \
    })
int db_first_number(struct db_query *query, int64_t *ret, struct err *err);
/* All numbers of the first column. */
int db_numbers(struct db_query *query, int64_t **ret, size_t *ret_n, struct err *err);

/* Fills the members from the row's first columns. */
void db_read(const struct db_query *query, const struct db_mapping *mapping, void *record);
/* Binds the members to the parameters from `first` on. */
int db_bind(struct db_query *query, int first, const struct db_mapping *mapping, const void *record,
            struct err *err);
/* NULL is NULL. */
int db_bind_blob(struct db_query *query, int at, const void *bytes, size_t n, struct err *err);
/* One record: 1, or 0 without a row. */
int db_record(struct db_query *query, const struct db_mapping *mapping, void *record, struct err *err);
/* All rows that are left as an array of records. */
int db_records(struct db_query *query, const struct db_mapping *mapping, void *ret_array, size_t *ret_n,
               struct err *err);
/* A record of its own with the same members. */
void db_record_copy(const struct db_mapping *mapping, const void *record, void *ret);
void db_record_free(const struct db_mapping *mapping, void *record);
void db_records_free(const struct db_mapping *mapping, void *array, size_t n);
/* A copy of a text column; NULL for NULL. */
char *db_text(const struct db_query *query, int column);
void db_blob(const struct db_query *query, int column, struct buf *ret);

/* Script without values; for schema and pragmas. */
int db_exec(struct store *store, const char *sql, struct err *err);
/* What SQLite says now as an error; notes a lost turn. */
int db_fail(struct store *store, struct err *err);
void db_cache_free(struct store *store);

/* Opens the turn unless it is open; fails while the turn is lost. */
int turn_open(struct store *store, struct err *err);
void turn_note_loss(struct store *store, const struct err *err);
/* What is kept in memory of rows may be another now. */
void turn_undone(struct store *store);
/* Undoes the turn; for the start, when nobody waits for its end. */
void turn_abort(struct store *store);

/* The pragmas and limits that every connection has. */
int db_configure(struct store *store, struct err *err);
/* A connection that only reads, outside of a transaction; to be closed with store_close(). */
int db_open_reader(const char *path, struct store **ret, struct err *err);

/* Brings an empty or older database to the present schema. `fresh`: nothing is in it, so no copy is made. */
int schema_migrate(struct store *store, bool fresh, struct err *err);
/* The version that the database has; ERR_STORE_NEWER when it is none of those known here. */
int schema_version(struct store *store, int64_t *ret, struct err *err);
enum { SCHEMA_APPLICATION_ID = 0x49445345 }; /* "IDSE" */

/*
 * Deletes the hidden lots that nobody takes in any more, and says so in the history: at the start, and
 * where an undo may have taken back a publication.
 */
int lot_sweep(struct store *store, struct err *err);
/* Deletes documents of which parts are missing: at the start. */
int document_sweep(struct store *store, struct err *err);
/* The history says from now on which documents the lot has. */
int document_audit(struct store *store, int64_t lot, const struct store_document *document, struct err *err);
/* A row of a registro patronal was written. */
void rp_changed(struct store *store);
/* The number of its row, removed or not: 1, or 0 when it was never registered. */
int rp_number(struct store *store, const char *rp, int64_t *ret, struct err *err);
/* Deletes a document, whole or not. */
int document_discard(struct store *store, int64_t id, struct err *err);
