/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <stdio.h>

#include "notify/board.h"

static int fresh_board(void **state)
{
    *state = board_new();
    return 0;
}

static int gone_board(void **state)
{
    board_free(*state);
    return 0;
}

/* The text of a topic, "SUMMARY|BODY|URGENCY"; until the next call. */
static const char *told(struct board *board, enum topic topic)
{
    static char text[1024];
    _cleanup_note_ struct note note = {0};
    board_note(board, topic, &note);
    snprintf(text, sizeof(text), "%s|%s|%d", note.summary, note.body, (int)note.urgency);
    return text;
}

static void one_thing_is_its_own_heading(void **state)
{
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
    board_lot(*state, 12, "failed", false);
    assert_true(board_is_dirty(*state, TOPIC_WAITING));
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 12: the portal refused the whole file.|See more with: idsectl status|2");
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
}

static void several_are_counted_and_the_latest_are_listed(void **state)
{
    for (uint64_t lot = 1; lot <= 7; lot++)
        board_lot(*state, lot, "accepted", false);
    assert_string_equal(
        told(*state, TOPIC_ANSWERED),
        "IMSS approved 7 lots|"
        "Lot 7: IMSS approved all of its movements.\nLot 6: IMSS approved all of its movements.\n"
        "Lot 5: IMSS approved all of its movements.\nLot 4: IMSS approved all of its movements.\n"
        "Lot 3: IMSS approved all of its movements.\nand 2 more\nSee more with: idsectl list|0");
}

static void the_same_twice_is_no_news(void **state)
{
    board_lot(*state, 1, "queued", true);
    told(*state, TOPIC_WAITING);
    board_lot(*state, 1, "queued", true);
    board_lot(*state, 2, "received", false); /* concerns nobody */
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
    assert_true(board_has_hold(*state, 1));
    assert_false(board_has_hold(*state, 2));
}

static void what_is_over_goes_away(void **state)
{
    board_lot(*state, 1, "queued", true);
    told(*state, TOPIC_WAITING);
    board_lot(*state, 1, "queued", false);
    assert_true(board_is_dirty(*state, TOPIC_WAITING));
    assert_string_equal(told(*state, TOPIC_WAITING), "||0");
    board_lot(*state, 1, "accepted", false);
    assert_true(board_is_dirty(*state, TOPIC_ANSWERED));
}

static void only_what_is_new_is_urgent(void **state)
{
    board_lot(*state, 1, "rejected", false);
    board_lot(*state, 2, "queued", true);
    told(*state, TOPIC_WAITING);
    board_lot(*state, 2, "queued", false);
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 1: IMSS rejected all of its movements.|See more with: idsectl status|0");
    board_lot(*state, 3, "uncertain", false);
    assert_string_equal(told(*state, TOPIC_WAITING) + strlen("2 lots need attention|"),
                        "Lot 3: it is not known yet whether it arrived.\n"
                        "Lot 1: IMSS rejected all of its movements.\nSee more with: idsectl status|1");
}

static void what_was_dismissed_comes_back_with_something_else_only(void **state)
{
    board_lot(*state, 1, "uncertain", false);
    told(*state, TOPIC_WAITING);
    board_dismiss(*state, TOPIC_WAITING);
    board_lot(*state, 1, "uncertain", false);
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
    board_forget_shown(*state, TOPIC_WAITING);
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
    board_lot(*state, 1, "failed", false);
    assert_true(board_is_dirty(*state, TOPIC_WAITING));
}

static void what_was_not_shown_yet_is_not_dismissed(void **state)
{
    board_lot(*state, 1, "failed", false);
    told(*state, TOPIC_WAITING);
    board_lot(*state, 2, "failed", false);
    board_dismiss(*state, TOPIC_WAITING);
    assert_true(board_is_dirty(*state, TOPIC_WAITING));
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 2: the portal refused the whole file.|See more with: idsectl status|2");
}

static void another_screen_gets_all_of_it(void **state)
{
    board_lot(*state, 1, "failed", false);
    told(*state, TOPIC_WAITING);
    board_forget_shown(*state, TOPIC_WAITING);
    assert_true(board_is_dirty(*state, TOPIC_WAITING));
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 1: the portal refused the whole file.|See more with: idsectl status|2");
}

static void certificates_end(void **state)
{
    board_certificate(*state, 4, 31);
    assert_false(board_is_dirty(*state, TOPIC_CERTIFICATES));
    board_certificate(*state, 4, 15);
    assert_string_equal(told(*state, TOPIC_CERTIFICATES),
                        "Certificate 4 ends in 15 days.|See more with: idsectl cert list|1");
    board_certificate(*state, 4, 1);
    assert_string_equal(told(*state, TOPIC_CERTIFICATES),
                        "Certificate 4 ends in 1 day.|See more with: idsectl cert list|2");
    board_certificate(*state, 4, -1);
    assert_string_equal(told(*state, TOPIC_CERTIFICATES),
                        "Certificate 4 has expired; its lots are held.|See more with: idsectl cert list|2");
    board_certificate(*state, 4, 400);
    assert_string_equal(told(*state, TOPIC_CERTIFICATES), "||0");
}

static void the_portal_is_said_once_and_goes_when_it_is_back(void **state)
{
    board_portal(*state, "down");
    board_attention(*state, 0, "portal-down");
    assert_string_equal(told(*state, TOPIC_PORTAL),
                        "The portal does not answer. Lots wait, and go on by themselves.|"
                        "See more with: idsectl status|1");
    board_portal(*state, "ok");
    assert_string_equal(told(*state, TOPIC_PORTAL), "||0");
    board_portal(*state, "unknown");
    assert_false(board_is_dirty(*state, TOPIC_PORTAL));
}

static void attention_says_what_states_do_not(void **state)
{
    board_attention(*state, 5, "rejected"); /* LotChanged says it */
    board_attention(*state, 5, "found");
    for (enum topic topic = 0; topic < _TOPIC_MAX; topic++)
        assert_false(board_is_dirty(*state, topic));
    board_attention(*state, 0, "certificate-revoked");
    assert_string_equal(told(*state, TOPIC_CERTIFICATES),
                        "A certificate was revoked.|See more with: idsectl cert list|2");
    board_attention(*state, 5, "something-new");
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 5 needs a person (something-new).|See more with: idsectl status|1");
}

static void a_deadline_is_told_until_imss_has_the_lot(void **state)
{
    board_deadline(*state, 5, 3);
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 5: its last legal day is in 3 days.|See more with: idsectl status|2");
    board_lot(*state, 5, "sending", false);
    assert_false(board_is_dirty(*state, TOPIC_WAITING));
    board_deadline(*state, 5, 0);
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 5: today is the last legal day for it.|See more with: idsectl status|2");
    board_deadline(*state, 5, -1);
    assert_string_equal(told(*state, TOPIC_WAITING),
                        "Lot 5: the last legal day for it is over.|See more with: idsectl status|2");
    board_lot(*state, 5, "received", false);
    assert_string_equal(told(*state, TOPIC_WAITING), "||0");
}

static void a_clock_that_agrees_again_is_no_news(void **state)
{
    board_attention(*state, 0, "clock-agrees");
    assert_false(board_is_dirty(*state, TOPIC_PORTAL));
    board_attention(*state, 0, "clock-wrong");
    assert_string_equal(told(*state, TOPIC_PORTAL),
                        "The clock of idsed's machine is not the portal's.|See more with: idsectl status|1");
    board_attention(*state, 0, "clock-agrees");
    assert_string_equal(told(*state, TOPIC_PORTAL), "||0");
}

static void only_words_are_shown_of_what_is_not_known(void **state)
{
    board_attention(*state, 0, "odd <b>99028500017");
    assert_string_equal(told(*state, TOPIC_PORTAL),
                        "idsed needs a person (odd).|See more with: idsectl status|1");
}

static void it_does_not_grow_for_ever(void **state)
{
    for (uint64_t lot = 1; lot <= 25000; lot++)
        board_lot(*state, lot, "accepted", false);
    assert_memory_equal(told(*state, TOPIC_ANSWERED), "IMSS approved 10000 lots|", 25);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_board, gone_board)
    const struct CMUnitTest tests[] = {
        TEST(one_thing_is_its_own_heading),
        TEST(several_are_counted_and_the_latest_are_listed),
        TEST(the_same_twice_is_no_news),
        TEST(what_is_over_goes_away),
        TEST(only_what_is_new_is_urgent),
        TEST(what_was_dismissed_comes_back_with_something_else_only),
        TEST(what_was_not_shown_yet_is_not_dismissed),
        TEST(another_screen_gets_all_of_it),
        TEST(certificates_end),
        TEST(the_portal_is_said_once_and_goes_when_it_is_back),
        TEST(attention_says_what_states_do_not),
        TEST(a_deadline_is_told_until_imss_has_the_lot),
        TEST(a_clock_that_agrees_again_is_no_news),
        TEST(only_words_are_shown_of_what_is_not_known),
        TEST(it_does_not_grow_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
