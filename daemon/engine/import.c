/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"

#include "verdict.h"

/* How much is done in one turn; a few milliseconds. */
enum {
    LOAD_BYTES = 2 * 1024 * 1024,
    SAVE_BYTES = 512 * 1024,
    RESULTS = 1500,      /* movements */
    INTAKE_STEPS = 2000, /* of store_lot_add() */
};

static void start_next(struct engine *engine);

static struct engine_import *of_task(struct task *task)
{
    return (struct engine_import *)task;
}

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

/* The caller frees the import within fn. */
static void give_back(struct engine_import *import, const struct err *err)
{
    import->fn(import->data, import, err);
}

/* Goes on with `next`, or ends with what went wrong. */
static void go_on(struct engine_import *import, int r, task_fn *next, struct err *err)
{
    if (r < 0)
        give_back(import, err);
    else
        task_next(&import->task, next);
}

/* ---- all is prepared in slices; the last one of each kind is left for the turn in which the lot changes ---- */

static void save_some(struct task *task)
{
    struct engine_import *import = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int64_t id;
    if (!import->saving || store_document_left(import->saving) <= SAVE_BYTES) {
        give_back(import, NULL);
        return;
    }
    go_on(import, store_document_next(import->saving, SAVE_BYTES, &id, &err), save_some, &err);
}

static const struct {
    const char *suffix, *media_type;
} forms[] = {
    [DOCUMENT_ACUSE] = {"acuse.pdf", "application/pdf"},
    [DOCUMENT_CONSTANCIA] = {"constancia.pdf", "application/pdf"},
    [DOCUMENT_CSV] = {"resultado.csv", "text/csv"},
};

static void save(struct engine_import *import)
{
    _cleanup_err_ struct err err = ERR_INIT;
    const struct store_document document = {
        .kind = import->kind,
        .name = import->receipt.name ? import->receipt.name : (char *)forms[import->kind].suffix,
        .media_type = (char *)forms[import->kind].media_type,
    };
    int r =
        import->outcome == IMPORT_PRESENT
            ? 0
            : store_document_begin(import->engine->store, &document, str_or_empty(import->receipt.bytes.data),
                                   import->receipt.bytes.len, &import->saving, &err);
    if (r < 0)
        give_back(import, &err);
    else
        save_some(&import->task);
}

static int64_t lot_at_hand(const struct engine_import *import)
{
    return import->intake ? store_intake_lot(import->intake) : import->lot;
}

static void store_some_results(struct task *task)
{
    struct engine_import *import = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_results *results = &import->results;
    if (results->n - results->at <= RESULTS) {
        save(import);
        return;
    }
    int r = store_lot_set_results(import->engine->store, lot_at_hand(import), results, RESULTS, &err);
    crash_point(CRASH_RESULTS_BEGUN);
    go_on(import, r, store_some_results, &err);
}

static void prepare_results(struct engine_import *import)
{
    const struct portal_reading *reading = NULL;
    if (import->reading.constancia &&
        (import->outcome == IMPORT_ANSWERED || import->outcome == IMPORT_ADOPTED))
        reading = &import->reading;
    else if (import->answer.constancia)
        reading = &import->answer;
    import->results = (struct store_results){0};
    if (reading)
        import->results = (struct store_results){
            .constancia = reading->constancia, .row_of = reading->row_of, .n = reading->n_sent};
    store_some_results(&import->task);
}

/* ---- a lot that others sent ---- */

static void adopt_some(struct task *task)
{
    struct engine_import *import = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_add(import->intake, INTAKE_STEPS, &err);
    crash_point(CRASH_INTAKE_BEGUN);
    if (r == 0)
        prepare_results(import);
    else
        go_on(import, r, adopt_some, &err);
}

/* Its registro patronal is registered first, where that is wanted and it is not there. */
static int register_rp(struct engine_import *import, struct err *err)
{
    struct store *store = import->engine->store;
    const struct acuse *acuse = import->reading.acuse;
    struct store_rp row = {0};
    if (store_rp_get(store, import->rp, &row, NULL) >= 0) {
        store_rp_free(&row);
        return 0;
    }
    row = (struct store_rp){.name = acuse ? acuse->razon_social : NULL};
    memcpy(row.rp, import->rp, sizeof(row.rp));
    int r = store_rp_add(store, &row, err);
    if (r >= 0)
        import->registered = xstrdup(import->rp);
    return r;
}

static int begin_adoption(struct engine_import *import, struct err *err)
{
    struct engine *engine = import->engine;
    const struct acuse *acuse = import->reading.acuse;
    const struct constancia *constancia = import->reading.constancia;
    const int64_t now_us = engine_wall_us(engine);
    struct store_lot lot = {
        .state = LOT_STATE_RECEIVED,
        .created_us = now_us,
        .adopted_us = now_us,
        .created_by = import->receipt.who,
        .source = import->receipt.name,
        .portal_lot = acuse ? acuse->portal_lot : constancia->portal_lot,
        .folio = acuse ? acuse->folio : constancia->folio,
        .received_us = acuse ? acuse->received_us : constancia->received_us,
        .have_acuse = acuse != NULL,
    };
    memcpy(lot.rp, import->rp, sizeof(lot.rp));
    struct buf records = {0};
    if (acuse)
        records = (struct buf){.data = acuse->records, .len = acuse->records_len};
    return store_lot_adopt(engine->store, &lot, acuse ? &records : NULL, constancia, &import->intake, err);
}

static void adopt(struct engine_import *import)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = register_rp(import, &err);
    if (r >= 0)
        r = begin_adoption(import, &err);
    go_on(import, r, adopt_some, &err);
}

/* What becomes of it is known. */
static void prepare(struct engine_import *import)
{
    if (import->lot)
        prepare_results(import);
    else
        adopt(import);
}

/* ---- constancias that came before their acuse ---- */

static void try_next_kept(struct engine_import *import);

static void kept_read(void *data, struct portal_reading *reading)
{
    struct engine_import *import = data;
    if (import_fits_acuse(import, reading)) {
        import->answer = *reading;
        prepare(import);
        return;
    }
    portal_reading_free(reading);
    try_next_kept(import);
}

static void try_next_kept(struct engine_import *import)
{
    const struct portal *portal = import->engine->portal;
    const struct acuse *acuse = import->reading.acuse;
    _cleanup_err_ struct err err = ERR_INIT;
    while (import->at_kept < import->n_kept && import->kept[import->at_kept].kind != DOCUMENT_CONSTANCIA)
        import->at_kept++;
    if (import->at_kept == import->n_kept) {
        prepare(import);
        return;
    }
    struct buf bytes = BUF_INIT, sent = BUF_INIT;
    const struct receipt_owner whose = {.rp = import->rp, .portal_lot = acuse->portal_lot};
    if (store_document_get(import->engine->store, import->kept[import->at_kept++].id, NULL, &bytes, &err) <
        0) {
        give_back(import, &err);
        return;
    }
    buf_add(&sent, acuse->records, acuse->records_len);
    portal->ops->read(portal->data, DOCUMENT_CONSTANCIA, &bytes, &sent, &whose, kept_read, import);
}

static void look_for_kept(struct engine_import *import)
{
    struct store *store = import->engine->store;
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    int r = import->lot ? store_lot_get(store, import->lot, &lot, &err) : 0;
    int64_t whose = import->gives_way ? import->gives_way : import->lot;
    if (r >= 0 && whose && import_wants_answer(import, import->lot ? &lot : NULL))
        r = store_document_list(store, whose, &import->kept, &import->n_kept, &err);
    if (r < 0)
        give_back(import, &err);
    else
        try_next_kept(import);
}

/* ---- held against what is known ---- */

static void judge(struct engine_import *import)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (import_judge(import, &err) < 0)
        give_back(import, &err);
    else
        look_for_kept(import);
}

static void compare_some(struct task *task)
{
    struct engine_import *import = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_compare_results(import->engine->store, import->lot, &import->results, RESULTS,
                                      &import->differ, &err);
    if (r == 0)
        judge(import);
    else
        go_on(import, r, compare_some, &err);
}

/* A constancia of a lot that has one: does it say the same? */
static void compare(struct engine_import *import)
{
    const struct portal_reading *reading = &import->reading;
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_lot_get(import->engine->store, import->lot, &lot, &err) < 0) {
        give_back(import, &err);
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

static void load_some(struct task *task)
{
    struct engine_import *import = of_task(task);
    const struct portal *portal = import->engine->portal;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_records_next(import->engine->store, import->lot, &import->part, LOAD_BYTES,
                                   &import->records, &err);
    if (r != 0)
        go_on(import, r, load_some, &err);
    else
        portal->ops->match(portal->data, &import->reading, &import->records, matched, import);
}

/* ---- its turn ---- */

static void wait_or_begin(struct task *task)
{
    struct engine_import *import = of_task(task);
    struct engine *engine = import->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    if (import_find_lot(import, &err) < 0) {
        give_back(import, &err);
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
        load_some(task);
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
    int r = reading->reason == REASON_OK
                ? import_choose_part(import, &err)
                : err_set(&err, reading->reason == REASON_LOCAL ? ERR_FAILED : ERR_UNREADABLE_RECEIPT, "%s",
                          reading->text);
    if (r < 0)
        give_back(import, &err);
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
    read_first(of_task(task));
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

/* ---- the turn in which it counts ---- */

/* The engine's own FOUND is of an uncertain lot only; a queued one loses what kept it from being sent. */
static int conclude_found(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    struct engine *engine = import->engine;
    unsigned actions;
    replace_str(&lot->portal_lot, xstrdup(import->reading.acuse->portal_lot));
    if (lot->state == LOT_STATE_QUEUED && (!lot_held_by_people(lot) || lot->hold == LOT_HOLD_APPROVAL))
        lot_set_hold(engine, lot, LOT_HOLD_NONE, NULL, NULL);
    lot->failures = 0;
    lot_set_error(lot, REASON_OK, NULL);
    int r = lot_apply(engine, lot, LOT_EVENT_FOUND, &actions, err);
    if (r >= 0)
        r = verdict_acuse(engine, lot, &import->reading, err);
    if (r >= 0)
        r = judge_lot(engine, lot, err);
    if (r >= 0)
        lot_poll_later(engine, lot);
    engine_tell(engine, lot->id, lot->certificate, "found", import->text);
    return r;
}

/* What nobody contradicts any more leaves quarantine. */
static int leave_quarantine(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    unsigned actions;
    if (lot->state != LOT_STATE_QUARANTINED)
        return 0;
    lot_set_error(lot, REASON_OK, NULL);
    lot->next_us = engine_wall_us(import->engine);
    return lot_apply(import->engine, lot, LOT_EVENT_RETRY, &actions, err);
}

static int conclude_completed(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    if (import->kind == DOCUMENT_CSV) {
        lot->have_csv = true;
        return 0;
    }
    int r = leave_quarantine(import, lot, err);
    return r < 0 ? r : verdict_acuse(import->engine, lot, &import->reading, err);
}

/* What the lot says of it names the document, for whoever reads that has no file before him. */
static int quarantine(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    _cleanup_free_ char *text = verdict_of_document(lot, import->kind, import->document, import->text);
    return verdict_quarantine(import->engine, lot, text, err);
}

static int conclude_outcome(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    switch (import->outcome) {
    case IMPORT_FOUND:
        return conclude_found(import, lot, err);
    case IMPORT_COMPLETED:
        return conclude_completed(import, lot, err);
    case IMPORT_ANSWERED:
        return leave_quarantine(import, lot, err); /* its results follow */
    case IMPORT_QUARANTINED:
        return quarantine(import, lot, err);
    case IMPORT_PRESENT:
    case IMPORT_KEPT:
    case IMPORT_ADOPTED:
    case IMPORT_CONTRADICTS:
        return 0;
    }
    return 0;
}

static int conclude_results(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    if (!import->results.constancia || !(import->answer.constancia || import->outcome == IMPORT_ANSWERED ||
                                         import->outcome == IMPORT_ADOPTED))
        return 0;
    int r = store_lot_set_results(import->engine->store, lot->id, &import->results, SIZE_MAX, err);
    return r < 0 ? r : verdict_results(import->engine, lot, import->results.constancia, err);
}

/* The lot as it is now, which is the one that the plan was made for, or the new one. */
static int open_lot(struct engine_import *import, struct store_lot *lot, struct err *err)
{
    struct store *store = import->engine->store;
    int64_t id = import->lot;
    if (import->intake) {
        int r = store_lot_publish(import->intake, &id, err);
        if (r < 0)
            return r;
        import->intake = NULL;
        import->lot = id;
        import->state = LOT_STATE_RECEIVED;
        r = store_lot_set_movements(store, id, MOVEMENT_STATE_RECEIVED, err);
        if (r < 0)
            return r;
    }
    int r = store_lot_get(store, id, lot, err);
    if (r < 0)
        return r;
    return lot->state == import->state
               ? 0
               : err_set(err, ERR_BUSY, _("lot %lld changed meanwhile; import it again"), (long long)id);
}

static int conclude_document(struct engine_import *import, struct err *err)
{
    if (!import->saving)
        return 0;
    store_document_of(import->saving, import->lot);
    int r = store_document_next(import->saving, SIZE_MAX, &import->document, err);
    import->saving = store_document_end(import->saving);
    return r;
}

int engine_import_conclude(struct engine_import *import, struct engine_import_result *ret, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    bool right = import->outcome != IMPORT_QUARANTINED && import->outcome != IMPORT_CONTRADICTS;
    int r = open_lot(import, &lot, err);
    if (r >= 0)
        r = conclude_document(import, err);
    if (r >= 0)
        r = conclude_outcome(import, &lot, err);
    if (r >= 0)
        r = conclude_results(import, &lot, err);
    if (r >= 0 && right && lot.sha256 && lot.portal_lot)
        r = lot_inherit(import->engine, &lot, err);
    if (r >= 0)
        r = lot_save(import->engine, &lot, err);
    if (r < 0)
        return r;
    *ret = (struct engine_import_result){
        .kind = import->kind,
        .outcome = import->outcome,
        .lot = lot.id,
        .replaced = right ? import->gives_way : 0,
        .state = lot.state,
        .portal_lot = xstrdup(lot.portal_lot),
        .text = xstrdup(import->text),
    };
    memcpy(ret->rp, lot.rp, sizeof(ret->rp));
    struct constancia *constancia = import->reading.constancia;
    if (constancia) {
        ret->others = constancia->others;
        ret->n_others = constancia->n_owners;
        constancia->others = NULL;
        constancia->n_owners = 0;
    }
    return 0;
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

void engine_import_result_free(struct engine_import_result *result)
{
    free(result->portal_lot);
    free(result->text);
    receipt_owners_free(result->others, result->n_others);
    *result = (struct engine_import_result){0};
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
    buf_free(&import->records);
    free(import->registered);
    free(import->text);
    free(import);
    return NULL;
}
