/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"

/*
 * All is prepared in slices, the work of a turn each, a few milliseconds; the last one of each kind is left for the turn in
 * which the lot changes.
 */
enum {
    SAVE_BYTES = 512 * 1024,
    INTAKE_STEPS = 2000, /* of store_lot_add() */
};

/* ---- the document ---- */

static void save_some(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int64_t id;
    if (!import->saving || store_document_left(import->saving) <= SAVE_BYTES) {
        import_give_back(import, NULL);
        return;
    }
    import_go_on(import, store_document_next(import->saving, SAVE_BYTES, &id, &err), save_some, &err);
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
        import_give_back(import, &err);
    else
        save_some(&import->task);
}

/* ---- results of a constancia ---- */

static int64_t lot_at_hand(const struct engine_import *import)
{
    return import->intake ? store_intake_lot(import->intake) : import->lot;
}

static void store_some_results(struct task *task)
{
    struct engine_import *import = import_of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_results *results = &import->results;
    if (results->n - results->at <= IMPORT_RESULTS) {
        save(import);
        return;
    }
    int r = store_lot_set_results(import->engine->store, lot_at_hand(import), results, IMPORT_RESULTS, &err);
    crash_point(CRASH_RESULTS_BEGUN);
    import_go_on(import, r, store_some_results, &err);
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
    struct engine_import *import = import_of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_add(import->intake, INTAKE_STEPS, &err);
    crash_point(CRASH_INTAKE_BEGUN);
    if (r == 0)
        prepare_results(import);
    else
        import_go_on(import, r, adopt_some, &err);
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
    import_go_on(import, r, adopt_some, &err);
}

static void prepare_lot(struct engine_import *import)
{
    if (import->lot)
        prepare_results(import);
    else
        adopt(import);
}

/* What becomes of it is known, but for what a table and a constancia say of each other. */
static void prepare(struct engine_import *import)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = import_hear_csv(import, prepare_lot, &err);
    if (r < 0)
        import_give_back(import, &err);
    else if (r == 0)
        prepare_lot(import);
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
        import_give_back(import, &err);
        return;
    }
    buf_add(&sent, acuse->records, acuse->records_len);
    portal->ops->read(portal->data, DOCUMENT_CONSTANCIA, &bytes, &sent, &whose, kept_read, import);
}

void import_prepare(struct engine_import *import)
{
    struct store *store = import->engine->store;
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    int r = import->lot ? store_lot_get(store, import->lot, &lot, &err) : 0;
    int64_t whose = import->gives_way ? import->gives_way : import->lot;
    if (r >= 0 && whose && import_wants_answer(import, import->lot ? &lot : NULL))
        r = store_document_list(store, whose, &import->kept, &import->n_kept, &err);
    if (r < 0)
        import_give_back(import, &err);
    else
        try_next_kept(import);
}
