/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/err.h"

static void an_error_says_what_failed_and_where(void **state)
{
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, ERR_UNKNOWN_LOT, "no lot %d", 7), -ERR_UNKNOWN_LOT);
    assert_int_equal(err_prefix(&err, "show"), -ERR_UNKNOWN_LOT);
    assert_string_equal(err_text(&err), "show: no lot 7");
    assert_int_equal(err_exit_status(err.code), EXIT_STATUS_NOT_FOUND);
}

static void every_code_has_its_own_name_both_ways(void **state)
{
    for (int code = 1; code < _ERR_MAX; code++) {
        assert_int_equal(err_from_dbus_name(err_dbus_name((enum err_code)code)), code);
        assert_true(*err_sentence((enum err_code)code));
    }
    assert_int_equal(err_from_dbus_name("NoSuchName"), ERR_FAILED);
}

static void a_sentence_is_told_from_what_says_more(void **state)
{
    assert_true(err_is_sentence(ERR_UNKNOWN_LOT, "There is no such lot"));
    assert_true(err_is_sentence(ERR_UNKNOWN_LOT, err_sentence(ERR_UNKNOWN_LOT)));
    assert_false(err_is_sentence(ERR_UNKNOWN_LOT, "There is no such lot: 7"));
    assert_false(err_is_sentence(ERR_UNKNOWN_RP, "There is no such lot"));
}

static void without_a_place_nothing_is_written(void **state)
{
    assert_int_equal(err_set(NULL, ERR_IO, "lost"), -ERR_IO);
    err_clear(NULL);
    assert_true(*err_text(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_says_what_failed_and_where),
        cmocka_unit_test(every_code_has_its_own_name_both_ways),
        cmocka_unit_test(a_sentence_is_told_from_what_says_more),
        cmocka_unit_test(without_a_place_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
