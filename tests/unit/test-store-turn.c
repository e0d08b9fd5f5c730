/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include "store/db.h"

static bool has(struct fixture *f, const char *name)
{
    _cleanup_free_ char *value = NULL;
    return store_value_get(f->store, name, &value, &f->err) == 1;
}

static void set(struct fixture *f, const char *name)
{
    assert_ok(store_value_set(f->store, name, "1", &f->err));
}

/* What the callbacks saw, in order: a name each, with '!' when the turn was lost. */
struct told {
    struct fixture *f;
    const char *name;
    struct buf *order;
    bool write;
};

static void tell(void *data, const struct err *err)
{
    struct told *told = data;
    buf_printf(told->order, "%s%s ", told->name, err ? "!" : "");
    if (told->write)
        set(told->f, told->name);
}

static void the_first_write_opens_the_turn_and_says_so_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->opened, 0);
    assert_false(has(f, "a"));
    assert_false(store_turn_is_open(f->store)); /* reading opens nothing */
    set(f, "a");
    set(f, "b");
    assert_true(store_turn_is_open(f->store));
    assert_int_equal(f->opened, 1);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 0); /* nobody else sees it yet */
    assert_ok(store_commit(f->store, &f->err));
    assert_false(store_turn_is_open(f->store));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 2);
    set(f, "c");
    assert_int_equal(f->opened, 2);
}

static void a_commit_of_nothing_is_fine(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(f->opened, 0);
}

static void callbacks_wait_for_the_commit_and_run_in_order(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf order = BUF_INIT;
    struct told told[] = {{f, "now", &order}, {f, "one", &order}, {f, "two", &order}};
    store_after_commit(f->store, tell, &told[0]); /* no turn: at once */
    assert_string_equal(order.data, "now ");
    set(f, "a");
    store_after_commit(f->store, tell, &told[1]);
    store_after_commit(f->store, tell, &told[2]);
    assert_string_equal(order.data, "now ");
    assert_ok(store_commit(f->store, &f->err));
    assert_string_equal(order.data, "now one two ");
    set(f, "b");
    assert_ok(store_commit(f->store, &f->err));
    assert_string_equal(order.data, "now one two "); /* once */
}

static void a_callback_may_write_into_the_next_turn(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf order = BUF_INIT;
    struct told told[] = {{f, "writes", &order, .write = true}, {f, "later", &order}};
    set(f, "a");
    store_after_commit(f->store, tell, &told[0]);
    assert_ok(store_commit(f->store, &f->err));
    assert_true(store_turn_is_open(f->store));
    assert_int_equal(f->opened, 2);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 1);
    store_after_commit(f->store, tell, &told[1]);
    assert_string_equal(order.data, "writes ");
    assert_ok(store_commit(f->store, &f->err));
    assert_string_equal(order.data, "writes later ");
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 2);
}

static void a_part_is_undone_alone_and_nests(void **state)
{
    struct fixture *f = *state;
    set(f, "before");
    assert_ok(store_begin(f->store, &f->err));
    set(f, "outer");
    assert_ok(store_begin(f->store, &f->err));
    set(f, "inner");
    assert_ok(store_end(f->store, false, &f->err));
    assert_false(has(f, "inner"));
    assert_ok(store_begin(f->store, &f->err));
    set(f, "kept");
    assert_ok(store_end(f->store, true, &f->err));
    assert_ok(store_end(f->store, true, &f->err));
    assert_ok(store_begin(f->store, &f->err));
    set(f, "gone");
    assert_ok(store_begin(f->store, &f->err));
    set(f, "gone too");
    assert_ok(store_end(f->store, true, &f->err));
    assert_ok(store_end(f->store, false, &f->err));
    assert_ok(store_commit(f->store, &f->err));
    assert_true(has(f, "before") && has(f, "outer") && has(f, "kept"));
    assert_false(has(f, "gone") || has(f, "gone too") || has(f, "inner"));
}

static void a_part_opens_the_turn(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_begin(f->store, &f->err));
    assert_int_equal(f->opened, 1);
    assert_true(store_turn_is_open(f->store));
    assert_ok(store_end(f->store, true, &f->err));
    assert_ok(store_commit(f->store, &f->err));
}

static int refuse(void *data)
{
    return 1;
}

static void a_commit_that_fails_loses_all_of_the_turn_and_tells_everybody(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf order = BUF_INIT;
    struct told told[] = {{f, "one", &order}, {f, "two", &order, .write = true}};
    set(f, "a");
    store_after_commit(f->store, tell, &told[0]);
    set(f, "b");
    store_after_commit(f->store, tell, &told[1]);
    sqlite3_commit_hook(f->store->db, refuse, NULL);
    assert_err(f, store_commit(f->store, &f->err), ERR_STORE);
    sqlite3_commit_hook(f->store->db, NULL, NULL);
    assert_string_equal(order.data, "one! two! ");
    assert_false(has(f, "a") || has(f, "b"));
    assert_true(has(f, "two")); /* written by the callback, in the next turn */
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 1);
}

static void a_full_disk_in_the_middle_loses_the_turn_until_its_commit(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf order = BUF_INIT;
    struct told told = {f, "told", &order};
    fixture_add_rp(f, fixture_rp);
    assert_ok(store_commit(f->store, &f->err));

    set(f, "a");
    store_after_commit(f->store, tell, &told);
    assert_int_equal(sqlite3_exec(f->store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
    _cleanup_free_ char *big = xcalloc(1, 100001);
    memset(big, 'x', 100000);
    struct store_document document = {.kind = DOCUMENT_PAGE};
    int64_t id;
    assert_err(f, store_document_add(f->store, &document, big, 100000, &id, &f->err), ERR_STORE);
    assert_int_equal(sqlite3_exec(f->store->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL),
                     SQLITE_OK);

    if (sqlite3_get_autocommit(f->store->db)) {
        assert_true(store_turn_is_open(f->store));
        assert_err(f, store_value_set(f->store, "b", "1", &f->err), ERR_STORE);
        assert_err(f, store_begin(f->store, &f->err), ERR_STORE);
        assert_null(order.data);
        assert_err(f, store_commit(f->store, &f->err), ERR_STORE);
        assert_string_equal(order.data, "told! ");
        assert_false(has(f, "a"));
    } else
        fail_msg("SQLite kept the transaction: this test no longer makes it lose one");
    set(f, "c");
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 1);
}

static void a_part_that_was_lost_with_its_turn_ends_with_the_error(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_begin(f->store, &f->err));
    set(f, "a");
    assert_int_equal(sqlite3_exec(f->store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    struct err why = {.code = ERR_STORE, .text = (char *)"the disk is full"};
    turn_note_loss(f->store, &why);
    assert_err(f, store_end(f->store, true, &f->err), ERR_STORE);
    assert_string_equal(f->err.text, "the disk is full");
    assert_err(f, store_commit(f->store, &f->err), ERR_STORE);
    assert_false(has(f, "a"));
}

static void closing_commits_what_is_open(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf order = BUF_INIT;
    struct told told = {f, "told", &order, .write = true};
    set(f, "a");
    store_after_commit(f->store, tell, &told);
    f->store = store_close(f->store);
    assert_string_equal(order.data, "told ");
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM value"), 2);
    assert_null(store_close(NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(the_first_write_opens_the_turn_and_says_so_once),
        TEST(a_commit_of_nothing_is_fine),
        TEST(callbacks_wait_for_the_commit_and_run_in_order),
        TEST(a_callback_may_write_into_the_next_turn),
        TEST(a_part_is_undone_alone_and_nests),
        TEST(a_part_opens_the_turn),
        TEST(a_commit_that_fails_loses_all_of_the_turn_and_tells_everybody),
        TEST(a_full_disk_in_the_middle_loses_the_turn_until_its_commit),
        TEST(a_part_that_was_lost_with_its_turn_ends_with_the_error),
        TEST(closing_commits_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
