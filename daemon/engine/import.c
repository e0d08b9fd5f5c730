/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"

enum { LOAD_BYTES = 2 * 1024 * 1024 }; /* of records in one turn */

static void start_next(struct engine *engine);

const char *import_outcome_name(enum import_outcome outcome)
{
    static const char *const names[] = {
#define X(id, name) [IMPORT_##id] = name,
        IMPORT_TABLE(X)
#undef X
    };
    return names[outcome];
}

/* ---- the two ends ---- */

void import_give_back(struct engine_import *import, const struct err *err)
{
    import->fn(import->data, import, err);
}

void import_go_on(struct engine_import *import, int r, task_fn *next, struct err *err)
{
    if (r < 0)
        import_give_back(import, err);
    else
        task_next(&import->task, next);
}

/* ---- held against what is known ---- */

static void judge(struct engine_import *import)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (import_judge(import, &err) < 0)
        import_give_back(import, &err);
    else
        import_prepare(import);
}

static void compare_some(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_compare_results(import->engine->store, import->lot, &import->results, IMPORT_RESULTS,
                                      &import->differ, &err);
    if (r == 0)
        judge(import);
    else
        import_go_on(import, r, compare_some, &err);
}

/* A constancia of a lot that has one: does it say the same? */
static void compare(struct engine_import *import)
{
    const struct portal_reading *reading = &import->reading;
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_lot_get(import->engine->store, import->lot, &lot, &err) < 0) {
        import_give_back(import, &err);
        return;
    }
    import->results = (struct store_results){
        .constancia = reading->constancia, .row_of = reading->row_of, .n = reading->n_sent};
    if (reading->constancia && reading->row_of && lot.have_constancia &&
        reading->n_sent == lot.counts[COUNT_TOTAL])
        compare_some(&import->task);
    else
        judge(import);
}

static void matched(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    import->reading = *reading;
    compare(import);
}

static void match(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    const struct portal *portal = import->engine->portal;
    portal->ops->match(portal->data, &import->reading, &import->records, matched, import);
}

static void load_some(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_records_next(import->engine->store, import->lot, &import->part, LOAD_BYTES,
                                   &import->records, &err);
    if (r != 0)
        import_go_on(import, r, load_some, &err);
    else
        import->loaded(task);
}

void import_load_records(struct engine_import *import, task_fn *then)
{
    import->loaded = then;
    load_some(&import->task);
}

/* ---- its turn ---- */

static void wait_or_begin(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    struct engine *engine = import->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    if (import_find_lot(import, &err) < 0) {
        import_give_back(import, &err);
        return;
    }
    import->waits = import->lot && (visits_have(engine, import->lot) || reindex_has(engine, import->lot));
    if (import->waits)
        return;
    struct job *job = schedule_find(&engine->schedule, import->lot);
    if (job)
        job->blocked = true; /* until it is freed, see import_has() */
    if (!import->lot || import->found || import->kind == DOCUMENT_CSV)
        judge(import);
    else if (import->has_records)
        import_load_records(import, match);
    else
        compare(import);
}

bool import_has(const struct engine *engine, int64_t lot)
{
    return engine->importing && engine->importing->lot == lot && !engine->importing->waits;
}

void imports_try_again(struct engine *engine)
{
    struct engine_import *import = engine->importing;
    if (import && import->waits)
        task_next(&import->task, wait_or_begin);
}

static void start_next(struct engine *engine)
{
    struct engine_import *import = engine->imports;
    while (import && !import->is_read)
        import = import->next;
    if (engine->importing || !import || engine->stopping)
        return;
    engine->importing = import;
    task_next(&import->task, wait_or_begin);
}

static void read_first(struct engine_import *import)
{
    import->is_read = true;
    start_next(import->engine);
}

static void read_it(struct engine_import *import, struct buf *bytes);

static void was_read(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    _cleanup_err_ struct err err = ERR_INIT;
    import->reading = *reading;
    import->kind = reading->acuse ? DOCUMENT_ACUSE : DOCUMENT_CONSTANCIA;
    enum err_code fault = reading->reason == REASON_LOCAL ? ERR_FAILED
                          : reading->foreign              ? ERR_INVALID_FILE
                                                          : ERR_UNREADABLE_RECEIPT;
    int r = reading->reason == REASON_OK ? import_choose_part(import, &err)
                                         : err_set(&err, fault, "%s", reading->text);
    if (r < 0)
        import_give_back(import, &err);
    else if (r == 0)
        read_first(import);
    else {
        struct buf again = BUF_INIT;
        portal_reading_free(&import->reading);
        buf_add(&again, import->receipt.bytes.data, import->receipt.bytes.len);
        read_it(import, &again);
    }
}

static void read_it(struct engine_import *import, struct buf *bytes)
{
    const struct portal *portal = import->engine->portal;
    portal->ops->read(portal->data, DOCUMENT_UNKNOWN, bytes, &BUF_INIT, &import->receipt.part, was_read,
                      import);
}

static void begin_csv(struct task *task)
{
    read_first(import_of_task(task));
}

struct engine_import *engine_import(struct engine *engine, struct engine_receipt *receipt,
                                    engine_import_fn *fn, void *data)
{
    struct engine_import *import = xcalloc(1, sizeof(*import));
    struct engine_import **last = &engine->imports;
    while (*last)
        last = &(*last)->next;
    *last = import;
    import->engine = engine;
    import->receipt = *receipt;
    *receipt = (struct engine_receipt){0};
    import->fn = fn;
    import->data = data;
    task_begin(&import->task, engine);
    if (import->receipt.copy.len > 0)
        read_it(import, &import->receipt.copy);
    else {
        import->kind = DOCUMENT_CSV;
        task_next(&import->task, begin_csv);
    }
    return import;
}

const char *engine_import_registered(const struct engine_import *import)
{
    return import->registered;
}

void engine_receipt_free(struct engine_receipt *receipt)
{
    buf_free(&receipt->bytes);
    buf_free(&receipt->copy);
    free(receipt->sha256);
    free(receipt->name);
    free(receipt->who);
    free(receipt->portal_lot);
    free(receipt->rp);
    free(receipt->part.rp);
    free(receipt->part.portal_lot);
    *receipt = (struct engine_receipt){0};
}

/* The lot is scheduled as it is now. */
static void let_go(struct engine *engine, int64_t id)
{
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (engine->stopping || !id || store_lot_get(engine->store, id, &lot, NULL) < 0)
        return;
    if (lot_schedule(engine, &lot, &err) < 0)
        engine_fatal(engine, &err);
    engine_poke(engine);
}

struct engine_import *engine_import_free(struct engine_import *import)
{
    if (!import)
        return NULL;
    struct engine *engine = import->engine;
    struct engine_import **at = &engine->imports;
    while (*at != import)
        at = &(*at)->next;
    *at = import->next;
    task_end(&import->task);
    store_lot_abandon(import->intake);
    store_document_drop(import->saving);
    if (engine->importing == import) {
        engine->importing = NULL;
        let_go(engine, import->lot);
        reindex_try_again(engine);
        start_next(engine);
    }
    engine_receipt_free(&import->receipt);
    portal_reading_free(&import->reading);
    portal_reading_free(&import->answer);
    store_documents_free(import->kept, import->n_kept);
    csv_doubts_free(&import->doubts);
    buf_free(&import->records);
    free(import->registered);
    free(import->text);
    free(import);
    return NULL;
}
