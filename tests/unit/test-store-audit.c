/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

static void add(struct fixture *f, const char *action, const char *detail)
{
    struct store_audit audit = {.who = (char *)"uid 1000",
                                .action = (char *)action,
                                .object = (char *)"lot 1",
                                .outcome = (char *)"ok",
                                .detail = (char *)detail};
    assert_ok(store_audit_add(f->store, &audit, &f->err));
    f->now_us += US_PER_S;
}

static int add_five(void **state)
{
    int r = fixture_new(state);
    struct fixture *f = *state;
    static const char *const actions[] = {"submit", "hold", "release", "retry", "cancel"};
    for (size_t i = 0; i < ELEMENTSOF(actions); i++)
        add(f, actions[i], i % 2 ? "{\"n\":1}" : NULL);
    assert_ok(store_commit(f->store, &f->err));
    return r;
}

static void an_untouched_history_verifies(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_audit_verify(f->store, &f->err));
    assert_ok(fixture_reopen(f));
    add(f, "submit", NULL);
    assert_ok(store_audit_verify(f->store, &f->err));
}

static void an_empty_history_verifies(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_audit_verify(f->store, &f->err));
}

static void records_come_in_pages_newest_first(void **state)
{
    struct fixture *f = *state;
    const struct store_audit_filter any = {0};
    struct store_audit *audits;
    size_t n;
    assert_ok(store_audit_list(f->store, &any, 0, 3, &audits, &n, &f->err));
    assert_int_equal(n, 3);
    assert_int_equal(audits[0].seq, 5);
    assert_string_equal(audits[1].action, "retry");
    assert_string_equal(audits[1].detail, "{\"n\":1}");
    assert_null(audits[2].detail);
    assert_int_equal(audits[0].at_us - audits[2].at_us, 2 * US_PER_S);
    assert_int_equal(strlen(audits[0].hash), 64);
    store_audits_free(audits, n);
    assert_ok(store_audit_list(f->store, &any, 3, 100, &audits, &n, &f->err));
    assert_int_equal(n, 2);
    assert_int_equal(audits[1].seq, 1);
    store_audits_free(audits, n);
}

static size_t count_found(struct fixture *f, const struct store_audit_filter *filter)
{
    struct store_audit *audits;
    size_t n;
    assert_ok(store_audit_list(f->store, filter, 0, 100, &audits, &n, &f->err));
    store_audits_free(audits, n);
    return n;
}

static void records_are_found_by_time_person_and_lot(void **state)
{
    struct fixture *f = *state;
    struct store_audit by_ana = {.who = (char *)"uid 1001 ana@example.mx",
                                 .action = (char *)"submit",
                                 .object = (char *)"lots 9-12",
                                 .outcome = (char *)"ok"};
    assert_ok(store_audit_add(f->store, &by_ana, &f->err));
#define FOUND(...) count_found(f, &(struct store_audit_filter){__VA_ARGS__})
    assert_int_equal(FOUND(.who = "uid 1000"), 5);
    assert_int_equal(FOUND(.who = "1000"), 5);
    assert_int_equal(FOUND(.who = "uid 100"), 0);
    assert_int_equal(FOUND(.who = "ana@example.mx"), 1);
    assert_int_equal(FOUND(.who = "uid 1001"), 1);
    assert_int_equal(FOUND(.lot = 1), 5);
    assert_int_equal(FOUND(.lot = 11), 1); /* not those on lot 1 */
    assert_int_equal(FOUND(.lot = 8), 0);
    assert_int_equal(FOUND(.lot = 9), 1);
    assert_int_equal(FOUND(.lot = 12), 1);
    assert_int_equal(FOUND(.lot = 13), 0);
    assert_int_equal(FOUND(.since_us = f->now_us), 1);
    assert_int_equal(FOUND(.until_us = f->now_us - 1), 5);
#undef FOUND
}

/* Each change, made behind the daemon's back, is found, at the record that is named. */
static const struct {
    const char *sql[3];
    const char *record;
} tamperings[] = {
    {{"UPDATE audit SET who = 'uid 0' WHERE seq = 3"}, "record 3 "},
    {{"UPDATE audit SET at_us = at_us + 1 WHERE seq = 1"}, "record 1 "},
    {{"UPDATE audit SET detail = NULL WHERE seq = 2"}, "record 2 "},
    {{"UPDATE audit SET object = '', outcome = 'lot 1ok' WHERE seq = 4"}, "record 4 "},
    {{"UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 5"}, "record 5 "},
    {{"DELETE FROM audit WHERE seq = 3"}, "record 3 "},
    {{"DELETE FROM audit WHERE seq = 1"}, "record 1 "},
    {{"DELETE FROM audit WHERE seq = 5"}, "record 5 "},
    {{"DELETE FROM audit WHERE seq >= 3"}, "record 3 "},
    {{"DELETE FROM audit"}, "record 1 "},
    {{"UPDATE audit SET seq = 99 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3",
      "UPDATE audit SET seq = 3 WHERE seq = 99"},
     "record 2 "},
    {{"INSERT INTO audit(seq, at_us, who, hash) VALUES (6, 0, 'x', '')"}, "record 6 "},
    {{"DELETE FROM audit_head"}, "head"},
    {{"UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)"}, "record 5 "},
};

static void every_tampering_is_found(void **state)
{
    for (size_t i = 0; i < ELEMENTSOF(tamperings); i++) {
        struct fixture *f;
        assert_ok(add_five((void **)&f));
        for (size_t j = 0; j < 3 && tamperings[i].sql[j]; j++)
            fixture_sql(f, tamperings[i].sql[j]);
        assert_err(f, store_audit_verify(f->store, &f->err), ERR_STORE_CORRUPT);
        assert_non_null(strstr(f->err.text, tamperings[i].record));
        fixture_free((void **)&f);
    }
}

static void a_cut_tail_shows_even_after_more_was_written(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "DELETE FROM audit WHERE seq = 5");
    add(f, "submit", NULL);
    assert_err(f, store_audit_verify(f->store, &f->err), ERR_STORE_CORRUPT);
    assert_non_null(strstr(f->err.text, "record 5 "));
}

static void a_second_connection_verifies_what_is_committed(void **state)
{
    struct fixture *f = *state;
    _cleanup_err_ struct err database = ERR_INIT, audit = ERR_INIT;
    add(f, "submit", NULL); /* not committed: neither seen nor missed */
    store_inspect(f->path, &database, &audit);
    assert_int_equal(database.code, ERR_NONE);
    assert_int_equal(audit.code, ERR_NONE);
    uint64_t records = 0;
    assert_ok(store_audit_inspect(f->path, &records, &f->err));
    assert_int_equal(records, 5);
    assert_ok(store_commit(f->store, &f->err));
    fixture_sql(f, "DELETE FROM audit WHERE seq = 2");
    store_inspect(f->path, &database, &audit);
    assert_int_equal(database.code, ERR_NONE);
    assert_int_equal(audit.code, ERR_STORE_CORRUPT);
    assert_err(f, store_audit_inspect(f->path, NULL, &f->err), ERR_STORE_CORRUPT);
}

static void an_undone_record_leaves_no_gap(void **state)
{
    struct fixture *f = *state;
    assert_ok(store_begin(f->store, &f->err));
    add(f, "submit", NULL);
    assert_ok(store_end(f->store, false, &f->err));
    add(f, "hold", NULL);
    assert_ok(store_audit_verify(f->store, &f->err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, add_five, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(an_untouched_history_verifies),
        cmocka_unit_test_setup_teardown(an_empty_history_verifies, fixture_new, fixture_free),
        TEST(records_come_in_pages_newest_first),
        TEST(records_are_found_by_time_person_and_lot),
        cmocka_unit_test(every_tampering_is_found),
        TEST(a_cut_tail_shows_even_after_more_was_written),
        TEST(a_second_connection_verifies_what_is_committed),
        TEST(an_undone_record_leaves_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
