/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "base/file.h"
#include "idse/date.h"
#include "idse/deadline.h"

static struct calendar *calendar;

static int set_up(void **state)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    _cleanup_free_ char *path = xasprintf("%s/calendar.conf", getenv("IDSED_DATA"));
    calendar = calendar_new();
    return file_read(path, 1 << 20, &text, NULL) < 0 || calendar_parse(calendar, path, text.data, NULL) < 0;
}

static int tear_down(void **state)
{
    calendar = calendar_free(calendar);
    return 0;
}

static struct movement movement_of(enum movement_type type, char salario, int32_t date)
{
    return (struct movement){.type = type, .tipo_salario = salario, .date = date};
}

static void what_is_sent_when_its_last_day_is_over_is_sent_late(void **state)
{
    const int64_t noon_us = time_from_date(20261201, 12 * 60);
    assert_false(deadline_is_sent_late(20261201, noon_us));
    assert_true(deadline_is_sent_late(20261130, noon_us));
    assert_false(deadline_is_sent_late(20261130, 0));
    assert_false(deadline_is_sent_late(0, noon_us));
    assert_false(deadline_is_sent_late(DEADLINE_UNKNOWN, noon_us));
    /* the day is Mexico's: its midnight is six hours after that of UTC */
    assert_false(deadline_is_sent_late(20261201, time_from_date(20261202, 0) - 1));
    assert_true(deadline_is_sent_late(20261201, time_from_date(20261202, 0)));
}

/* Worked out by hand with a calendar on the wall. */
static void the_last_legal_day_of_each_movement(void **state)
{
    static const struct {
        enum movement_type type;
        char salario;
        int32_t date, first, last, last_lenient;
        enum deadline_rule rule;
    } cases[] = {
        /* the example: Monday to Monday; an alta's five days begin with the day itself */
        {MOVEMENT_BAJA, 0, 20260921, 20260921, 20260928, 20260928, DEADLINE_BAJA},
        {MOVEMENT_MODIFICACION, '0', 20260921, 20260921, 20260928, 20260928, DEADLINE_FIJO},
        {MOVEMENT_REINGRESO, '0', 20260921, 20260918, 20260925, 20260928, DEADLINE_ALTA},
        /* begun on a Saturday: both readings count Monday as the first day */
        {MOVEMENT_REINGRESO, '0', 20260919, 20260918, 20260925, 20260925, DEADLINE_ALTA},
        /* over 16 September, a Wednesday, and over 16 November, a Monday */
        {MOVEMENT_BAJA, 0, 20260914, 20260914, 20260922, 20260922, DEADLINE_BAJA},
        {MOVEMENT_REINGRESO, '0', 20261113, 20261112, 20261120, 20261123, DEADLINE_ALTA},
        {MOVEMENT_REINGRESO, '0', 20261117, 20261113, 20261123, 20261124, DEADLINE_ALTA},
        /* over the end of the year: 25 December is a Friday, 1 January too */
        {MOVEMENT_BAJA, 0, 20261224, 20261224, 20270104, 20270104, DEADLINE_BAJA},
        {MOVEMENT_BAJA, 0, 20261231, 20261231, 20270108, 20270108, DEADLINE_BAJA},
        {MOVEMENT_REINGRESO, '0', 20270101, 20261231, 20270108, 20270108, DEADLINE_ALTA},
        /* 1 October 2024, a Tuesday, was a day of rest, and 2025's was not */
        {MOVEMENT_BAJA, 0, 20240930, 20240930, 20241008, 20241008, DEADLINE_BAJA},
        {MOVEMENT_BAJA, 0, 20250930, 20250930, 20251007, 20251007, DEADLINE_BAJA},
        /* a leap day */
        {MOVEMENT_MODIFICACION, '0', 20240229, 20240229, 20240307, 20240307, DEADLINE_FIJO},
        /* variable: the first five working days of the month that the bimestre opens with */
        {MOVEMENT_MODIFICACION, '1', 20260901, 20260901, 20260907, 20260907, DEADLINE_VARIABLE},
        {MOVEMENT_MODIFICACION, '1', 20261101, 20261101, 20261106, 20261106, DEADLINE_VARIABLE},
        {MOVEMENT_MODIFICACION, '1', 20260101, 20260101, 20260108, 20260108, DEADLINE_VARIABLE},
        {MOVEMENT_MODIFICACION, '1', 20260501, 20260501, 20260508, 20260508, DEADLINE_VARIABLE},
        {MOVEMENT_MODIFICACION, '1', 20261015, 20261015, 20260907, 20260907, DEADLINE_VARIABLE},
        /* mixed: whichever part it is by its date */
        {MOVEMENT_MODIFICACION, '2', 20260901, 20260901, 20260907, 20260907, DEADLINE_MIXTO},
        {MOVEMENT_MODIFICACION, '2', 20260914, 20260914, 20260922, 20260922, DEADLINE_MIXTO},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct movement m = movement_of(cases[i].type, cases[i].salario, cases[i].date);
        struct deadline deadline;
        assert_int_equal(deadline_of(calendar, &m, &deadline, NULL), 0);
        if (deadline.first != cases[i].first || deadline.last != cases[i].last ||
            deadline.last_lenient != cases[i].last_lenient || deadline.rule != cases[i].rule)
            fail_msg("case %zu: %s, %d to %d, or %d", i, deadline_rule_name(deadline.rule), deadline.first,
                     deadline.last, deadline.last_lenient);
    }
}

static void a_late_baja_ends_the_day_after_it_arrived(void **state)
{
    struct movement m = movement_of(MOVEMENT_BAJA, 0, 20260921);
    struct deadline deadline;
    m.causa_baja = '2';
    assert_int_equal(deadline_of(calendar, &m, &deadline, NULL), 0);
    assert_int_equal(deadline_effective(&deadline, &m, 20260928), 20260921);
    assert_int_equal(deadline_effective(&deadline, &m, 20260929), 20260930);
    assert_int_equal(deadline_effective(&deadline, &m, 20261231), 20270101);
    m.causa_baja = '4';
    assert_int_equal(deadline_effective(&deadline, &m, 20261231), 20260921);
    m.causa_baja = 'A';
    assert_int_equal(deadline_effective(&deadline, &m, 20261231), 20260921);
    m = movement_of(MOVEMENT_REINGRESO, '0', 20260921);
    assert_int_equal(deadline_effective(&deadline, &m, 20261231), 20260921);
}

static void what_the_calendar_does_not_cover_is_an_error(void **state)
{
    struct movement m = movement_of(MOVEMENT_BAJA, 0, 20301230);
    struct deadline deadline = {.last = 7};
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(deadline_of(calendar, &m, &deadline, &err), -ERR_CONFIG);
    assert_non_null(strstr(err.text, "2031"));
    assert_int_equal(deadline.last, 7);
}

static void each_rule_has_its_name_and_source(void **state)
{
    for (int i = 0; i < _DEADLINE_MAX; i++) {
        assert_true(*deadline_rule_name((enum deadline_rule)i));
        assert_non_null(strstr(deadline_rule_source((enum deadline_rule)i), "LSS"));
        assert_true(*deadline_rule_text((enum deadline_rule)i));
    }
    assert_string_equal(deadline_rule_source(DEADLINE_ALTA), "LSS 15-I; RACERF 45");
}

static void what_is_recalled_is_what_was_worked_out(void **state)
{
    static const enum movement_type types[] = {MOVEMENT_BAJA, MOVEMENT_MODIFICACION, MOVEMENT_REINGRESO};
    struct deadline_memo memo = {.calendar = calendar}, empty = {0};
    for (int round = 0; round < 2; round++)
        for (int32_t date = 20260101; date <= 20261231; date = date_add(date, 1))
            for (size_t i = 0; i < 3 * ELEMENTSOF(types); i++) {
                const struct movement movement = movement_of(types[i % 3], (char)('0' + i / 3), date);
                struct deadline expected, recalled;
                assert_int_equal(deadline_of(calendar, &movement, &expected, NULL), 0);
                assert_true(deadline_recall(&memo, &movement, &recalled));
                assert_int_equal(recalled.last, expected.last);
                assert_int_equal(recalled.rule, expected.rule);
            }
    const struct movement uncovered = movement_of(MOVEMENT_BAJA, 0, 19000101);
    struct deadline deadline;
    assert_false(deadline_recall(&memo, &uncovered, &deadline));
    assert_false(deadline_recall(&empty, &uncovered, &deadline));
}

/* The last day is Friday 27 November 2026. */
static void people_are_told_three_and_one_working_days_before_on_the_day_and_after_it(void **state)
{
    static const struct {
        int32_t today;
        enum deadline_stage stage;
    } days[] = {
        {20261123, DEADLINE_STAGE_FAR},    {20261124, DEADLINE_STAGE_3_DAYS},
        {20261125, DEADLINE_STAGE_3_DAYS}, {20261126, DEADLINE_STAGE_1_DAY},
        {20261127, DEADLINE_STAGE_TODAY},  {20261128, DEADLINE_STAGE_OVER},
    };
    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        assert_int_equal(deadline_stage(calendar, 20261127, days[i].today), days[i].stage);
}

/* Monday 30 November: on Friday there is one working day left, and so on Saturday and on Sunday. */
static void a_weekend_counts_for_nothing(void **state)
{
    static const int32_t days[] = {20261127, 20261128, 20261129};
    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        assert_int_equal(deadline_stage(calendar, 20261130, days[i]), DEADLINE_STAGE_1_DAY);
    assert_int_equal(deadline_stage(calendar, 20261130, 20261126), DEADLINE_STAGE_3_DAYS);
    assert_int_equal(deadline_stage(calendar, 20261130, 20261124), DEADLINE_STAGE_FAR);
}

/* Tuesday 1 December. */
static void the_days_that_are_left_are_working_days(void **state)
{
    static const struct {
        int32_t today;
        int left;
    } days[] = {
        {20261125, 4}, {20261126, 3},  {20261127, 2},  {20261128, 2},  {20261130, 1},
        {20261201, 0}, {20261202, -1}, {20261205, -3}, {20261207, -4},
    };
    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        assert_int_equal(deadline_days_left(calendar, 20261201, days[i].today), days[i].left);
    assert_int_equal(deadline_days_left(calendar, 20261127, 20261128), -1);
    assert_int_equal(deadline_days_left(calendar, 20261128, 20261127), 1); /* never "today" before it is */
}

static void what_has_reached_a_stage_lies_before_the_horizon(void **state)
{
    for (int32_t today = 20261101; today <= 20261130; today++) {
        int32_t horizon = deadline_stage_horizon(calendar, today);
        assert_int_equal(deadline_stage(calendar, horizon, today), DEADLINE_STAGE_FAR);
        assert_int_not_equal(deadline_stage(calendar, date_add(horizon, -1), today), DEADLINE_STAGE_FAR);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_legal_day_of_each_movement),
        cmocka_unit_test(what_is_sent_when_its_last_day_is_over_is_sent_late),
        cmocka_unit_test(a_late_baja_ends_the_day_after_it_arrived),
        cmocka_unit_test(what_the_calendar_does_not_cover_is_an_error),
        cmocka_unit_test(each_rule_has_its_name_and_source),
        cmocka_unit_test(what_is_recalled_is_what_was_worked_out),
        cmocka_unit_test(people_are_told_three_and_one_working_days_before_on_the_day_and_after_it),
        cmocka_unit_test(a_weekend_counts_for_nothing),
        cmocka_unit_test(the_days_that_are_left_are_working_days),
        cmocka_unit_test(what_has_reached_a_stage_lies_before_the_horizon),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
