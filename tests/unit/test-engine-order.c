/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <sqlite3.h>

#include "store/db.h"
#include "tests/unit/engine-world.h"

/* In which order lots are sent, and which of them wait for older ones. */

/* The portal's number, which it gives in the order in which lots arrive; -1 when it has not arrived. */
static int64_t place_of(int64_t id)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    MUST(store_lot_records(world->store, id, &records, err));
    for (size_t i = 0; i < world->fake.n_lots; i++)
        if (world->fake.lots[i].records.len == records.len &&
            memcmp(world->fake.lots[i].records.data, records.data, records.len) == 0)
            return (int64_t)i;
    return -1;
}

/* ---- what is due together ---- */

struct due_lot {
    int32_t deadline;
    unsigned first, count; /* workers */
};

/* Lots that come due together leave in this order. */
static void assert_order(const struct due_lot *lots, const size_t *expected, size_t n)
{
    int64_t ids[8];
    for (size_t i = 0; i < n; i++)
        ids[i] = submit_as(lots[i].first, lots[i].count, (struct store_lot){.deadline = lots[i].deadline});
    pass(0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(place_of(ids[expected[i]]), i);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
}

static void what_is_due_first_is_sent_first(void **state)
{
    static const struct due_lot lots[] = {
        {20261130, 1, 1}, {0, 2, 1}, {20261125, 3, 1}, {20261201, 4, 1}, {20261124, 5, 1}};
    static const size_t expected[] = {4, 2, 0, 3, 1};
    assert_order(lots, expected, ELEMENTSOF(lots));
}

static void a_lot_does_not_overtake_an_older_one_with_its_worker(void **state)
{
    /* the last shares a worker with the third, and that one another with the first: both go before it */
    static const struct due_lot lots[] = {
        {20261130, 1, 2}, {20261126, 9, 1}, {20261129, 2, 2}, {20261127, 8, 1}, {20261124, 3, 1}};
    static const size_t expected[] = {0, 2, 4, 1, 3};
    assert_order(lots, expected, ELEMENTSOF(lots));
}

static void lots_that_one_worker_has_in_a_file_go_one_after_the_other(void **state)
{
    static const struct due_lot lots[] = {
        {20261130, 1, 1}, {20261126, 1, 2}, {20261124, 1, 3}, {20261125, 9, 1}};
    static const size_t expected[] = {0, 1, 2, 3};
    assert_order(lots, expected, ELEMENTSOF(lots));
}

static void large_lots_have_their_place_too(void **state)
{
    static const struct due_lot lots[] = {
        {20261130, 2599, 1}, {20261126, 2, 1}, {20261124, 100, 2500}, {20261125, 3, 1}};
    static const size_t expected[] = {0, 2, 3, 1};
    assert_order(lots, expected, ELEMENTSOF(lots));
}

#define OTHER_RP "Z9900002106"

static void the_most_urgent_certificate_is_visited_first(void **state)
{
    world->config.visits_at_once = 1;
    engine_configure(world->engine, &world->config);
    int64_t other = add_account("practica2", 0);
    add_rp(OTHER_RP, other);
    int64_t first = submit_as(1, 1, (struct store_lot){.deadline = 20261130});
    submit_for(OTHER_RP, 2, 1, (struct store_lot){.deadline = 20261124});
    pass(0);
    assert_int_equal(world->fake.lots[0].certificate, other);
    assert_state(first, LOT_STATE_ACCEPTED);
}

static void what_waits_makes_its_certificate_urgent(void **state)
{
    world->config.visits_at_once = 1;
    engine_configure(world->engine, &world->config);
    add_rp(OTHER_RP, add_account("practica2", 0));
    submit_for(OTHER_RP, 2, 1, (struct store_lot){.deadline = 20261126});
    submit_as(1, 1, (struct store_lot){.deadline = 20261130});
    submit_as(1, 2, (struct store_lot){.deadline = 20261124});
    pass(0);
    assert_int_equal(world->fake.lots[0].certificate, world->certificate);
    assert_int_equal(world->fake.n_lots, 3);
}

/* ---- waiting for older lots ---- */

static void assert_waits(int64_t id, int64_t older)
{
    struct store_older *lots = NULL;
    size_t n = 0;
    assert_state(id, LOT_STATE_QUEUED);
    assert_hold(id, LOT_HOLD_NONE);
    assert_int_equal(place_of(id), -1);
    MUST(store_lot_waits_for(world->store, id, 10, &lots, &n, err));
    assert_int_equal(n, 1);
    assert_int_equal(lots[0].lot, older);
    assert_int_equal(lots[0].state, get(older)->state);
    assert_int_equal(lots[0].hold, get(older)->hold);
    free(lots);
    _cleanup_free_ char *text = engine_lot_waits(world->engine, id);
    _cleanup_free_ char *named = xasprintf("lot %lld", (long long)older);
    assert_non_null(strstr(text, named));
    assert_int_equal(engine_lot_due_us(world->engine, id), 0); /* nothing is due */
}

static void assert_sent_in_order(int64_t older, int64_t younger)
{
    assert_state(older, LOT_STATE_ACCEPTED);
    assert_state(younger, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(older), 1);
    assert_int_equal(arrived(younger), 1);
    assert_true(place_of(older) < place_of(younger));
    assert_null(engine_lot_waits(world->engine, younger));
    assert_int_equal(store_lot_waits(world->store, younger, NULL), 0);
}

/* More urgent than what it waits for, and with a worker more, so that its bytes are its own. */
static int64_t submit_younger(void)
{
    return submit_as(1, 2, (struct store_lot){.deadline = 20261124});
}

/* Somebody asks for a visit at once, which the lot that waits must not profit from. */
static void visit_now(void)
{
    int64_t id = submit(900 + (unsigned)world->fake.n_lots, 1);
    MUST(engine_retry(world->engine, id, "uid 1", err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

static int64_t submit_uncertain(bool taken)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = taken});
    int64_t id = submit(1, 1);
    pass(0);
    assert_state(id, LOT_STATE_UNCERTAIN);
    return id;
}

static void it_waits_for_an_uncertain_lot_until_that_is_found(void **state)
{
    int64_t older = submit_uncertain(true), younger = submit_younger();
    visit_now();
    if (get(older)->state == LOT_STATE_UNCERTAIN)
        assert_waits(younger, older);
    world_die_and_start();
    pass(US_PER_HOUR);
    assert_sent_in_order(older, younger);
    assert_int_equal(place_of(older), 0);
}

static void it_waits_for_an_uncertain_lot_that_did_not_arrive_until_that_is_sent(void **state)
{
    int64_t older = submit_uncertain(false), younger = submit_younger();
    world_die_and_start();
    visit_now();
    assert_state(older, LOT_STATE_UNCERTAIN);
    assert_waits(younger, older);
    while (get(older)->state == LOT_STATE_UNCERTAIN)
        pass(US_PER_MIN);
    assert_true(get(older)->state == LOT_STATE_QUEUED ? place_of(younger) == -1 : place_of(older) >= 0);
    pass(US_PER_DAY);
    assert_sent_in_order(older, younger);
}

static void it_waits_for_a_lot_that_is_being_sent(void **state)
{
    int64_t older = submit(1, 1);
    while (world->fake.requests[FAKE_UPLOAD] == 0)
        assert_true(turn());
    assert_state(older, LOT_STATE_SENDING);
    int64_t younger = submit_younger();
    assert_waits(younger, older);
    pass(US_PER_HOUR);
    assert_sent_in_order(older, younger);
}

static void it_waits_for_a_lot_that_is_tried_again(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_CONNECT});
    int64_t older = submit(1, 1);
    pass(0);
    assert_state(older, LOT_STATE_QUEUED);
    assert_int_equal(get(older)->attempts, 1);
    int64_t younger = submit_younger();
    assert_waits(younger, older);
    visit_now(); /* the older one is not due yet */
    assert_waits(younger, older);
    pass(US_PER_DAY);
    assert_sent_in_order(older, younger);
}

static void it_waits_for_a_lot_that_a_person_holds_and_people_are_told(void **state)
{
    int64_t older =
        submit_as(1, 1, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    unsigned before = world->attentions;
    int64_t younger = submit_younger();
    assert_string_equal(world->last_attention, "waits");
    assert_int_equal(world->attentions, before + 1);
    pass(30 * US_PER_DAY);
    assert_waits(younger, older);
    world_die_and_start();
    pass(US_PER_DAY);
    assert_waits(younger, older);
    assert_int_equal(world->attentions, before + 1); /* once */
    MUST(engine_release(world->engine, older, "uid 1", err));
    pass(0);
    assert_sent_in_order(older, younger);
}

static void who_holds_a_lot_is_told_that_others_wait_for_it(void **state)
{
    int64_t at_us = world_wall_us(NULL) + US_PER_DAY;
    int64_t older = submit_as(1, 1, (struct store_lot){.not_before_us = at_us}), younger = submit_younger();
    assert_int_equal(world->attentions, 0);
    MUST(engine_hold(world->engine, older, LOT_HOLD_OPERATOR, "", "uid 1", err));
    assert_string_equal(world->last_attention, "waits");
    assert_waits(younger, older);
    MUST(engine_hold(world->engine, younger, LOT_HOLD_OPERATOR, "", "uid 1",
                     err)); /* nothing waits for this one */
    assert_int_equal(world->attentions, 1);
    MUST(engine_release(world->engine, younger, "uid 1", err));
    assert_int_equal(world->attentions, 2);
    assert_waits(younger, older);
}

static void a_lot_that_is_given_up_lets_the_younger_go(void **state)
{
    int64_t oldest =
        submit_as(1, 1, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    int64_t older =
        submit_as(1, 3, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    int64_t younger = submit_younger();
    MUST(engine_cancel(world->engine, older, NULL, "uid 1", err));
    pass(0);
    assert_waits(younger, oldest); /* which was hidden behind it */
    MUST(engine_cancel(world->engine, oldest, NULL, "uid 1", err));
    pass(0);
    assert_state(younger, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.n_lots, 1);
}

static void it_waits_for_a_lot_that_waits_for_approval(void **state)
{
    int64_t older = submit_as(1, 1, (struct store_lot){.approval = LOT_APPROVAL_NEEDED}),
            younger = submit_younger();
    pass(US_PER_DAY);
    assert_hold(older, LOT_HOLD_APPROVAL);
    assert_waits(younger, older);
    MUST(engine_approve(world->engine, older, "uid 2", err));
    pass(0);
    assert_sent_in_order(older, younger);
}

static void it_waits_for_a_lot_that_is_to_be_sent_later(void **state)
{
    int64_t at_us = world_wall_us(NULL) + 2 * US_PER_DAY;
    int64_t older = submit_as(1, 1, (struct store_lot){.not_before_us = at_us}), younger = submit_younger();
    pass(US_PER_DAY);
    assert_waits(younger, older);
    world_die_and_start();
    pass(US_PER_DAY - US_PER_MIN);
    assert_waits(younger, older);
    pass(2 * US_PER_MIN);
    assert_sent_in_order(older, younger);
}

static void set_certificate(int64_t certificate)
{
    struct store_rp rp = {0};
    MUST(store_rp_get(world->store, RP, &rp, err));
    rp.certificate = certificate;
    MUST(store_rp_update(world->store, &rp, err));
    store_rp_free(&rp);
    MUST(engine_rp_changed(world->engine, RP, err));
    MUST(store_commit(world->store, err));
}

static void holds_that_pass_change_nothing(void **state)
{
    set_certificate(0);
    int64_t older = submit(1, 1), younger = submit_younger();
    pass(US_PER_HOUR);
    assert_hold(older, LOT_HOLD_CERTIFICATE_MISSING);
    assert_hold(younger, LOT_HOLD_CERTIFICATE_MISSING);
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    set_certificate(world->certificate);
    pass(US_PER_DAY);
    assert_hold(older, LOT_HOLD_PORTAL_DOWN);
    assert_hold(younger, LOT_HOLD_PORTAL_DOWN);
    world->fake.keeps_fault[FAKE_LOGIN] = world->fake.has_fault[FAKE_LOGIN] = false;
    pass(US_PER_DAY);
    assert_sent_in_order(older, younger);
    assert_int_equal(world->attentions, 1); /* of the portal */
}

static void a_restored_copy_keeps_the_order(void **state)
{
    int64_t older = submit(1, 1), younger = submit_younger();
    world_stop();
    struct store_options options = {.path = world->path, .clock = &world->clock};
    MUST(store_open(&options, &world->store, err));
    MUST(engine_fence(world->store, &(struct engine_copy){.since_us = world_wall_us(NULL)}, err));
    world->store = store_close(world->store);
    world_start();
    pass(US_PER_HOUR);
    assert_hold(younger, LOT_HOLD_RESTORED_COPY);
    assert_state(older, LOT_STATE_UNCERTAIN);
    MUST(engine_release_copy(world->engine, err));
    pass(US_PER_DAY);
    assert_sent_in_order(older, younger);
}

static void a_file_that_the_portal_refuses_lets_the_younger_go(void **state)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_FILE_REFUSED, .sent = true});
    int64_t older = submit(1, 1), younger = submit_younger();
    pass(0);
    assert_state(older, LOT_STATE_FAILED);
    assert_state(younger, LOT_STATE_ACCEPTED);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1); /* in the same visit */
}

static void what_the_portal_has_is_waited_for_no_longer(void **state)
{
    world->fake.process_at_once = false;
    int64_t older = submit(1, 1);
    pass(0);
    assert_state(older, LOT_STATE_RECEIVED);
    int64_t younger = submit_younger();
    assert_null(engine_lot_waits(world->engine, younger));
    pass(0);
    assert_state(younger, LOT_STATE_RECEIVED);
    world->fake.lots[0].reject_every = 1; /* IMSS judges, not we */
    world->fake.lots[0].processed = world->fake.lots[1].processed = true;
    pass(US_PER_HOUR);
    assert_state(older, LOT_STATE_REJECTED);
    assert_state(younger, LOT_STATE_ACCEPTED);
}

static void other_workers_and_other_employers_do_not_wait(void **state)
{
    add_rp(OTHER_RP, world->certificate);
    submit_for(OTHER_RP, 77, 1,
               (struct store_lot){0}); /* so that there is something to wait for there, too */
    submit_as(1, 1, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    int64_t other_worker = submit(2, 2), other_employer = submit_for(OTHER_RP, 1, 1, (struct store_lot){0});
    pass(0);
    assert_int_equal(arrived(other_worker), 1);
    assert_int_equal(arrived(other_employer), 1);
    assert_string_not_equal(world->last_attention, "waits");
}

static void a_person_may_let_it_go_ahead(void **state)
{
    int64_t at_us = world_wall_us(NULL) + US_PER_DAY;
    int64_t older = submit_as(1, 1, (struct store_lot){.not_before_us = at_us}), younger = submit_younger();
    struct err refused = ERR_INIT;
    assert_int_equal(engine_retry(world->engine, younger, "uid 1", &refused), -(int)ERR_WRONG_STATE);
    assert_non_null(strstr(err_text(&refused), "--ahead"));
    err_clear(&refused);
    pass(0);
    assert_waits(younger, older);
    MUST(engine_go_ahead(world->engine, younger, "uid 1", err));
    MUST(store_commit(world->store, err));
    world_die_and_start();
    pass(0);
    assert_state(younger, LOT_STATE_ACCEPTED);
    pass(2 * US_PER_DAY);
    assert_state(older, LOT_STATE_ACCEPTED);
    assert_true(place_of(younger) < place_of(older));
}

/* ---- lots that are taken in at once ---- */

static struct store_intake *begin(unsigned first, unsigned count, int64_t not_before_us)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, first, count);
    struct store_lot lot = {.rp = RP, .not_before_us = not_before_us};
    struct store_intake *intake = NULL;
    MUST(store_lot_begin(world->store, &lot, &records, true, &intake, err));
    return intake;
}

static int64_t publish_now(struct store_intake *intake)
{
    int64_t id = publish(intake);
    MUST(store_commit(world->store, err));
    return id;
}

static void lots_taken_in_at_once_keep_their_order(void **state)
{
    for (unsigned first_stored = 0; first_stored < 2; first_stored++) {
        int64_t at_us = world_wall_us(NULL) + US_PER_DAY;
        unsigned worker = 10 * first_stored;
        struct store_intake *intakes[] = {begin(worker, 1, at_us), begin(worker, 2, at_us)};
        MUST(store_lot_add(intakes[first_stored], 100, err));
        MUST(store_lot_add(intakes[!first_stored], 100, err));
        int64_t younger = publish_now(intakes[1]);
        assert_null(engine_lot_waits(world->engine, younger)); /* the older one is not there yet */
        int64_t older = publish_now(intakes[0]);
        pass(0);
        assert_int_equal(engine_lot_due_us(world->engine, younger), 0);
        assert_waits(younger, older);
        pass(2 * US_PER_DAY);
        assert_sent_in_order(older, younger);
    }
}

static void a_lot_that_is_never_taken_in_is_not_waited_for(void **state)
{
    struct store_intake *older = begin(1, 1, 0), *younger = begin(1, 2, 0);
    MUST(store_lot_add(older, 100, err));
    MUST(store_lot_add(younger, 100, err));
    int64_t id = publish_now(younger);
    store_lot_abandon(older);
    MUST(store_commit(world->store, err));
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
}

/* ---- what it costs ---- */

struct cost {
    unsigned precedence; /* statements about which lots go before others */
    unsigned workers;    /* … that look at workers */
};

static int count(unsigned what, void *data, void *stmt, void *text)
{
    struct cost *cost = data;
    const char *sql = sqlite3_sql(stmt);
    bool noted = strncmp(text, "--", 2) == 0; /* a trigger's */
    cost->precedence += !noted && strstr(sql, "precedence") != NULL;
    cost->workers += !noted && strstr(sql, "movement_key") != NULL;
    return 0;
}

static void watch(struct cost *cost)
{
    sqlite3_trace_v2(world->store->db, cost ? SQLITE_TRACE_STMT : 0, count, cost);
}

/* A thousand lots of other workers: one look for each that is published or scheduled, and none at the workers. */
static void without_an_older_lot_it_costs_nothing(void **state)
{
    enum { LOTS = 1000 };
    struct cost taken_in = {0}, sent = {0};
    watch(&taken_in);
    for (unsigned i = 0; i < LOTS; i++)
        submit_as(1 + i, 1, (struct store_lot){.deadline = 20261130 - (int32_t)(i % 7)});
    watch(&sent);
    pass(0);
    watch(NULL);
    assert_int_equal(world->fake.n_lots, LOTS);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 1);
    /* of a movement its key and its pairs, where other lots are on their way; of a lot who waits and who is waited for */
    assert_in_range(taken_in.workers, LOTS, 2 * LOTS);
    assert_in_range(taken_in.precedence, LOTS, 4 * LOTS);
    assert_int_equal(sent.workers, 0);
    assert_in_range(sent.precedence, 0,
                    LOTS); /* each was scheduled anew once, when the portal was seen to be well */
}

/* … and a large one that shares a worker is told by a look at an index, at its workers never again. */
static void a_large_lot_is_looked_into_once(void **state)
{
    struct cost cost = {0};
    int64_t older =
        submit_as(3000, 1, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    int64_t younger = submit(1, 4000);
    watch(&cost);
    pass(30 * US_PER_DAY);
    assert_waits(younger, older);
    MUST(engine_release(world->engine, older, "uid 1", err));
    pass(0);
    watch(NULL);
    assert_sent_in_order(older, younger);
    assert_int_equal(cost.workers, 0);
    assert_in_range(cost.precedence, 1, 20);
}

/* Where nothing is on its way no worker is looked at for it, and nothing is left behind. */
static void nothing_is_kept_of_what_is_done(void **state)
{
    struct cost cost = {0};
    submit(1, 3);
    pass(0);
    watch(&cost);
    submit(1, 3);
    watch(NULL);
    assert_int_equal(cost.workers, 3); /* the index of workers itself */
    pass(0);
    int64_t left = -1, older = submit(1, 1);
    struct err err = ERR_INIT;
    int64_t younger =
        submit_as(1, 2, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
    assert_int_equal(store_lot_waits(world->store, younger, NULL), 1);
    pass(0);
    assert_state(older, LOT_STATE_ACCEPTED);
    assert_hold(younger, LOT_HOLD_OPERATOR);
    assert_int_equal(db_number(world->store, &left, &err, "SELECT count(*) FROM precedence"), 1);
    assert_int_equal(left, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_due_first_is_sent_first),
        TEST(a_lot_does_not_overtake_an_older_one_with_its_worker),
        TEST(lots_that_one_worker_has_in_a_file_go_one_after_the_other),
        TEST(large_lots_have_their_place_too),
        TEST(the_most_urgent_certificate_is_visited_first),
        TEST(what_waits_makes_its_certificate_urgent),
        TEST(it_waits_for_an_uncertain_lot_until_that_is_found),
        TEST(it_waits_for_an_uncertain_lot_that_did_not_arrive_until_that_is_sent),
        TEST(it_waits_for_a_lot_that_is_being_sent),
        TEST(it_waits_for_a_lot_that_is_tried_again),
        TEST(it_waits_for_a_lot_that_a_person_holds_and_people_are_told),
        TEST(who_holds_a_lot_is_told_that_others_wait_for_it),
        TEST(a_lot_that_is_given_up_lets_the_younger_go),
        TEST(it_waits_for_a_lot_that_waits_for_approval),
        TEST(it_waits_for_a_lot_that_is_to_be_sent_later),
        TEST(holds_that_pass_change_nothing),
        TEST(a_restored_copy_keeps_the_order),
        TEST(a_file_that_the_portal_refuses_lets_the_younger_go),
        TEST(what_the_portal_has_is_waited_for_no_longer),
        TEST(other_workers_and_other_employers_do_not_wait),
        TEST(a_person_may_let_it_go_ahead),
        TEST(lots_taken_in_at_once_keep_their_order),
        TEST(a_lot_that_is_never_taken_in_is_not_waited_for),
        TEST(without_an_older_lot_it_costs_nothing),
        TEST(a_large_lot_is_looked_into_once),
        TEST(nothing_is_kept_of_what_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
