/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "tests/unit/paper.h"

static void records_of(int64_t id, struct buf *ret)
{
    MUST(store_lot_records(world->store, id, ret, err));
}

/* Results of all movements of a lot, in words. */
static char *movements_of(int64_t id)
{
    struct store_movement_filter filter = {.lot = id};
    struct store_movement *rows = NULL;
    size_t n = 0;
    struct buf text = BUF_INIT;
    MUST(store_movement_list(world->store, &filter, NULL, 100000, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%s %s %d %d %zu\n", rows[i].movement.nss, movement_state_name(rows[i].state),
                   rows[i].movement.date, rows[i].movement.sbc_centavos, rows[i].n_errors);
    store_movements_free(rows, n);
    return buf_steal(&text, NULL);
}

static size_t count_documents(int64_t id)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    MUST(store_document_list(world->store, id, &documents, &n, err));
    store_documents_free(documents, n);
    return n;
}

/* ---- settling by hand ---- */

static int64_t make_uncertain(void)
{
    fake_portal_fault(&world->fake, FAKE_UPLOAD, (struct fake_fault){.reason = REASON_BROKEN, .sent = true});
    int64_t id = submit(1, 3);
    fake_portal_fault(&world->fake, FAKE_LIST, (struct fake_fault){.incomplete = true});
    world->fake.keeps_fault[FAKE_LIST] = true;
    pass(0);
    assert_state(id, LOT_STATE_UNCERTAIN);
    return id;
}

static void an_acuse_settles_an_uncertain_lot(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int64_t id = make_uncertain();
    records_of(id, &records);
    const struct paper acuse = {.kind = DOCUMENT_ACUSE, .number = "77", .records = &records};
    struct brought *brought = bring_paper(acuse);
    assert_outcome(brought, "found");
    assert_int_equal(brought->result.lot, id);
    assert_state(id, LOT_STATE_RECEIVED);
    assert_string_equal(get(id)->portal_lot, "77");
    assert_string_equal(get(id)->folio, "folio-77");
    assert_true(get(id)->have_acuse);
    assert_int_equal(get(id)->adopted_us, 0);
    assert_outcome(bring_paper(acuse), "present");

    assert_outcome(bring_paper((struct paper){
                       .kind = DOCUMENT_CONSTANCIA, .number = "77", .records = &records, .reject_every = 3}),
                   "answered");
    assert_state(id, LOT_STATE_PARTIAL);
    assert_int_equal(get(id)->rejected, 1);
    pass(30 * US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 1);
}

static void a_queued_lot_that_was_sent_by_hand_is_not_sent(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    world->fake.cannot_upload = true;
    int64_t id = submit(1, 3);
    pass(0);
    assert_hold(id, LOT_HOLD_PROFILE_INCOMPLETE);
    records_of(id, &records);
    assert_outcome(bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "77", .records = &records}),
                   "found");
    assert_state(id, LOT_STATE_RECEIVED);
    assert_hold(id, LOT_HOLD_NONE);
    assert_string_equal(world->last_attention, "found");
    world->fake.cannot_upload = false;
    MUST(engine_profile_changed(world->engine, err));
    pass(0);
    assert_int_equal(world->fake.requests[FAKE_UPLOAD], 0);
}

static void what_an_operator_held_stays_held(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    world->fake.cannot_upload = true;
    int64_t id = submit(1, 3);
    MUST(engine_hold(world->engine, id, LOT_HOLD_OPERATOR, "wait", "uid 1", err));
    records_of(id, &records);
    assert_outcome(bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "77", .records = &records}),
                   "found");
    assert_hold(id, LOT_HOLD_OPERATOR);
}

static void other_bytes_prove_nothing(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int64_t id = make_uncertain();
    records_of(id, &records);
    struct brought *brought = bring_paper(
        (struct paper){.kind = DOCUMENT_ACUSE, .number = "77", .records = &records, .right = 'w'});
    assert_true(brought->err.code != ERR_NONE || brought->result.lot != id);
    assert_state(id, LOT_STATE_UNCERTAIN);
    assert_null(get(id)->portal_lot);
}

/* The exactly-once rule must not be fooled by what was learned of a number from its constancia. */
static void a_constancia_alone_does_not_prove_that_an_uncertain_lot_is_absent(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    fake_portal_fault(&world->fake, FAKE_UPLOAD,
                      (struct fake_fault){.reason = REASON_BROKEN, .sent = true, .taken = true});
    int64_t id = submit(1, 3);
    pass(0);
    assert_state(id, LOT_STATE_UNCERTAIN);
    records_of(id, &records);
    assert_outcome(bring_paper((struct paper){.kind = DOCUMENT_CONSTANCIA,
                                              .number = world->fake.lots[0].number,
                                              .records = &records}),
                   "adopted");
    pass(US_PER_DAY);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
    int64_t *ids = NULL;
    size_t n = 0;
    MUST(store_lots_by_portal_lot(world->store, world->fake.lots[0].number, &ids, &n, err));
    assert_int_equal(n, 1); /* what was known of the constancia gave way */
    free(ids);
}

/* ---- completing ---- */

static void a_receipt_that_does_not_fit_quarantines_and_the_right_one_sets_free(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int64_t id = make_uncertain();
    records_of(id, &records);
    struct paper paper = {.kind = DOCUMENT_ACUSE, .number = "77", .records = &records};
    assert_outcome(bring_paper(paper), "found");
    paper.kind = DOCUMENT_CONSTANCIA;
    paper.right = 'w';
    assert_outcome(bring_paper(paper), "quarantined");
    assert_state(id, LOT_STATE_QUARANTINED);
    assert_true(str_starts(get(id)->last_error, "constancia (document "));
    assert_non_null(strstr(get(id)->last_error, "idsectl receipts get 1 "));
    paper.right = 'r';
    assert_outcome(bring_paper(paper), "answered");
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void results_wait_for_the_acuse_of_a_lot_in_quarantine(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    fake_portal_fault(&world->fake, FAKE_ACUSE, (struct fake_fault){.wrong = true});
    int64_t id = submit(1, 4);
    pass(0);
    assert_state(id, LOT_STATE_QUARANTINED);
    records_of(id, &records);
    struct paper paper = {.kind = DOCUMENT_CONSTANCIA,
                          .number = world->fake.lots[0].number,
                          .records = &records,
                          .reject_every = 2};
    assert_outcome(bring_paper(paper), "kept");
    assert_state(id, LOT_STATE_QUARANTINED);
    paper.kind = DOCUMENT_ACUSE;
    assert_outcome(bring_paper(paper), "completed"); /* and the constancia counts now */
    assert_state(id, LOT_STATE_PARTIAL);
}

static void what_contradicts_is_kept_and_changes_nothing(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int64_t id = submit(1, 4);
    pass(0);
    assert_state(id, LOT_STATE_ACCEPTED);
    _cleanup_free_ char *before = movements_of(id);
    records_of(id, &records);
    size_t documents = count_documents(id);
    struct paper paper = {.kind = DOCUMENT_CONSTANCIA,
                          .number = world->fake.lots[0].number,
                          .records = &records,
                          .reject_every = 2};
    assert_outcome(bring_paper(paper), "contradicts");
    paper.kind = DOCUMENT_ACUSE;
    paper.right = 'w';
    assert_outcome(bring_paper(paper), "contradicts");
    paper.right = 'r';
    paper.reject_every = 0;
    assert_outcome(bring_paper(paper), "present");
    paper.mark = "%%another download";
    assert_outcome(bring_paper(paper), "kept");
    paper.kind = DOCUMENT_CONSTANCIA;
    assert_outcome(bring_paper(paper), "kept");
    _cleanup_free_ char *after = movements_of(id);
    assert_string_equal(before, after);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(count_documents(id), documents + 4);
}

/* ---- adopting ---- */

static void assert_adopted(int64_t id, const struct buf *records, bool answered)
{
    _cleanup_buf_ struct buf stored = BUF_INIT;
    records_of(id, &stored);
    assert_int_equal(stored.len, records->len);
    assert_memory_equal(stored.data, records->data, records->len);
    const struct store_lot *lot = get(id);
    assert_true(lot->adopted_us != 0 && lot->next_us == 0 && lot->attempts == 0);
    assert_string_equal(lot->portal_lot, "5");
    assert_int_equal(lot->type, MOVEMENT_REINGRESO);
    assert_true(lot->have_acuse && lot->have_constancia == answered);
}

static void the_order_of_the_receipts_makes_no_difference(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 500, 7);
    const struct paper acuse = {
        .kind = DOCUMENT_ACUSE, .number = "5", .records = &records, .reject_every = 3};
    struct paper constancia = acuse;
    constancia.kind = DOCUMENT_CONSTANCIA;

    struct brought *brought = bring_paper(constancia);
    assert_outcome(brought, "adopted");
    int64_t alone = brought->result.lot;
    assert_state(alone, LOT_STATE_PARTIAL);
    assert_null(get(alone)->sha256);
    assert_outcome(bring_paper(constancia), "present");
    _cleanup_free_ char *printed = movements_of(alone);
    assert_non_null(strstr(printed, " rejected 0 0 1\n")); /* nothing is made up */

    brought = bring_paper(acuse);
    assert_outcome(brought, "adopted");
    int64_t id = brought->result.lot;
    assert_int_equal(brought->result.replaced, alone);
    assert_adopted(id, &records, true);
    assert_state(id, LOT_STATE_PARTIAL);
    assert_int_equal(count_documents(id), 2);
    struct store_lot gone;
    assert_true(store_lot_get(world->store, alone, &gone, NULL) < 0);
    _cleanup_free_ char *first = movements_of(id);
    assert_outcome(bring_paper(constancia), "present");
    assert_outcome(bring_paper(acuse), "present");

    world_teardown(NULL);
    world_setup(NULL);
    brought = bring_paper(acuse);
    assert_outcome(brought, "adopted");
    id = brought->result.lot;
    assert_adopted(id, &records, false);
    assert_state(id, LOT_STATE_RECEIVED);
    assert_outcome(bring_paper(constancia), "answered");
    assert_adopted(id, &records, true);
    _cleanup_free_ char *second = movements_of(id);
    assert_string_equal(first, second);
}

static void what_was_adopted_is_left_alone(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    _cleanup_err_ struct err fault = ERR_INIT;
    make_records(&records, 500, 2);
    int64_t id =
        bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "5", .records = &records})->result.lot;
    assert_true(engine_hold(world->engine, id, LOT_HOLD_OPERATOR, "x", "uid 1", &fault) < 0);
    assert_int_equal(fault.code, ERR_WRONG_STATE);
    assert_true(engine_retry(world->engine, id, "uid 1", &fault) < 0);
    assert_true(engine_cancel(world->engine, id, NULL, "uid 1", &fault) < 0);
    MUST(engine_refresh(world->engine, err));
    pass(30 * US_PER_DAY);
    world_die_and_start();
    pass(30 * US_PER_DAY);
    assert_int_equal(world->fake.requests[FAKE_LOGIN], 0);
    assert_state(id, LOT_STATE_RECEIVED);
}

static void an_adopted_movement_is_not_sent_again(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 500, 2);
    bring_paper((struct paper){.kind = DOCUMENT_CONSTANCIA, .number = "5", .records = &records});
    struct store_lot lot = {.rp = RP, .type = MOVEMENT_REINGRESO};
    struct store_intake *intake = NULL;
    _cleanup_err_ struct err fault = ERR_INIT;
    MUST(store_lot_begin(world->store, &lot, &records, false, &intake, err));
    assert_true(store_lot_add(intake, 1000, &fault) < 0);
    assert_int_equal(fault.code, ERR_DUPLICATE_MOVEMENT);
    store_lot_abandon(intake);
}

static void an_unknown_registration_is_named_or_registered(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT, bytes = BUF_INIT;
    make_records(&records, 1, 2);
    for (char *at = records.data; at + 11 < records.data + records.len; at += RECORD_COLUMNS + 2)
        if (*at != '*')
            memcpy(at, "Y5412345105", 11);
    const struct paper paper = {
        .kind = DOCUMENT_ACUSE, .number = "9", .rp = "Y5412345105", .records = &records};
    struct brought *brought = bring_paper(paper);
    assert_int_equal(brought->err.code, ERR_UNKNOWN_RP);
    assert_non_null(strstr(err_text(&brought->err), "idsectl rp add Y5412345105"));
    print_paper(&paper, &bytes);
    struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
    receipt.add_rp = true;
    brought = bring(receipt);
    assert_outcome(brought, "adopted");
    assert_string_equal(brought->result.rp, "Y5412345105");
}

static void assert_other(const struct brought *brought, size_t at, const char *rp, const char *number)
{
    assert_true(at < brought->result.n_others);
    assert_string_equal(brought->result.others[at].rp, rp);
    assert_string_equal(brought->result.others[at].portal_lot, number);
}

static struct brought *bring_part(const struct paper *paper, const char *rp, const char *number)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    print_paper(paper, &bytes);
    struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
    receipt.part = (struct receipt_owner){xstrdup(rp), xstrdup(number)};
    return bring(receipt);
}

/* One document, a part of which was sent from here, another lot of the same registro patronal, and others. */
static void each_part_of_a_constancia_of_several_employers_can_be_taken(void **state)
{
    _cleanup_buf_ struct buf mine = BUF_INIT, more = BUF_INIT, theirs = BUF_INIT;
    make_records(&mine, 500, 4);
    make_records(&more, 600, 3);
    make_records(&theirs, 700, 2);
    const struct paper last = {.kind = DOCUMENT_CONSTANCIA,
                               .number = "7",
                               .records = &more,
                               .reject_every = 3},
                       second = {.kind = DOCUMENT_CONSTANCIA, .number = "5", .records = &mine, .next = &last},
                       first = {.kind = DOCUMENT_CONSTANCIA,
                                .number = "6",
                                .rp = "Y5412345105",
                                .records = &theirs,
                                .next = &second};
    struct brought *brought = bring_paper(first); /* whose registro patronal is registered */
    assert_outcome(brought, "adopted");
    assert_string_equal(brought->result.portal_lot, "5");
    assert_int_equal(get(brought->result.lot)->approved, 4);
    assert_int_equal(brought->result.n_others, 2);
    assert_other(brought, 0, "Y5412345105", "6");
    assert_other(brought, 1, RP, "7");

    brought = bring_part(&first, RP, "7");
    assert_outcome(brought, "adopted");
    assert_state(brought->result.lot, LOT_STATE_PARTIAL);
    assert_string_equal(brought->result.portal_lot, "7");
    assert_int_equal(bring_part(&first, "Y5412345105", "6")->err.code, ERR_UNKNOWN_RP);
    assert_int_equal(bring_part(&first, RP, "8")->err.code, ERR_INVALID_ARGUMENT);
    add_rp("Y5412345105", 0);
    brought = bring_part(&first, "Y5412345105", "6");
    assert_outcome(brought, "adopted");
    assert_string_equal(brought->result.rp, "Y5412345105");
    assert_outcome(bring_paper(first), "present");
}

static void a_table_goes_to_the_lot_that_it_names_or_is_given(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    static const char table[] = "LOTE,NSS\n5,1\n";
    make_records(&records, 500, 2);
    struct engine_receipt receipt = receipt_of(table, strlen(table), false);
    receipt.portal_lot = xstrdup("5");
    assert_int_equal(bring(receipt)->err.code, ERR_UNKNOWN_LOT);
    int64_t id =
        bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "5", .records = &records})->result.lot;
    receipt = receipt_of(table, strlen(table), false);
    receipt.portal_lot = xstrdup("5");
    assert_outcome(bring(receipt), "completed");
    assert_true(get(id)->have_csv);
    receipt = receipt_of(table, strlen(table), false);
    receipt.lot = id;
    assert_outcome(bring(receipt), "present");
    receipt = receipt_of("NSS,ESTATUS\n1,OPERADO\n", 22, false);
    assert_int_equal(bring(receipt)->err.code, ERR_INVALID_FILE);
    receipt = receipt_of("a,b\n1,2\n", 8, false);
    receipt.guess = "it seems to be a list";
    struct brought *brought = bring(receipt);
    assert_int_equal(brought->err.code, ERR_INVALID_FILE);
    assert_string_equal(err_text(&brought->err), "it seems to be a list");
}

/* A table that says the same of both movements of the lot with this number. */
static struct engine_receipt table_of(const struct buf *records, const char *number, const char *verdict)
{
    _cleanup_free_ char *text =
        xasprintf("LOTE,NSS,ESTATUS\n%s,%.11s,%s\n%s,%.11s,%s\n", number, records->data + 11, verdict, number,
                  records->data + RECORD_COLUMNS + 2 + 11, verdict);
    struct engine_receipt receipt = receipt_of(text, strlen(text), false);
    receipt.portal_lot = xstrdup(number);
    return receipt;
}

static void a_table_that_is_brought_is_held_against_the_constancia(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 600, 2);
    const struct paper constancia = {.kind = DOCUMENT_CONSTANCIA, .number = "5", .records = &records};
    bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "5", .records = &records});
    int64_t id = bring_paper(constancia)->result.lot;
    assert_state(id, LOT_STATE_ACCEPTED);
    struct brought *brought = bring(table_of(&records, "5", "RECHAZADO"));
    assert_outcome(brought, "contradicts");
    assert_non_null(strstr(brought->result.text, "rejected, in the constancia operated"));
    assert_non_null(strstr(get(id)->remarks, "line 3"));
    assert_true(get(id)->have_csv);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_outcome(bring(table_of(&records, "5", "RECHAZADO")), "present");
    brought = bring(table_of(&records, "5", "OPERADO"));
    assert_outcome(brought, "kept");
    assert_non_null(strstr(brought->result.text, "says what the constancia says"));
    assert_null(get(id)->remarks);
}

static void a_table_that_came_first_is_heard_before_results_count(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 700, 2);
    const struct paper constancia = {.kind = DOCUMENT_CONSTANCIA, .number = "6", .records = &records};
    int64_t id =
        bring_paper((struct paper){.kind = DOCUMENT_ACUSE, .number = "6", .records = &records})->result.lot;
    assert_outcome(bring(table_of(&records, "6", "RECHAZADO")), "completed");
    struct brought *brought = bring_paper(constancia);
    assert_outcome(brought, "quarantined");
    assert_non_null(strstr(brought->result.text, "the CSV says otherwise"));
    assert_state(id, LOT_STATE_QUARANTINED);
    assert_non_null(get(id)->remarks);
    assert_outcome(bring_paper(constancia), "answered"); /* somebody has seen it, and brings it again */
    assert_state(id, LOT_STATE_ACCEPTED);
}

static void what_is_said_to_be_of_another_lot_is_refused(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT, bytes = BUF_INIT;
    int64_t id = submit(1, 2);
    pass(0);
    make_records(&records, 500, 2);
    print_paper(&(struct paper){.kind = DOCUMENT_ACUSE, .number = "5", .records = &records}, &bytes);
    struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
    receipt.lot = id;
    assert_int_equal(bring(receipt)->err.code, ERR_INVALID_ARGUMENT);
}

/* ---- many, large, and in the midst of other work ---- */

static void receipts_of_one_lot_brought_together_find_each_other(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 500, 4);
    static struct brought brought[4];
    for (size_t i = 0; i < ELEMENTSOF(brought); i++) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        print_paper(&(struct paper){.kind = i % 2 ? DOCUMENT_ACUSE : DOCUMENT_CONSTANCIA,
                                    .number = i / 2 ? "6" : "5",
                                    .records = &records},
                    &bytes);
        struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
        engine_import(world->engine, &receipt, on_prepared, &brought[i]);
    }
    settle_down();
    struct store_lot_filter filter = {.held = -1};
    struct store_lot *lots = NULL;
    size_t n = 0;
    MUST(store_lot_list(world->store, &filter, 0, 100, &lots, &n, err));
    assert_int_equal(n, 2);
    assert_int_equal(lots[0].state, LOT_STATE_ACCEPTED);
    assert_int_equal(lots[1].state, LOT_STATE_ACCEPTED);
    store_lots_free(lots, n);
    for (size_t i = 0; i < ELEMENTSOF(brought); i++) {
        assert_true(brought[i].ended && brought[i].err.code == ERR_NONE);
        engine_import_result_free(&brought[i].result);
    }
}

static void a_large_lot_is_adopted_in_turns_and_whole_after_a_death_in_any(void **state)
{
    enum { MANY = 5000 };
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, 1, MANY);
    const struct paper acuse = {
        .kind = DOCUMENT_ACUSE, .number = "5", .records = &records, .reject_every = 1000};
    struct paper constancia = acuse;
    constancia.kind = DOCUMENT_CONSTANCIA;
    for (int turns = 0; turns < 40; turns += 3) {
        const struct paper papers[] = {constancia, acuse};
        for (size_t i = 0; i < ELEMENTSOF(papers); i++) {
            _cleanup_buf_ struct buf bytes = BUF_INIT;
            static struct brought brought;
            print_paper(&papers[i], &bytes);
            struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
            engine_import(world->engine, &receipt, on_prepared, &brought);
            for (int left = turns; left > 0 && turn(); left--)
                ;
            world_die_and_start();
            engine_import_result_free(&brought.result);
            err_clear(&brought.err);
        }
        struct store_lot_filter filter = {.held = -1};
        struct store_lot *lots = NULL;
        size_t n = 0;
        MUST(store_lot_list(world->store, &filter, 0, 100, &lots, &n, err));
        for (size_t i = 0; i < n; i++)
            assert_true(lots[i].counts[COUNT_TOTAL] == MANY && lots[i].portal_lot);
        assert_true(n <= 1);
        store_lots_free(lots, n);
        bring_paper(constancia);
        int64_t id = bring_paper(acuse)->result.lot;
        assert_adopted(id, &records, true);
        assert_state(id, LOT_STATE_PARTIAL);
        assert_int_equal(get(id)->rejected, 5);
        world_teardown(NULL);
        world_setup(NULL);
    }
}

static void an_import_waits_for_the_visit_that_has_its_lot(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int64_t id = submit(1, 3);
    for (int i = 0; i < 60; i++) {
        static struct brought brought;
        records_of(id, &records);
        if (world->fake.n_lots > 0) {
            _cleanup_buf_ struct buf bytes = BUF_INIT;
            print_paper(&(struct paper){.kind = i % 2 ? DOCUMENT_ACUSE : DOCUMENT_CONSTANCIA,
                                        .number = world->fake.lots[0].number,
                                        .records = &records},
                        &bytes);
            struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
            brought = (struct brought){.ended = false};
            engine_import(world->engine, &receipt, on_prepared, &brought);
            for (int k = 0; k < 1000 && !brought.ended; k++)
                turn();
            assert_true(brought.ended);
            engine_import_result_free(&brought.result);
            err_clear(&brought.err);
        } else
            turn();
        buf_reset(&records);
    }
    pass(US_PER_HOUR);
    assert_state(id, LOT_STATE_ACCEPTED);
    assert_int_equal(arrived(id), 1);
}

#define import_test(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        import_test(an_acuse_settles_an_uncertain_lot),
        import_test(a_queued_lot_that_was_sent_by_hand_is_not_sent),
        import_test(what_an_operator_held_stays_held),
        import_test(other_bytes_prove_nothing),
        import_test(a_constancia_alone_does_not_prove_that_an_uncertain_lot_is_absent),
        import_test(a_receipt_that_does_not_fit_quarantines_and_the_right_one_sets_free),
        import_test(results_wait_for_the_acuse_of_a_lot_in_quarantine),
        import_test(what_contradicts_is_kept_and_changes_nothing),
        import_test(the_order_of_the_receipts_makes_no_difference),
        import_test(what_was_adopted_is_left_alone),
        import_test(an_adopted_movement_is_not_sent_again),
        import_test(an_unknown_registration_is_named_or_registered),
        import_test(each_part_of_a_constancia_of_several_employers_can_be_taken),
        import_test(a_table_goes_to_the_lot_that_it_names_or_is_given),
        import_test(a_table_that_is_brought_is_held_against_the_constancia),
        import_test(a_table_that_came_first_is_heard_before_results_count),
        import_test(what_is_said_to_be_of_another_lot_is_refused),
        import_test(receipts_of_one_lot_brought_together_find_each_other),
        import_test(a_large_lot_is_adopted_in_turns_and_whole_after_a_death_in_any),
        import_test(an_import_waits_for_the_visit_that_has_its_lot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
