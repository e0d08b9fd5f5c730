/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/effective.h"

static struct calendar *calendar;

static int read_calendar(void **state)
{
    calendar = calendar_new();
    return calendar_parse(
        calendar, "calendar.conf",
        "[Calendar]\nFrom = 2026\nUntil = 2026\n[Holidays]\nRevolución = third Monday of November\n", NULL);
}

static int free_calendar(void **state)
{
    calendar = calendar_free(calendar);
    return 0;
}

static struct movement baja(int32_t date, char causa)
{
    return (struct movement){.type = MOVEMENT_BAJA, .date = date, .causa_baja = causa};
}

static int32_t approved(const struct movement *movement, int32_t received, char verdict)
{
    return effective_date(calendar, movement, MOVEMENT_STATE_APPROVED, received, verdict);
}

/* The last day for a baja of 2026-11-10 is the 18th: the 16th is no working day. */
static void a_baja_in_time_ends_on_its_date(void **state)
{
    const struct movement m = baja(20261110, '2');
    assert_int_equal(approved(&m, 20261110, 0), 20261110);
    assert_int_equal(approved(&m, 20261118, 0), 20261110);
}

static void a_late_baja_ends_the_day_after_its_reception(void **state)
{
    const struct movement m = baja(20261110, '2');
    assert_int_equal(approved(&m, 20261119, 0), 20261120);
    assert_int_equal(approved(&m, 20261130, 0), 20261201);
}

static void what_imss_said_goes_before_the_calendar(void **state)
{
    const struct movement m = baja(20261110, '2');
    assert_int_equal(approved(&m, 20261119, '0'), 20261110);
    assert_int_equal(approved(&m, 20261111, '1'), 20261112);
}

static void death_and_pension_end_it_on_the_day(void **state)
{
    static const char causes[] = {'4', 'A'};
    for (size_t i = 0; i < sizeof(causes); i++) {
        const struct movement m = baja(20261110, causes[i]);
        assert_int_equal(approved(&m, 20261230, 0), 20261110);
        assert_int_equal(approved(&m, 20261230, '1'), 20261110);
    }
}

static void other_movements_count_from_their_date_however_late(void **state)
{
    const struct movement alta = {.type = MOVEMENT_REINGRESO, .date = 20261001};
    const struct movement change = {.type = MOVEMENT_MODIFICACION, .date = 20261001};
    assert_int_equal(approved(&alta, 20261230, '1'), 20261001);
    assert_int_equal(approved(&change, 20261230, '1'), 20261001);
}

static void it_is_unknown_before_reception_and_where_there_is_no_effect(void **state)
{
    const struct movement m = baja(20261110, '2');
    for (int s = 0; s < _MOVEMENT_STATE_MAX; s++) {
        bool counts = s == MOVEMENT_STATE_RECEIVED || s == MOVEMENT_STATE_APPROVED;
        assert_int_equal(effective_date(calendar, &m, (enum movement_state)s, 20261111, 0),
                         counts ? 20261110 : 0);
        assert_int_equal(effective_date(calendar, &m, (enum movement_state)s, 0, 0), 0);
    }
}

static void without_a_calendar_only_imss_can_say_what_is_late(void **state)
{
    const struct movement m = baja(20301110, '2');
    assert_int_equal(approved(&m, 20301230, 0), 0);
    assert_int_equal(approved(&m, 20301230, '1'), 20301231);
    assert_int_equal(effective_date(NULL, &m, MOVEMENT_STATE_APPROVED, 20301111, 0), 0);
    assert_int_equal(effective_date(NULL, &m, MOVEMENT_STATE_APPROVED, 20301111, '0'), 20301110);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_baja_in_time_ends_on_its_date),
        cmocka_unit_test(a_late_baja_ends_the_day_after_its_reception),
        cmocka_unit_test(what_imss_said_goes_before_the_calendar),
        cmocka_unit_test(death_and_pension_end_it_on_the_day),
        cmocka_unit_test(other_movements_count_from_their_date_however_late),
        cmocka_unit_test(it_is_unknown_before_reception_and_where_there_is_no_effect),
        cmocka_unit_test(without_a_calendar_only_imss_can_say_what_is_late),
    };
    return cmocka_run_group_tests(tests, read_calendar, free_calendar);
}
