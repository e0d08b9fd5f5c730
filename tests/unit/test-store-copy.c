/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include "base/file.h"

static char *copy_path(const struct fixture *f)
{
    return xasprintf("%s/copy.db", f->folder);
}

static void open_copy(struct fixture *f, struct store **ret)
{
    _cleanup_free_ char *path = copy_path(f);
    const struct store_options options = {.path = path, .clock = &f->clock};
    assert_ok(store_open(&options, ret, &f->err));
}

static char *value_of(struct store *store, const char *name)
{
    char *value = NULL;
    store_value_get(store, name, &value, NULL);
    return value;
}

static int copy_to(struct fixture *f, const char *mark)
{
    _cleanup_free_ char *path = copy_path(f);
    close(open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600));
    const struct store_copy copy = {.from = f->path, .to = path, .mark = mark};
    return store_copy(&copy, &f->err);
}

static void a_copy_has_what_is_on_disk_and_its_mark(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_value_set(f->store, "a", "committed", &f->err));
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(store_value_set(f->store, "a", "not yet", &f->err)); /* a turn is open meanwhile */
    assert_ok(copy_to(f, "{\"at\":1}"));
    assert_ok(store_commit(f->store, &f->err));

    _cleanup_(store_cleanup) struct store *copy = NULL;
    open_copy(f, &copy);
    _cleanup_free_ char *value = value_of(copy, "a"), *mark = value_of(copy, STORE_COPY_MARK);
    assert_string_equal(value, "committed");
    assert_string_equal(mark, "{\"at\":1}");
    assert_null(value_of(f->store, STORE_COPY_MARK));
    assert_ok(store_check(copy, &f->err));
}

static void a_copy_is_one_file(void **state)
{
    struct fixture *f = *state;
    assert_ok(copy_to(f, "{}"));
    _cleanup_free_ char *path = copy_path(f);
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *beside = xasprintf("%s%s", path, suffixes[i]);
        assert_int_not_equal(access(beside, F_OK), 0);
    }
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    assert_ok(file_read(path, 1 << 24, &bytes, &f->err));
    assert_int_equal(bytes.data[18],
                     1); /* no log is looked for: it can be read from where nothing can be written */
}

static void the_first_mark_counts(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_value_set(f->store, STORE_COPY_MARK, "first", &f->err));
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(copy_to(f, "second"));
    _cleanup_(store_cleanup) struct store *copy = NULL;
    open_copy(f, &copy);
    _cleanup_free_ char *mark = value_of(copy, STORE_COPY_MARK);
    assert_string_equal(mark, "first");
}

static int no_further(void *data, struct err *err)
{
    return err_set(err, ERR_BUSY, "enough");
}

static void a_copy_can_be_given_up(void **state)
{
    struct fixture *f = *state;
    for (unsigned lot = 0; lot < 40; lot++) { /* enough for SQLite to ask */
        _cleanup_free_ char *name = xasprintf("v%u", lot), *value = xcalloc(1, 100001);
        memset(value, 'x', 100000);
        assert_ok(store_value_set(f->store, name, value, &f->err));
    }
    for (unsigned i = 0; i < 30000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%u", i);
        assert_ok(store_value_set(f->store, name, "1", &f->err));
    }
    assert_ok(store_commit(f->store, &f->err));
    _cleanup_free_ char *path = copy_path(f);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    const struct store_copy copy = {.from = f->path, .to = path, .mark = "{}", .go_on = no_further};
    assert_err(f, store_copy(&copy, &f->err), ERR_BUSY);
    assert_string_equal(f->err.text, "enough");
}

static void what_is_not_ours_is_not_copied(void **state)
{
    struct fixture *f = *state;
    f->store = store_close(f->store);
    fixture_sql(f, "PRAGMA application_id = 7");
    assert_err(f, copy_to(f, "{}"), ERR_STORE_CORRUPT);
    fixture_sql(f, "PRAGMA application_id = 1229214533");
    fixture_sql(f, "PRAGMA user_version = 999");
    assert_err(f, copy_to(f, "{}"), ERR_STORE_NEWER);
    assert_ok(truncate(f->path, 5000));
    err_clear(&f->err);
    assert_true(copy_to(f, "{}") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_has_what_is_on_disk_and_its_mark, fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(a_copy_is_one_file, fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(the_first_mark_counts, fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(a_copy_can_be_given_up, fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_not_copied, fixture_new, fixture_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
