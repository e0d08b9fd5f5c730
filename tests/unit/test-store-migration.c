/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include "base/file.h"

/* The database of 0.1.0 in tests/data/store-v1, opened by this idsed. */

static void run(const char *path, const char *sql, sqlite3_callback each, void *data)
{
    sqlite3 *db;
    char *fault = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, each, data, &fault) != SQLITE_OK)
        fail_msg("%s", fault);
    sqlite3_close(db);
}

/* Leaves the old database in the fixture's place, closed. */
static void become_old(struct fixture *f)
{
    const char *folder = getenv("IDSED_STORE_V1");
    assert_non_null(folder);
    _cleanup_free_ char *dump = xasprintf("%s/idsed.sql", folder);
    _cleanup_buf_ struct buf sql = BUF_INIT;
    assert_ok(file_read(dump, 1 << 24, &sql, &f->err));
    buf_add(&sql, "", 1);
    f->store = store_close(f->store);
    unlink(f->path);
    run(f->path, sql.data, NULL, NULL);
}

static int add_row(void *data, int n, char **values, char **names)
{
    for (int i = 0; i < n; i++)
        buf_printf(data, "%s%c", str_or_empty(values[i]), i == n - 1 ? '\n' : ' ');
    return 0;
}

/* What a query gives, a row a line. */
static char *rows(const char *path, const char *sql)
{
    struct buf text = BUF_INIT;
    run(path, sql, add_row, &text);
    return buf_steal(&text, NULL);
}

static const char all_of_the_schema[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";

static void migrated_it_is_what_a_fresh_one_is(void **state)
{
    struct fixture *f = *state;
    _cleanup_free_ char *fresh = rows(f->path, all_of_the_schema);
    int64_t version = fixture_sql(f, "PRAGMA user_version");
    become_old(f);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 1);
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *migrated = rows(f->path, all_of_the_schema);
    assert_string_equal(migrated, fresh);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), version);
}

/* Each table of `old` and how many rows it has, there or in `path`. */
static char *row_counts(const char *old, const char *path)
{
    _cleanup_free_ char *query = rows(old, "SELECT 'SELECT ''' || name || ''', count(*) FROM ' || name || ';'"
                                           " FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    return rows(path, query);
}

static void nothing_is_lost(void **state)
{
    static const char lots[] =
        "SELECT id, rp, type, created_us, sha256, state, hold, certificate, attempts, portal_lot,"
        " folio, rejected, count_total FROM lot ORDER BY id";
    struct fixture *f = *state;
    become_old(f);
    _cleanup_free_ char *copy = xasprintf("%s/old.db", f->folder);
    _cleanup_free_ char *aside = xasprintf("VACUUM INTO '%s'", copy);
    run(f->path, aside, NULL, NULL);
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *lots_before = rows(copy, lots), *lots_after = rows(f->path, lots);
    assert_string_equal(lots_after, lots_before);
    _cleanup_free_ char *before = row_counts(copy, copy), *after = row_counts(copy, f->path);
    assert_string_equal(after, before);
}

static void it_is_whole(void **state)
{
    struct fixture *f = *state;
    become_old(f);
    assert_ok(fixture_reopen(f));
    assert_ok(store_check(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    _cleanup_err_ struct err database = ERR_INIT, audit = ERR_INIT;
    store_inspect(f->path, &database, &audit);
    assert_int_equal(database.code, ERR_NONE);
    assert_int_equal(audit.code, ERR_NONE);
}

static void the_copy_is_as_it_was(void **state)
{
    struct fixture *f = *state;
    int64_t present = fixture_sql(f, "PRAGMA user_version");
    become_old(f);
    _cleanup_free_ char *before = rows(f->path, all_of_the_schema);
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *pattern = xasprintf("%s.v1-*", f->path);
    glob_t found;
    int r = glob(pattern, 0, NULL, &found);
    if (present == 1) { /* nothing to migrate to */
        assert_int_equal(r, GLOB_NOMATCH);
        return;
    }
    assert_int_equal(r, 0);
    assert_int_equal(found.gl_pathc, 1);
    _cleanup_free_ char *copied = rows(found.gl_pathv[0], all_of_the_schema);
    _cleanup_free_ char *version = rows(found.gl_pathv[0], "PRAGMA user_version");
    globfree(&found);
    assert_string_equal(copied, before);
    assert_string_equal(version, "1\n");
}

/* Lots that were on their way wait for each other as if they had been taken in by this version. */
static void it_knows_which_lots_go_before_others(void **state)
{
    static const char sql[] =
        "UPDATE lot SET state = iif(id <= 3, 0, 4);"
        "DELETE FROM movement_key WHERE movement >> 20 IN (SELECT id FROM lot WHERE state = 0);"
        "UPDATE movement SET rp = 1, nss = 100 + (id >> 20) WHERE id >> 20 IN (SELECT id FROM lot WHERE "
        "state = 0);"
        /* the third has a worker of the first */
        "UPDATE movement SET nss = 101 WHERE id = 3 << 20;"
        "INSERT INTO movement_key SELECT nss, rp, type, date, id FROM movement"
        "  WHERE id >> 20 IN (SELECT id FROM lot WHERE state = 0);";
    struct fixture *f = *state;
    become_old(f);
    run(f->path, sql, NULL, NULL);
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *pairs = rows(f->path, "SELECT lot, older FROM precedence");
    assert_string_equal(pairs, "3 1\n");
}

/* Who cancelled what, when and why is in the history alone there. */
static void it_knows_who_cancelled_what(void **state)
{
    static const char sql[] =
        "UPDATE lot SET state = 9 WHERE id IN (8, 9);"
        "INSERT INTO audit VALUES(1001, 50, 'uid 7', 'cancel', 'lot 8', 'ok', '{\"text\":\"twice\"}', '');"
        "INSERT INTO audit VALUES(1002, 60, 'uid 8', 'cancel', 'lot 8', 'WrongState', NULL, '');"
        "INSERT INTO audit VALUES(1003, 70, 'uid 9', 'cancel', 'lot 9', 'ok', 'no JSON', '');";
    struct fixture *f = *state;
    become_old(f);
    run(f->path, sql, NULL, NULL);
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *given_up = rows(
        f->path,
        "SELECT id, given_up_us, given_up_by, given_up_text FROM lot WHERE given_up_us <> 0 ORDER BY id");
    assert_string_equal(given_up, "8 50 uid 7 twice\n9 70 uid 9 \n10 1761072944681629 uid 0 \n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(migrated_it_is_what_a_fresh_one_is),
        TEST(nothing_is_lost),
        TEST(it_is_whole),
        TEST(the_copy_is_as_it_was),
        TEST(it_knows_which_lots_go_before_others),
        TEST(it_knows_who_cancelled_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
