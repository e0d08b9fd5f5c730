/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/file.h"
#include "idse/calendar.h"
#include "idse/date.h"

static struct calendar *shipped(void)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    _cleanup_free_ char *path = xasprintf("%s/calendar.conf", getenv("IDSED_DATA"));
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    struct calendar *calendar = calendar_new();
    assert_int_equal(calendar_parse(calendar, path, text.data, NULL), 0);
    return calendar;
}

static void dates_count_days_through_leap_years(void **state)
{
    assert_int_equal(date_to_days(19700101), 0);
    assert_int_equal(date_to_days(20000301) - date_to_days(20000228), 2);
    assert_int_equal(date_to_days(21000301) - date_to_days(21000228), 1);
    assert_int_equal(date_weekday(20260921), 1);
    assert_int_equal(date_weekday(20240229), 4);
    assert_int_equal(date_add(20251231, 1), 20260101);
    assert_int_equal(date_add(20240301, -1), 20240229);
    assert_int_equal(date_between(20260101, 20270101), 365);
    int32_t date = 19430101;
    for (int i = 0; i < 60000; i++, date = date_add(date, 1)) {
        assert_true(date_valid(date));
        assert_int_equal(date_from_days(date_to_days(date)), date);
    }
    assert_false(date_valid(20260229));
    assert_false(date_valid(20261301));
}

static void the_holidays_of_the_law(void **state)
{
    /* Those of each kind that move, in all the years, and the fixed ones of one. */
    static const int32_t days[] = {
        20160201, 20170206, 20180205, 20190204, 20200203, 20210201, 20220207, 20230206, 20240205,
        20250203, 20260202, 20160321, 20170320, 20180319, 20190318, 20200316, 20210315, 20220321,
        20230320, 20240318, 20250317, 20260316, 20161121, 20171120, 20181119, 20191118, 20201116,
        20211115, 20221121, 20231120, 20150101, 20150202, 20150316, 20151116, 20151225, 20241118,
        20251117, 20261116, 20181201, 20241001, 20301001, 20260101, 20260501, 20260916, 20261225,
    };
    static const int32_t others[] = {20260205, 20260321, 20261120, 20231001, 20261001,
                                     20241201, 20301201, 20260402, 20260504, 20261102};
    _cleanup_(calendar_cleanup) struct calendar *calendar = shipped();
    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        assert_non_null(calendar_holiday(calendar, days[i]));
    for (size_t i = 0; i < ELEMENTSOF(others); i++)
        assert_null(calendar_holiday(calendar, others[i]));
    int n = 0;
    for (int32_t date = 20260101; date <= 20261231; date = date_add(date, 1))
        n += calendar_holiday(calendar, date) != NULL;
    assert_int_equal(n, 7);
}

static void working_days_are_counted_both_ways(void **state)
{
    static const struct {
        int32_t from;
        int n;
        int32_t to;
    } cases[] = {
        {20260921, 5, 20260928},  {20260921, 0, 20260921},  {20260919, 1, 20260921},
        {20261224, 1, 20261228},  {20261231, 1, 20270104},  {20270104, -1, 20261231},
        {20260317, -1, 20260313}, {20260202, -1, 20260130}, {20260502, -1, 20260430},
        {20241002, -1, 20240930},
    };
    _cleanup_(calendar_cleanup) struct calendar *calendar = shipped();
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        int32_t date = 0;
        assert_int_equal(calendar_add(calendar, cases[i].from, cases[i].n, &date, NULL), 0);
        assert_int_equal(date, cases[i].to);
    }
}

static void a_year_that_is_not_covered_is_an_error(void **state)
{
    _cleanup_(calendar_cleanup) struct calendar *calendar = shipped();
    int32_t date = 7;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(calendar_add(calendar, 20301231, 1, &date, &err), -ERR_CONFIG);
    assert_non_null(strstr(err.text, "does not cover 2031"));
    assert_int_equal(date, 7);
    assert_int_equal(calendar_add(calendar, 20150102, -1, &date, NULL), -ERR_CONFIG);
    assert_int_equal(calendar_covers(calendar, 20141231, NULL), -ERR_CONFIG);
    assert_int_equal(calendar_add(calendar, 20160104, -1, &date, NULL), 0);
    assert_int_equal(date, 20151231);
    _cleanup_(calendar_cleanup) struct calendar *empty = calendar_new();
    assert_int_equal(calendar_covers(empty, 20260101, NULL), -ERR_CONFIG);
}

static void a_second_file_adds_days_and_years(void **state)
{
    _cleanup_(calendar_cleanup) struct calendar *calendar = shipped();
    const char *more = "[Calendar]\nUntil = 2031\n[Days]\n2026-04-02 = Jueves Santo\n"
                       "[Holidays]\nlast = fifth friday of january until 2027\n";
    assert_int_equal(calendar_parse(calendar, "local", more, NULL), 0);
    assert_string_equal(calendar_holiday(calendar, 20260402), "Jueves Santo");
    assert_null(calendar_holiday(calendar, 20270402));
    assert_string_equal(calendar_holiday(calendar, 20260130), "last");
    assert_null(calendar_holiday(calendar, 20280128));
    assert_int_equal(calendar_covers(calendar, 20310101, NULL), 0);
    assert_int_equal(calendar_covers(calendar, 20160101, NULL), 0);
}

static void a_bad_file_changes_nothing_and_names_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[Days]\n2026-04-02 = x\n2026-02-30 = y\n", "local:3: '2026-02-30' is not a date"},
        {"[Holidays]\nx = 31 February\n", "local:2: '31 February' is not a rule"},
        {"[Holidays]\nx = sixth Monday of May\n", "local:2: 'sixth Monday of May'"},
        {"[Holidays]\nx = 1 May until tomorrow\n", "local:2: '1 May until tomorrow'"},
        {"[Calendar]\nFrom = soon\n", "local:2: 'soon' is not a year"},
        {"[Calendar]\nSince = 2020\n", "local:2: there is no key 'Since'"},
        {"[Feasts]\nx = 1 May\n", "local:2: there is no section [Feasts]"},
        {"[Days]\nwhat\n", "local:2: neither"},
    };
    _cleanup_(calendar_cleanup) struct calendar *calendar = shipped();
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(calendar_parse(calendar, "local", cases[i].text, &err), -ERR_CONFIG);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_null(calendar_holiday(calendar, 20260402));
        assert_int_equal(calendar_covers(calendar, 20310101, NULL), -ERR_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_count_days_through_leap_years),
        cmocka_unit_test(the_holidays_of_the_law),
        cmocka_unit_test(working_days_are_counted_both_ways),
        cmocka_unit_test(a_year_that_is_not_covered_is_an_error),
        cmocka_unit_test(a_second_file_adds_days_and_years),
        cmocka_unit_test(a_bad_file_changes_nothing_and_names_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
