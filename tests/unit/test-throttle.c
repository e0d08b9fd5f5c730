/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "daemon/throttle.h"

static int64_t now_us;
static const int64_t first_us = US_PER_S, most_us = 8 * US_PER_S;
static struct throttle *throttle;

static int64_t read_clock(const struct clock *clock)
{
    return now_us;
}

static const struct clock held = {.wall_us = read_clock, .boot_us = read_clock};

static int make(void **state)
{
    now_us = US_PER_DAY;
    throttle = throttle_new(&held, &first_us, &most_us);
    return 0;
}

static int drop(void **state)
{
    throttle = throttle_free(throttle);
    return 0;
}

static void waits(const char *key, int seconds)
{
    assert_int_equal(throttle_wait_us(throttle, key), seconds * US_PER_S);
}

static void the_first_attempt_waits_for_nothing(void **state)
{
    waits("ana", 0);
}

static void the_wait_doubles_up_to_the_longest(void **state)
{
    static const int expected[] = {1, 2, 4, 8, 8};
    for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
        throttle_count(throttle, "ana");
        waits("ana", expected[i]);
        now_us += expected[i] * US_PER_S;
        waits("ana", 0);
    }
    waits("eva", 0);
}

static void attempts_at_once_stand_in_a_queue(void **state)
{
    for (int i = 0; i < 3; i++)
        throttle_count(throttle, "ana");
    waits("ana", 1 + 2 + 4);
}

static void a_right_one_is_taken_back(void **state)
{
    throttle_count(throttle, "uid 7");
    now_us += US_PER_S;
    throttle_count(throttle, "uid 7");
    throttle_undo(throttle, "uid 7");
    waits("uid 7", 0);
    throttle_count(throttle, "uid 7");
    waits("uid 7", 2); /* the wrong one before it still counts */
    throttle_undo(throttle, "uid 7");
    throttle_undo(throttle, "uid 7");
    throttle_undo(throttle, "uid 7");
    throttle_count(throttle, "uid 7");
    waits("uid 7", 1);
}

static void all_can_be_forgotten(void **state)
{
    for (int i = 0; i < 5; i++)
        throttle_count(throttle, "ana");
    throttle_forget(throttle, "ana");
    waits("ana", 0);
    throttle_forget(throttle, "nobody");
}

static void a_quiet_while_forgets(void **state)
{
    for (int i = 0; i < 4; i++)
        throttle_count(throttle, "ana");
    now_us += 14 * US_PER_MIN;
    throttle_count(throttle, "ana");
    waits("ana", 8);
    now_us += 16 * US_PER_MIN;
    throttle_count(throttle, "ana");
    waits("ana", 1);
}

static void many_keys_do_not_make_it_grow_for_ever(void **state)
{
    throttle_count(throttle, "ana");
    for (int i = 0; i < 5000; i++) {
        _cleanup_free_ char *key = xasprintf("user%d", i);
        throttle_count(throttle, key);
    }
    waits("ana", 0);
    waits("user4999", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_attempt_waits_for_nothing, make, drop),
        cmocka_unit_test_setup_teardown(the_wait_doubles_up_to_the_longest, make, drop),
        cmocka_unit_test_setup_teardown(attempts_at_once_stand_in_a_queue, make, drop),
        cmocka_unit_test_setup_teardown(a_right_one_is_taken_back, make, drop),
        cmocka_unit_test_setup_teardown(all_can_be_forgotten, make, drop),
        cmocka_unit_test_setup_teardown(a_quiet_while_forgets, make, drop),
        cmocka_unit_test_setup_teardown(many_keys_do_not_make_it_grow_for_ever, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
