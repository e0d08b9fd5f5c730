/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include "base/file.h"
#include "idse/date.h"
#include "idse/retention.h"

static const int64_t LONG_AGO = INT64_C(1500000000) * US_PER_S;

/* A lot of three workers, finished at that instant, with everything that a lot collects. */
static int64_t add_finished(struct fixture *f, unsigned first, enum lot_state state, int64_t finished_us)
{
    int64_t id = fixture_add_lot(f, first, 3, 21), document, attempt;
    struct store_lot lot;
    const struct buf transcript = {.data = (char *)"NSS in a transcript", .len = 19};
    assert_ok(store_attempt_begin(f->store, id, 0, &attempt, &f->err));
    assert_ok(store_attempt_end(f->store, &(struct store_attempt){.id = attempt, .lot = id}, &transcript,
                                NULL, &f->err));
    assert_ok(store_document_add(f->store, &(struct store_document){.lot = id, .kind = DOCUMENT_ACUSE},
                                 "acuse MUÑOZ", 13, &document, &f->err));
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.state = state;
    lot.finished_us = finished_us;
    lot.next_us = 0;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
    return id;
}

static int64_t nss_of(unsigned n)
{
    return strtoll(fixture_movement(n, 21).nss, NULL, 10);
}

static size_t count_movements(struct fixture *f, int64_t lot, const char *nss)
{
    struct store_movement_filter filter = {.lot = lot};
    struct store_movement *rows = NULL;
    size_t n = 0;
    if (nss)
        snprintf(filter.nss, sizeof(filter.nss), "%s", nss);
    assert_ok(store_movement_list(f->store, &filter, NULL, 100, &rows, &n, &f->err));
    store_movements_free(rows, n);
    return n;
}

static void erase_all(struct fixture *f)
{
    int r;
    do {
        r = store_erase_some(f->store, 2, &f->err);
        assert_ok(store_commit(f->store, &f->err));
    } while (r > 0);
    assert_int_equal(r, 0);
}

/* Does the file, or its log, hold these bytes? */
static bool on_disk(struct fixture *f, const char *text)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    assert_ok(store_commit(f->store, &f->err));
    fixture_sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_ok(file_read(f->path, 1 << 28, &bytes, &f->err));
    return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

static void what_need_not_be_kept_of_a_worker_goes_with_the_bytes_of_its_lots(void **state)
{
    struct fixture *f = *state;
    struct store_erasure erasure;
    struct store_lot lot;
    struct buf bytes = BUF_INIT;
    fixture_add_rp(f, fixture_rp);
    int64_t old = add_finished(f, 1, LOT_STATE_ACCEPTED, LONG_AGO);
    assert_true(on_disk(f, "acuse MU"));
    assert_ok(store_erase_worker(f->store, nss_of(2), LONG_AGO + 1, &erasure, &f->err));
    assert_int_equal(erasure.erased, 1);
    assert_int_equal(erasure.kept, 0);
    assert_err(f, store_lot_records(f->store, old, &bytes, &f->err), ERR_ERASED);
    assert_err(f, store_document_get(f->store, 1, NULL, &bytes, &f->err), ERR_ERASED);
    erase_all(f);
    assert_ok(store_lot_get(f->store, old, &lot, &f->err));
    assert_int_equal(lot.erased_us, f->now_us);
    assert_non_null(lot.sha256);
    store_lot_free(&lot);
    assert_int_equal(count_movements(f, old, NULL), 3);
    assert_int_equal(count_movements(f, 0, fixture_movement(2, 21).nss), 0);
    assert_int_equal(count_movements(f, 0, fixture_movement(1, 21).nss), 1);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM record_part"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM document_part"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM attempt WHERE transcript IS NOT NULL"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM document WHERE length(sha256) = 64"), 1);
    assert_false(on_disk(f, "acuse MU"));
    assert_false(on_disk(f, "NSS in a transcript"));
}

/* Without its records nobody can correct it. */
static void what_was_rejected_of_a_lot_that_was_erased_is_due_no_more(void **state)
{
    struct fixture *f = *state;
    const struct store_movement_filter all = {0};
    struct store_overview *rps = NULL;
    struct store_movement *movements = NULL;
    struct store_lot lot;
    int64_t oldest = 0, undated = 0;
    size_t n = 0;
    fixture_add_rp(f, fixture_rp);
    int64_t id = add_finished(f, 1, LOT_STATE_PARTIAL, LONG_AGO);
    assert_ok(store_commit(f->store, &f->err));
    fixture_sql(f, "UPDATE lot SET deadline = 20201127, untold_day = 20201127, rejected = 1");
    fixture_sql(f, "INSERT INTO last_day SELECT id, deadline FROM lot");
    assert_int_equal(store_erase_oldest(f->store, LONG_AGO + 1, &oldest, &f->err), 1);
    erase_all(f);
    assert_ok(store_lot_undate(f->store, &f->err)); /* with another calendar */
    assert_int_equal(store_lot_undated(f->store, &undated, &f->err), 0);
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    assert_int_equal(lot.deadline, 0);
    assert_int_equal(lot.untold_day, 0);
    store_lot_free(&lot);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM last_day"), 0);
    assert_ok(store_overview_list(f->store, 20261126, &rps, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(rps[0].late + rps[0].rejected, 0);
    free(rps);
    assert_ok(store_movement_list(f->store, &all, NULL, 10, &movements, &n, &f->err));
    for (size_t i = 0; i < n; i++)
        assert_string_equal(movements[i].movement.nss, "");
    assert_int_equal(n, 3);
    store_movements_free(movements, n);
}

static void what_must_be_kept_stays_and_says_until_when(void **state)
{
    struct fixture *f = *state;
    struct store_erasure erasure;
    struct buf bytes = BUF_INIT;
    fixture_add_rp(f, fixture_rp);
    int64_t young = add_finished(f, 1, LOT_STATE_ACCEPTED, LONG_AGO);
    assert_ok(store_erase_worker(f->store, nss_of(1), LONG_AGO, &erasure, &f->err));
    assert_int_equal(erasure.erased, 0);
    assert_int_equal(erasure.kept, 1);
    assert_int_equal(erasure.open, 0);
    assert_int_equal(erasure.last_us, LONG_AGO);
    assert_ok(store_lot_records(f->store, young, &bytes, &f->err));
    buf_free(&bytes);
    int64_t open = fixture_add_lot(f, 7, 1, 22);
    assert_ok(store_erase_worker(f->store, nss_of(7), f->now_us, &erasure, &f->err));
    assert_int_equal(erasure.kept, 1);
    assert_int_equal(erasure.open, 1);
    assert_int_equal(count_movements(f, open, fixture_movement(7, 22).nss), 1);
}

static void what_never_reached_imss_need_not_be_kept(void **state)
{
    struct fixture *f = *state;
    struct store_erasure erasure;
    fixture_add_rp(f, fixture_rp);
    add_finished(f, 1, LOT_STATE_CANCELLED, f->now_us);
    add_finished(f, 1, LOT_STATE_FAILED, f->now_us);
    assert_ok(store_erase_worker(f->store, nss_of(3), LONG_AGO, &erasure, &f->err));
    assert_int_equal(erasure.erased, 2);
    erase_all(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM record_part"), 0);
}

static void lots_whose_time_is_over_go_whole_oldest_first(void **state)
{
    struct fixture *f = *state;
    int64_t lot = 0;
    fixture_add_rp(f, fixture_rp);
    int64_t later = add_finished(f, 4, LOT_STATE_PARTIAL, LONG_AGO + 1),
            first = add_finished(f, 1, LOT_STATE_ACCEPTED, LONG_AGO);
    add_finished(f, 7, LOT_STATE_ACCEPTED, LONG_AGO + 2);
    assert_int_equal(store_erase_oldest(f->store, LONG_AGO + 2, &lot, &f->err), 1);
    assert_int_equal(lot, first);
    erase_all(f);
    assert_int_equal(store_erase_oldest(f->store, LONG_AGO + 2, &lot, &f->err), 1);
    assert_int_equal(lot, later);
    erase_all(f);
    assert_int_equal(store_erase_oldest(f->store, LONG_AGO + 2, &lot, &f->err), 0);
    assert_int_equal(
        fixture_sql(f, "SELECT count(*) FROM movement WHERE nss <> 0 OR paterno <> '' OR curp <> ''"), 3);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement_key"), 3);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement"), 9);
}

static void what_was_begun_goes_on_after_a_restart(void **state)
{
    struct fixture *f = *state;
    int64_t lot = 0;
    fixture_add_rp(f, fixture_rp);
    add_finished(f, 1, LOT_STATE_ACCEPTED, LONG_AGO);
    assert_int_equal(store_erase_oldest(f->store, LONG_AGO + 1, &lot, &f->err), 1);
    assert_int_equal(store_erase_some(f->store, 2, &f->err), 1);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(fixture_reopen(f));
    erase_all(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM movement WHERE nss <> 0"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM record_part"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM erasure"), 0);
}

static void five_years_begin_with_the_year_after(void **state)
{
    assert_int_equal(retention_until(20210101, RETENTION_YEARS), 20270101);
    assert_int_equal(retention_until(20211231, RETENTION_YEARS), 20270101);
    assert_int_equal(time_to_date(retention_before_us(20261231, RETENTION_YEARS) - 1), 20201231);
    assert_int_equal(time_to_date(retention_before_us(20270101, RETENTION_YEARS) - 1), 20211231);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_need_not_be_kept_of_a_worker_goes_with_the_bytes_of_its_lots,
                                        fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(what_was_rejected_of_a_lot_that_was_erased_is_due_no_more,
                                        fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(what_must_be_kept_stays_and_says_until_when, fixture_new,
                                        fixture_free),
        cmocka_unit_test_setup_teardown(what_never_reached_imss_need_not_be_kept, fixture_new, fixture_free),
        cmocka_unit_test_setup_teardown(lots_whose_time_is_over_go_whole_oldest_first, fixture_new,
                                        fixture_free),
        cmocka_unit_test_setup_teardown(what_was_begun_goes_on_after_a_restart, fixture_new, fixture_free),
        cmocka_unit_test(five_years_begin_with_the_year_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
