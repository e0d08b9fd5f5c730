/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_PAGES = 1000 }; /* SQLite's own measure of a log that should be moved */

/* The header of an SQLite file, as far as it is looked at here: https://www.sqlite.org/fileformat.html */
enum {
    HEADER_SIZE = 100,
    HEADER_PAGE_SIZE = 16,
    HEADER_CHANGES = 24,
    HEADER_PAGES = 28,
    HEADER_VALID_FOR = 92
};

static uint32_t header_u32(const uint8_t *header, size_t at)
{
    uint32_t value;
    memcpy(&value, header + at, sizeof(value));
    return be32toh(value);
}

static bool has_log(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-journal"};
    struct stat st;
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *log = xasprintf("%s%s", path, suffixes[i]);
        if (stat(log, &st) == 0 && st.st_size > 0)
            return true;
    }
    return false;
}

/*
 * Looks at the file before SQLite does, so that what is not ours, or was cut, is left exactly as it is.
 * With a log beside it the file alone says little: SQLite then judges.
 */
static int inspect(const char *path, int fd, struct err *err)
{
    uint8_t header[HEADER_SIZE] = {0};
    struct stat st;
    if (fstat(fd, &st) < 0 || pread(fd, header, sizeof(header), 0) < 0)
        return err_set_errno(err, ERR_IO, errno, _("The database %s cannot be read"), path);
    if (st.st_size == 0 || has_log(path))
        return 0;
    if (memcmp(header, "SQLite format 3", 16) != 0)
        return err_set(err, ERR_STORE_CORRUPT,
                       _("%s is not a database; restore it from a backup, or move it away"), path);
    uint64_t page_size = (uint64_t)header[HEADER_PAGE_SIZE] << 8 | header[HEADER_PAGE_SIZE + 1];
    uint64_t pages = header_u32(header, HEADER_PAGES);
    bool pages_valid = header_u32(header, HEADER_CHANGES) == header_u32(header, HEADER_VALID_FOR);
    if (pages_valid && (uint64_t)st.st_size < pages * (page_size == 1 ? 65536 : page_size))
        return err_set(err, ERR_STORE_CORRUPT, _("The database %s is cut short; restore it from a backup"),
                       path);
    return 0;
}

static int open_file(const char *path, struct err *err)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, _("The database %s cannot be opened"), path);
    return inspect(path, fd, err);
}

int db_configure(struct store *store, struct err *err)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},   {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(options); i++)
        sqlite3_db_config(store->db, options[i].option, options[i].value, NULL);
    sqlite3_busy_timeout(store->db, 2000); /* somebody else reads the file, an administrator for instance */
    return db_exec(store,
                   "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; "
                   "PRAGMA secure_delete = ON;"
                   "PRAGMA mmap_size = 0; PRAGMA cache_size = -2048; PRAGMA journal_size_limit = 16777216",
                   err);
}

/* The first reading of the file: SQLite rolls back what a crash left, and what is damaged shows. */
static int check_identity(struct store *store, bool *ret_fresh, struct err *err)
{
    int64_t pages = 0, id = 0, tables = 0;
    int r = db_number(store, &pages, err, "PRAGMA page_count");
    if (r >= 0)
        r = db_number(store, &id, err, "PRAGMA application_id");
    if (r >= 0)
        r = db_number(store, &tables, err, "SELECT count(*) FROM sqlite_schema");
    if (r < 0)
        return r;
    if (pages > 0 && id != SCHEMA_APPLICATION_ID)
        return err_set(err, ERR_STORE_CORRUPT, _("%s is not a database of idsed; move it away"), store->path);
    *ret_fresh = pages == 0;
    return 0;
}

static int open_steps(struct store *store, struct err *err)
{
    bool fresh = false;
    /* Nobody reads SQLite's count of its memory, which costs a lock for each allocation. Too late the second time. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open_v2(store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        NULL) != SQLITE_OK)
        return db_fail(store, err);
    int r = db_configure(store, err);
    if (r >= 0)
        r = check_identity(store, &fresh, err);
    if (r >= 0)
        r = schema_migrate(store, fresh, err);
    /* Only now, so that a fresh file is empty until its first transaction, tables and marks, is whole. */
    if (r >= 0)
        r = db_exec(store, "PRAGMA journal_mode = WAL", err);
    if (r >= 0)
        r = lot_sweep(store, err);
    if (r >= 0)
        r = document_sweep(store, err);
    return r < 0 ? r : store_commit(store, err);
}

static int log_written(void *data, sqlite3 *db, const char *name, int pages)
{
    struct store *store = data;
    if (pages >= LOG_PAGES)
        store->log_grown(store->data);
    return SQLITE_OK;
}

int store_checkpoint(const char *path, struct err *err)
{
    sqlite3 *db = NULL;
    int code =
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    /* A connection that has read nothing does not know that there is a log, and moves nothing. */
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite3_close(db);
    return code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY /* another one is at it */
               ? 0
               : err_set(err, ERR_STORE, _("The database %s reported: %s"), path, sqlite3_errstr(code));
}

int store_empty_log(struct store *store, struct err *err)
{
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return code == SQLITE_OK                                                ? 1
           : (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED ? 0
                                                                            : db_fail(store, err);
}

int store_open(const struct store_options *options, struct store **ret, struct err *err)
{
    int r = open_file(options->path, err);
    if (r < 0)
        return r;
    struct store *store = xcalloc(1, sizeof(*store));
    store->path = xstrdup(options->path);
    store->clock = options->clock;
    store->unswept = true;
    r = open_steps(store, err);
    if (r < 0) {
        turn_abort(store);
        store_close(store);
        return r;
    }
    recent_watch(store);
    store->turn_opened = options->turn_opened;
    store->log_grown = options->log_grown;
    store->data = options->data;
    if (store->log_grown)
        sqlite3_wal_hook(store->db, log_written, store); /* in place of SQLite's own, which checkpoints */
    *ret = store;
    return 0;
}

struct store *store_close(struct store *store)
{
    if (!store)
        return NULL;
    while (store->turn) /* callbacks of a turn may open the next one */
        store_commit(store, NULL);
    turn_undone(store);
    db_cache_free(store);
    sqlite3_close(store->db);
    free(store->recent);
    free(store->callbacks);
    free(store->path);
    free(store);
    return NULL;
}

int store_check(struct store *store, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_buf_ struct buf found = BUF_INIT;
    int r = db_query(store, &query, err, "PRAGMA quick_check(10)");
    if (r < 0)
        return r;
    while ((r = db_next(&query, err)) > 0) {
        _cleanup_free_ char *line = db_text(&query, 0);
        if (!streq(str_or_empty(line), "ok"))
            buf_printf(&found, "%s%s", found.len ? "; " : "", line);
    }
    if (r < 0 || found.len == 0)
        return r;
    return err_set(err, ERR_STORE_CORRUPT, _("The database %s is damaged: %s"), store->path, found.data);
}

int db_open_reader(const char *path, struct store **ret, struct err *err)
{
    _cleanup_(store_cleanup) struct store *store = xcalloc(1, sizeof(*store));
    store->path = xstrdup(path);
    store->reader = true;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int r = sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK ? db_fail(store, err) : 0;
    if (r >= 0)
        r = db_configure(store, err);
    if (r < 0)
        return r;
    *ret = STEAL(store);
    return 0;
}

int store_open_reader(const char *path, struct store **ret, struct err *err)
{
    _cleanup_(store_cleanup) struct store *store = NULL;
    int r = db_open_reader(path, &store, err);
    if (r >= 0)
        r = db_exec(store, "BEGIN", err);
    if (r < 0)
        return r;
    *ret = STEAL(store);
    return 0;
}

void store_inspect(const char *path, struct err *database, struct err *audit)
{
    _cleanup_(store_cleanup) struct store *store = NULL;
    if (store_open_reader(path, &store, database) < 0) {
        err_set(audit, database->code, "%s", err_text(database));
        return;
    }
    store_check(store, database);
    store_audit_verify(store, audit);
}

int store_audit_inspect(const char *path, uint64_t *ret_records, struct err *err)
{
    _cleanup_(store_cleanup) struct store *store = NULL;
    int64_t records = 0;
    int r = store_open_reader(path, &store, err);
    if (r >= 0)
        r = store_audit_verify(store, err);
    if (r >= 0)
        r = db_number(store, &records, err, "SELECT seq FROM audit_head WHERE one = 1");
    if (r < 0)
        return r;
    if (ret_records)
        *ret_records = (uint64_t)records;
    return 0;
}
