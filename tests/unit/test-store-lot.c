/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/lot-columns.h"
#include "vault/digest.h"

static int with_rp(void **state)
{
    int r = fixture_new(state);
    fixture_add_rp(*state, fixture_rp);
    assert_ok(store_commit(((struct fixture *)*state)->store, NULL));
    return r;
}

static size_t count_lots(struct fixture *f, const struct store_lot_filter *filter)
{
    struct store_lot *lots;
    size_t n;
    assert_ok(store_lot_list(f->store, filter, 0, 1000, &lots, &n, &f->err));
    store_lots_free(lots, n);
    return n;
}

static const struct store_lot_filter any_lot = {.held = -1};
static const struct store_movement_filter any_movement;

static size_t count_movements(struct fixture *f, const struct store_movement_filter *filter)
{
    struct store_movement *movements;
    size_t n;
    assert_ok(store_movement_list(f->store, filter, NULL, 1000, &movements, &n, &f->err));
    store_movements_free(movements, n);
    return n;
}

/* ---- taking in ---- */

static void a_lot_is_hidden_until_it_is_published(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 5, 1);
    struct store_lot lot = fixture_lot(), read;
    struct store_intake *intake;
    int64_t id, *ids = NULL;
    uint64_t total;
    size_t n;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    assert_int_equal(store_lot_publish(intake, &id, &f->err), -(int)ERR_STORE); /* not whole yet */
    assert_int_equal(store_lot_add(intake, 2, &f->err), 8); /* three movements, five index entries */
    assert_ok(store_commit(f->store, &f->err));
    assert_true(store_lot_add(intake, 2, &f->err) > 0);
    assert_ok(store_commit(f->store, &f->err));

    assert_int_equal(count_lots(f, &any_lot), 0);
    assert_int_equal(count_movements(f, &any_movement), 0);
    assert_err(f, store_lot_get(f->store, 1, &read, &f->err), ERR_UNKNOWN_LOT);
    assert_ok(store_lot_open_ids(f->store, &ids, &n, &f->err));
    assert_int_equal(n, 0);
    free(ids);
    assert_ok(store_movement_count(f->store, &total, &f->err));
    assert_int_equal(total, 0);

    while (store_lot_add(intake, 2, &f->err) > 0)
        ;
    assert_ok(store_lot_publish(intake, &id, &f->err));
    assert_int_equal(count_lots(f, &any_lot), 1);
    assert_int_equal(count_movements(f, &any_movement), 5);
    assert_ok(store_movement_count(f->store, &total, &f->err));
    assert_int_equal(total, 5);
}

static void a_lot_is_read_back_as_it_was_given(void **state)
{
    struct fixture *f = *state;
    int64_t parent = fixture_add_lot(f, 1, 1, 1);
    _cleanup_buf_ struct buf records = fixture_records(100, 7, 1), read_records = BUF_INIT;
    struct store_lot lot = fixture_lot();
    lot.parent = parent;
    lot.sha256 = (char *)"not taken over";
    lot.hold = LOT_HOLD_CERTIFICATE_MISSING;
    lot.hold_text = (char *)"no certificate";
    lot.hold_us = 5;
    struct store_intake *intake;
    int64_t id;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    while (store_lot_add(intake, 3, &f->err) > 0)
        ;
    assert_ok(store_lot_publish(intake, &id, &f->err));

    struct store_lot read;
    assert_ok(store_lot_get(f->store, id, &read, &f->err));
    assert_int_equal(read.id, id);
    assert_string_equal(read.rp, fixture_rp);
    assert_int_equal(read.type, MOVEMENT_REINGRESO);
    assert_int_equal(read.state, LOT_STATE_QUEUED);
    assert_int_equal(read.hold, LOT_HOLD_CERTIFICATE_MISSING);
    assert_string_equal(read.hold_text, "no certificate");
    assert_int_equal(read.created_us, f->now_us);
    assert_string_equal(read.created_by, "uid 1000");
    assert_string_equal(read.source, "altas.txt");
    _cleanup_free_ char *sha256 = digest_sha256_hex(records.data, records.len);
    assert_string_equal(read.sha256, sha256);
    assert_int_equal(read.parent, parent);
    assert_int_equal(read.counts[COUNT_REINGRESOS], 7);
    assert_int_equal(read.counts[COUNT_BAJAS], 0);
    assert_int_equal(read.counts[COUNT_TOTAL], 7);
    assert_null(read.portal_lot);
    store_lot_free(&read);

    assert_ok(store_lot_records(f->store, id, &read_records, &f->err));
    assert_int_equal(read_records.len, records.len);
    assert_memory_equal(read_records.data, records.data, records.len);
    assert_err(f, store_lot_records(f->store, 99, &read_records, &f->err), ERR_UNKNOWN_LOT);
}

static void every_field_of_a_movement_comes_back(void **state)
{
    struct fixture *f = *state;
    struct movement given[] = {fixture_movement(1, 3), fixture_movement(2, 4)};
    given[1].type = MOVEMENT_BAJA;
    given[1].causa_baja = 'A';
    _cleanup_buf_ struct buf records = BUF_INIT;
    record_write(&records, &given[0], ENYE_LATIN1);
    record_write(&records, &given[1], ENYE_LATIN1);
    record_write_control(&records, 2, "01400");
    int64_t id;
    assert_ok(fixture_take(f, &records, false, &id));

    struct record_reader *reader = record_reader_new(records.data, records.len, NULL);
    struct store_movement *movements;
    size_t n;
    assert_ok(store_movement_list(f->store, &any_movement, NULL, 10, &movements, &n, &f->err));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        struct movement read;
        assert_int_equal(record_reader_next(reader, &read), 1);
        const struct movement *m = &movements[i].movement;
        assert_int_equal(movements[i].lot, id);
        assert_int_equal(movements[i].seq, i);
        assert_int_equal(m->type, read.type);
        assert_int_equal(m->date, read.date);
        assert_int_equal(m->sbc_centavos, read.sbc_centavos);
        assert_int_equal(m->tipo_trabajador, read.tipo_trabajador);
        assert_int_equal(m->tipo_salario, read.tipo_salario);
        assert_int_equal(m->jornada, read.jornada);
        assert_int_equal(m->causa_baja, read.causa_baja);
        assert_string_equal(m->rp, read.rp);
        assert_string_equal(m->nss, read.nss); /* with its leading zeros */
        assert_string_equal(m->paterno, read.paterno);
        assert_string_equal(m->materno, read.materno);
        assert_string_equal(m->nombres, read.nombres);
        assert_string_equal(m->umf, read.umf);
        assert_string_equal(m->guia, read.guia);
        assert_string_equal(m->clave, read.clave);
        assert_string_equal(m->curp, read.curp);
        assert_int_equal(movements[i].state, MOVEMENT_STATE_UNSENT);
        assert_int_equal(movements[i].sent_us, 0);
        assert_null(movements[i].imss_name);
        assert_int_equal(movements[i].n_errors, 0);
    }
    assert_string_equal(movements[0].movement.paterno, "MUÑOZ");
    assert_int_equal(movements[1].movement.causa_baja, 'A');
    store_movements_free(movements, n);
    record_reader_free(reader);

    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    assert_int_equal(lot.counts[COUNT_BAJAS], 1);
    assert_int_equal(lot.counts[COUNT_REINGRESOS], 1);
    store_lot_free(&lot);
}

static void a_lot_of_an_unknown_rp_is_refused(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 1, 1);
    struct store_lot lot = fixture_lot();
    strcpy(lot.rp, "Z9900003104");
    struct store_intake *intake = NULL;
    assert_err(f, store_lot_begin(f->store, &lot, &records, false, &intake, &f->err), ERR_UNKNOWN_RP);
    assert_null(intake);
}

static void an_abandoned_lot_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 5, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *intake;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    assert_true(store_lot_add(intake, 8, &f->err) > 0);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement_key"), 2); /* so far had it come */
    store_lot_abandon(intake);
    store_lot_abandon(NULL);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(
        fixture_sql(f, "SELECT (SELECT count(*) FROM lot) + (SELECT count(*) FROM movement)"
                       " + (SELECT count(*) FROM record_part) + (SELECT count(*) FROM movement_key)"),
        0);
    assert_int_equal(fixture_add_lot(f, 1, 5, 1), 1); /* not even a gap among the numbers */
}

static void the_number_of_an_abandoned_lot_is_given_again_unless_a_later_one_was_begun(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 3, 1), others = fixture_records(50, 3, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *one, *two, *three;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &one, &f->err));
    assert_ok(store_lot_begin(f->store, &lot, &others, false, &two, &f->err));
    store_lot_abandon(one);
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &three, &f->err));
    assert_int_equal(store_intake_lot(three), 3);
    store_lot_abandon(three);
    store_lot_abandon(two);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_add_lot(f, 1, 3, 1), 2);
}

static void a_slice_that_was_undone_makes_the_lot_fail_and_touches_no_other(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 5, 1), others = fixture_records(50, 5, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *intake, *other;
    assert_ok(store_begin(f->store, &f->err));
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    assert_ok(store_end(f->store, false, &f->err));
    /* the same number now belongs to somebody else */
    assert_ok(store_lot_begin(f->store, &lot, &others, false, &other, &f->err));
    assert_true(store_lot_add(other, 2, &f->err) > 0);
    store_lot_abandon(intake);
    while (store_lot_add(other, 2, &f->err) > 0)
        ;
    int64_t id;
    assert_ok(store_lot_publish(other, &id, &f->err));
    assert_int_equal(count_movements(f, &any_movement), 5);

    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    assert_ok(store_begin(f->store, &f->err));
    assert_true(store_lot_add(intake, 2, &f->err) > 0);
    assert_ok(store_end(f->store, false, &f->err));
    assert_err(f, store_lot_add(intake, 2, &f->err), ERR_STORE);
    assert_err(f, store_lot_add(intake, 2, &f->err), ERR_STORE);
    assert_err(f, store_lot_publish(intake, &id, &f->err), ERR_STORE);
    store_lot_abandon(intake);
    assert_int_equal(count_lots(f, &any_lot), 1);
}

/* What is taken back does not stand in its own way when it comes again. */
static void a_lot_that_failed_or_was_taken_back_can_be_submitted_again(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 5, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *intake;
    int64_t id;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    assert_true(store_lot_add(intake, 8, &f->err) > 0);
    assert_ok(store_begin(f->store, &f->err));
    assert_true(store_lot_add(intake, 1, &f->err) > 0);
    assert_ok(store_end(f->store, false, &f->err));
    assert_err(f, store_lot_add(intake, 1, &f->err), ERR_STORE);
    store_lot_abandon(intake);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM lot"), 0);

    assert_ok(store_lot_begin(f->store, &lot, &records, false, &intake, &f->err));
    while (store_lot_add(intake, 8, &f->err) > 0)
        ;
    assert_ok(store_begin(f->store, &f->err));
    assert_ok(store_lot_publish(intake, &id, &f->err));
    assert_ok(store_end(f->store, false, &f->err)); /* nobody has it now */
    assert_int_equal(count_lots(f, &any_lot), 0);
    assert_ok(fixture_take(f, &records, false, &id));
    assert_int_equal(count_movements(f, &any_movement), 5);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement_key"), 5);
    assert_ok(store_audit_verify(f->store, &f->err));
}

/* ---- duplicates ---- */

static void a_movement_under_way_is_refused_with_the_lot_that_has_it(void **state)
{
    struct fixture *f = *state;
    int64_t first = fixture_add_lot(f, 1, 5, 1), id;
    fixture_add_lot(f, 1, 5, 2); /* the same workers on another day are others */
    _cleanup_buf_ struct buf records = fixture_records(4, 3, 1);
    err_clear(&f->err);
    assert_int_equal(fixture_take(f, &records, false, &id), -(int)ERR_DUPLICATE_MOVEMENT);
    struct movement fourth = fixture_movement(4, 1);
    _cleanup_free_ char *expected = xasprintf("Line 1 (NSS *******%s", fourth.nss + 7);
    _cleanup_free_ char *where = xasprintf("lot %lld (queued), line 4", (long long)first);
    assert_non_null(strstr(f->err.text, expected));
    assert_non_null(strstr(f->err.text, where));
    assert_null(strstr(f->err.text, fourth.nss));
    assert_int_equal(count_lots(f, &any_lot), 2);
    assert_ok(fixture_take(f, &records, true, &id)); /* allowed */
}

static void of_two_lots_being_taken_in_at_once_the_second_is_refused(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf records = fixture_records(1, 3, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *one, *two;
    int64_t id;
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &one, &f->err));
    assert_ok(store_lot_begin(f->store, &lot, &records, false, &two, &f->err));
    assert_true(store_lot_add(one, 3, &f->err) > 0); /* its movements */
    assert_true(store_lot_add(two, 5, &f->err) > 0); /* its movements, and a first index entry */
    int r;
    do
        r = store_lot_add(one, 1, &f->err);
    while (r > 0);
    assert_int_equal(r, -(int)ERR_DUPLICATE_MOVEMENT);
    assert_non_null(strstr(f->err.text, "lot 2 (being taken in), line 1"));
    store_lot_abandon(one);
    while (store_lot_add(two, 1, &f->err) > 0)
        ;
    assert_ok(store_lot_publish(two, &id, &f->err));
    assert_int_equal(count_movements(f, &any_movement), 3);
}

static void which_states_stand_in_the_way(void **state)
{
    struct fixture *f = *state;
    int64_t first = fixture_add_lot(f, 1, 1, 1), id;
    _cleanup_buf_ struct buf records = fixture_records(1, 1, 1);
    for (int lot = 0; lot < _LOT_STATE_MAX; lot++)
        for (int movement = 0; movement < _MOVEMENT_STATE_MAX; movement++) {
            bool free_lot =
                lot == LOT_STATE_FAILED || lot == LOT_STATE_CANCELLED || lot == LOT_STATE_REJECTED;
            bool free_movement = movement == MOVEMENT_STATE_REJECTED ||
                                 movement == MOVEMENT_STATE_SUPERSEDED ||
                                 movement == MOVEMENT_STATE_CANCELLED;
            fixture_set_state(f, first, (enum lot_state)lot);
            assert_ok(store_lot_set_movements(f->store, first, (enum movement_state)movement, &f->err));
            assert_ok(store_begin(f->store, &f->err));
            int r = fixture_take(f, &records, false, &id);
            assert_int_equal(r, free_lot || free_movement ? 0 : -(int)ERR_DUPLICATE_MOVEMENT);
            assert_ok(store_end(f->store, false, &f->err));
        }
}

static void the_key_is_rp_worker_type_and_date(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, "Z9900003104");
    fixture_add_lot(f, 1, 1, 1);
    struct movement movement = fixture_movement(1, 1);
    movement.type = MOVEMENT_BAJA;
    movement.causa_baja = '1';
    _cleanup_buf_ struct buf baja = BUF_INIT, other_rp = BUF_INIT;
    record_write(&baja, &movement, ENYE_HASH);
    int64_t id;
    assert_ok(fixture_take(f, &baja, false, &id));

    movement = fixture_movement(1, 1);
    strcpy(movement.rp, "Z9900003104");
    record_write(&other_rp, &movement, ENYE_HASH);
    struct store_lot lot = fixture_lot();
    strcpy(lot.rp, movement.rp);
    struct store_intake *intake;
    assert_ok(store_lot_begin(f->store, &lot, &other_rp, false, &intake, &f->err));
    while (store_lot_add(intake, 10, &f->err) > 0)
        ;
    assert_ok(store_lot_publish(intake, &id, &f->err));
}

/* ---- a death in the middle ---- */

static _Noreturn void take_halfway_and_hang(struct fixture *f, int ready)
{
    struct buf records = fixture_records(100, 10, 1);
    struct store_lot lot = fixture_lot();
    struct store_intake *intake;
    if (fixture_reopen(f) == 0 && store_lot_begin(f->store, &lot, &records, false, &intake, NULL) == 0 &&
        store_lot_add(intake, 4, NULL) > 0 && store_commit(f->store, NULL) == 0 &&
        store_lot_add(intake, 2, NULL) > 0)
        (void)!write(ready, "y", 1);
    for (;;)
        pause();
}

static void a_kill_in_the_middle_of_the_slices_leaves_nothing_half_stored(void **state)
{
    struct fixture *f = *state;
    fixture_add_lot(f, 1, 3, 1);
    f->store = store_close(f->store);
    int ready[2];
    char yes = 0;
    assert_ok(pipe(ready));
    pid_t pid = fork();
    if (pid == 0)
        take_halfway_and_hang(f, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &yes, 1), 1);
    close(ready[0]);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);

    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement"), 7); /* the first slice was on disk */
    assert_ok(fixture_reopen(f));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement"), 3);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM record_part"), 2);
    assert_int_equal(count_lots(f, &any_lot), 1);
    struct store_audit *audits;
    size_t n;
    assert_ok(store_audit_list(f->store, &(struct store_audit_filter){0}, 0, 10, &audits, &n, &f->err));
    assert_int_equal(n, 1);
    assert_string_equal(audits[0].action, "discard");
    assert_string_equal(audits[0].object, "lot 2");
    store_audits_free(audits, n);
    assert_ok(store_audit_verify(f->store, &f->err));
    assert_int_equal(fixture_add_lot(f, 100, 10, 1), 3); /* the number is not given again */
}

/* ---- changes ---- */

static void an_update_writes_what_changes(void **state)
{
    struct fixture *f = *state;
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    struct store_lot lot = {.id = id,
                            .state = LOT_STATE_RECEIVED,
                            .hold = LOT_HOLD_PORTAL_CHANGED,
                            .hold_text = (char *)"why",
                            .hold_by = (char *)"idsed",
                            .hold_us = 1,
                            .approved = 2,
                            .rejected = 3,
                            .attempts = 4,
                            .failures = 5,
                            .next_us = 6,
                            .attempt_us = 7,
                            .attempt_end_us = 8,
                            .polled_us = 9,
                            .last_reason = REASON_BROKEN,
                            .last_error = (char *)"err",
                            .portal_lot = (char *)"123456789",
                            .folio = (char *)"42",
                            .received_us = 10,
                            .finished_us = 11,
                            .have_acuse = true,
                            .have_csv = true};
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    struct store_lot read;
    assert_ok(store_lot_get(f->store, id, &read, &f->err));
    assert_int_equal(read.state, LOT_STATE_RECEIVED);
    assert_int_equal(read.hold, LOT_HOLD_PORTAL_CHANGED);
    assert_string_equal(read.hold_text, "why");
    assert_string_equal(read.hold_by, "idsed");
    assert_int_equal(read.hold_us, 1);
    assert_int_equal(read.approved, 2);
    assert_int_equal(read.rejected, 3);
    assert_int_equal(read.attempts, 4);
    assert_int_equal(read.failures, 5);
    assert_int_equal(read.next_us, 6);
    assert_int_equal(read.attempt_us, 7);
    assert_int_equal(read.attempt_end_us, 8);
    assert_int_equal(read.polled_us, 9);
    assert_int_equal(read.last_reason, REASON_BROKEN);
    assert_string_equal(read.last_error, "err");
    assert_string_equal(read.portal_lot, "123456789");
    assert_string_equal(read.folio, "42");
    assert_int_equal(read.received_us, 10);
    assert_int_equal(read.finished_us, 11);
    assert_true(read.have_acuse && !read.have_constancia && read.have_csv);
    assert_string_equal(read.source, "altas.txt"); /* what is fixed stays */
    assert_int_equal(read.counts[COUNT_TOTAL], 3);
    store_lot_free(&read);

    int64_t *found = NULL;
    size_t n_found = 0;
    assert_ok(store_lots_by_portal_lot(f->store, "123456789", &found, &n_found, &f->err));
    assert_int_equal(n_found, 1);
    assert_int_equal(found[0], id);
    free(found);
    found = NULL;
    assert_ok(store_lots_by_portal_lot(f->store, "1", &found, &n_found, &f->err));
    assert_int_equal(n_found, 0);
    free(found);
    lot.id = 99;
    assert_err(f, store_lot_update(f->store, &lot, &f->err), ERR_UNKNOWN_LOT);
    assert_err(f, store_lot_set_movements(f->store, 99, MOVEMENT_STATE_SENT, &f->err), ERR_UNKNOWN_LOT);
}

/* In slices of `max`; 0, or what the first of them that failed said. */
static int set_results(struct fixture *f, int64_t id, const struct constancia *constancia,
                       const size_t *row_of, size_t n, size_t max)
{
    struct store_results results = {.constancia = constancia, .row_of = row_of, .n = n};
    int r;
    do {
        err_clear(&f->err);
        r = store_lot_set_results(f->store, id, &results, max, &f->err);
    } while (r > 0);
    err_clear(&f->err);
    return r;
}

static void results_reach_each_movement_and_can_be_taken_back(void **state)
{
    struct fixture *f = *state;
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.attempt_us = 100;
    lot.received_us = 200;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    assert_ok(store_lot_set_movements(f->store, id, MOVEMENT_STATE_RECEIVED, &f->err));

    struct receipt_error errors[] = {{(char *)"012", (char *)"NO EXISTE", (char *)"PEREZ"}, {(char *)"034"}};
    struct constancia_row rows[] = {
        {.operated = true, .name = (char *)"A"},
        {.operated = true, .name = (char *)"C", .extemporaneo = '1'},
        {.operated = false, .errors = errors, .n_errors = 2},
    };
    struct constancia constancia = {.rows = rows, .n_rows = 3};
    const size_t row_of[] = {0, 2, 1}, wrong[] = {0, 1, 3};
    assert_int_equal(set_results(f, id, &constancia, row_of, 2, 9), -ERR_INVALID_ARGUMENT);
    assert_int_equal(set_results(f, id, &constancia, wrong, 3, 9), -ERR_INVALID_ARGUMENT);
    assert_int_equal(set_results(f, 99, &constancia, row_of, 3, 9), -ERR_UNKNOWN_LOT);
    assert_ok(set_results(f, id, &constancia, row_of, 3, 1));
    assert_ok(set_results(f, id, &constancia, row_of, 3, 9)); /* read again */

    struct store_movement *m;
    size_t n;
    assert_ok(store_movement_list(f->store, &any_movement, NULL, 10, &m, &n, &f->err));
    assert_int_equal(n, 3);
    assert_int_equal(m[0].state, MOVEMENT_STATE_APPROVED);
    assert_string_equal(m[0].imss_name, "A");
    assert_int_equal(m[0].extemporaneo, 0);
    assert_int_equal(m[1].state, MOVEMENT_STATE_REJECTED);
    assert_int_equal(m[1].n_errors, 2);
    assert_string_equal(m[1].errors[0].code, "012");
    assert_string_equal(m[1].errors[0].imss_value, "PEREZ");
    assert_null(m[1].errors[1].text);
    assert_int_equal(m[2].extemporaneo, '1');
    assert_int_equal(m[2].sent_us, 100);
    assert_int_equal(m[2].received_us, 200);
    assert_int_equal(m[2].answered_us, f->now_us);
    store_movements_free(m, n);
    struct store_movement_filter rejected = {.states = 1u << MOVEMENT_STATE_REJECTED};
    assert_int_equal(count_movements(f, &rejected), 1);

    assert_ok(store_lot_set_movements(f->store, id, MOVEMENT_STATE_UNKNOWN, &f->err));
    assert_ok(store_movement_list(f->store, &any_movement, NULL, 10, &m, &n, &f->err));
    assert_int_equal(m[1].state, MOVEMENT_STATE_UNKNOWN);
    assert_int_equal(m[1].n_errors, 0);
    assert_null(m[0].imss_name);
    assert_int_equal(m[0].answered_us, 0);
    store_movements_free(m, n);
}

/* A lot of one movement that IMSS operated. */
static void add_operated(struct fixture *f, enum movement_type type, int day, int64_t received_us)
{
    static const size_t row_of[] = {0};
    struct constancia_row row = {.operated = true};
    struct constancia constancia = {.rows = &row, .n_rows = 1};
    struct movement movement = fixture_movement(1, day);
    movement.type = type;
    movement.causa_baja = '2';
    _cleanup_buf_ struct buf records = BUF_INIT;
    record_write(&records, &movement, ENYE_LATIN1);
    record_write_control(&records, 1, "01400");
    int64_t id = 0;
    struct store_lot lot;
    assert_ok(fixture_take(f, &records, false, &id));
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.state = LOT_STATE_ACCEPTED;
    lot.received_us = received_us;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    assert_ok(set_results(f, id, &constancia, row_of, 1, 9));
}

/* As where receipts are imported: the numbers of lots say nothing of who came first. */
static void on_one_day_workers_are_what_imss_received_last(void **state)
{
    static const struct store_worker_cursor start;
    for (int left_last = 0; left_last < 2; left_last++) {
        assert_int_equal(with_rp(state), 0);
        struct fixture *f = *state;
        add_operated(f, MOVEMENT_BAJA, 21, left_last ? 300 : 100);
        add_operated(f, MOVEMENT_REINGRESO, 21, 200);
        add_operated(f, MOVEMENT_MODIFICACION, 22, 50); /* of a later day */
        struct store_worker *workers;
        struct store_worker_cursor next;
        size_t n;
        assert_ok(store_worker_list(f->store, &start, 100, &workers, &n, &next, &f->err));
        assert_int_equal(n, 1);
        assert_int_equal(workers->worker.status, left_last ? WORKER_GONE : WORKER_ACTIVE);
        assert_int_equal(workers->worker.since, 20260921);
        free(workers);
        struct worker_event *events;
        assert_ok(store_worker_events(f->store, fixture_rp, strtoll(fixture_movement(1, 21).nss, NULL, 10),
                                      &events, &n, &f->err));
        assert_int_equal(n, 3);
        assert_int_equal(worker_fold(events, n).status, left_last ? WORKER_GONE : WORKER_ACTIVE);
        free(events);
        fixture_free(state);
    }
}

static void results_show_when_all_are_stored(void **state)
{
    struct fixture *f = *state;
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    assert_ok(store_lot_set_movements(f->store, id, MOVEMENT_STATE_RECEIVED, &f->err));
    struct receipt_error errors[] = {{(char *)"012", (char *)"NO EXISTE", NULL}};
    struct constancia_row rows[] = {{.operated = true, .name = (char *)"A"},
                                    {.errors = errors, .n_errors = 1}};
    struct constancia constancia = {.rows = rows, .n_rows = 2};
    const size_t other[] = {1, 1, 1}, row_of[] = {0, 1, 0};
    struct store_movement_filter received = {.states = 1u << MOVEMENT_STATE_RECEIVED},
                                 rejected = {.states = 1u << MOVEMENT_STATE_REJECTED};

    struct store_results results = {.constancia = &constancia, .row_of = other, .n = 3};
    assert_int_equal(store_lot_set_results(f->store, id, &results, 2, &f->err), 1);
    assert_int_equal(count_movements(f, &received), 3);
    assert_int_equal(count_movements(f, &rejected), 0);

    /* never ended; another constancia says otherwise */
    assert_ok(set_results(f, id, &constancia, row_of, 3, 2));
    assert_int_equal(count_movements(f, &received), 0);
    assert_int_equal(count_movements(f, &rejected), 1);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement_error"), 1);
}

static void an_approved_correction_supersedes_the_whole_line(void **state)
{
    struct fixture *f = *state;
    struct receipt_error errors[] = {{(char *)"012", (char *)"NO EXISTE", NULL}};
    struct constancia_row rows[] = {{.operated = true, .name = (char *)"A"},
                                    {.errors = errors, .n_errors = 1}};
    struct constancia constancia = {.rows = rows, .n_rows = 2};
    const size_t of_first[] = {1, 0, 1}, of_second[] = {1, 1}, of_third[] = {1, 0};
    const uint32_t two[] = {0, 1};
    int64_t lots[3] = {fixture_add_lot(f, 1, 3, 1)}, found = 0;
    assert_ok(set_results(f, lots[0], &constancia, of_first, 3, 9));

    uint32_t *rejected;
    size_t n;
    assert_ok(store_lot_rejected(f->store, lots[0], &rejected, &n, &f->err));
    assert_int_equal(n, 2);
    assert_int_equal(rejected[1], 2);
    assert_int_equal(store_lot_corrected_by(f->store, lots[0], &found, &f->err), 0);
    for (int i = 1; i < 3; i++) {
        lots[i] = fixture_add_lot(f, 10 * i, 2, 1);
        _cleanup_free_ char *sql = xasprintf("UPDATE lot SET parent = %lld WHERE id = %lld RETURNING parent",
                                             (long long)lots[i - 1], (long long)lots[i]);
        assert_ok(store_commit(f->store, &f->err));
        assert_int_equal(fixture_sql(f, sql), lots[i - 1]);
        assert_ok(store_lot_set_corrections(f->store, lots[i], i == 1 ? rejected : two, 2, &f->err));
        assert_ok(set_results(f, lots[i], &constancia, i == 1 ? of_second : of_third, 2, 1));
        assert_int_equal(store_lot_corrected_by(f->store, lots[i - 1], &found, &f->err), 1);
        assert_int_equal(found, lots[i]);
    }
    free(rejected);

    static const enum movement_state expected[3][3] = {
        {MOVEMENT_STATE_REJECTED, MOVEMENT_STATE_APPROVED, MOVEMENT_STATE_SUPERSEDED},
        {MOVEMENT_STATE_REJECTED, MOVEMENT_STATE_SUPERSEDED},
        {MOVEMENT_STATE_REJECTED, MOVEMENT_STATE_APPROVED},
    };
    for (int i = 0; i < 3; i++) {
        const struct store_movement_filter filter = {.lot = lots[i]};
        struct store_movement *m;
        assert_ok(store_movement_list(f->store, &filter, NULL, 10, &m, &n, &f->err));
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(m[j].state, expected[i][j]);
            assert_int_equal(m[j].n_errors, expected[i][j] != MOVEMENT_STATE_APPROVED);
        }
        store_movements_free(m, n);
    }
}

static void codes_are_learned_from_results_each_text_once(void **state)
{
    struct fixture *f = *state;
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    struct receipt_error errors[] = {{(char *)"012", (char *)"NO EXISTE", (char *)"PEREZ"}, {(char *)"034"}};
    struct constancia_row rows[] = {{.operated = true, .name = (char *)"A"},
                                    {.errors = errors, .n_errors = 2},
                                    {.errors = errors, .n_errors = 1}};
    struct constancia constancia = {.rows = rows, .n_rows = 3};
    const size_t first[] = {1, 2, 2}, again[] = {1, 2, 0};
    assert_ok(set_results(f, id, &constancia, first, 3, 2));
    assert_ok(set_results(f, id, &constancia, again, 3, 2)); /* instead of the first */

    struct store_rejection *seen;
    size_t n;
    assert_ok(store_rejection_list(f->store, NULL, 10, &seen, &n, &f->err));
    assert_int_equal(n, 2);
    assert_string_equal(seen[0].code, "012");
    assert_string_equal(seen[0].text, "NO EXISTE");
    assert_int_equal(seen[0].movements, 2);
    assert_int_equal(seen[0].last_us, f->now_us);
    assert_string_equal(seen[1].text, "");
    assert_int_equal(seen[1].movements, 1);
    store_rejections_free(seen, n);
    assert_ok(store_rejection_list(f->store, "034", 10, &seen, &n, &f->err));
    assert_int_equal(n, 1);
    store_rejections_free(seen, n);
    assert_ok(store_rejection_list(f->store, "099", 10, &seen, &n, &f->err));
    assert_int_equal(n, 0);
    store_rejections_free(seen, n);
}

static void lots_with_a_next_step_are_open(void **state)
{
    struct fixture *f = *state;
    int64_t first = fixture_add_lot(f, 1, 1, 1), second = fixture_add_lot(f, 2, 1, 1), *ids = NULL;
    size_t n;
    assert_ok(store_lot_open_ids(f->store, &ids, &n, &f->err));
    assert_int_equal(n, 2); /* a new lot is due at once */
    assert_int_equal(ids[0], first);
    free(ids);
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, first, &lot, &f->err));
    lot.next_us = 0;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    assert_ok(store_lot_open_ids(f->store, &ids, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], second);
    free(ids);
}

/* ---- lists ---- */

static void filters_of_lots(void **state)
{
    struct fixture *f = *state;
    int64_t certificate;
    assert_ok(store_certificate_reserve(f->store, &certificate, &f->err));
    struct store_certificate row = {.id = certificate, .kind = CERTIFICATE_IMSS};
    assert_ok(store_certificate_add(f->store, &row, &f->err));
    int64_t first = fixture_add_lot(f, 1, 1, 1);
    f->now_us += US_PER_HOUR;
    int64_t second = fixture_add_lot(f, 2, 1, 1);
    fixture_add_lot(f, 3, 1, 1);
    fixture_set_state(f, first, LOT_STATE_ACCEPTED);
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, second, &lot, &f->err));
    lot.hold = LOT_HOLD_OPERATOR;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);

    const struct {
        struct store_lot_filter filter;
        size_t n;
    } cases[] = {
        {{.held = -1}, 3},
        {{.held = 1}, 1},
        {{.held = 0}, 2},
        {{.held = -1, .rp = "Z9900001108"}, 3},
        {{.held = -1, .rp = "Z9900003104"}, 0},
        {{.held = -1, .states = 1u << LOT_STATE_QUEUED}, 2},
        {{.held = -1, .states = 1u << LOT_STATE_QUEUED | 1u << LOT_STATE_SENDING}, 2},
        {{.held = -1, .states = 1u << LOT_STATE_QUEUED | 1u << LOT_STATE_ACCEPTED}, 3},
        {{.held = -1, .states = 1u << LOT_STATE_CANCELLED}, 0},
        {{.held = -1, .certificate = certificate}, 0},
        {{.held = -1, .since_us = f->now_us}, 2},
        {{.held = -1, .until_us = f->now_us - 1}, 1},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(count_lots(f, &cases[i].filter), cases[i].n);

    struct store_rp rp = {.rp = "Z9900001108", .certificate = certificate};
    assert_ok(store_rp_update(f->store, &rp, &f->err));
    assert_int_equal(count_lots(f, &(struct store_lot_filter){.held = -1, .certificate = certificate}), 3);
}

static void pages_of_lots_stay_in_place_while_lots_are_added(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 5; i++)
        fixture_add_lot(f, 10 * i, 1, 1);
    int64_t cursor = 0, expected = 5;
    for (;;) {
        struct store_lot *lots;
        size_t n;
        assert_ok(store_lot_list(f->store, &any_lot, cursor, 2, &lots, &n, &f->err));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(lots[i].id, expected--);
        cursor = n ? lots[n - 1].id : 0;
        store_lots_free(lots, n);
        if (n == 0)
            break;
        fixture_add_lot(f, 100 + 10 * (unsigned)expected, 1, 1);
    }
    assert_int_equal(expected, 0);
}

static void pages_of_movements_stay_in_place_while_lots_are_added(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 3; i++)
        fixture_add_lot(f, 10 * i, 4, 1);
    struct store_movement_cursor cursor = {0};
    size_t seen = 0;
    for (;;) {
        struct store_movement *movements;
        size_t n;
        assert_ok(store_movement_list(f->store, &any_movement, &cursor, 3, &movements, &n, &f->err));
        for (size_t i = 0; i < n; i++, seen++) {
            assert_int_equal(movements[i].lot,
                             3 - (int64_t)seen / 4); /* newest lot first, in the file's order */
            assert_int_equal(movements[i].seq, seen % 4);
        }
        if (n > 0)
            cursor = (struct store_movement_cursor){movements[n - 1].lot, movements[n - 1].seq};
        store_movements_free(movements, n);
        if (n == 0)
            break;
        fixture_add_lot(f, 100 + 10 * (unsigned)seen, 4, 1);
    }
    assert_int_equal(seen, 12);
}

static void filters_of_movements(void **state)
{
    struct fixture *f = *state;
    int64_t first = fixture_add_lot(f, 1, 4, 1), second = fixture_add_lot(f, 1, 4, 2);
    assert_ok(store_lot_set_movements(f->store, first, MOVEMENT_STATE_SENT, &f->err));
    struct store_movement_filter by_worker = {0};
    strcpy(by_worker.nss, fixture_movement(2, 1).nss);
    struct store_movement_filter by_worker_and_lot = by_worker;
    by_worker_and_lot.lot = second;
    const struct {
        struct store_movement_filter filter;
        size_t n;
    } cases[] = {
        {{0}, 8},
        {{.lot = first}, 4},
        {{.lot = 99}, 0},
        {by_worker, 2},
        {by_worker_and_lot, 1},
        {{.rp = "Z9900001108"}, 8},
        {{.rp = "Z9900003104"}, 0},
        {{.type = MOVEMENT_REINGRESO}, 8},
        {{.type = MOVEMENT_BAJA}, 0},
        {{.states = 1u << MOVEMENT_STATE_SENT}, 4},
        {{.states = 1u << MOVEMENT_STATE_SENT | 1u << MOVEMENT_STATE_UNSENT}, 8},
        {{.since = 20260902}, 4},
        {{.until = 20260901}, 4},
        {{.since = 20260903}, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(count_movements(f, &cases[i].filter), cases[i].n);
}

static void totals_follow_every_change(void **state)
{
    struct fixture *f = *state;
    uint64_t totals[_LOT_STATE_MAX], held;
    assert_ok(store_lot_totals(f->store, totals, &held, &f->err));
    assert_int_equal(totals[LOT_STATE_QUEUED] + held, 0);
    int64_t first = fixture_add_lot(f, 1, 1, 1);
    fixture_add_lot(f, 2, 1, 1);
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, first, &lot, &f->err));
    lot.hold = LOT_HOLD_OPERATOR;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    assert_ok(store_lot_update(f->store, &lot, &f->err)); /* twice is once */
    assert_ok(store_lot_totals(f->store, totals, &held, &f->err));
    assert_int_equal(totals[LOT_STATE_QUEUED], 2);
    assert_int_equal(held, 1);
    lot.hold = LOT_HOLD_NONE;
    lot.state = LOT_STATE_SENDING;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    assert_ok(store_lot_totals(f->store, totals, &held, &f->err));
    assert_int_equal(totals[LOT_STATE_QUEUED], 1);
    assert_int_equal(totals[LOT_STATE_SENDING], 1);
    assert_int_equal(held, 0);
}

/* ---- the way through the indexes ---- */

static struct buf plans;

static int explain(unsigned kind, void *data, void *statement, void *text)
{
    sqlite3 *db = data;
    const char *sql = sqlite3_sql(statement);
    if (!str_starts(sql, "SELECT"))
        return 0;
    _cleanup_free_ char *question = xasprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt;
    sqlite3_trace_v2(db, 0, NULL, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        buf_printf(&plans, "%s\n", sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT, explain, db);
    return 0;
}

#define ASSERT_NO_SCAN(f, call)                                                                              \
    do {                                                                                                     \
        buf_reset(&plans);                                                                                   \
        assert_true((call) >= 0);                                                                            \
        assert_true(plans.len > 0);                                                                          \
        if (strstr(plans.data, "SCAN") || strstr(plans.data, "TEMP B-TREE"))                                 \
            fail_msg("%s: %s", #call, plans.data);                                                           \
    } while (0)

static void the_hot_queries_read_no_table_from_end_to_end(void **state)
{
    struct fixture *f = *state;
    int64_t id = fixture_add_lot(f, 1, 3, 1), *ids = NULL;
    assert_ok(fixture_reopen(f)); /* nothing is in memory */
    sqlite3_trace_v2(f->store->db, SQLITE_TRACE_STMT, explain, f->store->db);
    struct store_lot lot, *lots = NULL;
    struct store_movement *movements = NULL;
    struct store_document *documents = NULL;
    struct store_attempt *attempts = NULL;
    struct store_audit *audits = NULL;
    uint64_t total;
    size_t n;
    char *text = NULL;

    ASSERT_NO_SCAN(f, store_lot_get(f->store, id, &lot, &f->err));
    store_lot_free(&lot);
    ASSERT_NO_SCAN(f, store_lots_by_portal_lot(f->store, "1", &ids, &n, &f->err));
    free(ids);
    ids = NULL;
    ASSERT_NO_SCAN(f, store_lots_open_by_records(f->store, "00", &ids, &n, &f->err));
    free(ids);
    ids = NULL;
    ASSERT_NO_SCAN(f, store_movement_count(f->store, &total, &f->err));
    ASSERT_NO_SCAN(f, store_submission_find(f->store, "key", &ids, &n, &f->err));
    const struct store_due_cursor from = {.deadline = 20260101, .lot = 1};
    ASSERT_NO_SCAN(f, store_lot_untold(f->store, 20270101, &from, 10, &lots, &n, &f->err));
    store_lots_free(lots, n);
    ASSERT_NO_SCAN(f, store_lot_due(f->store, "", 20270101, &from, 10, &lots, &n, &f->err));
    store_lots_free(lots, n);
    ASSERT_NO_SCAN(f, store_lot_undated(f->store, &id, &f->err));
    ASSERT_NO_SCAN(f, store_foreign_find(f->store, "1", &text, &f->err));
    ASSERT_NO_SCAN(f, store_value_get(f->store, "x", &text, &f->err));
    ASSERT_NO_SCAN(f, store_attempt_list(f->store, id, &attempts, &n, &f->err));
    store_attempts_free(attempts, n);
    const struct store_audit_filter any = {0};
    ASSERT_NO_SCAN(f, store_audit_list(f->store, &any, 5, 10, &audits, &n, &f->err));
    store_audits_free(audits, n);
    ASSERT_NO_SCAN(f, fixture_add_lot(f, 50, 1, 2)); /* the search for duplicates */

    const struct store_lot_filter lot_filters[] = {
        {.held = -1, .rp = "Z9900001108"},
        {.held = -1, .states = 1u << LOT_STATE_QUEUED},
        {.held = -1, .states = 1u << LOT_STATE_REJECTED},
    };
    for (size_t i = 0; i < ELEMENTSOF(lot_filters); i++) {
        ASSERT_NO_SCAN(f, store_lot_list(f->store, &lot_filters[i], 0, 50, &lots, &n, &f->err));
        store_lots_free(lots, n);
    }
    struct store_movement_filter in_lot = {.lot = id};
    ASSERT_NO_SCAN(f, store_movement_list(f->store, &in_lot, NULL, 50, &movements, &n, &f->err));
    store_movements_free(movements, n);
    buf_reset(&plans);
    assert_ok(store_document_list(f->store, id, &documents, &n, &f->err));
    store_documents_free(documents, n);
    assert_non_null(strstr(plans.data, "USING INDEX document_by_lot (lot=?)"));
    struct store_movement_filter of_worker = {.nss = "00000000018"};
    buf_reset(&plans);
    assert_ok(store_movement_list(f->store, &of_worker, NULL, 50, &movements, &n, &f->err));
    store_movements_free(movements, n);
    assert_non_null(strstr(plans.data, "SEARCH movement_key USING PRIMARY KEY (nss=?)"));
    buf_reset(&plans);
    assert_ok(store_lot_open_ids(f->store, &ids, &n, &f->err));
    free(ids);
    assert_non_null(strstr(plans.data, "lot_due"));
    struct store_lot_filter held = {.held = 1};
    buf_reset(&plans);
    assert_ok(store_lot_list(f->store, &held, 0, 50, &lots, &n, &f->err));
    store_lots_free(lots, n);
    assert_non_null(strstr(plans.data, "lot_held"));
    /* all movements, newest lot first: a walk that stops at the limit, nothing is sorted */
    buf_reset(&plans);
    assert_ok(store_movement_list(f->store, &any_movement, &(struct store_movement_cursor){id, 0}, 50,
                                  &movements, &n, &f->err));
    store_movements_free(movements, n);
    assert_null(strstr(plans.data, "TEMP B-TREE"));
    assert_null(strstr(plans.data, "SCAN movement"));
    sqlite3_trace_v2(f->store->db, 0, NULL, NULL);
    buf_free(&plans);
}

/* ---- rows that are kept in memory ---- */

static void what_was_published_lately_is_read_as_it_is_stored(void **state)
{
    struct fixture *f = *state;
    struct store_lot kept, stored;
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    assert_ok(store_lot_get(f->store, id, &kept, &f->err));
    assert_ok(fixture_reopen(f));
    assert_ok(store_lot_get(f->store, id, &stored, &f->err));
    for (size_t i = 0; i < lot_mapping.n; i++) {
        const struct db_field *field = &lot_mapping.fields[i];
        const char *a = (char *)&kept + field->offset, *b = (char *)&stored + field->offset;
        if (field->type == DB_FIELD_TEXT)
            assert_true(streq_null(*(char *const *)a, *(char *const *)b));
        else
            assert_memory_equal(a, b, field->size);
    }
    store_lot_free(&kept);
    store_lot_free(&stored);
}

static void what_was_published_lately_and_changed_is_read_anew(void **state)
{
    struct fixture *f = *state;
    struct store_lot lot;
    int64_t id = fixture_add_lot(f, 1, 1, 1);
    assert_ok(db_exec(f->store, "UPDATE lot SET folio = '7'", &f->err));
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    assert_string_equal(lot.folio, "7");
    store_lot_free(&lot);
    assert_ok(store_begin(f->store, &f->err));
    id = fixture_add_lot(f, 2, 1, 1);
    assert_ok(store_end(f->store, false, &f->err));
    assert_err(f, store_lot_get(f->store, id, &lot, &f->err), ERR_UNKNOWN_LOT);
}

/* ---- what taking a lot in costs ---- */

static int note_writes(unsigned kind, void *data, void *statement, void *text)
{
    sqlite3 *db = data;
    const char *sql = sqlite3_sql(statement);
    if (str_starts(sql, "SELECT") || str_starts(sql, "BEGIN") || str_starts(sql, "COMMIT"))
        return 0;
    _cleanup_free_ char *question = xasprintf("EXPLAIN %s", sql);
    sqlite3_stmt *stmt;
    sqlite3_trace_v2(db, 0, NULL, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        buf_printf(&plans, "%s %s\n", sqlite3_column_text(stmt, 1), sql);
    sqlite3_finalize(stmt);
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT, note_writes, db);
    return 0;
}

/* As it would for a set of states in the condition of an index. */
static void no_statement_that_writes_a_lot_makes_a_table_of_its_own(void **state)
{
    struct fixture *f = *state;
    sqlite3_trace_v2(f->store->db, SQLITE_TRACE_STMT, note_writes, f->store->db);
    int64_t id = fixture_add_lot(f, 1, 3, 1);
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.hold = LOT_HOLD_OPERATOR;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    lot.state = LOT_STATE_SENDING;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    assert_ok(store_submission_add(f->store, "key", &id, 1, &f->err));
    sqlite3_trace_v2(f->store->db, 0, NULL, NULL);
    assert_non_null(strstr(plans.data, "INSERT INTO lot("));
    assert_non_null(strstr(plans.data, "INSERT INTO submission("));
    const char *table = strstr(plans.data, "OpenEphemeral");
    if (table)
        fail_msg("%.120s", table);
    buf_free(&plans);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rp, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(a_lot_is_hidden_until_it_is_published),
        TEST(a_lot_is_read_back_as_it_was_given),
        TEST(every_field_of_a_movement_comes_back),
        TEST(a_lot_of_an_unknown_rp_is_refused),
        TEST(an_abandoned_lot_leaves_nothing),
        TEST(the_number_of_an_abandoned_lot_is_given_again_unless_a_later_one_was_begun),
        TEST(a_slice_that_was_undone_makes_the_lot_fail_and_touches_no_other),
        TEST(a_lot_that_failed_or_was_taken_back_can_be_submitted_again),
        TEST(a_movement_under_way_is_refused_with_the_lot_that_has_it),
        TEST(of_two_lots_being_taken_in_at_once_the_second_is_refused),
        TEST(which_states_stand_in_the_way),
        TEST(the_key_is_rp_worker_type_and_date),
        TEST(a_kill_in_the_middle_of_the_slices_leaves_nothing_half_stored),
        TEST(an_update_writes_what_changes),
        TEST(results_reach_each_movement_and_can_be_taken_back),
        cmocka_unit_test(on_one_day_workers_are_what_imss_received_last),
        TEST(results_show_when_all_are_stored),
        TEST(an_approved_correction_supersedes_the_whole_line),
        TEST(codes_are_learned_from_results_each_text_once),
        TEST(lots_with_a_next_step_are_open),
        TEST(filters_of_lots),
        TEST(pages_of_lots_stay_in_place_while_lots_are_added),
        TEST(pages_of_movements_stay_in_place_while_lots_are_added),
        TEST(filters_of_movements),
        TEST(totals_follow_every_change),
        TEST(the_hot_queries_read_no_table_from_end_to_end),
        TEST(what_was_published_lately_is_read_as_it_is_stored),
        TEST(what_was_published_lately_and_changed_is_read_anew),
        TEST(no_statement_that_writes_a_lot_makes_a_table_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
