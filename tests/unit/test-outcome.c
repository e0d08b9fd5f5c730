/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/outcome.h"

/* The only reasons that may end an upload after its first byte with anything but doubt. */
static const struct {
    enum outcome_reason reason;
    enum lot_event event;
} proofs[] = {
    {REASON_OK, LOT_EVENT_TAKEN},
    {REASON_FILE_REFUSED, LOT_EVENT_REFUSED},
    {REASON_SESSION_LOST, LOT_EVENT_NOT_SENT},
    {REASON_CREDENTIALS, LOT_EVENT_NOT_SENT},
    {REASON_CERTIFICATE_UNKNOWN, LOT_EVENT_NOT_SENT},
    {REASON_CERTIFICATE_EXPIRED, LOT_EVENT_NOT_SENT},
    {REASON_ACCOUNT_LOCKED, LOT_EVENT_NOT_SENT},
    {REASON_PROFILE_INCOMPLETE, LOT_EVENT_NOT_SENT},
};

static void after_the_first_byte_only_a_known_page_is_proof(void **state)
{
    for (int reason = 0; reason < _REASON_MAX; reason++) {
        enum lot_event expected = LOT_EVENT_BROKEN;
        for (size_t i = 0; i < ELEMENTSOF(proofs); i++)
            if ((int)proofs[i].reason == reason)
                expected = proofs[i].event;
        assert_int_equal(outcome_of_upload((enum outcome_reason)reason, true, NULL), expected);
    }
}

static void before_the_first_byte_nothing_was_sent(void **state)
{
    for (int reason = 0; reason < _REASON_MAX; reason++) {
        enum lot_event event = outcome_of_upload((enum outcome_reason)reason, false, NULL);
        enum lot_event expected = reason == REASON_OK             ? LOT_EVENT_TAKEN
                                  : reason == REASON_FILE_REFUSED ? LOT_EVENT_REFUSED
                                                                  : LOT_EVENT_NOT_SENT;
        assert_int_equal(event, expected);
    }
}

static void what_needs_a_person_says_which_hold(void **state)
{
    for (int reason = 0; reason < _REASON_MAX; reason++) {
        enum lot_hold hold = LOT_HOLD_OPERATOR, upload_hold = LOT_HOLD_OPERATOR;
        enum outcome outcome = outcome_of((enum outcome_reason)reason, &hold);
        assert_int_equal(outcome == OUTCOME_HOLD, hold != LOT_HOLD_NONE);
        outcome_of_upload((enum outcome_reason)reason, true, &upload_hold);
        assert_int_equal(upload_hold, hold);
    }
    enum lot_hold hold;
    outcome_of(REASON_CREDENTIALS, &hold);
    assert_int_equal(hold, LOT_HOLD_CERTIFICATE_REJECTED);
    outcome_of(REASON_UNKNOWN_PAGE, &hold);
    assert_int_equal(hold, LOT_HOLD_PORTAL_CHANGED);
}

static void only_the_portals_own_faults_are_blamed_on_it(void **state)
{
    assert_true(outcome_blames_portal(REASON_TIMEOUT));
    assert_true(outcome_blames_portal(REASON_MAINTENANCE));
    assert_false(outcome_blames_portal(REASON_CREDENTIALS));
    assert_false(outcome_blames_portal(REASON_FILE_REFUSED));
    assert_false(outcome_blames_portal(REASON_OK));
}

static void reasons_are_known_by_name(void **state)
{
    for (int i = 0; i < _REASON_MAX; i++) {
        assert_int_equal(outcome_reason_from_name(outcome_reason_name((enum outcome_reason)i)), i);
        assert_true(*outcome_reason_text((enum outcome_reason)i) != '\0');
    }
    assert_int_equal(outcome_reason_from_name("moon-phase"), -1);
}

static void the_backoff_doubles_up_to_its_cap(void **state)
{
    const int64_t first = 1000000, cap = 60000000;
    int64_t ceiling = first;
    for (unsigned failures = 1; failures < 80; failures++) {
        int64_t longest = backoff_delay_us(failures, first, cap, 0, UINT32_MAX);
        assert_true(longest <= ceiling && longest >= ceiling - ceiling / 1000000 - 1);
        assert_true(backoff_delay_us(failures, first, cap, 0, 0) == 0); /* full jitter */
        ceiling = MIN(ceiling * 2, cap);
    }
    assert_true(backoff_delay_us(1000000, first, INT64_MAX, 0, UINT32_MAX) > INT64_MAX / 2); /* no overflow */
    assert_true(backoff_delay_us(1, first, cap, 2 * cap, 12345) == 2 * cap); /* Retry-After wins */
    assert_true(backoff_delay_us(3, first, cap, 0, 1u << 31) == 2 * first);
}

static void polls_thin_out_with_age(void **state)
{
    const int64_t minute = 60000000;
    assert_true(poll_interval_us(0, 2 * minute, 60 * minute) == 2 * minute);
    assert_true(poll_interval_us(20 * minute, 2 * minute, 60 * minute) == 10 * minute);
    assert_true(poll_interval_us(2000 * minute, 2 * minute, 60 * minute) == 60 * minute);
    assert_true(poll_interval_us(-5 * minute, 2 * minute, 60 * minute) ==
                2 * minute); /* the clock was set back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_first_byte_only_a_known_page_is_proof),
        cmocka_unit_test(before_the_first_byte_nothing_was_sent),
        cmocka_unit_test(what_needs_a_person_says_which_hold),
        cmocka_unit_test(only_the_portals_own_faults_are_blamed_on_it),
        cmocka_unit_test(reasons_are_known_by_name),
        cmocka_unit_test(the_backoff_doubles_up_to_its_cap),
        cmocka_unit_test(polls_thin_out_with_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
