/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include <sys/wait.h>

#include "base/file.h"

static void the_file_belongs_to_its_owner_only(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_value_set(f->store, "a", "b", &f->err)); /* makes the log too */
    assert_ok(store_commit(f->store, &f->err));
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        struct stat st;
        _cleanup_free_ char *path = xasprintf("%s%s", f->path, suffixes[i]);
        assert_ok(stat(path, &st));
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void what_was_written_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_value_set(f->store, "a", "b", &f->err));
    assert_ok(fixture_reopen(f));
    _cleanup_free_ char *value = NULL;
    assert_int_equal(store_value_get(f->store, "a", &value, &f->err), 1);
    assert_string_equal(value, "b");
    assert_ok(store_check(f->store, &f->err));
    assert_false(store_turn_is_open(f->store));
}

static void the_connection_is_set_up_for_durability(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_stmt *stmt;
    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    sqlite3_prepare_v2(
        db,
        "SELECT count(*) FROM pragma_table_list"
        " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
        -1, &stmt, NULL);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void the_log_is_moved_into_the_file_over_another_connection(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;
    _cleanup_free_ char *text = xcalloc(1 << 20, 1);
    memset(text, 'x', (1 << 20) - 1);
    assert_ok(stat(f->path, &before));
    assert_ok(store_value_set(f->store, "a", text, &f->err));
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(stat(f->path, &after));
    assert_int_equal(after.st_size, before.st_size);
    assert_ok(store_checkpoint(f->path, &f->err));
    assert_ok(stat(f->path, &after));
    assert_true(after.st_size >= before.st_size + (1 << 20));
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    fixture_sql(f, "PRAGMA user_version = 999");
    assert_err(f, fixture_reopen(f), ERR_STORE_NEWER);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 999);
}

/* Opens, expects damage, and that not a byte of the file has changed. */
static void assert_refused_untouched(struct fixture *f)
{
    _cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
    assert_ok(file_read(f->path, 1 << 24, &before, &f->err));
    assert_err(f, fixture_reopen(f), ERR_STORE_CORRUPT);
    assert_null(f->store);
    assert_ok(file_read(f->path, 1 << 24, &after, &f->err));
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
}

static void what_is_not_a_database_is_refused(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    static const char text[] =
        "this is somebody's letter, not a database; it is longer than the header of one is, so "
        "that the length alone gives nothing away";
    assert_ok(file_replace(f->path, 0600, text, sizeof(text), &f->err));
    assert_refused_untouched(f);
    assert_ok(file_replace(f->path, 0600, text, 5, &f->err));
    assert_refused_untouched(f);
}

static void the_database_of_another_program_is_refused(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    unlink(f->path);
    fixture_sql(f, "CREATE TABLE theirs(x)");
    assert_refused_untouched(f);
}

static void a_cut_file_is_refused(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    struct stat st;
    assert_ok(stat(f->path, &st));
    assert_ok(truncate(f->path, st.st_size - 4096));
    assert_refused_untouched(f);
    assert_ok(truncate(f->path, 1000));
    assert_refused_untouched(f);
}

static size_t copies(struct fixture *f, char **ret_first)
{
    _cleanup_free_ char *pattern = xasprintf("%s.v*", f->path);
    glob_t found;
    size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    if (n > 0 && ret_first)
        *ret_first = xstrdup(found.gl_pathv[0]);
    globfree(&found);
    return n;
}

static _Noreturn void die_while_creating(const char *path)
{
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_exec(db,
                 "PRAGMA cache_size = 2; BEGIN; CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(500000));"
                 "INSERT INTO t VALUES (zeroblob(500000))",
                 NULL, NULL, NULL);
    _exit(0);
}

static void a_death_during_the_creation_is_a_fresh_start(void **state)
{
    struct fixture *f = *state;
    int64_t version = fixture_sql(f, "PRAGMA user_version");
    f->store = store_close(f->store);
    unlink(f->path);
    pid_t pid = fork();
    if (pid == 0)
        die_while_creating(f->path);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    struct stat st;
    assert_ok(stat(f->path, &st));
    assert_true(st.st_size > 0); /* so much was there */
    assert_ok(fixture_reopen(f));
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), version);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM sqlite_schema WHERE name = 't'"), 0);
    assert_int_equal(copies(f, NULL), 0);
}

static void damage_inside_is_found_by_the_check(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "name %d", i);
        assert_ok(store_value_set(f->store, name, "a value of some length, to fill pages", &f->err));
    }
    f->store = store_close(f->store);
    int64_t root = fixture_sql(f, "SELECT rootpage FROM sqlite_schema WHERE name = 'value'");
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    static const char junk[512] = "\xff\xff\xff\xff";
    assert_int_equal(pwrite(fd, junk, sizeof(junk), (root - 1) * 4096), sizeof(junk));
    close(fd);
    assert_ok(fixture_reopen(f)); /* does not read everything, or a million movements would cost minutes */
    assert_err(f, store_check(f->store, &f->err), ERR_STORE_CORRUPT);
    _cleanup_err_ struct err database = ERR_INIT, audit = ERR_INIT;
    store_inspect(f->path, &database, &audit); /* by the way of a worker thread */
    assert_int_equal(database.code, ERR_STORE_CORRUPT);
    assert_int_equal(audit.code, ERR_NONE);
}

static void an_older_database_is_copied_and_migrated(void **state)
{
    struct fixture *f = *state;
    int64_t version = fixture_sql(f, "PRAGMA user_version");
    assert_int_equal(copies(f, NULL), 0); /* a fresh one needs none */
    f->store = store_close(f->store);
    int64_t id = fixture_sql(f, "PRAGMA application_id");
    unlink(f->path);
    _cleanup_free_ char *mark = xasprintf("PRAGMA application_id = %lld", (long long)id);
    fixture_sql(f, mark);
    fixture_sql(f, "CREATE TABLE relic(x)");
    fixture_sql(f, "INSERT INTO relic VALUES (42)");
    assert_ok(fixture_reopen(f));
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), version);
    assert_int_equal(fixture_sql(f, "SELECT x FROM relic"), 42);
    assert_int_equal(f->opened, 0); /* nobody's turn */

    _cleanup_free_ char *copy = NULL;
    assert_int_equal(copies(f, &copy), 1);
    assert_non_null(strstr(copy, ".v0-20260921T"));
    struct stat st;
    assert_ok(stat(copy, &st));
    assert_int_equal(st.st_mode & 0777, 0600);
    replace_str(&f->path, STEAL(copy));
    assert_int_equal(fixture_sql(f, "SELECT x FROM relic"), 42);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 0);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    int64_t id = fixture_sql(f, "PRAGMA application_id");
    unlink(f->path);
    _cleanup_free_ char *mark = xasprintf("PRAGMA application_id = %lld", (long long)id);
    fixture_sql(f, mark);
    fixture_sql(f, "CREATE TABLE movement(in_the_way)");
    assert_err(f, fixture_reopen(f), ERR_STORE);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct fixture *f = *state;
    replace_str(&f->path, xasprintf("%s/none/idsed.db", f->folder));
    assert_err(f, fixture_reopen(f), ERR_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(the_file_belongs_to_its_owner_only),
        TEST(what_was_written_is_there_after_reopening),
        TEST(the_connection_is_set_up_for_durability),
        TEST(the_log_is_moved_into_the_file_over_another_connection),
        TEST(a_newer_schema_is_refused_and_left_alone),
        TEST(what_is_not_a_database_is_refused),
        TEST(the_database_of_another_program_is_refused),
        TEST(a_cut_file_is_refused),
        TEST(a_death_during_the_creation_is_a_fresh_start),
        TEST(damage_inside_is_found_by_the_check),
        TEST(an_older_database_is_copied_and_migrated),
        TEST(a_migration_that_fails_changes_nothing),
        TEST(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
