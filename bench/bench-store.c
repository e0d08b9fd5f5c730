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
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "store/store.h"
#include "tests/synthetic.h"

enum { ROUNDS = 5, SLICE = 1000, LOTS_PER_TURN = 32, SMALL_LOTS = 1600 };

static char *folder;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench-store: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void must(int r, const struct err *err, const char *what)
{
    if (r < 0)
        fail(what, err_text(err));
}

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *name = xasprintf("%s%s", path, suffixes[i]);
        unlink(name);
    }
}

/* The same worker never comes twice, and neighbours in the file are strangers in the index. */
static struct movement nth_movement(uint64_t i)
{
    return synthetic_movement(MOVEMENT_REINGRESO, (unsigned)(i * UINT64_C(2654435761) % 100000000));
}

/* ---- ours ---- */

static struct store *open_store(const char *path)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store *store = NULL;
    remove_database(path);
    must(store_open(&(struct store_options){.path = path, .clock = &clock_system}, &store, &err), &err,
         "store_open");
    struct store_rp rp = {.name = (char *)"Ejemplo"};
    memcpy(rp.rp, synthetic_rps[0], sizeof(rp.rp));
    must(store_rp_add(store, &rp, &err), &err, "store_rp_add");
    must(store_commit(store, &err), &err, "store_commit");
    return store;
}

static struct store_intake *begin_lot(struct store *store, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = NULL;
    struct store_lot lot = {
        .type = MOVEMENT_REINGRESO, .created_by = (char *)"uid 1000", .source = (char *)"f.txt"};
    memcpy(lot.rp, synthetic_rps[0], sizeof(lot.rp));
    must(store_lot_begin(store, &lot, records, false, &intake, &err), &err, "store_lot_begin");
    return intake;
}

static double bulk_ours(const char *path, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = open_store(path);
    double start = now_s();
    struct store_intake *intake = begin_lot(store, records);
    int r;
    do {
        r = store_lot_add(intake, SLICE, &err);
        must(r, &err, "store_lot_add");
        if (r > 0)
            must(store_commit(store, &err), &err, "store_commit");
    } while (r > 0);
    int64_t id;
    must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    must(store_commit(store, &err), &err, "store_commit");
    return now_s() - start;
}

static void small_lot(struct store *store, const struct buf *records, unsigned number)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = begin_lot(store, records);
    int64_t id;
    char key[65];
    snprintf(key, sizeof(key), "%064u", number);
    must(store_lot_add(intake, SLICE, &err), &err, "store_lot_add");
    must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    must(store_submission_add(store, key, &id, 1, &err), &err, "store_submission_add");
    struct store_audit audit = {.who = (char *)"uid 1000",
                                .action = (char *)"submit",
                                .object = (char *)"lot",
                                .outcome = (char *)"ok"};
    must(store_audit_add(store, &audit, &err), &err, "store_audit_add");
}

static double small_ours(const char *path, const struct buf *lots)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = open_store(path);
    double start = now_s();
    for (unsigned i = 0; i < SMALL_LOTS; i++) {
        small_lot(store, &lots[i], i);
        if ((i + 1) % LOTS_PER_TURN == 0)
            must(store_commit(store, &err), &err, "store_commit");
    }
    return now_s() - start;
}

/* ---- raw ---- */

static void raw_exec(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
}

/*
 * The store makes the tables, so that they are the same; an ordinary index takes the place of its table of
 * keys.
 */
static sqlite3 *raw_open(const char *path)
{
    store_close(open_store(path));
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    raw_exec(db, "PRAGMA synchronous = FULL; DROP TABLE movement_key;"
                 "CREATE INDEX movement_by_worker ON movement(nss, rp, type, date)");
    return db;
}

static sqlite3_stmt *raw_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
    return stmt;
}

static void raw_step(sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE)
        fail("step", sqlite3_errmsg(sqlite3_db_handle(stmt)));
    sqlite3_reset(stmt);
}

static void raw_movement(sqlite3_stmt *stmt, int64_t id, const struct movement *m)
{
    const int64_t numbers[] = {id,
                               1,
                               strtoll(m->nss, NULL, 10),
                               m->type,
                               m->date,
                               m->sbc_centavos,
                               m->tipo_trabajador,
                               m->tipo_salario,
                               m->jornada,
                               m->causa_baja};
    const char *const texts[] = {m->paterno, m->materno, m->nombres, m->umf, m->guia, m->clave, m->curp};
    for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
        sqlite3_bind_int64(stmt, (int)i + 1, numbers[i]);
    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        sqlite3_bind_text(stmt, (int)(ELEMENTSOF(numbers) + i) + 1, texts[i], -1, SQLITE_STATIC);
    raw_step(stmt);
}

static double bulk_raw(const char *path, const struct buf *records, const struct movement *movements,
                       size_t n)
{
    sqlite3 *db = raw_open(path);
    sqlite3_stmt *movement = raw_prepare(
        db,
        "INSERT INTO movement(id, rp, nss, type, date, sbc_centavos, tipo_trabajador, tipo_salario, jornada,"
        " causa_baja, paterno, materno, nombres, umf, guia, clave, curp)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *part = raw_prepare(db, "INSERT INTO record_part(id, bytes) VALUES (?, ?)");
    const size_t slice = SLICE * (size_t)(RECORD_COLUMNS + 2);
    double start = now_s();
    raw_exec(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < n; i++)
        raw_movement(movement, (int64_t)(UINT64_C(1) << 20 | i), &movements[i]);
    for (size_t at = 0; at < records->len; at += slice) {
        sqlite3_bind_int64(part, 1, (int64_t)(UINT64_C(1) << 20 | at / slice));
        sqlite3_bind_blob64(part, 2, records->data + at, MIN(slice, records->len - at), SQLITE_STATIC);
        raw_step(part);
    }
    raw_exec(db, "COMMIT");
    double end = now_s();
    sqlite3_finalize(movement);
    sqlite3_finalize(part);
    sqlite3_close(db);
    return end - start;
}

static double small_raw(const char *path)
{
    sqlite3 *db = raw_open(path);
    sqlite3_stmt *stmt = raw_prepare(db, "INSERT INTO record_part(bytes) VALUES (zeroblob(340))");
    double start = now_s();
    for (unsigned i = 0; i < SMALL_LOTS; i++)
        raw_step(stmt);
    double end = now_s();
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return end - start;
}

/* ---- rounds ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), by_value);
    return values[ROUNDS / 2];
}

struct rounds {
    double ours[ROUNDS], raw[ROUNDS], ratios[ROUNDS];
};

static void note(struct rounds *rounds, int i, double ours, double raw)
{
    rounds->ours[i] = ours;
    rounds->raw[i] = raw;
    rounds->ratios[i] = raw / ours;
}

static void report(const char *name, struct rounds *rounds, double n, const char *unit, const char *raw_unit)
{
    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"figure\":\"%.0f %s\",\"baseline\":\"%.0f %s\"}\n", name,
           median(rounds->ratios), n / median(rounds->ours), unit, n / median(rounds->raw), raw_unit);
    fflush(stdout);
}

static void bench_bulk(const char *path, size_t n)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    _cleanup_free_ struct movement *movements = xcalloc(n, sizeof(*movements));
    for (size_t i = 0; i < n; i++) {
        movements[i] = nth_movement(i);
        record_write(&records, &movements[i], ENYE_HASH);
    }
    record_write_control(&records, n, "06400");
    struct rounds rounds;
    for (int i = 0; i < ROUNDS; i++) {
        double raw = bulk_raw(path, &records, movements, n);
        note(&rounds, i, bulk_ours(path, &records), raw);
    }
    report("store-bulk", &rounds, (double)n, "movements/s", "rows/s raw");
}

static void bench_small(const char *path)
{
    struct buf *lots = xcalloc(SMALL_LOTS, sizeof(*lots));
    for (size_t i = 0; i < SMALL_LOTS; i++) {
        struct movement movement = nth_movement(i);
        record_write(&lots[i], &movement, ENYE_HASH);
        record_write_control(&lots[i], 1, "06400");
    }
    struct rounds rounds;
    for (int i = 0; i < ROUNDS; i++) {
        double raw = small_raw(path);
        note(&rounds, i, small_ours(path, lots), raw);
    }
    report("store-small", &rounds, SMALL_LOTS, "lots/s", "raw commits/s");
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
    folder = xasprintf("%s/idsed-bench-XXXXXX", str_empty(tmp) ? "/tmp" : tmp);
    if (!mkdtemp(folder))
        fail(folder, "cannot be made");
    _cleanup_free_ char *path = xasprintf("%s/idsed.db", folder);
    bench_bulk(path, movements);
    bench_small(path);
    remove_database(path);
    rmdir(folder);
    free(folder);
    return EXIT_SUCCESS;
}
