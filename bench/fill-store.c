/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a database as years of work leave it: movements in lots of 10,000, all accepted. For the measures of a daemon that
 * has much behind it.
 */
#include <stdio.h>

#include "base/text.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include "tests/synthetic.h"

enum { LOT_MOVEMENTS = 10000, MOST_MOVEMENTS = 100 * 1000 * 1000 };

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
        measure_must(r = store_lot_add(intake, LOT_MOVEMENTS, &err), &err, "store_lot_add");
    while (r > 0);
    measure_must(store_lot_publish(intake, &id, &err), &err, "store_lot_publish");
    return id;
}

static void accept_lot(struct store *store, int64_t id, uint64_t movements)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_lot lot = {0};
    measure_must(store_lot_get(store, id, &lot, &err), &err, "store_lot_get");
    lot.state = LOT_STATE_ACCEPTED;
    lot.approved = (uint32_t)movements;
    lot.finished_us = lot.created_us;
    lot.next_us = 0;
    lot.have_acuse = lot.have_constancia = lot.have_csv = true;
    measure_must(store_lot_update(store, &lot, &err), &err, "store_lot_update");
    measure_must(store_lot_set_movements(store, id, MOVEMENT_STATE_APPROVED, &err), &err,
                 "store_lot_set_movements");
    store_lot_free(&lot);
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
    for (uint64_t first = 0; first < movements; first += LOT_MOVEMENTS) {
        _cleanup_buf_ struct buf records = BUF_INIT;
        size_t n = (size_t)MIN(movements - first, LOT_MOVEMENTS);
        raw_write_file(&records, first, n, synthetic_rps[0]);
        accept_lot(store, take_in(store, &records), n);
        measure_must(store_commit(store, &err), &err, "store_commit");
    }
    return EXIT_SUCCESS;
}
