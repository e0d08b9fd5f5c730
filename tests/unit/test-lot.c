/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/lot.h"
#include "idse/movement.h"

/* Where each event leads, written down by state and event name; what is not here must not apply. */
static const struct {
    const char *state, *event, *next;
    unsigned actions;
} expectations[] = {
    {"queued", "send", "sending", LOT_ACTION_UPLOAD | LOT_ACTION_MOVEMENTS},
    {"queued", "found", "received", LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"queued", "cancel", "cancelled", LOT_ACTION_MOVEMENTS},
    {"queued", "retry", "queued", LOT_ACTION_SEND_NOW},
    {"queued", "restored", "uncertain", LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS},
    {"sending", "not-sent", "queued", LOT_ACTION_BACK_OFF | LOT_ACTION_MOVEMENTS},
    {"sending", "taken", "received", LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS},
    {"sending", "refused", "failed", LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"sending", "broken", "uncertain", LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"sending", "restarted", "uncertain", LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"uncertain", "found", "received", LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS},
    {"uncertain", "absent", "queued", LOT_ACTION_SEND_NOW | LOT_ACTION_MOVEMENTS},
    {"uncertain", "retry", "uncertain", LOT_ACTION_RECONCILE},
    {"received", "accepted", "accepted", LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"received", "partial", "partial", LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"received", "rejected", "rejected", LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"received", "mismatch", "quarantined", LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL},
    {"received", "retry", "received", LOT_ACTION_POLL},
    {"quarantined", "retry", "received", LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS},
};

static void every_state_with_every_event_does_what_is_written_here(void **state)
{
    size_t applied = 0;
    for (int s = 0; s < _LOT_STATE_MAX; s++)
        for (int e = 0; e < _LOT_EVENT_MAX; e++) {
            struct lot_step step = {.state = LOT_STATE_CANCELLED, .actions = 0x55};
            int r = lot_transition((enum lot_state)s, (enum lot_event)e, &step);
            size_t i = 0;
            while (i < ELEMENTSOF(expectations) &&
                   !(streq(expectations[i].state, lot_state_name((enum lot_state)s)) &&
                     streq(expectations[i].event, lot_event_name((enum lot_event)e))))
                i++;
            if (i == ELEMENTSOF(expectations)) {
                assert_int_equal(r, 0);
                assert_int_equal(step.actions, 0x55); /* not touched */
                continue;
            }
            assert_int_equal(r, 1);
            assert_string_equal(lot_state_name(step.state), expectations[i].next);
            assert_int_equal(step.actions, expectations[i].actions);
            applied++;
        }
    assert_int_equal(applied, ELEMENTSOF(expectations));
}

static void nothing_sent_comes_back_to_the_queue_without_proof(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++)
        for (int e = 0; e < _LOT_EVENT_MAX; e++) {
            struct lot_step step;
            if (s == LOT_STATE_QUEUED || !lot_transition((enum lot_state)s, (enum lot_event)e, &step))
                continue;
            if (step.state == LOT_STATE_QUEUED)
                assert_true((s == LOT_STATE_SENDING && e == LOT_EVENT_NOT_SENT) ||
                            (s == LOT_STATE_UNCERTAIN && e == LOT_EVENT_ABSENT));
            assert_false(step.actions & LOT_ACTION_UPLOAD);
        }
}

static void a_restart_touches_only_what_was_being_sent(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++) {
        struct lot_step step;
        int r = lot_transition((enum lot_state)s, LOT_EVENT_RESTARTED, &step);
        assert_int_equal(r, s == LOT_STATE_SENDING);
        if (r)
            assert_int_equal(step.state, LOT_STATE_UNCERTAIN);
    }
}

static void only_what_waits_is_in_doubt_in_a_restored_copy(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++) {
        struct lot_step step;
        int r = lot_transition((enum lot_state)s, LOT_EVENT_RESTORED, &step);
        assert_int_equal(r, s == LOT_STATE_QUEUED);
        if (r)
            assert_int_equal(step.state, LOT_STATE_UNCERTAIN);
    }
}

static void what_is_final_stays(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++) {
        bool moves = false;
        for (int e = 0; e < _LOT_EVENT_MAX; e++) {
            struct lot_step step;
            moves |= lot_transition((enum lot_state)s, (enum lot_event)e, &step) == 1;
        }
        assert_int_equal(moves, !lot_state_final((enum lot_state)s));
    }
}

/* The engine writes the movements exactly when their common state changes. */
static void movements_change_when_their_state_does(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++)
        for (int e = 0; e < _LOT_EVENT_MAX; e++) {
            struct lot_step step;
            if (!lot_transition((enum lot_state)s, (enum lot_event)e, &step))
                continue;
            bool changes = lot_movement_state((enum lot_state)s) != lot_movement_state(step.state);
            assert_int_equal(changes, (step.actions & LOT_ACTION_MOVEMENTS) != 0);
        }
}

static void sent_is_never_shown_as_success(void **state)
{
    for (int s = 0; s < _LOT_STATE_MAX; s++)
        assert_int_not_equal(lot_movement_state((enum lot_state)s), MOVEMENT_STATE_APPROVED);
    assert_int_equal(lot_movement_state(LOT_STATE_SENDING), MOVEMENT_STATE_SENT);
    assert_int_equal(lot_movement_state(LOT_STATE_UNCERTAIN), MOVEMENT_STATE_UNKNOWN);
    assert_int_equal(lot_movement_state(LOT_STATE_ACCEPTED), -1);
    assert_int_equal(lot_movement_state(LOT_STATE_PARTIAL), -1);
}

static void names_go_both_ways(void **state)
{
    for (int i = 0; i < _LOT_STATE_MAX; i++)
        assert_int_equal(lot_state_from_name(lot_state_name((enum lot_state)i)), i);
    for (int i = 0; i < _LOT_HOLD_MAX; i++) {
        assert_int_equal(lot_hold_from_name(lot_hold_name((enum lot_hold)i)), i);
        assert_int_equal(*lot_hold_sentence((enum lot_hold)i) == '\0', i == LOT_HOLD_NONE);
    }
    for (int i = 0; i < _MOVEMENT_STATE_MAX; i++)
        assert_int_equal(movement_state_from_name(movement_state_name((enum movement_state)i)), i);
    assert_int_equal(lot_state_from_name("done"), -1);
    assert_int_equal(lot_hold_from_name("bored"), -1);
    assert_int_equal(movement_state_from_name(""), -1);
    assert_string_equal(lot_state_label(LOT_STATE_QUARANTINED), "quarantined");
}

static void types_are_known_by_name_and_code(void **state)
{
    assert_int_equal(movement_type_from_name("08"), MOVEMENT_REINGRESO);
    assert_int_equal(movement_type_from_name("8"), MOVEMENT_REINGRESO);
    assert_int_equal(movement_type_from_name("modificacion"), MOVEMENT_MODIFICACION);
    assert_int_equal(movement_type_from_name("02"), MOVEMENT_BAJA);
    assert_int_equal(movement_type_from_name("mixed"), MOVEMENT_NONE);
    assert_int_equal(movement_type_from_name("09"), -1);
    assert_string_equal(movement_type_name(MOVEMENT_BAJA), "baja");
    assert_string_equal(movement_type_name(MOVEMENT_NONE), "mixed");
    assert_string_equal(movement_type_code(MOVEMENT_MODIFICACION), "07");
    assert_string_equal(movement_type_label(MOVEMENT_MODIFICACION), "salary change");
}

static void the_exit_status_says_how_it_stands(void **state)
{
    assert_int_equal(lot_exit_status(LOT_STATE_ACCEPTED, false), EXIT_STATUS_OK);
    assert_int_equal(lot_exit_status(LOT_STATE_PARTIAL, false), EXIT_STATUS_REJECTED);
    assert_int_equal(lot_exit_status(LOT_STATE_FAILED, false), EXIT_STATUS_REJECTED);
    assert_int_equal(lot_exit_status(LOT_STATE_QUEUED, false), EXIT_STATUS_PENDING);
    assert_int_equal(lot_exit_status(LOT_STATE_QUEUED, true), EXIT_STATUS_HELD);
    assert_int_equal(lot_exit_status(LOT_STATE_QUARANTINED, false), EXIT_STATUS_HELD);
    assert_int_equal(lot_exit_status(LOT_STATE_CANCELLED, false), EXIT_STATUS_FAILURE);
    assert_int_equal(lot_exit_status(LOT_STATE_ACCEPTED, true), EXIT_STATUS_OK); /* nothing left to hold */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_every_event_does_what_is_written_here),
        cmocka_unit_test(nothing_sent_comes_back_to_the_queue_without_proof),
        cmocka_unit_test(a_restart_touches_only_what_was_being_sent),
        cmocka_unit_test(only_what_waits_is_in_doubt_in_a_restored_copy),
        cmocka_unit_test(what_is_final_stays),
        cmocka_unit_test(movements_change_when_their_state_does),
        cmocka_unit_test(sent_is_never_shown_as_success),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(types_are_known_by_name_and_code),
        cmocka_unit_test(the_exit_status_says_how_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
