/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reconciling a lot of 100,000 movements with its constancia: matching every row with what was sent, and storing the results
 * in slices, each in a turn of its own, as the daemon does; against raw SQLite writing the same into the same rows, in one
 * transaction. In turns, each round with fresh files.
 */
#include <stdio.h>
#include <unistd.h>

#include "bench/measure.h"
#include "bench/raw.h"
#include "tests/synthetic.h"

enum { MOVEMENTS = 100000, REJECT_EVERY = 20, TAKE_IN = 10000, SLICE = 4000, ROUNDS = 7 };

static int64_t take_in(struct store *store, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = NULL;
    struct store_lot lot = {.type = MOVEMENT_REINGRESO, .created_by = (char *)"uid 0"};
    int64_t id = 0;
    int r;
    memcpy(lot.rp, synthetic_rps[0], sizeof(lot.rp));
    measure_must(store_lot_begin(store, &lot, records, false, &intake, &err), &err, "store_lot_begin");
    do
        measure_must(r = store_lot_add(intake, TAKE_IN, &err), &err, "store_lot_add");
    while (r > 0);
    measure_must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    measure_must(store_commit(store, &err), &err, "store_commit");
    return id;
}

/* As it is read: the operated ones first. */
static void make_constancia(struct constancia *ret)
{
    static struct receipt_error error = {.code = (char *)"022",
                                         .text = (char *)"Sin relaci\xC3\xB3n laboral"};
    enum { REJECTED = MOVEMENTS / REJECT_EVERY };
    *ret = (struct constancia){.rp = (char *)synthetic_rps[0], .n_rows = MOVEMENTS};
    ret->rows = xcalloc(MOVEMENTS, sizeof(*ret->rows));
    ret->received[COUNT_REINGRESOS] = ret->received[COUNT_TOTAL] = MOVEMENTS;
    ret->rejected[COUNT_REINGRESOS] = ret->rejected[COUNT_TOTAL] = REJECTED;
    ret->operated[COUNT_REINGRESOS] = ret->operated[COUNT_TOTAL] = MOVEMENTS - REJECTED;
    size_t operated = 0, rejected = MOVEMENTS - REJECTED;
    for (size_t i = 0; i < MOVEMENTS; i++) {
        const struct movement m = raw_nth_movement(i);
        bool bad = i % REJECT_EVERY == 0;
        struct constancia_row *row = &ret->rows[bad ? rejected++ : operated++];
        *row = (struct constancia_row){.type = m.type,
                                       .operated = !bad,
                                       .name = (char *)"PEREZ JUAN",
                                       .date = bad ? 0 : m.date,
                                       .extemporaneo = '0',
                                       .errors = bad ? &error : NULL,
                                       .n_errors = bad};
        memcpy(row->nss, m.nss, sizeof(row->nss));
    }
}

static double ours(const char *path, const struct buf *records, const struct constancia *constancia)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = raw_open_store_with_log(path);
    int64_t lot = take_in(store, records);
    measure_must(store_checkpoint(path, &err), &err, "store_checkpoint");
    size_t n;
    _cleanup_free_ size_t *row_of = NULL;
    int r;
    double start = measure_now_s();
    measure_must(constancia_match_records(constancia, records->data, records->len, &row_of, &n, &err), &err,
                 "constancia_match_records");
    struct store_results results = {.constancia = constancia, .row_of = row_of, .n = n};
    do {
        measure_must(r = store_lot_set_results(store, lot, &results, SLICE, &err), &err,
                     "store_lot_set_results");
        measure_must(store_commit(store, &err), &err, "store_commit");
    } while (r > 0);
    measure_must(store_checkpoint(path, &err), &err,
                 "store_checkpoint"); /* which raw SQLite does at its commit */
    return measure_now_s() - start;
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    _cleanup_free_ char *folder = xasprintf("%s/idsed-bench-XXXXXX", str_empty(tmp) ? "/tmp" : tmp);
    if (!mkdtemp(folder))
        measure_fail(folder, "cannot be made");
    _cleanup_free_ char *path = xasprintf("%s/idsed.db", folder);
    _cleanup_buf_ struct buf records = BUF_INIT;
    struct constancia constancia;
    struct measure measure = {0};
    raw_write_file(&records, 0, MOVEMENTS, synthetic_rps[0]);
    make_constancia(&constancia);
    for (int i = 0; i < ROUNDS; i++) {
        sqlite3 *db = raw_open(path);
        raw_bulk(db, 1, &records, 0, MOVEMENTS);
        double raw = raw_results(db, 1, MOVEMENTS, REJECT_EVERY);
        sqlite3_close(db);
        measure_note(&measure, ours(path, &records, &constancia), raw);
    }
    measure_print_cost("results", &measure, MOVEMENTS, "µs a movement", "µs by raw SQLite");
    free(constancia.rows);
    raw_remove(path);
    rmdir(folder);
    return EXIT_SUCCESS;
}
