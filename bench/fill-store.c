/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a database as years of work leave it, for the measures of a daemon that has much behind it: movements of a hundred
 * registros patronales over five years, in lots of 2,000, nearly all answered, one in fifty rejected, the newest waiting.
 * Names are put together so that some are everywhere and most are rare, as people's are. The index is made too.
 */
#include <stdio.h>

#include "base/text.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include "idse/correction.h"
#include "store/search.h"
#include "tests/synthetic.h"

enum { LOT_MOVEMENTS = 2000, MOST_MOVEMENTS = 100 * 1000 * 1000, RPS = 100, WAITING = 3, DAYS = 5 * 365 };

/* ---- made-up people ---- */

/* The same number gives the same one. */
static uint32_t scatter(uint64_t n, uint32_t salt)
{
    uint64_t x = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) + salt * UINT64_C(0xD1B54A32D192ED03);
    x ^= x >> 29;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    return (uint32_t)(x >> 32);
}

/* Few words are had by many, many by few: the k-th about 1/k as often as the first. */
static uint32_t popular(uint32_t random, uint32_t words)
{
    uint32_t at = random % words, half = random / words % words;
    for (int i = 0; i < 3 && half & 1; i++, half >>= 1)
        at /= 4;
    return at;
}

static void word(uint32_t number, char *ret, size_t size)
{
    static const char *const endings[] = {"EZ", "A", "ERO", "IN", "DA", "OS", "ON", "AL", "ETE", "IA", "UZ"};
    static const char *const syllables[] = {
        "GAR", "LO",  "MAR", "HER",  "SAN", "RA",  "FLO", "GO",  "MEN", "CRU", "VE",  "RUI",
        "OR",  "CAS", "TRO", "MUÑO", "PE",  "AL",  "BAR", "CIS", "DO",  "ES",  "GUZ", "IBA",
        "JI",  "QUI", "TA",  "VAR",  "ZU",  "BEL", "CHA", "DEL", "ES",  "FUE", "GIL", "HUR",
        "JA",  "LU",  "MOL", "NA",   "OS",  "PA",  "RI",  "SE",  "TI",  "UR",  "VIL", "YA"};
    enum { N = ELEMENTSOF(syllables) };
    snprintf(ret, size, "%s%s%s", syllables[number % N], number >= N ? syllables[number / N % N] : "",
             endings[number % ELEMENTSOF(endings)]);
}

static struct movement person(uint64_t n)
{
    static const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION,
                                               MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    struct movement m = synthetic_movement(types[scatter(n, 1) % 4], scatter(n, 2) % 100000000);
    char second[MOVEMENT_NAME_SIZE / 3];
    word(popular(scatter(n, 3), 3000), m.paterno, sizeof(m.paterno));
    word(popular(scatter(n, 4), 3000), m.materno, sizeof(m.materno));
    word(popular(scatter(n, 5), 1500), m.nombres, MOVEMENT_NAME_SIZE / 3);
    word(popular(scatter(n, 6), 1500), second, sizeof(second));
    strcat(strcat(m.nombres, " "), second); /* both are words of a few syllables */
    if (*m.curp) {
        static const char *const states[] = {"DF", "JC", "NL", "MC", "PL", "VZ", "GT"};
        uint32_t x = scatter(n, 7);
        snprintf(m.curp, sizeof(m.curp), "%.2sX%c%02u%02u%02u%c%sRXN0", m.paterno, m.nombres[0], 50 + x % 50,
                 1 + x / 50 % 12, 1 + x / 600 % 28, x & 1 ? 'H' : 'M',
                 states[x / 16800 % ELEMENTSOF(states)]);
        m.curp[17] = curp_check_digit(m.curp);
        m.curp[18] = '\0';
    }
    return m;
}

static int32_t day(int days_ago)
{
    static int64_t now_us;
    now_us = now_us ? now_us : clock_wall_us(&clock_system);
    return time_to_date(now_us - (int64_t)days_ago * US_PER_DAY);
}

static void nth_rp(unsigned n, char ret[static 12])
{
    snprintf(ret, 12, "Z99%05u10", 1 + n);
    ret[10] = rp_check_digit(ret);
    ret[11] = '\0';
}

/* ---- their lots ---- */

static int64_t take_in(struct store *store, const char *rp, const struct buf *records)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_intake *intake = NULL;
    struct store_lot lot = {.created_by = (char *)"uid 0"};
    int64_t id = 0;
    int r;
    memcpy(lot.rp, rp, sizeof(lot.rp));
    measure_must(store_lot_begin(store, &lot, records, true, &intake, &err), &err, "store_lot_begin");
    do
        measure_must(r = store_lot_add(intake, LOT_MOVEMENTS, &err), &err, "store_lot_add");
    while (r > 0);
    measure_must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    return id;
}

static void answer(struct store *store, struct store_lot *lot, uint64_t first, size_t n)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct receipt_error error = {(char *)"012", (char *)"EL ASEGURADO YA EXISTE", NULL};
    struct constancia_row rows[] = {{.operated = true}, {.errors = &error, .n_errors = 1}};
    const struct constancia constancia = {.rows = rows, .n_rows = ELEMENTSOF(rows)};
    _cleanup_free_ size_t *row_of = xcalloc(n, sizeof(*row_of));
    for (size_t i = 0; i < n; i++) {
        row_of[i] = scatter(first + i, 8) % 50 == 0;
        lot->rejected += (uint32_t)row_of[i];
    }
    lot->approved = (uint32_t)n - lot->rejected;
    lot->state = lot->rejected ? LOT_STATE_PARTIAL : LOT_STATE_ACCEPTED;
    struct store_results results = {.constancia = &constancia, .row_of = row_of, .n = n};
    measure_must(store_lot_set_results(store, lot->id, &results, n, &err), &err, "store_lot_set_results");
}

static void end_lot(struct store *store, int64_t id, uint64_t first, size_t n, bool waits)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_lot lot = {0};
    measure_must(store_lot_get(store, id, &lot, &err), &err, "store_lot_get");
    lot.attempt_us = lot.received_us = lot.created_us;
    lot.state = LOT_STATE_RECEIVED;
    if (waits)
        measure_must(store_lot_set_movements(store, id, MOVEMENT_STATE_RECEIVED, &err), &err,
                     "store_lot_set_movements");
    else {
        lot.finished_us = lot.created_us;
        lot.have_acuse = lot.have_constancia = lot.have_csv = true;
        answer(store, &lot, first, n);
    }
    lot.next_us = 0;
    measure_must(store_lot_update(store, &lot, &err), &err, "store_lot_update");
    store_lot_free(&lot);
}

static void add_rps(struct store *store)
{
    _cleanup_err_ struct err err = ERR_INIT;
    for (unsigned i = 0; i < RPS; i++) {
        struct store_rp rp = {.name = (char *)"Ejemplo", .paused = true}; /* nothing is sent here */
        nth_rp(i, rp.rp);
        if (!streq(rp.rp, synthetic_rps[0]))
            measure_must(store_rp_add(store, &rp, &err), &err, "store_rp_add");
    }
}

static void add_lot(struct store *store, uint64_t first, size_t n, uint64_t of)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf records = BUF_INIT;
    char rp[12];
    nth_rp(scatter(first, 9) % RPS, rp);
    for (size_t i = 0; i < n; i++) {
        struct movement m = person(first + i);
        memcpy(m.rp, rp, sizeof(m.rp));
        m.date = day((int)(DAYS - (first + i) * DAYS / of) + (int)(scatter(first + i, 10) % 5));
        record_write(&records, &m, ENYE_HASH);
    }
    record_write_control(&records, n, "06400");
    int64_t id = take_in(store, rp, &records);
    end_lot(store, id, first, n, of - first <= WAITING * LOT_MOVEMENTS);
    measure_must(store_commit(store, &err), &err, "store_commit");
}

int main(int argc, char **argv)
{
    uint64_t movements;
    if (argc != 3 || !str_to_uint(argv[2], MOST_MOVEMENTS, &movements)) {
        fprintf(stderr, "usage: fill-store FILE MOVEMENTS\n");
        return EXIT_FAILURE;
    }
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(store_cleanup) struct store *store = raw_open_store(argv[1]);
    add_rps(store);
    for (uint64_t first = 0; first < movements; first += LOT_MOVEMENTS)
        add_lot(store, first, (size_t)MIN(movements - first, LOT_MOVEMENTS), movements);
    measure_must(search_index_all(store, &err), &err, "search_index_all");
    return EXIT_SUCCESS;
}
