/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "idse/expiry.h"

/* A certificate that ends on 15 January 2027 at 10:30 in Mexico City. */
static int64_t end_us(void)
{
    return time_from_date(20270115, 10 * 60 + 30);
}

static const struct {
    int32_t date;
    int minutes;
    enum expiry_stage stage;
    int days;
} moments[] = {
    {20261115, 1439, EXPIRY_FAR, 61},     {20261116, 0, EXPIRY_60_DAYS, 60},
    {20261215, 1439, EXPIRY_60_DAYS, 31}, {20261216, 0, EXPIRY_30_DAYS, 30},
    {20261231, 0, EXPIRY_15_DAYS, 15},    {20270107, 1439, EXPIRY_15_DAYS, 8},
    {20270108, 0, EXPIRY_7_DAYS, 7},      {20270113, 1439, EXPIRY_7_DAYS, 2},
    {20270114, 0, EXPIRY_1_DAY, 1},       {20270114, 1439, EXPIRY_1_DAY, 1},
    {20270115, 0, EXPIRY_TODAY, 0},       {20270115, 629, EXPIRY_TODAY, 0},
    {20270115, 630, EXPIRY_OVER, 0},      {20270116, 0, EXPIRY_OVER, -1},
    {20280115, 0, EXPIRY_OVER, -365},
};

static void stages_begin_with_days_of_the_calendar(void **state)
{
    for (size_t i = 0; i < ELEMENTSOF(moments); i++) {
        int64_t now_us = time_from_date(moments[i].date, moments[i].minutes);
        assert_int_equal(expiry_stage(end_us(), now_us), moments[i].stage);
        assert_int_equal(expiry_days(end_us(), now_us), moments[i].days);
    }
}

static void each_stage_is_followed_by_the_next_at_its_first_instant(void **state)
{
    int64_t now_us = time_from_date(20260101, 0);
    for (enum expiry_stage stage = EXPIRY_FAR; stage < EXPIRY_OVER; stage++) {
        assert_int_equal(expiry_stage(end_us(), now_us), stage);
        int64_t next_us = expiry_next_us(end_us(), now_us);
        assert_true(next_us > now_us);
        assert_int_equal(expiry_stage(end_us(), next_us - 1), stage);
        now_us = next_us;
    }
    assert_int_equal(now_us, end_us());
    assert_int_equal(expiry_next_us(end_us(), now_us), 0);
}

/* Until 2022 the clocks were changed in April and October. */
static void a_change_of_the_hour_moves_no_day(void **state)
{
    int64_t end = time_from_date(20220501, 0);
    assert_int_equal(expiry_stage(end, time_from_date(20220401, 0) - 1), EXPIRY_60_DAYS);
    assert_int_equal(expiry_stage(end, time_from_date(20220401, 0)), EXPIRY_30_DAYS);
    assert_int_equal(expiry_days(end, time_from_date(20220401, 5)), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_begin_with_days_of_the_calendar),
        cmocka_unit_test(each_stage_is_followed_by_the_next_at_its_first_instant),
        cmocka_unit_test(a_change_of_the_hour_moves_no_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
