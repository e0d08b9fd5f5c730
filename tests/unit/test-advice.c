/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/file.h"
#include "idse/advice.h"

static void read_shipped(struct advices *advices)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    _cleanup_free_ char *path = xasprintf("%s/rejections.conf", getenv("IDSED_DATA"));
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    assert_int_equal(advices_parse(advices, path, text.data, NULL), 0);
}

static void what_is_shipped_is_of_the_practice_portal_only(void **state)
{
    static const char *const codes[] = {"011", "012", "021", "022", "023", "031",
                                        "041", "042", "043", "051", "052", "061"};
    struct advices advices = {0};
    read_shipped(&advices);
    assert_int_equal(advices.n, ELEMENTSOF(codes));
    for (size_t i = 0; i < ELEMENTSOF(codes); i++) {
        const struct advice *advice = advices_find(&advices, "idse-sim", codes[i]);
        assert_non_null(advice);
        assert_non_null(advice->meaning_es);
        assert_non_null(advice->advice);
        assert_non_null(advice->advice_es);
    }
    assert_null(advices_find(&advices, "imss", "011"));
    advices_free(&advices);
}

static void a_line_that_goes_on_belongs_to_the_one_before(void **state)
{
    struct advices advices = {0};
    read_shipped(&advices);
    const struct advice *advice = advices_find(&advices, "idse-sim", "011");
    assert_string_equal(
        advice_text(advice, "es"),
        "Compare el NSS con el documento del IMSS del trabajador, dígito por dígito, y vuelva a "
        "enviar el movimiento con el correcto.");
    assert_string_equal(advice_meaning(advice, "en"), "The check digit of the NSS is wrong.");
    advices_free(&advices);
}

static void a_second_file_extends_and_overrides_the_first(void **state)
{
    static const char first[] = "[p 011]\nMeaning=a\nWho=imss\nAction=visit\n";
    static const char second[] = "[p 011]\nMeaning=b\n[imss 011]\nMeaning=c\nWho=employer\nAction=fix\n";
    struct advices advices = {0};
    assert_int_equal(advices_parse(&advices, "first", first, NULL), 0);
    assert_int_equal(advices_parse(&advices, "second", second, NULL), 0);
    assert_int_equal(advices.n, 2);
    const struct advice *advice = advices_find(&advices, "p", "011");
    assert_string_equal(advice_meaning(advice, "es"), "b"); /* there is no Spanish */
    assert_string_equal(advice_text(advice, "es"), "");
    assert_string_equal(advice->action, "visit");
    assert_string_equal(advices_find(&advices, "imss", "011")->meaning, "c");
    advices_free(&advices);
}

static void a_wrong_file_is_refused_and_the_error_says_where(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"[011]\nMeaning=a\n", "f:2: [011] is not a profile and a code"},
        {"[p 011 x]\nMeaning=a\n", "f:2: [p 011 x] is not a profile and a code"},
        {"[p 011]\nMeaning=a\nColour=red\n", "f:3: there is no key Colour"},
        {"[p 011]\nAction=pray\n", "f:2: Action: 'pray' is not allowed"},
        {"[p 011]\nAction=fix|wait\n", "f:2: Action: 'fix|wait' is not allowed"},
        {"[p 011]\nMeaning=\n", "f:2: Meaning: '' is not allowed"},
        {"[p 011]\nnonsense\n", "f:2: neither a [Section] nor Key=value"},
        {"[p 011]\nMeaning=a\nWho=imss\n", "f: [p 011] needs Meaning, Who and Action"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct advices advices = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(advices_parse(&advices, "f", cases[i].text, &err), -ERR_CONFIG);
        assert_string_equal(err_text(&err), cases[i].error);
        advices_free(&advices);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shipped_is_of_the_practice_portal_only),
        cmocka_unit_test(a_line_that_goes_on_belongs_to_the_one_before),
        cmocka_unit_test(a_second_file_extends_and_overrides_the_first),
        cmocka_unit_test(a_wrong_file_is_refused_and_the_error_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
