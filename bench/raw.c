/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/raw.h"

#include <unistd.h>

#include "bench/measure.h"
#include "tests/synthetic.h"

enum { PART_RECORDS = 1000, LOT_SHIFT = 20 };

/* ---- what is stored ---- */

/* The CURP of JUAN PEREZ, born in the year that his NSS has. */
static void agree(struct movement *m, unsigned number)
{
    snprintf(m->paterno, sizeof(m->paterno), "PEREZ");
    m->materno[0] = '\0';
    snprintf(m->nombres, sizeof(m->nombres), "JUAN");
    snprintf(m->curp, sizeof(m->curp), "PEXJ%.2s%02u%02uHDFRXN0", m->nss + 4, 1 + number % 12,
             1 + number % 28);
    m->curp[17] = curp_check_digit(m->curp);
    m->curp[18] = '\0';
}

/* Of the first movement, so that the others cost nothing, and a night in between makes no difference. */
static int32_t today(void)
{
    static int32_t date;
    if (!date)
        date = time_to_date(clock_wall_us(&clock_system));
    return date;
}

struct movement raw_nth_movement(uint64_t n)
{
    unsigned number = (unsigned)(n * UINT64_C(2654435761) % 100000000);
    struct movement m = synthetic_movement(MOVEMENT_REINGRESO, number);
    m.date = today();
    agree(&m, number);
    return m;
}

void raw_write_file(struct buf *file, uint64_t first, size_t n, const char *rp)
{
    buf_reserve(file, (n + 1) * (RECORD_COLUMNS + 2));
    for (size_t i = 0; i < n; i++) {
        struct movement m = raw_nth_movement(first + i);
        snprintf(m.rp, sizeof(m.rp), "%s", rp);
        record_write(file, &m, ENYE_HASH);
    }
    record_write_control(file, n, "06400");
}

/* ---- opening ---- */

void raw_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *name = xasprintf("%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static struct store *open_store(const char *path, void (*log_grown)(void *data))
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store *store = NULL;
    const struct store_options options = {.path = path, .clock = &clock_system, .log_grown = log_grown};
    raw_remove(path);
    measure_must(store_open(&options, &store, &err), &err, "store_open");
    struct store_rp rp = {.name = (char *)"Ejemplo"};
    memcpy(rp.rp, synthetic_rps[0], sizeof(rp.rp));
    measure_must(store_rp_add(store, &rp, &err), &err, "store_rp_add");
    measure_must(store_commit(store, &err), &err, "store_commit");
    return store;
}

struct store *raw_open_store(const char *path)
{
    return open_store(path, NULL);
}

static void leave_log(void *data)
{
}

struct store *raw_open_store_with_log(const char *path)
{
    return open_store(path, leave_log);
}

static void execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        measure_fail(sql, sqlite3_errmsg(db));
}

sqlite3 *raw_open(const char *path)
{
    store_close(raw_open_store(path));
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        measure_fail(path, sqlite3_errmsg(db));
    execute(db, "PRAGMA synchronous = FULL; DROP TABLE movement_key;"
                "CREATE INDEX movement_by_worker ON movement(nss, rp, type, date)");
    return db;
}

/* ---- inserting ---- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        measure_fail(sql, sqlite3_errmsg(db));
    return stmt;
}

static void step(sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE)
        measure_fail("sqlite3_step", sqlite3_errmsg(sqlite3_db_handle(stmt)));
    sqlite3_reset(stmt);
}

static void insert_movement(sqlite3_stmt *stmt, int64_t id, const struct movement *m)
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
    step(stmt);
}

static void insert_movements(sqlite3 *db, int64_t id, const struct movement *movements, size_t n)
{
    sqlite3_stmt *stmt = prepare(
        db,
        "INSERT INTO movement(id, rp, nss, type, date, sbc_centavos, tipo_trabajador, tipo_salario, jornada,"
        " causa_baja, paterno, materno, nombres, umf, guia, clave, curp)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < n; i++)
        insert_movement(stmt, id + (int64_t)i, &movements[i]);
    sqlite3_finalize(stmt);
}

static void insert_parts(sqlite3 *db, int64_t id, const struct buf *file)
{
    const size_t size = PART_RECORDS * (size_t)(RECORD_COLUMNS + 2);
    sqlite3_stmt *stmt = prepare(db, "INSERT INTO record_part(id, bytes) VALUES (?, ?)");
    for (size_t at = 0; at < file->len; at += size) {
        sqlite3_bind_int64(stmt, 1, id + (int64_t)(at / size));
        sqlite3_bind_blob64(stmt, 2, file->data + at, MIN(size, file->len - at), SQLITE_STATIC);
        step(stmt);
    }
    sqlite3_finalize(stmt);
}

double raw_bulk(sqlite3 *db, int64_t lot, const struct buf *file, uint64_t first, size_t n)
{
    _cleanup_free_ struct movement *movements = xcalloc(n, sizeof(*movements));
    for (size_t i = 0; i < n; i++)
        movements[i] = raw_nth_movement(first + i);
    double start = measure_now_s();
    execute(db, "BEGIN IMMEDIATE");
    insert_movements(db, lot << LOT_SHIFT, movements, n);
    insert_parts(db, lot << LOT_SHIFT, file);
    execute(db, "COMMIT");
    return measure_now_s() - start;
}

double raw_results(sqlite3 *db, int64_t lot, size_t n, size_t reject_every)
{
    double start = measure_now_s();
    execute(db, "BEGIN IMMEDIATE");
    sqlite3_stmt *result = prepare(
        db, "UPDATE movement SET state = ?2, extemporaneo = 48, imss_name = 'PEREZ JUAN' WHERE id = ?1");
    sqlite3_stmt *error = prepare(db, "INSERT INTO movement_error(movement, position, code, text) VALUES "
                                      "(?1, 0, '022', 'Sin relaciÃ³n laboral')");
    for (size_t i = 0; i < n; i++) {
        bool rejected = i % reject_every == 0;
        sqlite3_bind_int64(result, 1, (lot << LOT_SHIFT) + (int64_t)i);
        sqlite3_bind_int64(result, 2, rejected ? MOVEMENT_STATE_REJECTED : MOVEMENT_STATE_APPROVED);
        step(result);
        if (!rejected)
            continue;
        sqlite3_bind_int64(error, 1, (lot << LOT_SHIFT) + (int64_t)i);
        step(error);
    }
    sqlite3_finalize(result);
    sqlite3_finalize(error);
    execute(db, "COMMIT");
    return measure_now_s() - start;
}

double raw_small(sqlite3 *db, size_t n)
{
    sqlite3_stmt *stmt = prepare(db, "INSERT INTO record_part(bytes) VALUES (zeroblob(340))");
    double start = measure_now_s();
    for (size_t i = 0; i < n; i++)
        step(stmt);
    double seconds = measure_now_s() - start;
    sqlite3_finalize(stmt);
    return seconds;
}
