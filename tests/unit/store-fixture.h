/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support.h"

#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idse/record.h"
#include "store/store.h"
#include "tests/unit/folder.h"

/* A database in a folder of its own, with a clock that stands still until it is moved. */
static const char *const fixture_rp = "Z9900001108";

struct fixture {
    struct clock clock; /* first, so that the clock functions find the fixture */
    int64_t now_us;
    char folder[32];
    char *path;
    struct store *store;
    unsigned opened; /* how often a write turn opened */
    struct err err;
};

static int64_t fixture_now(const struct clock *clock)
{
    return ((const struct fixture *)(const void *)clock)->now_us;
}

static void fixture_turn_opened(void *data)
{
    ((struct fixture *)data)->opened++;
}

static int fixture_reopen(struct fixture *f)
{
    f->store = store_close(f->store);
    err_clear(&f->err);
    struct store_options options = {
        .path = f->path, .clock = &f->clock, .turn_opened = fixture_turn_opened, .data = f};
    return store_open(&options, &f->store, &f->err);
}

static int fixture_new(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->clock = (struct clock){fixture_now, fixture_now};
    f->now_us = INT64_C(1790000000) * US_PER_S;
    strcpy(f->folder, "/tmp/idsed-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->path = xasprintf("%s/idsed.db", f->folder);
    *state = f;
    return fixture_reopen(f);
}

static int fixture_free(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    folder_remove(f->folder);
    err_clear(&f->err);
    free(f->path);
    free(f);
    return 0;
}

#define assert_ok(call) assert_int_equal((call), 0)
#define assert_err(f, call, expected)                                                                        \
    do {                                                                                                     \
        err_clear(&(f)->err);                                                                                \
        assert_int_equal((call), -(int)(expected));                                                          \
        assert_int_equal((f)->err.code, (expected));                                                         \
        assert_true((f)->err.text &&*(f)->err.text);                                                         \
    } while (0)

__attribute__((unused)) static void fixture_add_rp(struct fixture *f, const char *rp)
{
    struct store_rp row = {.name = (char *)"Ejemplo SA de CV"};
    strcpy(row.rp, rp);
    assert_ok(store_rp_add(f->store, &row, &f->err));
}

/* A reingreso; `n` gives the worker, `day` the date. */
__attribute__((unused)) static struct movement fixture_movement(unsigned n, int day)
{
    struct movement movement = {.type = MOVEMENT_REINGRESO,
                                .date = 20260900 + day,
                                .sbc_centavos = 45000,
                                .tipo_trabajador = '1',
                                .tipo_salario = '0',
                                .jornada = '0',
                                .paterno = "MUÑOZ",
                                .materno = "LÓPEZ",
                                .nombres = "ANA",
                                .umf = "012",
                                .guia = "01400",
                                .clave = "E-77",
                                .curp = "XEXX010101HNEXXXA4"};
    strcpy(movement.rp, fixture_rp);
    snprintf(movement.nss, sizeof(movement.nss), "%010u", n);
    unsigned sum = 0;
    for (int i = 0; i < 10; i++) {
        unsigned product = (unsigned)(movement.nss[i] - '0') * (i % 2 ? 2 : 1);
        sum += product / 10 + product % 10;
    }
    movement.nss[10] = (char)('0' + (10 - sum % 10) % 10);
    return movement;
}

/* The records of workers first, first + 1, …; of one day. */
__attribute__((unused)) static struct buf fixture_records(unsigned first, size_t n, int day)
{
    struct buf records = BUF_INIT;
    for (size_t i = 0; i < n; i++) {
        struct movement movement = fixture_movement(first + (unsigned)i, day);
        record_write(&records, &movement, ENYE_LATIN1);
    }
    record_write_control(&records, n, "01400");
    return records;
}

__attribute__((unused)) static struct store_lot fixture_lot(void)
{
    struct store_lot lot = {
        .type = MOVEMENT_REINGRESO, .created_by = (char *)"uid 1000", .source = (char *)"altas.txt"};
    strcpy(lot.rp, fixture_rp);
    return lot;
}

/* Takes a lot in, in slices of 2; 0 and its id, or what add said. */
__attribute__((unused)) static int fixture_take(struct fixture *f, const struct buf *records, bool allow,
                                                int64_t *ret_id)
{
    struct store_lot lot = fixture_lot();
    struct store_intake *intake = NULL;
    assert_ok(store_lot_begin(f->store, &lot, records, allow, &intake, &f->err));
    int r;
    do
        r = store_lot_add(intake, 2, &f->err);
    while (r > 0);
    if (r < 0)
        store_lot_abandon(intake);
    else
        assert_ok(store_lot_publish(intake, ret_id, &f->err));
    return r;
}

__attribute__((unused)) static int64_t fixture_add_lot(struct fixture *f, unsigned first, size_t n, int day)
{
    _cleanup_buf_ struct buf records = fixture_records(first, n, day);
    int64_t id = 0;
    assert_ok(fixture_take(f, &records, false, &id));
    return id;
}

__attribute__((unused)) static void fixture_set_state(struct fixture *f, int64_t id, enum lot_state state)
{
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.state = state;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
}

/* Another program at the same file: what it says, as a number. */
__attribute__((unused)) static int64_t fixture_sql(struct fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    int64_t number = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    sqlite3_close(db);
    return number;
}
