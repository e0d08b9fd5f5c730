/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "client/format.h"
#include "client/history-words.h"
#include "client/progress.h"

static void assert_text(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    free(text);
}

static void counts_and_money_are_grouped(void **state)
{
    assert_text(format_count(0), "0");
    assert_text(format_count(999), "999");
    assert_text(format_count(1000), "1,000");
    assert_text(format_count(UINT64_MAX), "18,446,744,073,709,551,615");
    assert_text(format_money(5), "0.05");
    assert_text(format_money(123456), "1,234.56");
    assert_text(format_money(27884), "278.84");
}

static void the_history_is_told_in_words(void **state)
{
    assert_string_equal(act_label("certificate-add"), "store a certificate");
    assert_string_equal(act_label("mx.idsed1.control"), "mx.idsed1.control");
    assert_string_equal(outcome_label("ok"), "done");
    assert_string_equal(outcome_label("AccessDenied"), "Not authorised");
    assert_string_equal(outcome_label("Failed"), "The operation failed");
    assert_string_equal(outcome_label("OfAnotherVersion"), "OfAnotherVersion");
    assert_text(object_label("lot 7"), "lot 7");
    assert_text(object_label("rp Z9900001108"), "rp Z9900001108");
    assert_text(object_label(""), "");
}

static void spans_are_coarse(void **state)
{
    assert_text(format_span(-5), "0 s");
    assert_text(format_span(59 * US_PER_S), "59 s");
    assert_text(format_span(60 * US_PER_S), "1 min");
    assert_text(format_span(3 * US_PER_HOUR + 10 * US_PER_MIN), "3 h 10 min");
    assert_text(format_span(12 * US_PER_DAY + US_PER_HOUR), "12 days");
}

static void dates_must_be_in_the_calendar(void **state)
{
    uint32_t date = 0;
    assert_true(parse_date("2026-11-30", &date));
    assert_int_equal(date, 20261130);
    assert_true(parse_date("20240229", &date));
    assert_int_equal(date, 20240229);
    static const char *const wrong[] = {"",           "2026-02-30", "20230229",    "2026-1-30",  "2026-13-01",
                                        "2026/11/30", "30-11-2026", "2026-11-300", "2026-11-3x", "00000000"};
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
        assert_false(parse_date(wrong[i], &date));
    assert_int_equal(date, 20240229);
    assert_text(format_date(20261130), "2026-11-30");
    assert_text(format_date(0), "");
}

static void times_have_units(void **state)
{
    int64_t us = 0;
    assert_true(parse_span("90", &us));
    assert_int_equal(us, 90 * US_PER_S);
    assert_true(parse_span("5m", &us));
    assert_int_equal(us, 5 * US_PER_MIN);
    assert_true(parse_span("2h", &us));
    assert_int_equal(us, 2 * US_PER_HOUR);
    assert_true(parse_span("0", &us));
    static const char *const wrong[] = {"", "m", "-1", "1.5", "5 m", "5mm", "99999999999999999999", "9999h"};
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
        assert_false(parse_span(wrong[i], &us));
}

static void a_time_is_one_in_mexico_city(void **state)
{
    int64_t us, now_us = time_from_date(20261130, 9 * 60);
    static const struct {
        const char *text;
        int32_t date;
        int minutes;
    } good[] = {
        {"2026-12-01 08:00", 20261201, 8 * 60},
        {"2026-12-01T23:59", 20261201, 24 * 60 - 1},
        {"09:01", 20261130, 541},
        {"09:00", 20261201, 540},
        {"00:00", 20261201, 0},
        {"+2h", 20261130, 660},
    };
    for (size_t i = 0; i < ELEMENTSOF(good); i++) {
        assert_true(parse_when(good[i].text, now_us, &us));
        assert_int_equal(us, time_from_date(good[i].date, good[i].minutes));
    }
    static const char *const wrong[] = {
        "",      "+",     "tomorrow",         "8:00",       "24:00",
        "09:60", "09:0x", "2026-11-31 08:00", "2026-12-01", "2026-12-01_08:00"};
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
        assert_false(parse_when(wrong[i], now_us, &us));
}

static void the_bar_fills_up(void **state)
{
    assert_text(progress_bar(0, 4, 6), "[....]");
    assert_text(progress_bar(2, 4, 6), "[##..]");
    assert_text(progress_bar(9, 4, 6), "[####]");
    assert_text(progress_bar(0, 0, 6), "[....]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_money_are_grouped),
        cmocka_unit_test(the_history_is_told_in_words),
        cmocka_unit_test(spans_are_coarse),
        cmocka_unit_test(dates_must_be_in_the_calendar),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(a_time_is_one_in_mexico_city),
        cmocka_unit_test(the_bar_fills_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
