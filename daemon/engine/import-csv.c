/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"

#include "verdict.h"

/*
 * A table of results (CSV) and the constancia of one lot, held against each other whichever of the two is brought: a table
 * against the constancia that the lot has, and results that are about to count against the table that is there.
 */

static void heard(struct engine_import *import, struct portal_reading *reading)
{
    _cleanup_lot_ struct store_lot lot = {0};
    import->csv_heard = reading->reason == REASON_OK;
    import->doubts = reading->doubts;
    reading->doubts = (struct csv_doubts){0};
    if (import->csv_heard &&
        (!import->lot || store_lot_get(import->engine->store, import->lot, &lot, NULL) >= 0))
        import_judge_doubts(import, &lot);
}

/* ---- a table is brought ---- */

static void read_next(struct task *task);

static void table_compared(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    heard(import, reading);
    portal_reading_free(reading);
    import->then(import);
}

static bool is_of(const struct portal_reading *reading, const struct store_lot *lot)
{
    const struct constancia *constancia = reading->constancia;
    return reading->reason == REASON_OK && constancia && !reading->difference &&
           streq_null(constancia->portal_lot, lot->portal_lot) && verdict_same_rp(constancia->rp, lot->rp);
}

static void constancia_read(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    const struct portal *portal = import->engine->portal;
    _cleanup_lot_ struct store_lot lot = {0};
    struct buf table = BUF_INIT;
    if (store_lot_get(import->engine->store, import->lot, &lot, NULL) < 0 || !is_of(reading, &lot)) {
        portal_reading_free(reading);
        read_next(&import->task);
        return;
    }
    buf_add(&table, import->receipt.bytes.data, import->receipt.bytes.len);
    portal->ops->compare(portal->data, reading, &table, table_compared, import);
}

/* The first constancia that is the lot's. What is kept beside it, since it contradicts, does not match the records. */
static void read_next(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    const struct portal *portal = import->engine->portal;
    struct store *store = import->engine->store;
    _cleanup_lot_ struct store_lot lot = {0};
    struct buf bytes = BUF_INIT, sent = BUF_INIT;
    while (import->at_kept < import->n_kept && import->kept[import->at_kept].kind != DOCUMENT_CONSTANCIA)
        import->at_kept++;
    if (import->at_kept == import->n_kept || store_lot_get(store, import->lot, &lot, NULL) < 0 ||
        store_document_get(store, import->kept[import->at_kept++].id, NULL, &bytes, NULL) < 0) {
        import->then(import); /* nothing can be said of it; the index says why */
        return;
    }
    buf_add(&sent, str_or_empty(import->records.data), import->records.len);
    portal->ops->read(portal->data, DOCUMENT_CONSTANCIA, &bytes, &sent,
                      &(struct receipt_owner){lot.rp, lot.portal_lot}, constancia_read, import);
}

static int hear_table(struct engine_import *import, struct err *err)
{
    struct store *store = import->engine->store;
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(store, import->lot, &lot, err);
    if (r < 0 || !lot.have_constancia)
        return r;
    r = store_document_list(store, import->lot, &import->kept, &import->n_kept, err);
    if (r >= 0 && import->has_records)
        import_load_records(import, read_next);
    else if (r >= 0)
        read_next(&import->task);
    return r < 0 ? r : 1;
}

/* ---- results are to count ---- */

static void results_compared(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    heard(import, reading);
    *(import->answer_heard ? &import->answer : &import->reading) = *reading;
    import->then(import);
}

/* The newest table of the lot, as when the engine fetches: 1 and its bytes, or 0. */
static int load_table(struct store *store, int64_t lot, struct buf *ret, struct err *err)
{
    struct store_document *documents = NULL;
    int64_t id = 0;
    size_t n = 0;
    int r = store_document_list(store, lot, &documents, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (documents[i].kind == DOCUMENT_CSV)
            id = MAX(id, documents[i].id);
    store_documents_free(documents, n);
    if (r >= 0 && id)
        r = store_document_get(store, id, NULL, ret, err);
    return r < 0 ? r : id != 0;
}

static int hear_results(struct engine_import *import, struct err *err)
{
    const struct portal *portal = import->engine->portal;
    const int64_t whose = import->gives_way ? import->gives_way : import->lot;
    struct buf table = BUF_INIT;
    import->answer_heard = import->answer.constancia != NULL;
    if (!whose ||
        (!import->answer_heard && (!import->reading.constancia || import->outcome != IMPORT_ANSWERED)))
        return 0;
    int r = load_table(import->engine->store, whose, &table, err);
    if (r > 0)
        portal->ops->compare(portal->data, import->answer_heard ? &import->answer : &import->reading, &table,
                             results_compared, import);
    return r;
}

int import_hear_csv(struct engine_import *import, import_then_fn *then, struct err *err)
{
    import->then = then;
    if (import->outcome == IMPORT_PRESENT)
        return 0;
    return import->kind == DOCUMENT_CSV ? hear_table(import, err) : hear_results(import, err);
}
