/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "base/util.h"

static void mexico_city_follows_its_own_rules(void **state)
{
    /* The expected values are those of `TZ=America/Mexico_City date -d @N`. */
    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {1795449600, "2026-11-23T10:00:00-06:00"}, /* no summer time since 2022 */
        {1785672000, "2026-08-02T06:00:00-06:00"},
        {1658491200, "2022-07-22T07:00:00-05:00"}, /* summer time */
        {1648972799, "2022-04-03T01:59:59-06:00"}, /* the second before it began … */
        {1648972800, "2022-04-03T03:00:00-05:00"}, /* … and the one in which it did */
        {1667113199, "2022-10-30T01:59:59-05:00"},
        {1667113200, "2022-10-30T01:00:00-06:00"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = time_format_iso(cases[i].s * US_PER_S);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_day_begins_at_local_midnight(void **state)
{
    int64_t start = time_from_date(20260921, 0);
    assert_int_equal(time_to_date(start), 20260921);
    assert_int_equal(time_to_date(start - 1), 20260920);
    assert_int_equal(time_from_date(20260921, 90) - start, 90 * US_PER_MIN);
    _cleanup_free_ char *text = time_format_short(time_from_date(20220722, 8 * 60));
    assert_string_equal(text, "2022-07-22 08:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mexico_city_follows_its_own_rules),
        cmocka_unit_test(a_day_begins_at_local_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
