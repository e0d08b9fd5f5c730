/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

/* What is large: in slices that take a few milliseconds each. */
enum {
    LOAD_BYTES = 2 * 1024 * 1024,
    SAVE_BYTES = 512 * 1024,
    RESULTS = 4000, /* movements; each slice costs a sync, too */
};

static void go_on(struct visit *visit, int r, visit_fn *more, struct err *err)
{
    if (r < 0)
        visit_fatal(visit, err);
    else if (r > 0)
        visit_next(visit, more);
    else
        visit->then(visit);
}

static void load_some(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_records_next(visit->engine->store, visit->lot, &visit->part, LOAD_BYTES,
                                   &visit->records, &err);
    go_on(visit, r, load_some, &err);
}

void visit_load(struct visit *visit, visit_fn *then)
{
    buf_free(&visit->records);
    visit->part = 0;
    visit->then = then;
    load_some(visit);
}

static void save_some(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_document_next(visit->saving, SAVE_BYTES, &visit->document_id, &err);
    if (r <= 0)
        visit->saving = store_document_end(visit->saving);
    go_on(visit, r, save_some, &err);
}

void visit_save(struct visit *visit, const struct store_document *document, const struct buf *bytes,
                visit_fn *then)
{
    _cleanup_err_ struct err err = ERR_INIT;
    visit->then = then;
    if (store_document_begin(visit->engine->store, document, str_or_empty(bytes->data), bytes->len,
                             &visit->saving, &err) < 0)
        visit_fatal(visit, &err);
    else
        save_some(visit);
}

/* A row is freed with its slice: all at once would take as long as storing some. */
static void store_some(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_results *results = &visit->results;
    size_t from = results->at;
    int r = store_lot_set_results(visit->engine->store, visit->lot, results, RESULTS, &err);
    crash_point(CRASH_RESULTS_BEGUN);
    for (size_t i = from; i < results->at; i++)
        constancia_row_free(&visit->reading.constancia->rows[results->row_of[i]]);
    go_on(visit, r, store_some, &err);
}

void visit_store_results(struct visit *visit, visit_fn *then)
{
    visit->then = then;
    store_some(visit);
}
