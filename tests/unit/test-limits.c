/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/file.h"
#include "idse/limits.h"

static struct limits *shipped(void)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    _cleanup_free_ char *path = xasprintf("%s/limits.conf", getenv("IDSED_DATA"));
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    struct limits *limits = limits_new();
    assert_int_equal(limits_parse(limits, path, text.data, NULL), 0);
    return limits;
}

static void each_value_begins_on_its_own_day(void **state)
{
    static const struct {
        int32_t date, uma, most, minimum, north;
    } cases[] = {
        {20160101, 7304, 182600, 7304, 7304},    {20160131, 7304, 182600, 7304, 7304},
        {20160201, 7304, 182600, 7304, 7304},    {20170131, 7304, 182600, 8004, 8004},
        {20170201, 7549, 188725, 8004, 8004},    {20181231, 8060, 201500, 8836, 8836},
        {20190101, 8060, 201500, 10268, 17672},  {20251231, 11314, 282850, 27880, 41988},
        {20260101, 11314, 282850, 31504, 44087}, {20260131, 11314, 282850, 31504, 44087},
        {20260201, 11731, 293275, 31504, 44087}, {20261231, 11731, 293275, 31504, 44087},
    };
    _cleanup_(limits_cleanup) struct limits *limits = shipped();
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct sbc_bounds bounds;
        assert_int_equal(limits_on(limits, cases[i].date, &bounds, NULL), 0);
        assert_int_equal(bounds.uma, cases[i].uma);
        assert_int_equal(bounds.most, cases[i].most);
        assert_int_equal(bounds.minimum, cases[i].minimum);
        assert_int_equal(bounds.minimum_north, cases[i].north);
    }
}

static void a_year_that_is_not_covered_says_what_to_add(void **state)
{
    _cleanup_(limits_cleanup) struct limits *limits = shipped();
    static const struct {
        int32_t date;
        const char *says;
    } cases[] = {
        {20270101, "[MinimumWage] for 2027"},
        {20151231, "[MinimumWage] for 2015"},
        {20280131, "[MinimumWage] for 2028"},
        {18000101, "for 1800"},
        {25000101, "for 2500"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct sbc_bounds bounds = {.uma = 1};
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(limits_on(limits, cases[i].date, &bounds, &err), -ERR_CONFIG);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(bounds.uma, 1);
    }
}

static void a_second_file_extends_and_corrects(void **state)
{
    _cleanup_(limits_cleanup) struct limits *limits = shipped();
    const char *more = "[MinimumWage]\n2027 = 330\n2026=316.5\n[UMA]\n2027=120.01\n";
    assert_int_equal(limits_parse(limits, "local", more, NULL), 0);
    struct sbc_bounds bounds;
    assert_int_equal(limits_on(limits, 20270131, &bounds, NULL), 0);
    assert_int_equal(bounds.minimum, 33000);
    assert_int_equal(bounds.uma, 11731);
    assert_int_equal(limits_on(limits, 20270201, &bounds, NULL), 0);
    assert_int_equal(bounds.most, 25 * 12001);
    assert_int_equal(limits_on(limits, 20260601, &bounds, NULL), 0);
    assert_int_equal(bounds.minimum, 31650);
}

static void a_bad_file_changes_nothing_and_names_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[UMA]\n2026 = 1\n2027 = many\n", "local:3: 'many' is not an amount"},
        {"[UMA]\n2026 = 1.234\n", "local:2: '1.234'"},
        {"[UMA]\n2026 = -1\n", "local:2: '-1'"},
        {"[UMA]\n2026 = 0\n", "local:2: '0'"},
        {"[UMA]\n26 = 1\n", "local:2: '26' is not a year"},
        {"[Umas]\n2026 = 1\n", "local:2: there is no section [Umas]"},
        {"\n[UMA]\nwhat\n", "local:3: neither"},
    };
    _cleanup_(limits_cleanup) struct limits *limits = shipped();
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct sbc_bounds bounds;
        assert_int_equal(limits_parse(limits, "local", cases[i].text, &err), -ERR_CONFIG);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(limits_on(limits, 20260601, &bounds, NULL), 0);
        assert_int_equal(bounds.uma, 11731);
    }
}

static void money_is_whole_centavos(void **state)
{
    int32_t centavos = -1;
    assert_true(money_parse("278.84", 999999, &centavos));
    assert_int_equal(centavos, 27884);
    assert_true(money_parse("278.8", 999999, &centavos));
    assert_int_equal(centavos, 27880);
    assert_true(money_parse("9999.99", 999999, &centavos));
    assert_int_equal(centavos, 999999);
    static const char *const bad[] = {
        "", ".", "1.", ".5", "1.234", "10000.00", "1,0", "1e3", "99999999999999999999"};
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        assert_false(money_parse(bad[i], 999999, &centavos));
    _cleanup_free_ char *text = money_text(293205);
    assert_string_equal(text, "2932.05");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_begins_on_its_own_day),
        cmocka_unit_test(a_year_that_is_not_covered_says_what_to_add),
        cmocka_unit_test(a_second_file_extends_and_corrects),
        cmocka_unit_test(a_bad_file_changes_nothing_and_names_its_line),
        cmocka_unit_test(money_is_whole_centavos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
