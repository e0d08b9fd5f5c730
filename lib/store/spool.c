/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

void store_spool_file_free(struct store_spool_file *file)
{
    free(file->name);
    free(file->result);
    file->name = file->result = NULL;
}

int store_spool_add(struct store *store, const struct store_spool_file *file, const char *identity,
                    const int64_t *lots, size_t n, int64_t *ret_id, struct err *err)
{
    int r = db_run(store, err, "INSERT INTO spool_file(rp, name, identity, result) VALUES (?1, ?2, ?3, ?4)",
                   DB_TEXT(file->rp), DB_TEXT(file->name), DB_TEXT(identity), DB_TEXT(file->result));
    if (r < 0)
        return r;
    *ret_id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = db_run(store, err, "INSERT OR IGNORE INTO spool_lot(lot, file) VALUES (?1, ?2)", DB_INT(lots[i]),
                   DB_INT(*ret_id));
    return r;
}

int store_spool_find(struct store *store, const char *rp, const char *identity, int64_t *ret_id,
                     struct err *err)
{
    return db_number(store, ret_id, err, "SELECT id FROM spool_file WHERE identity = ?1 AND rp = ?2",
                     DB_TEXT(identity), DB_TEXT(rp));
}

int store_spool_moved(struct store *store, int64_t file, struct err *err)
{
    return db_run(store, err, "UPDATE spool_file SET identity = NULL WHERE id = ?1", DB_INT(file));
}

int store_spool_get(struct store *store, int64_t id, struct store_spool_file *ret, struct err *err)
{
    static const struct db_field fields[] = {DB_FIELD(CHARS, store_spool_file, rp),
                                             DB_FIELD(TEXT, store_spool_file, name),
                                             DB_FIELD(TEXT, store_spool_file, result)};
    static const struct db_mapping mapping = DB_MAPPING(store_spool_file, fields);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT rp, name, result FROM spool_file WHERE id = ?1", DB_INT(id));
    return r < 0 ? r : db_record(&query, &mapping, ret, err);
}

int store_spool_files_of(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err, "SELECT file FROM spool_lot WHERE lot = ?1 AND done = 0", DB_INT(lot));
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

int store_spool_open_lots(struct store *store, int64_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT DISTINCT lot FROM spool_lot WHERE done = 0");
    return r < 0 ? r : db_numbers(&query, ret, ret_n, err);
}

int store_spool_progress(struct store *store, int64_t lot, unsigned *ret_written, int *ret_told,
                         struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT written, told FROM spool_lot WHERE lot = ?1 AND done = 0 ORDER BY file LIMIT 1",
                     DB_INT(lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0 && ret_written)
        *ret_written = (unsigned)sqlite3_column_int(query.stmt, 0);
    if (r > 0 && ret_told)
        *ret_told = sqlite3_column_int(query.stmt, 1);
    return r;
}

int store_spool_note_progress(struct store *store, int64_t lot, unsigned written, int told, bool done,
                              struct err *err)
{
    return db_run(store, err,
                  "UPDATE spool_lot SET written = ?2, told = ?3, done = ?4 WHERE lot = ?1 AND done = 0",
                  DB_INT(lot), DB_INT(written), DB_INT(told), DB_INT(done));
}
