/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store against raw SQLite doing no more than the same inserts, in turns, each round with fresh files:
 *   store-bulk   one big lot, taken in by slices as the daemon does, from begin to the last commit, against
 *                one transaction with prepared statements over movements that are parsed already; same
 *                tables and indexes;
 *   store-small  lots of one movement with their submission key and history record, 32 in a turn, against
 *                raw commits of one row each.
 * The ratio is the median of the rounds. Files lie in $TMPDIR, or /tmp.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include "tests/synthetic.h"

enum { ROUNDS = 5, SLICE = 1000, LOTS_PER_TURN = 32, SMALL_LOTS = 1600 };

static struct store_intake *begin_lot(struct store *store, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = NULL;
    struct store_lot lot = {
        .type = MOVEMENT_REINGRESO, .created_by = (char *)"uid 1000", .source = (char *)"f.txt"};
    memcpy(lot.rp, synthetic_rps[0], sizeof(lot.rp));
    measure_must(store_lot_begin(store, &lot, records, false, &intake, &err), &err, "store_lot_begin");
    return intake;
}

static double bulk_ours(const char *path, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = raw_open_store(path);
    double start = measure_now_s();
    struct store_intake *intake = begin_lot(store, records);
    int r;
    do {
        r = store_lot_add(intake, SLICE, &err);
        measure_must(r, &err, "store_lot_add");
        if (r > 0)
            measure_must(store_commit(store, &err), &err, "store_commit");
    } while (r > 0);
    int64_t id;
    measure_must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    measure_must(store_commit(store, &err), &err, "store_commit");
    return measure_now_s() - start;
}

static void small_lot(struct store *store, const struct buf *records, unsigned number)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = begin_lot(store, records);
    int64_t id;
    char key[65];
    snprintf(key, sizeof(key), "%064u", number);
    measure_must(store_lot_add(intake, SLICE, &err), &err, "store_lot_add");
    measure_must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    measure_must(store_submission_add(store, key, &id, 1, &err), &err, "store_submission_add");
    struct store_audit audit = {.who = (char *)"uid 1000",
                                .action = (char *)"submit",
                                .object = (char *)"lot",
                                .outcome = (char *)"ok"};
    measure_must(store_audit_add(store, &audit, &err), &err, "store_audit_add");
}

static double small_ours(const char *path, const struct buf *lots)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = raw_open_store(path);
    double start = measure_now_s();
    for (unsigned i = 0; i < SMALL_LOTS; i++) {
        small_lot(store, &lots[i], i);
        if ((i + 1) % LOTS_PER_TURN == 0)
            measure_must(store_commit(store, &err), &err, "store_commit");
    }
    return measure_now_s() - start;
}

/* ---- rounds ---- */

static void bench_bulk(const char *path, size_t n)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    raw_write_file(&records, 0, n, synthetic_rps[0]);
    struct measure measure = {0};
    for (int i = 0; i < ROUNDS; i++) {
        sqlite3 *db = raw_open(path);
        double raw = raw_bulk(db, 1, &records, 0, n);
        sqlite3_close(db);
        measure_note(&measure, bulk_ours(path, &records), raw);
    }
    measure_print_speed("store-bulk", &measure, (double)n, "movements/s", "rows/s raw");
}

static void bench_small(const char *path)
{
    struct buf *lots = xcalloc(SMALL_LOTS, sizeof(*lots));
    for (size_t i = 0; i < SMALL_LOTS; i++)
        raw_write_file(&lots[i], i, 1, synthetic_rps[0]);
    struct measure measure = {0};
    for (int i = 0; i < ROUNDS; i++) {
        sqlite3 *db = raw_open(path);
        double raw = raw_small(db, SMALL_LOTS);
        sqlite3_close(db);
        measure_note(&measure, small_ours(path, lots), raw);
    }
    measure_print_speed("store-small", &measure, SMALL_LOTS, "lots/s", "raw commits/s");
    for (size_t i = 0; i < SMALL_LOTS; i++)
        buf_free(&lots[i]);
    free(lots);
}

int main(int argc, char **argv)
{
    uint64_t movements = 100000;
    if (argc != 1 && !(argc == 3 && streq(argv[1], "--movements") &&
                       str_to_uint(argv[2], RECORD_MAX_MOVEMENTS, &movements) && movements > 0)) {
        fprintf(stderr, "usage: bench-store [--movements N]\n");
        return EXIT_FAILURE;
    }
    const char *tmp = getenv("TMPDIR");
    _cleanup_free_ char *folder = xasprintf("%s/idsed-bench-XXXXXX", str_empty(tmp) ? "/tmp" : tmp);
    if (!mkdtemp(folder))
        measure_fail(folder, "cannot be made");
    _cleanup_free_ char *path = xasprintf("%s/idsed.db", folder);
    bench_bulk(path, movements);
    bench_small(path);
    raw_remove(path);
    rmdir(folder);
    return EXIT_SUCCESS;
}
