/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "tests/unit/engine-world.h"

/* ---- the straight way ---- */

static void a_lot_is_sent_once_and_followed_to_its_receipts(void **state)
{
    int64_t id = submit(1, 3);
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    assert_true(get(id)->have_acuse && get(id)->have_constancia);
    assert_int_equal(get(id)->approved, 3);
    pass(30 * US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
}

static void rejected_movements_make_a_lot_partial_and_keep_their_errors(void **state)
{
    world->fake.reject_every = 2;
    int64_t id = submit(1, 5);
    pass(0);
    assert_state(id, LOT_STATE_PARTIAL);
    assert_int_equal(get(id)->approved, 3);
    assert_int_equal(get(id)->rejected, 2);
    struct store_movement_filter filter = {.lot = id, .states = 1u << MOVEMENT_STATE_REJECTED};
    struct store_movement *movements = NULL;
    size_t n = 0;
    MUST(store_movement_list(world->store, &filter, NULL, 10, &movements, &n, err));
    assert_int_equal(n, 2);
    assert_int_equal(movements[0].n_errors, 1);
    assert_string_equal(movements[0].errors[0].code, "011");
    store_movements_free(movements, n);
}

static void all_movements_rejected_make_a_lot_rejected(void **state)
{
    world->fake.reject_every = 1;
    int64_t id = submit(1, 2);
    pass(0);
    assert_state(id, LOT_STATE_REJECTED);
}

static void a_lot_that_waits_is_polled_less_and_less(void **state)
{
    world->fake.process_at_once = false;
    int64_t id = submit(1, 1);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_RECEIVED);
    /* every two minutes at first, hourly in the end: between 24 and 60 lists in a day */
    assert_in_range(world->fake.requests[FAKE_LIST], 24, 60);
    world->fake.lots[0].processed = true;
    pass(2 * US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void lots_of_one_certificate_share_login_and_list(void **state)
{
    int64_t last = 0;
    for (unsigned i = 0; i < 50; i++)
        last = submit(1 + i, 1);
    pass(0);
    assert_state(last, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 50);
    assert_in_range(world->fake.requests[FAKE_LOGIN], 1, 2);
    assert_in_range(world->fake.requests[FAKE_LIST], 1, 2);
}

/* ---- large lots ---- */

enum { LARGE = 3500 }; /* several slices of everything */

static uint64_t count_in_state(int64_t lot, enum movement_state state)
{
    struct store_movement_filter filter = {.lot = lot, .states = 1u << state};
    struct store_movement *movements = NULL;
    size_t n = 0;
    MUST(store_movement_list(world->store, &filter, NULL, LARGE + 1, &movements, &n, err));
    store_movements_free(movements, n);
    return n;
}

static void assert_whole(int64_t id)
{
    static const enum document_kind kinds[] = {DOCUMENT_SIGNATURE, DOCUMENT_ACUSE, DOCUMENT_CONSTANCIA};
    struct store_document *documents;
    size_t n;
    assert_state(id, LOT_STATE_PARTIAL);
    assert_int_equal(arrived(id), 1);
    assert_int_equal(count_in_state(id, MOVEMENT_STATE_REJECTED), LARGE / 10);
    assert_int_equal(count_in_state(id, MOVEMENT_STATE_APPROVED), LARGE - LARGE / 10);
    MUST(store_document_list(world->store, id, &documents, &n, err));
    assert_int_equal(n, ELEMENTSOF(kinds));
    for (size_t i = 0; i < n; i++) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        assert_int_equal(documents[i].kind, kinds[i]);
        MUST(store_document_get(world->store, documents[i].id, NULL, &bytes, err));
        assert_true(bytes.len >= LARGE * RECORD_COLUMNS);
    }
    store_documents_free(documents, n);
}

static void results_of_a_large_lot_show_all_at_once(void **state)
{
    world->fake.reject_every = 10;
    int64_t id = submit(1, LARGE);
    unsigned received = 0;
    do {
        uint64_t waiting = count_in_state(id, MOVEMENT_STATE_RECEIVED);
        received += waiting > 0;
        assert_true(waiting == 0 || waiting == LARGE);
        assert_int_equal(count_in_state(id, MOVEMENT_STATE_REJECTED),
                         get(id)->state == LOT_STATE_PARTIAL ? LARGE / 10 : 0);
    } while (turn());
    assert_true(received > 10); /* turns in which it was being worked on */
    assert_whole(id);
}

/* The process dies in each turn of it, once: after the commit of one slice and before the next. */
static void a_large_lot_survives_a_death_in_any_turn(void **state)
{
    world->fake.reject_every = 10;
    unsigned last = 0;
    for (unsigned at = 1; last == 0; at += at < 8 ? 1 : 3) {
        int64_t id = submit(at * (LARGE + 1), LARGE);
        unsigned turns = 0;
        while (turns < at && turn())
            turns++;
        if (turns < at)
            last = at;
        world_die_and_start();
        pass(US_PER_HOUR);
        assert_whole(id);
        assert_state(id, LOT_STATE_PARTIAL);
        assert_int_equal(arrived(id), 1);
        assert_int_equal(count_in_state(id, MOVEMENT_STATE_REJECTED), LARGE / 10);
    }
    assert_true(last > 15);
}

static void a_lot_cancelled_while_its_records_are_loaded_is_not_sent(void **state)
{
    int64_t id = submit(1, 15000); /* more than one slice of records */
    while (world->fake.requests[FAKE_LOGIN] == 0)
        turn();
    turn();
    turn();
    assert_state(id, LOT_STATE_QUEUED);
    MUST(engine_cancel(world->engine, id, NULL, "uid 0", err));
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_CANCELLED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 0);
}

static void lots_that_come_due_one_after_another_are_asked_for_together(void **state)
{
    world->fake.process_at_once = false;
    for (unsigned i = 0; i < 60; i++) {
        submit(1 + i, 1);
        pass(US_PER_S); /* so that no two of them are due at the same time */
    }
    unsigned before = world->fake.requests[FAKE_LOGIN];
    pass(10 * US_PER_MIN);
    assert_in_range(world->fake.requests[FAKE_LOGIN] - before, 2, 12);
}

/* ---- uncertain ---- */

static void a_broken_answer_is_settled_by_the_acuse_and_never_sent_again(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    int64_t id = submit(1, 2);
    pass(0);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_string_equal(world->last_attention, "uncertain");
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
    assert_int_equal(arrived(id), 1);
}

static void a_lot_that_did_not_arrive_is_sent_again_only_after_the_settling_time(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
    int64_t id = submit(1, 2);
    pass(9 * US_PER_MIN);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 2);
    assert_int_equal(arrived(id), 1);
}

static void a_visit_that_lasts_does_not_settle_with_its_old_list_again_and_again(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
    int64_t id = submit(1, 1);
    pass(0);
    world->passes_us = world->config.settle_us; /* the lot comes due again within the visit */
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    assert_int_equal(world->passes_us, 0);
}

static void a_visit_that_lasts_asks_for_the_list_again(void **state)
{
    world->fake.process_at_once = false;
    int64_t id = submit(1, 1);
    settle_down();
    assert_state(id, LOT_STATE_RECEIVED);
    pass(world->config.poll_min_us);
    unsigned logins = world->fake.requests[FAKE_LOGIN];
    MUST(engine_retry(world->engine, id, "uid 0", err));
    for (unsigned lists = world->fake.requests[FAKE_LIST]; world->fake.requests[FAKE_LIST] == lists;)
        assert_true(turn());
    world->passes_us = US_PER_HOUR; /* the lot comes due again within the visit */
    assert_true(turn());            /* not yet processed, says the list */
    assert_int_equal(world->passes_us, 0);
    world->fake.lots[0].processed = true;
    settle_down();
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], logins + 1);
}

static void what_certainly_did_not_leave_is_sent_again(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_CONNECT});
    int64_t id = submit(1, 1);
    pass(0);
    assert_state(id, LOT_STATE_QUEUED);
    assert_int_equal(get(id)->failures, 1);
    assert_string_equal(outcome_reason_name(get(id)->last_reason), "connect");
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_null(get(id)->last_error);
}

static void a_list_that_does_not_reach_back_proves_nothing(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_TIMEOUT, .sent = true});
    fake_portal_fault(&world->fake, FAKE_LIST, (struct fake_fault){.incomplete = true});
    world->fake.keeps_fault[FAKE_LIST] = true;
    int64_t id = submit(1, 1);
    pass(3 * US_PER_DAY);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_non_null(get(id)->last_error);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void an_unreadable_candidate_proves_nothing(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
    fake_portal_fault(&world->fake, FAKE_ACUSE, (struct fake_fault){.reason = REASON_NOT_READY});
    world->fake.keeps_fault[FAKE_ACUSE] = true;
    int64_t id = submit(1, 1);
    pass(0);
    fake_portal_add_foreign(&world->fake, world->certificate, RP, "another lot", 11);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_UNCERTAIN);
    /* it can be read at last, and is not ours */
    world->fake.keeps_fault[FAKE_ACUSE] = false;
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
}

static void a_foreign_lot_is_read_once(void **state)
{
    fake_portal_add_foreign(&world->fake, world->certificate, RP, "another lot", 11);
    world->fake.process_at_once = false;
    for (int i = 0; i < 3; i++) {
        fake_portal_fault(&world->fake, FAKE_UPLOAD,
                          (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
        submit(1 + (unsigned)i, 1);
        pass(30 * US_PER_MIN);
    }
    unsigned own = (unsigned)world->fake.n_lots - 1;
    assert_int_equal(world->fake.requests[FAKE_ACUSE], own + 1);
}

static void dying_while_sending_makes_uncertain_and_is_settled(void **state)
{
    int64_t id = submit(1, 2);
    while (world->fake.requests[FAKE_UPLOAD] == 0)
        turn();
    assert_state(id, LOT_STATE_SENDING);
    world_die_and_start();
    assert_state(id, LOT_STATE_UNCERTAIN);
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void a_start_writes_only_what_has_changed(void **state)
{
    world->fake.process_at_once = false;
    int64_t received = submit(1, 1);
    settle_down();
    MUST(engine_hold(world->engine, received, LOT_HOLD_OPERATOR, "", "uid 1000", err));
    world->told = 0;
    world_die_and_start();
    assert_int_equal(world->told, 0);
    assert_state(received, LOT_STATE_RECEIVED);
    world->fake.process_at_once = true;
    int64_t later = submit(10, 1);
    pass(US_PER_DAY); /* it is followed all the same */
    assert_state(later, LOT_STATE_ACCEPTED);
    assert_true(world->told > 0);
}

/* The upload breaks; the portal takes the lot all the same, then or later. */
static int64_t submit_broken(unsigned first, bool taken)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = taken});
    int64_t id = submit(first, 1);
    settle_down();
    assert_state(id, LOT_STATE_UNCERTAIN);
    return id;
}

static void take_late(int64_t id)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    MUST(store_lot_records(world->store, id, &records, err));
    fake_portal_add_foreign(&world->fake, world->certificate, RP, records.data, records.len);
}

static void bind(int64_t certificate)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.certificate = certificate;
    MUST(store_rp_update(world->store, &rp, err));
    store_rp_free(&rp);
    MUST(engine_rp_changed(world->engine, RP, err));
}

static void set_clock(int64_t by_us)
{
    world->wall_off_us += by_us;
    engine_clock_changed(world->engine);
}

static void assert_settled(int64_t id)
{
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void the_list_of_another_account_proves_nothing(void **state)
{
    int64_t id = submit_broken(1, true);
    bind(add_account("practica2", 0));
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_non_null(strstr(get(id)->last_error, "another account"));
    bind(world->certificate);
    assert_settled(id);
}

static void the_list_of_a_renewed_certificate_of_the_account_proves_absence(void **state)
{
    int64_t id = submit_broken(1, false);
    bind(add_account("practica1", 0));
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
}

/* The list was asked for with younger lots in mind. */
static void a_lot_let_go_within_a_visit_is_not_settled_with_a_list_that_was_not_for_it(void **state)
{
    int64_t id = submit_broken(1, true);
    MUST(engine_hold(world->engine, id, LOT_HOLD_PORTAL_CHANGED, "look", "uid 0", err));
    pass(10 * US_PER_DAY);
    unsigned lists = world->fake.requests[FAKE_LIST];
    submit(2, 1);
    while (world->fake.requests[FAKE_LIST] == lists)
        assert_true(turn());
    MUST(engine_release(world->engine, id, "uid 0", err));
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
}

static void a_clock_set_forward_does_not_shorten_the_settling_time(void **state)
{
    int64_t id = submit_broken(1, false);
    set_clock(US_PER_DAY / 4);
    pass(5 * US_PER_MIN);
    assert_state(id, LOT_STATE_UNCERTAIN);
    take_late(id);
    assert_settled(id);
}

static void a_clock_set_back_does_not_hide_what_arrived(void **state)
{
    int64_t id = submit_broken(1, false);
    set_clock(-3 * US_PER_DAY);
    take_late(id);
    assert_settled(id);
}

static void dates_of_a_portal_with_another_clock_prove_nothing(void **state)
{
    world->fake.behind_us = 3 * US_PER_DAY;
    int64_t id = submit_broken(1, true);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_non_null(strstr(get(id)->last_error, "clock"));
    world->fake.behind_us = 0;
    world->fake.lots[0].received_us += 3 * US_PER_DAY;
    assert_settled(id);
}

static void the_acuse_of_another_lot_proves_nothing(void **state)
{
    fake_portal_add_foreign(&world->fake, world->certificate, RP, "another lot", 11);
    fake_portal_fault(&world->fake, FAKE_ACUSE, (struct fake_fault){.misfiled = true});
    assert_settled(submit_broken(1, true));
}

static void a_number_that_the_portal_gives_again_hides_nothing(void **state)
{
    submit(1, 1);
    pass(3 * US_PER_DAY);
    buf_free(&world->fake.lots[0].records);
    world->fake.n_lots = 0; /* it counts from 1 once more */
    int64_t id = submit(2, 1);
    settle_down();
    assert_state(id, LOT_STATE_UNCERTAIN);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 2);
}

/* Of one lot that the portal cannot show, the others must not suffer. */
static void assert_others_go_on(void)
{
    int64_t others[5];
    for (unsigned i = 0; i < ELEMENTSOF(others); i++)
        others[i] = submit(10 + i, 1);
    pass(US_PER_DAY);
    for (unsigned i = 0; i < ELEMENTSOF(others); i++)
        assert_state(others[i], LOT_STATE_ACCEPTED);
}

static void a_candidate_that_always_fails_does_not_keep_others_from_being_sent(void **state)
{
    fake_portal_add_foreign(&world->fake, world->certificate, RP, "another lot", 11);
    fake_portal_fault(&world->fake, FAKE_ACUSE,
                      (struct fake_fault){.reason = REASON_HTTP_SERVER, .only = "000000001"});
    world->fake.keeps_fault[FAKE_ACUSE] = true;
    int64_t id = submit_broken(1, false);
    assert_others_go_on();
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_non_null(get(id)->last_error);
}

static void a_receipt_that_always_fails_does_not_keep_others_waiting(void **state)
{
    fake_portal_fault(&world->fake, FAKE_ACUSE,
                      (struct fake_fault){.reason = REASON_HTTP_SERVER, .only = "000000001"});
    world->fake.keeps_fault[FAKE_ACUSE] = true;
    int64_t id = submit(1, 1);
    assert_others_go_on();
    assert_state(id, LOT_STATE_RECEIVED);
}

/* Its registration gets another certificate meanwhile, and the clock is set. */
static void a_lot_being_sent_is_left_alone_by_other_visits(void **state)
{
    int64_t id = submit(1, 1);
    while (world->fake.requests[FAKE_UPLOAD] == 0)
        assert_true(turn());
    struct fake_pending *upload = STEAL(world->fake.pending);
    bind(add_account("practica2", 0));
    set_clock(US_PER_HOUR);
    pass(US_PER_HOUR);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
    world->fake.pending = upload;
    bind(world->certificate);
    assert_settled(id);
}

static void a_person_may_ask_for_settling_but_not_for_resending(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    int64_t id = submit(1, 1);
    pass(0);
    struct err why = ERR_INIT;
    assert_int_equal(engine_cancel(world->engine, id, NULL, "uid 0", &why), -ERR_WRONG_STATE);
    err_clear(&why);
    MUST(engine_reconcile(world->engine, id, "uid 0", err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(engine_reconcile(world->engine, id, "uid 0", &why), -ERR_WRONG_STATE);
    err_clear(&why);
    assert_int_equal(arrived(id), 1);
}

/* ---- holds ---- */

static void a_wrong_password_is_tried_once_and_holds_all_its_lots(void **state)
{
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CREDENTIALS});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    int64_t first = submit(1, 1), second = submit(2, 1);
    pass(30 * US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
    assert_state(first, LOT_STATE_QUEUED);
    assert_hold(first, LOT_HOLD_CERTIFICATE_REJECTED);
    assert_hold(second, LOT_HOLD_CERTIFICATE_REJECTED);
    int64_t later = submit(3, 1);
    assert_hold(later, LOT_HOLD_CERTIFICATE_REJECTED);

    world->fake.keeps_fault[FAKE_LOGIN] = world->fake.has_fault[FAKE_LOGIN] = false;
    MUST(engine_release(world->engine, first, "uid 0", err));
    pass(US_PER_MIN);
    assert_state(first, LOT_STATE_ACCEPTED);
    assert_state(second, LOT_STATE_ACCEPTED);
    assert_state(later, LOT_STATE_ACCEPTED);
}

static void without_a_certificate_a_lot_waits_for_one(void **state)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.certificate = 0;
    MUST(store_rp_update(world->store, &rp, err));
    MUST(engine_rp_changed(world->engine, RP, err));
    int64_t id = submit(1, 1);
    pass(US_PER_DAY);
    assert_hold(id, LOT_HOLD_CERTIFICATE_MISSING);
    rp.certificate = world->certificate;
    MUST(store_rp_update(world->store, &rp, err));
    MUST(engine_certificate_changed(world->engine, world->certificate, err));
    assert_hold(id, LOT_HOLD_NONE); /* at once: whoever added the certificate may look next */
    store_rp_free(&rp);
    pass(US_PER_MIN);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void an_expired_certificate_is_never_used(void **state)
{
    world->now_us += 366 * US_PER_DAY;
    int64_t id = submit(1, 1);
    pass(US_PER_DAY);
    assert_hold(id, LOT_HOLD_CERTIFICATE_EXPIRED);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 0);
}

/* ---- replacing a certificate ---- */

static int64_t replace(void)
{
    int64_t heir = add_replacement(world->certificate);
    MUST(engine_certificate_changed(world->engine, heir, err));
    MUST(store_commit(world->store, err));
    return heir;
}

static int64_t serving(void)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    int64_t id = rp.certificate;
    store_rp_free(&rp);
    return id;
}

static bool is_removed(int64_t id)
{
    struct store_certificate certificate = {0};
    MUST(store_certificate_get(world->store, id, &certificate, err));
    bool removed = certificate.removed_us && !certificate.sealed;
    store_certificate_free(&certificate);
    return removed;
}

static void a_replacement_serves_from_its_first_login_on(void **state)
{
    int64_t before = submit(1, 1);
    pass(US_PER_MIN);
    assert_int_equal(get(before)->certificate, world->certificate);
    int64_t heir = replace();
    assert_int_equal(serving(), world->certificate);
    settle_down();
    assert_int_equal(serving(), heir);
    assert_true(is_removed(world->certificate));
    assert_int_equal(world->replaced, world->certificate);
    assert_string_equal(world->last_attention, "certificate-replaced");

    int64_t after = submit(2, 1);
    pass(US_PER_MIN);
    assert_state(after, LOT_STATE_ACCEPTED);
    assert_int_equal(get(after)->certificate, heir);
    assert_int_equal(get(before)->certificate, world->certificate); /* history keeps who signed it */
    struct store_attempt *attempts;
    size_t n;
    MUST(store_attempt_list(world->store, before, &attempts, &n, err));
    assert_int_equal(n, 1);
    assert_int_equal(attempts[0].certificate, world->certificate);
    store_attempts_free(attempts, n);
}

/* Nobody has to remove the old one first. */
static void one_that_expired_is_replaced_directly(void **state)
{
    world->now_us += 366 * US_PER_DAY;
    int64_t id = submit(1, 1);
    pass(US_PER_MIN);
    assert_hold(id, LOT_HOLD_CERTIFICATE_EXPIRED);
    int64_t heir = replace();
    settle_down();
    assert_int_equal(serving(), heir);
    assert_true(is_removed(world->certificate));
    pass(US_PER_MIN);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(get(id)->certificate, heir);
}

static void a_replacement_that_is_refused_is_held_and_the_old_one_goes_on(void **state)
{
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CERTIFICATE_UNKNOWN});
    int64_t heir = replace();
    pass(30 * US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
    assert_int_equal(serving(), world->certificate);
    int64_t id = submit(1, 1);
    pass(US_PER_MIN);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(get(id)->certificate, world->certificate);

    struct store_certificate row = {0}; /* IMSS knows it now: somebody releases it */
    MUST(store_certificate_get(world->store, heir, &row, err));
    assert_int_equal(row.hold, LOT_HOLD_CERTIFICATE_REJECTED);
    row.hold = LOT_HOLD_NONE;
    MUST(store_certificate_update(world->store, &row, err));
    store_certificate_free(&row);
    MUST(engine_certificate_changed(world->engine, heir, err));
    pass(US_PER_MIN);
    assert_int_equal(serving(), heir);
}

static void a_replacement_waits_for_a_portal_that_is_down(void **state)
{
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    int64_t heir = replace();
    pass(6 * US_PER_HOUR);
    assert_in_range(world->fake.requests[FAKE_LOGIN], 3, 200);
    assert_int_equal(serving(), world->certificate);
    world_die_and_start(); /* it is still on trial */
    world->fake.keeps_fault[FAKE_LOGIN] = world->fake.has_fault[FAKE_LOGIN] = false;
    pass(2 * US_PER_HOUR);
    assert_int_equal(serving(), heir);
}

static void an_unknown_page_does_not_make_a_replacement_ask_without_end(void **state)
{
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_UNKNOWN_PAGE});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    replace();
    pass(6 * US_PER_HOUR);
    assert_in_range(world->fake.requests[FAKE_LOGIN], 2, 200);
    assert_int_equal(serving(), world->certificate);
}

static void lots_held_for_an_expired_certificate_go_on_with_its_replacement(void **state)
{
    world->now_us += 366 * US_PER_DAY;
    int64_t id = submit(1, 1);
    pass(US_PER_MIN);
    assert_hold(id, LOT_HOLD_CERTIFICATE_EXPIRED);
    int64_t heir = replace();
    pass(US_PER_MIN);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(get(id)->certificate, heir);
}

/* One account at the portal: a second login could end the session that sends. */
static void a_replacement_does_not_log_in_while_the_old_one_is_visiting(void **state)
{
    int64_t id = submit(1, 1);
    while (world->fake.requests[FAKE_UPLOAD] == 0)
        assert_true(turn());
    replace();
    while (world->fake.requests[FAKE_LOGOUT] == 0) {
        assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
        assert_true(turn());
    }
    pass(US_PER_MIN);
    assert_true(is_removed(world->certificate));
    assert_int_equal(arrived(id), 1);
}

static enum outcome_reason tested;
static void on_tested(void *data, enum outcome_reason reason, const char *text)
{
    tested = reason;
    assert_true(strlen(text) > 0);
}

static void a_test_lets_a_replacement_in_and_an_expired_one_is_not_even_asked(void **state)
{
    int64_t heir = add_replacement(world->certificate);
    tested = _REASON_MAX;
    MUST(engine_test_certificate(world->engine, heir, on_tested, NULL, err));
    settle_down();
    assert_int_equal(tested, REASON_OK);
    assert_int_equal(serving(), heir);
    world->now_us += 366 * US_PER_DAY;
    MUST(engine_test_certificate(world->engine, heir, on_tested, NULL, err));
    settle_down();
    assert_int_equal(tested, REASON_CERTIFICATE_EXPIRED);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
}

static void a_paused_registration_sends_nothing_and_goes_on_when_resumed(void **state)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.paused = true;
    MUST(store_rp_update(world->store, &rp, err));
    MUST(engine_rp_changed(world->engine, RP, err));
    int64_t id = submit(1, 1), held = submit(2, 1);
    pass(US_PER_DAY);
    assert_hold(id, LOT_HOLD_OPERATOR);
    MUST(engine_hold(world->engine, held, LOT_HOLD_OPERATOR, "wait for payroll", "uid 7", err));
    rp.paused = false;
    MUST(store_rp_update(world->store, &rp, err));
    MUST(engine_rp_changed(world->engine, RP, err));
    store_rp_free(&rp);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_state(held, LOT_STATE_QUEUED); /* a person's hold is not the pause's */
    assert_string_equal(get(held)->hold_text, "wait for payroll");
}

static void a_profile_that_cannot_send_holds_what_is_queued_and_follows_the_rest(void **state)
{
    world->fake.process_at_once = false;
    int64_t sent = submit(1, 1);
    pass(0);
    world->fake.cannot_upload = true;
    MUST(engine_profile_changed(world->engine, err));
    int64_t id = submit(2, 1);
    world->fake.lots[0].processed = true;
    pass(US_PER_DAY);
    assert_state(sent, LOT_STATE_ACCEPTED);
    assert_hold(id, LOT_HOLD_PROFILE_INCOMPLETE);
    world->fake.process_at_once = true;
    world->fake.cannot_upload = false;
    MUST(engine_profile_changed(world->engine, err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

/* ---- approval, and sending later ---- */

static void a_lot_that_needs_approval_is_sent_once_it_has_it(void **state)
{
    int64_t id = submit_as(1, 1, (struct store_lot){.approval = LOT_APPROVAL_NEEDED});
    pass(US_PER_DAY);
    assert_hold(id, LOT_HOLD_APPROVAL);
    assert_int_equal(engine_release(world->engine, id, "uid 1", NULL), -ERR_WRONG_STATE);
    world_die_and_start();
    assert_hold(id, LOT_HOLD_APPROVAL);
    MUST(engine_approve(world->engine, id, "uid 1", err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_string_equal(get(id)->approved_by, "uid 1");
}

static void a_lot_is_not_sent_before_its_time(void **state)
{
    int64_t wait = 40 * US_PER_DAY; /* longer than any delay of the engine's own */
    int64_t id = submit_as(1, 1, (struct store_lot){.not_before_us = world_wall_us(NULL) + wait});
    int64_t other = submit(2, 1);
    assert_int_equal(engine_lot_due_us(world->engine, id), get(id)->not_before_us);
    pass(wait - US_PER_MIN);
    assert_state(id, LOT_STATE_QUEUED);
    assert_state(other, LOT_STATE_ACCEPTED);
    world_die_and_start();
    pass(0);
    assert_state(id, LOT_STATE_QUEUED);
    pass(2 * US_PER_MIN);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void a_clock_that_is_set_moves_the_time_of_sending(void **state)
{
    int64_t id = submit_as(1, 1, (struct store_lot){.not_before_us = world_wall_us(NULL) + US_PER_DAY});
    pass(US_PER_HOUR);
    world->wall_off_us = 2 * US_PER_DAY;
    engine_clock_changed(world->engine);
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void a_retry_does_not_wait_for_the_time(void **state)
{
    int64_t id = submit_as(1, 1, (struct store_lot){.not_before_us = world_wall_us(NULL) + US_PER_DAY});
    MUST(engine_retry(world->engine, id, "uid 1", err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

/* ---- deadlines ---- */

static void of_a_partial_lot_the_last_day_is_to_be_worked_out(void **state)
{
    world->fake.reject_every = 2;
    int64_t id = submit_as(1, 4, (struct store_lot){.deadline = 20261124});
    pass(0);
    assert_state(id, LOT_STATE_PARTIAL);
    assert_int_equal(get(id)->deadline, DEADLINE_UNKNOWN);
    int64_t undated = 0;
    assert_int_equal(store_lot_undated(world->store, &undated, NULL), 1);
    assert_int_equal(undated, id);
    MUST(engine_lot_dated(world->engine, id, &(struct last_days){(int32_t[]){20261126}, 1}, err));
    assert_int_equal(get(id)->deadline, 20261126);
    assert_int_equal(store_lot_undated(world->store, &undated, NULL), 0);
    assert_int_equal(get(id)->untold_day, 20261126);
}

/* ---- the portal's clock ---- */

static void a_clock_that_differs_is_told_once_and_remembered_until_both_agree(void **state)
{
    world->fake.behind_us = 3 * US_PER_MIN;
    submit(1, 1);
    pass(0);
    assert_string_equal(world->last_attention, "clock-wrong");
    assert_int_equal(world->attentions, 1);
    assert_false(engine_clock_trusted(world->engine));
    assert_int_equal(engine_clock_off_us(world->engine), 3 * US_PER_MIN);
    submit(2, 1);
    pass(0);
    assert_int_equal(world->attentions, 1);
    world_die_and_start();
    assert_false(engine_clock_trusted(world->engine));
    world->fake.behind_us = -2 * US_PER_MIN;
    submit(3, 1);
    pass(0);
    assert_true(engine_clock_trusted(world->engine));
    assert_string_equal(world->last_attention, "clock-agrees");
    world_die_and_start();
    assert_true(engine_clock_trusted(world->engine));
}

/* Nothing waits for the portal, so there is no visit to bring its Date. */
static void a_wrong_clock_is_looked_at_again_each_hour_until_both_agree(void **state)
{
    world->fake.process_at_once = true;
    world->fake.behind_us = 3 * US_PER_MIN;
    submit(1, 1);
    pass(0);
    unsigned *looks = &world->fake.requests[FAKE_DATE], logins = world->fake.requests[FAKE_LOGIN];
    assert_false(engine_clock_trusted(world->engine));
    assert_int_equal(*looks, 0);
    pass(3 * 60 * US_PER_MIN);
    assert_int_equal(*looks, 3);
    world->fake.behind_us = 0;
    pass(60 * US_PER_MIN);
    assert_true(engine_clock_trusted(world->engine));
    assert_string_equal(world->last_attention, "clock-agrees");
    pass(30 * US_PER_DAY);
    assert_int_equal(*looks, 4);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], logins);
}

static void a_wrong_clock_is_looked_at_with_a_start_a_refresh_and_whenever_one_is_set(void **state)
{
    unsigned *looks = &world->fake.requests[FAKE_DATE];
    MUST(engine_refresh(world->engine, err)); /* all is well */
    pass(60 * US_PER_MIN);
    assert_int_equal(*looks, 0);
    world->fake.behind_us = 3 * US_PER_MIN;
    engine_clock_changed(world->engine);
    pass(0);
    assert_int_equal(*looks, 1);
    assert_false(engine_clock_trusted(world->engine));
    for (int i = 0; i < 10; i++) {
        engine_clock_changed(world->engine);
        pass(0);
    }
    assert_int_equal(*looks, 1);
    world->fake.behind_us = 4 * US_PER_MIN;
    pass(US_PER_MIN);
    assert_int_equal(*looks, 2);
    world_die_and_start();
    assert_int_equal(engine_clock_off_us(world->engine), 4 * US_PER_MIN); /* as was last seen */
    world->fake.behind_us = 0;
    pass(0);
    assert_int_equal(*looks, 3);
    assert_true(engine_clock_trusted(world->engine));
    world->fake.behind_us = 3 * US_PER_MIN;
    engine_clock_changed(world->engine);
    pass(US_PER_MIN);
    assert_false(engine_clock_trusted(world->engine));
    world->fake.behind_us = 0;
    pass(US_PER_MIN);
    MUST(engine_refresh(world->engine, err));
    pass(0);
    assert_true(engine_clock_trusted(world->engine));
}

static void a_cancelled_lot_is_never_sent(void **state)
{
    int64_t id = submit(1, 1);
    MUST(engine_cancel(world->engine, id, "it was sent twice", "uid 0", err));
    int64_t now_us = world_wall_us(NULL);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_CANCELLED);
    assert_int_equal(get(id)->given_up_us, now_us);
    assert_string_equal(get(id)->given_up_by, "uid 0");
    assert_string_equal(get(id)->given_up_text, "it was sent twice");
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 0);
}

/* ---- the portal's own troubles ---- */

static void a_portal_that_is_down_is_probed_by_one_visit_not_by_every_lot(void **state)
{
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    int64_t id = 0;
    for (unsigned i = 0; i < 20; i++)
        id = submit(1 + i, 1);
    pass(6 * US_PER_HOUR);
    struct engine_portal_state seen;
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, "down");
    assert_hold(id, LOT_HOLD_PORTAL_DOWN);
    assert_in_range(world->fake.requests[FAKE_LOGIN], 3, 40);
    world->fake.keeps_fault[FAKE_LOGIN] = world->fake.has_fault[FAKE_LOGIN] = false;
    pass(2 * US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_hold(id, LOT_HOLD_NONE);
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, "ok");
}

static void a_portal_that_fails_but_is_not_down_yet_is_not_said_to_be_well(void **state)
{
    struct engine_portal_state seen;
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    int64_t id = submit(1, 1);
    pass(0);
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, "unknown");
    assert_int_equal(seen.failures, 1);
    assert_true(seen.failures_until_down > 1);
    assert_string_not_equal(seen.text, "");
    world_die_and_start();
    engine_portal_state(world->engine, &seen);
    assert_int_equal(seen.failures, 1);
    pass(2 * US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, "ok");
    assert_int_equal(seen.failures, 0);
}

static void portal_fails_from_now_on(enum fake_step step, enum outcome_reason reason)
{
    fake_portal_fault(&world->fake, step, (struct fake_fault){.reason = reason});
    world->fake.keeps_fault[step] = true;
}

static void portal_is_mended(enum fake_step step)
{
    world->fake.keeps_fault[step] = world->fake.has_fault[step] = false;
}

static void assert_portal(const char *expected)
{
    struct engine_portal_state seen;
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, expected);
}

static void a_portal_that_fails_after_the_login_is_down_until_what_failed_works(void **state)
{
    static const struct {
        enum fake_step step;
        enum lot_state meanwhile;
    } cases[] = {
        {FAKE_LIST, LOT_STATE_RECEIVED},
        {FAKE_UPLOAD, LOT_STATE_QUEUED},
        {FAKE_ACUSE, LOT_STATE_RECEIVED},
    };
    for (unsigned i = 0; i < ELEMENTSOF(cases); i++) {
        enum fake_step step = cases[i].step;
        unsigned logins = world->fake.requests[FAKE_LOGIN], asked = world->fake.requests[step];
        portal_fails_from_now_on(step, REASON_HTTP_UNAVAILABLE);
        int64_t id = submit(1 + i, 1);
        pass(6 * US_PER_HOUR);
        assert_state(id, cases[i].meanwhile);
        assert_portal("down");
        assert_int_equal(get(id)->last_reason, REASON_HTTP_UNAVAILABLE);
        assert_in_range(world->fake.requests[step] - asked, 3, 40);
        assert_in_range(world->fake.requests[FAKE_LOGIN] - logins, 3, 40);
        struct engine_portal_state before, after;
        engine_portal_state(world->engine, &before);
        int64_t since_us = before.since_us;
        world_die_and_start();
        pass(6 * US_PER_HOUR); /* no login of the probes was taken for the end of it */
        engine_portal_state(world->engine, &after);
        assert_string_equal(after.state, "down");
        assert_int_equal(after.since_us, since_us);
        portal_is_mended(step);
        pass(4 * US_PER_HOUR);
        assert_state(id, LOT_STATE_ACCEPTED);
        assert_hold(id, LOT_HOLD_NONE);
        assert_portal("ok");
    }
}

static void what_waits_for_a_portal_that_takes_no_files_is_held(void **state)
{
    portal_fails_from_now_on(FAKE_UPLOAD, REASON_HTTP_UNAVAILABLE);
    submit(1, 1);
    pass(6 * US_PER_HOUR);
    int64_t id = submit(2, 1);
    assert_hold(id, LOT_HOLD_PORTAL_DOWN);
}

static void a_portal_that_fails_while_a_lot_is_settled_is_down(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    portal_fails_from_now_on(FAKE_ACUSE, REASON_HTTP_UNAVAILABLE);
    int64_t id = submit(1, 1);
    pass(6 * US_PER_HOUR);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_portal("down");
    struct engine_portal_state seen;
    engine_portal_state(world->engine, &seen);
    int64_t since_us = seen.since_us;
    portal_fails_from_now_on(FAKE_LOGIN, REASON_CONNECT);
    pass(6 * US_PER_HOUR);
    portal_is_mended(FAKE_LOGIN); /* … which leaves what failed before */
    pass(6 * US_PER_HOUR);
    engine_portal_state(world->engine, &seen);
    assert_string_equal(seen.state, "down");
    assert_int_equal(seen.since_us, since_us);
    portal_is_mended(FAKE_ACUSE);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_portal("ok");
}

/* The list that each of the visits gets first says nothing about the acuse that it then does not get. */
static void an_acuse_that_is_not_given_counts_although_the_list_is(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    int64_t lost = submit(1, 1);
    pass(0);
    int64_t other = submit(2, 1);
    pass(US_PER_MIN);
    assert_state(other, LOT_STATE_ACCEPTED);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    assert_portal("ok"); /* nothing of the broken upload is counted any more */
    portal_fails_from_now_on(FAKE_ACUSE, REASON_HTTP_UNAVAILABLE);
    unsigned lists = world->fake.requests[FAKE_LIST], asked = world->fake.requests[FAKE_ACUSE];
    pass(6 * US_PER_HOUR);
    assert_true(world->fake.requests[FAKE_LIST] - lists >= world->config.circuit_failures);
    assert_int_equal(world->fake.requests[FAKE_ACUSE] - asked, world->fake.requests[FAKE_LIST] - lists);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    assert_portal("down");
    portal_is_mended(FAKE_ACUSE);
    pass(US_PER_DAY);
    assert_state(lost, LOT_STATE_ACCEPTED);
    assert_portal("ok");
}

/* The circuit, which opens late here, is not what delays these visits; and no visit that gets no list is a good one. */
static void an_identity_without_a_list_backs_off_more_and_more(void **state)
{
    world->config.circuit_failures = 1000000;
    world_die_and_start();
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    portal_fails_from_now_on(FAKE_LIST, REASON_HTTP_UNAVAILABLE);
    int64_t lost = submit(1, 1);
    pass(6 * US_PER_HOUR);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    /* within one minute, two, four … and in the end an hour: at random, so half of that in the mean */
    assert_in_range(world->fake.requests[FAKE_LIST], 6, 30);
    unsigned lists = world->fake.requests[FAKE_LIST];
    for (int i = 0; i < 20; i++) {
        world_die_and_start(); /* … which does not forget it */
        pass(US_PER_MIN);
    }
    assert_in_range(world->fake.requests[FAKE_LIST] - lists, 0, 4);
    assert_portal("ok");
    portal_is_mended(FAKE_LIST);
    pass(2 * US_PER_HOUR);
    assert_state(lost, LOT_STATE_ACCEPTED);
    /* What failed then no longer counts: the next fault is a first one. */
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    int64_t next = submit(2, 1);
    pass(world->config.retry_first_us);
    assert_state(next, LOT_STATE_ACCEPTED);
}

static void visits_for_receipts_do_not_mend_a_portal_that_takes_no_files(void **state)
{
    world->fake.process_at_once = false;
    int64_t sent = submit(1, 1);
    pass(0);
    assert_state(sent, LOT_STATE_RECEIVED);
    portal_fails_from_now_on(FAKE_UPLOAD, REASON_HTTP_UNAVAILABLE);
    int64_t id = submit(2, 1);
    pass(6 * US_PER_HOUR);
    assert_portal("down");
    struct engine_portal_state seen;
    engine_portal_state(world->engine, &seen);
    int64_t since_us = seen.since_us;
    unsigned lists = world->fake.requests[FAKE_LIST];
    pass(6 * US_PER_HOUR);
    assert_true(world->fake.requests[FAKE_LIST] > lists);
    engine_portal_state(world->engine, &seen);
    assert_int_equal(seen.since_us, since_us);
    MUST(engine_test_certificate(world->engine, world->certificate, on_tested, NULL, err));
    settle_down();
    assert_int_equal(tested, REASON_OK);
    assert_portal("down"); /* a login is no news */
    MUST(engine_cancel(world->engine, id, NULL, "uid 0", err));
    MUST(engine_test_certificate(world->engine, world->certificate, on_tested, NULL, err));
    settle_down();
    assert_portal("down"); /* … also where nothing waits */
    pass(US_PER_DAY);
    assert_portal("ok");
}

static void a_lot_that_cannot_be_settled_does_not_stop_the_others(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    portal_fails_from_now_on(FAKE_LIST, REASON_HTTP_UNAVAILABLE);
    int64_t lost = submit(1, 1);
    pass(US_PER_MIN);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    int64_t younger = submit_as(1, 2, (struct store_lot){0}), other = submit(3, 1);
    pass(6 * US_PER_HOUR);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    assert_state(younger, LOT_STATE_QUEUED); /* it has a worker of the one that is lost */
    assert_state(other, LOT_STATE_RECEIVED);
    assert_int_equal(get(lost)->last_reason, REASON_HTTP_UNAVAILABLE);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 2);
    assert_portal("down");
    struct engine_portal_state seen;
    engine_portal_state(world->engine, &seen);
    int64_t since_us = seen.since_us;
    int64_t third = submit(4, 1);
    pass(6 * US_PER_HOUR);
    assert_state(third, LOT_STATE_RECEIVED);
    engine_portal_state(world->engine, &seen);
    assert_int_equal(seen.since_us, since_us); /* that a file was taken did not mend the list */
    portal_is_mended(FAKE_LIST);
    pass(US_PER_DAY);
    assert_state(lost, LOT_STATE_ACCEPTED);
    assert_state(younger, LOT_STATE_ACCEPTED);
    assert_state(other, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.n_lots, 4);
}

static void a_portal_that_asks_to_be_left_alone_is_sent_nothing_after_a_failed_list(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
    int64_t lost = submit(1, 1);
    pass(0);
    fake_portal_fault(
        &world->fake, FAKE_LIST,
        (struct fake_fault){.reason = REASON_HTTP_UNAVAILABLE, .retry_after_us = 5 * US_PER_HOUR});
    world->now_us = MAX(world->now_us, world->armed_us); /* both are due in one visit */
    int64_t other = submit(2, 1);
    pass(US_PER_HOUR);
    assert_state(lost, LOT_STATE_UNCERTAIN);
    assert_state(other, LOT_STATE_QUEUED);
    assert_int_equal(get(other)->last_reason, REASON_HTTP_UNAVAILABLE);
    pass(US_PER_DAY);
    assert_state(other, LOT_STATE_ACCEPTED);
}

static void retry_after_is_waited_for(void **state)
{
    fake_portal_fault(
        &world->fake, FAKE_LOGIN,
        (struct fake_fault){.reason = REASON_HTTP_UNAVAILABLE, .retry_after_us = 5 * US_PER_HOUR});
    int64_t id = submit(1, 1);
    pass(5 * US_PER_HOUR - 1);
    assert_state(id, LOT_STATE_QUEUED);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void an_unknown_page_holds_everything_until_a_person_looked(void **state)
{
    world->fake.process_at_once = false;
    int64_t sent = submit(1, 1);
    pass(0);
    assert_state(sent, LOT_STATE_RECEIVED);
    fake_portal_fault(&world->fake, FAKE_LIST, (struct fake_fault){.reason = REASON_UNKNOWN_PAGE});
    pass(US_PER_HOUR);
    int64_t id = submit(2, 1);
    pass(US_PER_DAY);
    assert_hold(sent, LOT_HOLD_PORTAL_CHANGED);
    assert_hold(id, LOT_HOLD_PORTAL_CHANGED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
    world->fake.process_at_once = true;
    world->fake.lots[0].processed = true;
    MUST(engine_release(world->engine, sent, "uid 0", err));
    pass(US_PER_HOUR);
    assert_state(sent, LOT_STATE_ACCEPTED);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void a_changed_portal_does_not_take_the_place_of_what_a_person_decided(void **state)
{
    world->fake.process_at_once = false;
    int64_t id = submit(1, 1);
    pass(0);
    assert_state(id, LOT_STATE_RECEIVED);
    MUST(engine_hold(world->engine, id, LOT_HOLD_OPERATOR, "wait for Ana", "uid 1000", err));
    fake_portal_fault(&world->fake, FAKE_LIST, (struct fake_fault){.reason = REASON_UNKNOWN_PAGE});
    pass(US_PER_HOUR);
    assert_hold(id, LOT_HOLD_OPERATOR);
    assert_string_equal(get(id)->hold_text, "wait for Ana");
    assert_int_equal(get(id)->last_reason, REASON_UNKNOWN_PAGE);
    unsigned lists = world->fake.requests[FAKE_LIST];
    pass(US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_LIST],
                     lists); /* a page that is not understood is not asked for again */

    world->fake.lots[0].processed = true;
    MUST(engine_release(world->engine, id, "uid 1000", err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void receipts_that_do_not_add_up_quarantine_the_lot(void **state)
{
    fake_portal_fault(&world->fake, FAKE_CONSTANCIA, (struct fake_fault){.wrong = true});
    int64_t id = submit(1, 2);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_QUARANTINED);
    assert_string_equal(world->last_attention, "quarantined");
    assert_non_null(strstr(get(id)->last_error, "constancia (document "));
    assert_non_null(strstr(get(id)->last_error, "idsectl receipts get "));
    MUST(engine_retry(world->engine, id, "uid 0", err));
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void an_acuse_of_other_records_quarantines_the_lot(void **state)
{
    fake_portal_fault(&world->fake, FAKE_ACUSE, (struct fake_fault){.wrong = true});
    int64_t id = submit(1, 2);
    pass(0);
    assert_state(id, LOT_STATE_QUARANTINED);
    assert_non_null(strstr(get(id)->last_error, "record 1, column 31"));
}

static void a_csv_that_agrees_is_kept_and_nothing_else(void **state)
{
    world->fake.csv_says = "operado";
    int64_t id = submit(1, 2);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_true(get(id)->have_csv);
    assert_null(get(id)->remarks);
}

static void a_csv_that_turns_a_verdict_round_quarantines_the_lot_until_a_person_has_seen_it(void **state)
{
    world->fake.csv_says = "Rechazado";
    int64_t id = submit(1, 2);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_QUARANTINED);
    assert_string_equal(world->last_attention, "quarantined");
    assert_non_null(strstr(get(id)->last_error, "the CSV says otherwise: line 2"));
    MUST(engine_retry(world->engine, id, "uid 0", err));
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_non_null(strstr(get(id)->remarks, "in the constancia operated"));
}

static void what_a_csv_leaves_open_is_remarked(void **state)
{
    world->fake.csv_says = "quién sabe";
    int64_t id = submit(1, 1);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_non_null(strstr(get(id)->remarks, "is not said"));
}

static void a_csv_that_cannot_be_had_delays_nothing_and_is_heard_when_it_comes(void **state)
{
    world->fake.csv_says = "rechazado";
    fake_portal_fault(&world->fake, FAKE_CSV, (struct fake_fault){.reason = REASON_HTTP_SERVER});
    int64_t id = submit(1, 1);
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_null(get(id)->remarks);
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_true(get(id)->have_csv);
    assert_non_null(strstr(get(id)->remarks, "in the constancia operated"));
}

static void a_missing_acuse_does_not_delay_the_result_and_is_asked_for_again(void **state)
{
    fake_portal_fault(&world->fake, FAKE_ACUSE, (struct fake_fault){.reason = REASON_NOT_READY});
    int64_t id = submit(1, 1);
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_false(get(id)->have_acuse);
    world_die_and_start();
    pass(US_PER_HOUR);
    assert_true(get(id)->have_acuse);
}

static void a_refused_file_is_final(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_FILE_REFUSED, .sent = true});
    int64_t id = submit(1, 1);
    pass(30 * US_PER_DAY);
    assert_state(id, LOT_STATE_FAILED);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void a_wall_clock_set_back_does_not_stop_the_queue(void **state)
{
    world->fake.process_at_once = false;
    int64_t id = submit(1, 1);
    pass(0);
    /* the row's next step now lies a year ahead */
    struct store_lot *lot = get(id);
    lot->next_us += 365 * US_PER_DAY;
    MUST(store_lot_update(world->store, lot, err));
    engine_clock_changed(world->engine);
    world->fake.lots[0].processed = true;
    pass(2 * US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
}

/* ---- everything at once ---- */

static struct fake_fault random_fault(void)
{
    static const enum outcome_reason reasons[] = {
        REASON_CONNECT, REASON_TIMEOUT,      REASON_BROKEN,      REASON_HTTP_UNAVAILABLE,
        REASON_BACKEND, REASON_SESSION_LOST, REASON_HTTP_SERVER, REASON_DNS};
    struct fake_fault fault = {.reason = reasons[on_random(NULL) >> 8 & 7]};
    fault.sent = fault.reason != REASON_CONNECT && fault.reason != REASON_DNS;
    fault.taken = fault.sent && fault.reason != REASON_SESSION_LOST && (on_random(NULL) >> 16 & 1);
    return fault;
}

/* A month of faults, deaths and restarts: in the end every lot is there, and there once. */
static void whatever_happens_every_lot_arrives_exactly_once(void **state)
{
    for (uint32_t seed = 1; seed <= 12; seed++) {
        world->seed = seed * 7919;
        int64_t lots[15];
        for (unsigned i = 0; i < ELEMENTSOF(lots); i++) {
            if (on_random(NULL) >> 30 != 0)
                fake_portal_fault(&world->fake, (enum fake_step)(on_random(NULL) >> 8 & 7) % _FAKE_MAX,
                                  random_fault());
            lots[i] = submit((seed * 100 + i) * 10, 1 + i % 3);
            for (unsigned turns = on_random(NULL) >> 27; turns > 0; turns--)
                turn();
            if (on_random(NULL) >> 30 == 0)
                world_die_and_start();
            pass((int64_t)(on_random(NULL) >> 12) * 1000);
        }
        for (size_t step = 0; step < _FAKE_MAX; step++)
            world->fake.has_fault[step] = false;
        pass(3 * US_PER_DAY);
        for (unsigned i = 0; i < ELEMENTSOF(lots); i++) {
            assert_state(lots[i], LOT_STATE_ACCEPTED);
            assert_int_equal(arrived(lots[i]), 1);
        }
    }
}

#define engine_test(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

/* ---- restored copies ---- */

/* The process dies, and the next one starts on a copy of its database as it was `age_us` ago. */
static void restore(int64_t age_us)
{
    const struct engine_copy copy = {.since_us = world_wall_us(NULL),
                                     .copied_us = age_us ? world_wall_us(NULL) - age_us : 0,
                                     .host = "nominas1"};
    MUST(engine_fence(world->store, &copy, err));
    world_die_and_start();
}

static void assert_silent(void)
{
    unsigned before[_FAKE_MAX];
    memcpy(before, world->fake.requests, sizeof(before));
    pass(30 * US_PER_DAY);
    assert_memory_equal(before, world->fake.requests, sizeof(before));
}

#define REFUSED(call, expected)                                                                              \
    do {                                                                                                     \
        struct err refused_err = ERR_INIT;                                                                   \
        struct err *err = &refused_err;                                                                      \
        assert_true((call) < 0);                                                                             \
        assert_int_equal(err->code, (expected));                                                             \
        err_clear(err);                                                                                      \
    } while (0)

static void a_restored_copy_says_nothing_until_it_is_released(void **state)
{
    world->fake.process_at_once = false;
    int64_t received = submit(1, 1);
    settle_down();
    assert_state(received, LOT_STATE_RECEIVED);
    restore(US_PER_HOUR);
    int64_t later = submit(10, 1);
    assert_hold(received, LOT_HOLD_RESTORED_COPY);
    assert_hold(later, LOT_HOLD_RESTORED_COPY);
    REFUSED(engine_release(world->engine, later, "uid 0", err), ERR_RESTORED_COPY);
    REFUSED(engine_retry(world->engine, received, "uid 0", err), ERR_RESTORED_COPY);
    REFUSED(engine_reconcile(world->engine, later, "uid 0", err), ERR_RESTORED_COPY);
    REFUSED(engine_refresh(world->engine, err), ERR_RESTORED_COPY);
    REFUSED(engine_test_certificate(world->engine, world->certificate, NULL, NULL, err), ERR_RESTORED_COPY);
    MUST(engine_certificate_changed(world->engine, world->certificate, err));
    assert_silent();
    world_die_and_start(); /* it is not forgotten */
    assert_silent();
    assert_int_equal(engine_next_visit_us(world->engine), 0);
    assert_true(engine_is_copy(world->engine, NULL));

    MUST(engine_release_copy(world->engine, err));
    world->fake.process_at_once = true;
    pass(US_PER_DAY);
    assert_false(engine_is_copy(world->engine, NULL));
    assert_state(later, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(later), 1);
    REFUSED(engine_release_copy(world->engine, err), ERR_WRONG_STATE);
}

static void what_the_original_sent_after_the_copy_is_not_sent_again(void **state)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.paused = true;
    MUST(store_rp_update(world->store, &rp, err));
    int64_t sent = submit(1, 2), unsent = submit(10, 2);
    assert_state(sent, LOT_STATE_QUEUED);
    rp.paused = false;
    MUST(store_rp_update(world->store, &rp, err));
    store_rp_free(&rp);
    restore(3 * US_PER_DAY);
    assert_state(sent, LOT_STATE_UNCERTAIN);
    assert_state(unsent, LOT_STATE_UNCERTAIN);
    take_late(sent); /* by the original, while the copy is held */
    assert_silent();

    MUST(engine_release_copy(world->engine, err));
    settle_down();
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 0);
    assert_state(unsent, LOT_STATE_UNCERTAIN); /* the original may have been sending a moment ago */
    pass(US_PER_DAY);
    assert_state(sent, LOT_STATE_ACCEPTED);
    assert_state(unsent, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(sent), 1);
    assert_int_equal(arrived(unsent), 1);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void a_person_s_hold_outlives_the_fence(void **state)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.paused = true;
    MUST(store_rp_update(world->store, &rp, err));
    store_rp_free(&rp);
    int64_t id = submit_as(1, 1, (struct store_lot){.approval = LOT_APPROVAL_NEEDED}), held = submit(2, 1);
    MUST(engine_hold(world->engine, held, LOT_HOLD_OPERATOR, "", "uid 1000", err));
    restore(0);
    assert_hold(id, LOT_HOLD_RESTORED_COPY);
    assert_hold(held, LOT_HOLD_OPERATOR);
    assert_silent();
    bind(world->certificate);
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.paused = false;
    MUST(store_rp_update(world->store, &rp, err));
    store_rp_free(&rp);
    MUST(engine_release_copy(world->engine, err));
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_QUEUED); /* the portal does not have it, and nobody approved it */
    assert_hold(id, LOT_HOLD_APPROVAL);
    assert_hold(held, LOT_HOLD_OPERATOR);
    assert_int_equal(arrived(id) + arrived(held), 0);
}

static void a_copy_of_a_copy_is_as_old_as_the_first(void **state)
{
    struct engine_copy copy;
    restore(3 * US_PER_DAY);
    int64_t copied_us = (engine_is_copy(world->engine, &copy), copy.copied_us);
    assert_string_equal(copy.host, "nominas1");
    restore(US_PER_HOUR);
    assert_true(engine_is_copy(world->engine, &copy));
    assert_int_equal(copy.copied_us, copied_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_start_writes_only_what_has_changed),
        engine_test(a_restored_copy_says_nothing_until_it_is_released),
        engine_test(what_the_original_sent_after_the_copy_is_not_sent_again),
        engine_test(a_person_s_hold_outlives_the_fence),
        engine_test(a_copy_of_a_copy_is_as_old_as_the_first),
        engine_test(a_lot_is_sent_once_and_followed_to_its_receipts),
        engine_test(rejected_movements_make_a_lot_partial_and_keep_their_errors),
        engine_test(all_movements_rejected_make_a_lot_rejected),
        engine_test(a_lot_that_waits_is_polled_less_and_less),
        engine_test(lots_of_one_certificate_share_login_and_list),
        engine_test(lots_that_come_due_one_after_another_are_asked_for_together),
        engine_test(results_of_a_large_lot_show_all_at_once),
        engine_test(a_large_lot_survives_a_death_in_any_turn),
        engine_test(a_lot_cancelled_while_its_records_are_loaded_is_not_sent),
        engine_test(a_broken_answer_is_settled_by_the_acuse_and_never_sent_again),
        engine_test(a_lot_that_did_not_arrive_is_sent_again_only_after_the_settling_time),
        engine_test(a_visit_that_lasts_does_not_settle_with_its_old_list_again_and_again),
        engine_test(a_visit_that_lasts_asks_for_the_list_again),
        engine_test(what_certainly_did_not_leave_is_sent_again),
        engine_test(a_list_that_does_not_reach_back_proves_nothing),
        engine_test(an_unreadable_candidate_proves_nothing),
        engine_test(a_foreign_lot_is_read_once),
        engine_test(dying_while_sending_makes_uncertain_and_is_settled),
        engine_test(the_list_of_another_account_proves_nothing),
        engine_test(the_list_of_a_renewed_certificate_of_the_account_proves_absence),
        engine_test(a_lot_let_go_within_a_visit_is_not_settled_with_a_list_that_was_not_for_it),
        engine_test(a_clock_set_forward_does_not_shorten_the_settling_time),
        engine_test(a_clock_set_back_does_not_hide_what_arrived),
        engine_test(dates_of_a_portal_with_another_clock_prove_nothing),
        engine_test(the_acuse_of_another_lot_proves_nothing),
        engine_test(a_number_that_the_portal_gives_again_hides_nothing),
        engine_test(a_candidate_that_always_fails_does_not_keep_others_from_being_sent),
        engine_test(a_receipt_that_always_fails_does_not_keep_others_waiting),
        engine_test(a_lot_being_sent_is_left_alone_by_other_visits),
        engine_test(a_person_may_ask_for_settling_but_not_for_resending),
        engine_test(a_wrong_password_is_tried_once_and_holds_all_its_lots),
        engine_test(without_a_certificate_a_lot_waits_for_one),
        engine_test(an_expired_certificate_is_never_used),
        engine_test(a_replacement_serves_from_its_first_login_on),
        engine_test(one_that_expired_is_replaced_directly),
        engine_test(a_replacement_that_is_refused_is_held_and_the_old_one_goes_on),
        engine_test(a_replacement_waits_for_a_portal_that_is_down),
        engine_test(an_unknown_page_does_not_make_a_replacement_ask_without_end),
        engine_test(lots_held_for_an_expired_certificate_go_on_with_its_replacement),
        engine_test(a_replacement_does_not_log_in_while_the_old_one_is_visiting),
        engine_test(a_test_lets_a_replacement_in_and_an_expired_one_is_not_even_asked),
        engine_test(a_paused_registration_sends_nothing_and_goes_on_when_resumed),
        engine_test(a_profile_that_cannot_send_holds_what_is_queued_and_follows_the_rest),
        engine_test(a_lot_that_needs_approval_is_sent_once_it_has_it),
        engine_test(a_lot_is_not_sent_before_its_time),
        engine_test(a_clock_that_is_set_moves_the_time_of_sending),
        engine_test(a_retry_does_not_wait_for_the_time),
        engine_test(of_a_partial_lot_the_last_day_is_to_be_worked_out),
        engine_test(a_clock_that_differs_is_told_once_and_remembered_until_both_agree),
        engine_test(a_wrong_clock_is_looked_at_again_each_hour_until_both_agree),
        engine_test(a_wrong_clock_is_looked_at_with_a_start_a_refresh_and_whenever_one_is_set),
        engine_test(a_cancelled_lot_is_never_sent),
        engine_test(a_portal_that_is_down_is_probed_by_one_visit_not_by_every_lot),
        engine_test(a_portal_that_fails_but_is_not_down_yet_is_not_said_to_be_well),
        engine_test(a_portal_that_fails_after_the_login_is_down_until_what_failed_works),
        engine_test(what_waits_for_a_portal_that_takes_no_files_is_held),
        engine_test(a_portal_that_fails_while_a_lot_is_settled_is_down),
        engine_test(an_acuse_that_is_not_given_counts_although_the_list_is),
        engine_test(an_identity_without_a_list_backs_off_more_and_more),
        engine_test(visits_for_receipts_do_not_mend_a_portal_that_takes_no_files),
        engine_test(a_lot_that_cannot_be_settled_does_not_stop_the_others),
        engine_test(a_portal_that_asks_to_be_left_alone_is_sent_nothing_after_a_failed_list),
        engine_test(retry_after_is_waited_for),
        engine_test(an_unknown_page_holds_everything_until_a_person_looked),
        engine_test(a_changed_portal_does_not_take_the_place_of_what_a_person_decided),
        engine_test(receipts_that_do_not_add_up_quarantine_the_lot),
        engine_test(an_acuse_of_other_records_quarantines_the_lot),
        engine_test(a_csv_that_agrees_is_kept_and_nothing_else),
        engine_test(a_csv_that_turns_a_verdict_round_quarantines_the_lot_until_a_person_has_seen_it),
        engine_test(what_a_csv_leaves_open_is_remarked),
        engine_test(a_csv_that_cannot_be_had_delays_nothing_and_is_heard_when_it_comes),
        engine_test(a_missing_acuse_does_not_delay_the_result_and_is_asked_for_again),
        engine_test(a_refused_file_is_final),
        engine_test(a_wall_clock_set_back_does_not_stop_the_queue),
        engine_test(whatever_happens_every_lot_arrives_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
