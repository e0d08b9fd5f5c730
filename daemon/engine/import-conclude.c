/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"
#include "verdict.h"

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
    if (import->kind == DOCUMENT_CSV)
        return 0;
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

static void conclude_csv(const struct engine_import *import, struct store_lot *lot)
{
    if (import->kind == DOCUMENT_CSV)
        lot->have_csv = true; /* also when it contradicts: it was kept */
    if (import->csv_heard)
        replace_str(&lot->remarks, csv_doubts_text(&import->doubts));
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
    if (r >= 0)
        conclude_csv(import, &lot);
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

void engine_import_result_free(struct engine_import_result *result)
{
    free(result->portal_lot);
    free(result->text);
    receipt_owners_free(result->others, result->n_others);
    *result = (struct engine_import_result){0};
}
