/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/text.h"

static void utf8_is_told_from_what_is_not(void **state)
{
    assert_true(utf8_valid("Peña", 5));
    assert_false(utf8_valid("Pe\xF1"
                            "a",
                            4));
    assert_false(utf8_valid("\xC0\xAF", 2));         /* overlong */
    assert_false(utf8_valid("\xED\xA0\x80", 3));     /* surrogate */
    assert_false(utf8_valid("\xF4\x90\x80\x80", 4)); /* beyond U+10FFFF */
    assert_false(utf8_valid("\xE2\x82", 2));         /* cut */
    assert_false(utf8_valid("a\0b", 3));
}

static void repair_replaces_only_the_bad_bytes(void **state)
{
    _cleanup_free_ char *text = utf8_repair("a\xFF\xC3\xB1", 4);
    assert_string_equal(text, "a\xEF\xBF\xBDñ");
}

static void cp1252_goes_both_ways(void **state)
{
    _cleanup_free_ char *text = cp1252_to_utf8("\xD1\x80", 2);
    assert_string_equal(text, "Ñ€");
    assert_int_equal(cp1252_from_unicode(0x20AC), 0x80);
    assert_int_equal(cp1252_from_unicode(0xD1), 0xD1);
    assert_int_equal(cp1252_from_unicode(0x3A9), -1);
}

static void numbers_stop_at_their_limit(void **state)
{
    uint64_t value = 7;
    assert_true(str_to_uint("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(str_to_uint("18446744073709551616", UINT64_MAX, &value));
    assert_false(str_to_uint("256", 255, &value));
    assert_true(str_to_uint("255", 255, &value));
    assert_false(str_to_uint("-1", 255, &value));
    assert_false(str_to_uint("", 255, &value));
    assert_false(str_to_uint("7", 5, &value));
    assert_int_equal(value, 255);
}

static void the_nearest_word_is_found(void **state)
{
    const char *const words[] = {"submit", "status", "show", NULL};
    assert_string_equal(str_nearest("sumbit", words), "submit");
    assert_null(str_nearest("frobnicate", words));
}

static void an_email_is_folded_or_refused(void **state)
{
    static const char *const bad[] = {
        "",        "ana",     "@ejemplo.mx", "ana@",     "ana@ejemplo",   "ana@@ejemplo.mx",
        ".a@b.mx", "a.@b.mx", "a..b@c.mx",   "a@.b.mx",  "a@b.mx.",       "a@b..mx",
        "a@-b.mx", "a@b-.mx", "a@b.mx-",     "a b@c.mx", "a@b c.mx",      "\"a\"@b.mx",
        "añ@b.mx", "a@ñ.mx",  "a@b.mx\n",    "<a@b.mx>", "a@b.mx,c@d.mx",
    };
    _cleanup_free_ char *folded = email_fold("Ana.Lopez+IDSE@Ejemplo-1.COM.MX");
    assert_string_equal(folded, "ana.lopez+idse@ejemplo-1.com.mx");
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        if (email_fold(bad[i]))
            fail_msg("'%s' is taken", bad[i]);
    _cleanup_free_ char *name = xasprintf("%0*d@b.mx", 65, 0), *part = xasprintf("a@%0*d.mx", 64, 0);
    assert_null(email_fold(name));
    assert_null(email_fold(part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_email_is_folded_or_refused),      cmocka_unit_test(utf8_is_told_from_what_is_not),
        cmocka_unit_test(repair_replaces_only_the_bad_bytes), cmocka_unit_test(cp1252_goes_both_ways),
        cmocka_unit_test(numbers_stop_at_their_limit),        cmocka_unit_test(the_nearest_word_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
