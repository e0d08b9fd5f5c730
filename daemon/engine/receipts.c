/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"
#include "visit.h"

/*
 * Receipts: fetched, stored byte for byte, and only then read. The acuse must reprint what was sent; the
 * constancia must answer every movement. Otherwise the lot is quarantined, with the differences. The results are the
 * constancia's. The CSV, whose columns nobody published, is only held against it: where it turns a verdict round the lot is
 * quarantined too, and what else differs is remarked. A person who has seen that and retries takes the constancia's word.
 */

/* A finished lot is still asked for a receipt that the portal did not have yet, for this long. */
#define MISSING_RECEIPT_US (7 * US_PER_DAY)

struct receipt_form {
    enum document_kind kind;
    const char *suffix;
};

/* In the order in which they are fetched: the constancia comes last, so that a CSV is there when it is read. */
static const struct receipt_form receipt_forms[] = {
    {DOCUMENT_ACUSE, "acuse.pdf"},
    {DOCUMENT_CSV, "resultado.csv"},
    {DOCUMENT_CONSTANCIA, "constancia.pdf"},
};

static bool *lot_has(struct store_lot *lot, enum document_kind kind)
{
    return kind == DOCUMENT_ACUSE        ? &lot->have_acuse
           : kind == DOCUMENT_CONSTANCIA ? &lot->have_constancia
                                         : &lot->have_csv;
}

static bool portal_offers(const struct portal_row *row, enum document_kind kind)
{
    return kind == DOCUMENT_ACUSE || (row && row->processed && (kind != DOCUMENT_CSV || row->has_csv));
}

static const struct receipt_form *next_form(const struct visit *visit, struct store_lot *lot,
                                            const struct portal_row *row)
{
    for (size_t i = 0; i < ELEMENTSOF(receipt_forms); i++) {
        enum document_kind kind = receipt_forms[i].kind;
        if (!*lot_has(lot, kind) && portal_offers(row, kind) && !(visit->tried & 1u << kind))
            return &receipt_forms[i];
    }
    return NULL;
}

static int quarantine(struct visit *visit, struct store_lot *lot, const char *difference, struct err *err)
{
    _cleanup_free_ char *text = verdict_of_document(lot, visit->kind, visit->document_id, difference);
    return verdict_quarantine(visit->engine, lot, text, err);
}

static int take_acuse(struct visit *visit, struct store_lot *lot, const struct portal_reading *reading,
                      struct err *err)
{
    _cleanup_free_ char *difference = verdict_acuse_difference(lot, reading);
    return difference ? quarantine(visit, lot, difference, err)
                      : verdict_acuse(visit->engine, lot, reading, err);
}

/* ---- the requests ---- */

static void receipt_fatal_or_continue(struct visit *visit, int r, struct err *err)
{
    if (r < 0)
        engine_fatal(visit->engine, err);
    else
        visit_continue(visit);
}

/* All that the reading says of the lot, but for the results, which take their own turns: 1 when there are some. */
static int take_reading(struct visit *visit, const struct portal_reading *reading, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    bool good = reading->reason == REASON_OK && reading->constancia;
    if (lot.have_constancia && visit->kind == DOCUMENT_CONSTANCIA) /* read again, for the CSV's sake */
        return good && !reading->difference;
    if (reading->reason == REASON_OK && reading->acuse)
        r = take_acuse(visit, &lot, reading, err);
    else if (good) {
        _cleanup_free_ char *difference = verdict_constancia_difference(&lot, reading);
        if (!difference)
            return 1;
        r = quarantine(visit, &lot, difference, err);
    } else {
        _cleanup_free_ char *text = verdict_of_document(&lot, visit->kind, visit->document_id, reading->text);
        verdict_unreadable(visit->engine, &lot, text);
    }
    return r < 0 ? r : lot_save(visit->engine, &lot, err);
}

static void reading_taken(struct visit *visit, int r, struct err *err)
{
    portal_reading_free(&visit->reading);
    crash_point(CRASH_READ_BEFORE_COMMIT);
    receipt_fatal_or_continue(visit, r, err);
}

/* In the turn of the last of them. */
static void results_stored(struct visit *visit)
{
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, &err);
    if (r >= 0)
        r = verdict_results(visit->engine, &lot, visit->reading.constancia, &err);
    if (r >= 0)
        r = lot_save(visit->engine, &lot, &err);
    reading_taken(visit, r, &err);
}

static void store_results(struct visit *visit)
{
    const struct portal_reading *reading = &visit->reading;
    visit->results = (struct store_results){
        .constancia = reading->constancia, .row_of = reading->row_of, .n = reading->n_sent};
    visit_store_results(visit, results_stored);
}

/* What the CSV says otherwise. 1 when the results are to be stored, 0 when they are already, or must not be. */
static int take_doubts(struct visit *visit, const struct csv_doubts *doubts, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    const char *contradictions = doubts->contradictions;
    _cleanup_free_ char *text = csv_doubts_text(doubts);
    bool seen = streq_null(text, lot.remarks);
    replace_str(&lot.remarks, STEAL(text));
    if (contradictions && !seen && !lot.have_constancia) {
        _cleanup_free_ char *difference = xasprintf(_("the CSV says otherwise: %s"), contradictions);
        r = quarantine(visit, &lot, difference, err);
        return r < 0 ? r : lot_save(visit->engine, &lot, err);
    }
    if (!seen)
        r = lot_save(visit->engine, &lot, err);
    return r < 0 ? r : !lot.have_constancia;
}

static void csv_compared(void *data, struct portal_reading *reading)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    visit->reading = *reading;
    int r = take_doubts(visit, &reading->doubts, &err);
    if (r > 0)
        visit_next(visit, store_results);
    else
        reading_taken(visit, r, &err);
}

/* The last document of a kind that the lot has, whole: 1 and its bytes, or 0. */
static int load_document(struct visit *visit, enum document_kind kind, int64_t *ret_id, struct buf *ret,
                         struct err *err)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    int64_t id = 0;
    int r = store_document_list(visit->engine->store, visit->lot, &documents, &n, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        if (documents[i].kind == kind)
            id = MAX(id, documents[i].id);
    store_documents_free(documents, n);
    if (!id)
        return 0;
    buf_reset(ret);
    r = store_document_get(visit->engine->store, id, NULL, ret, err);
    *ret_id = id;
    return r < 0 ? r : 1;
}

/* The constancia is good: store what it says, after the CSV was heard, where there is one. */
static void hear_csv(struct visit *visit)
{
    struct engine *engine = visit->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    int64_t id;
    int r = visit->csv_lot == visit->lot ? 1 : load_document(visit, DOCUMENT_CSV, &id, &visit->csv, &err);
    visit->csv_lot = 0;
    if (r < 0)
        reading_taken(visit, r, &err);
    else if (r > 0)
        engine->portal->ops->compare(engine->portal->data, &visit->reading, &visit->csv, csv_compared, visit);
    else
        store_results(visit);
}

static void receipt_read(void *data, struct portal_reading *reading)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    visit->reading = *reading;
    int r = take_reading(visit, reading, &err);
    if (r > 0)
        hear_csv(visit);
    else
        reading_taken(visit, r, &err);
}

static void read_document(struct visit *visit)
{
    struct engine *engine = visit->engine;
    engine->portal->ops->read(engine->portal->data, visit->kind, &visit->document, &visit->records, NULL,
                              receipt_read, visit);
}

/* The received bytes are on disk: understand them, and hold them against what was sent. */
static void read_stored(struct visit *visit)
{
    crash_point(CRASH_RECEIPT_AFTER_COMMIT);
    visit_load(visit, read_document);
}

/* A CSV that came after the results: the constancia is read again, to be held against it. */
static void read_again(struct visit *visit)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = load_document(visit, DOCUMENT_CONSTANCIA, &visit->document_id, &visit->document, &err);
    visit->kind = DOCUMENT_CONSTANCIA;
    if (r > 0)
        visit_load(visit, read_document);
    else
        receipt_fatal_or_continue(visit, r, &err);
}

static void csv_kept(struct visit *visit)
{
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    buf_take(&visit->csv, &visit->document);
    visit->csv_lot = visit->lot;
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, &err);
    lot.have_csv = true;
    if (r >= 0)
        r = lot_save(visit->engine, &lot, &err);
    if (r >= 0 && lot.have_constancia)
        visit_next(visit, read_again);
    else
        receipt_fatal_or_continue(visit, r, &err);
}

static void document_kept(struct visit *visit)
{
    crash_point(CRASH_RECEIPT_BEFORE_COMMIT);
    if (visit->kind == DOCUMENT_CSV)
        csv_kept(visit);
    else
        visit_next(visit, read_stored);
}

static const char *receipt_suffix(enum document_kind kind)
{
    for (size_t i = 0; i < ELEMENTSOF(receipt_forms); i++)
        if (receipt_forms[i].kind == kind)
            return receipt_forms[i].suffix;
    return "";
}

static void keep_document(struct visit *visit, const struct portal_answer *answer)
{
    _cleanup_lot_ struct store_lot lot = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_lot_get(visit->engine->store, visit->lot, &lot, &err) < 0) {
        engine_fatal(visit->engine, &err);
        return;
    }
    _cleanup_free_ char *name =
        answer->file_name ? xstrdup(answer->file_name)
                          : xasprintf("%.10s-%s-%s", lot.rp, lot.portal_lot, receipt_suffix(visit->kind));
    const struct store_document document = {
        .lot = lot.id, .kind = visit->kind, .name = name, .media_type = (char *)answer->media_type};
    buf_take(&visit->document, answer->document);
    visit_save(visit, &document, &visit->document, document_kept);
}

static int hold_for_page(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r >= 0)
        r = visit_keep_page(visit, visit->lot, answer, err);
    if (r >= 0 && visit->kind != DOCUMENT_CSV) /* nothing relies on the CSV, so it keeps nobody waiting */
        verdict_unreadable(visit->engine, &lot, answer->text);
    return r < 0 ? r : lot_save(visit->engine, &lot, err);
}

static int note_failure(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    lot_set_error(&lot, answer->reason, answer->text);
    lot_back_off(visit->engine, &lot, answer->retry_after_us); /* so that the others have their turn */
    return lot_save(visit->engine, &lot, err);
}

static void receipt_fetched(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    enum lot_hold hold = LOT_HOLD_NONE;
    switch (outcome_of(answer->reason, &hold)) {
    case OUTCOME_OK:
        if (visit_step_served(visit, &err) < 0)
            engine_fatal(visit->engine, &err);
        else
            keep_document(visit, answer);
        return;
    case OUTCOME_WAIT: /* the next poll asks again */
        receipt_fatal_or_continue(visit, visit_step_served(visit, &err), &err);
        return;
    case OUTCOME_HOLD:
        if (hold == LOT_HOLD_PORTAL_CHANGED || hold == LOT_HOLD_PROFILE_INCOMPLETE) {
            receipt_fatal_or_continue(visit, hold_for_page(visit, answer, &err), &err);
            return;
        }
        visit_failed(visit, answer);
        return;
    case OUTCOME_RETRY:
    case OUTCOME_REJECT:
    case OUTCOME_UNKNOWN:
        if (visit->kind == DOCUMENT_CSV) {
            visit_continue(
                visit); /* the constancia need not wait for it; what ails the portal will show there too */
            return;
        }
        if (note_failure(visit, answer, &err) < 0)
            engine_fatal(visit->engine, &err);
        else
            visit_failed(visit, answer);
        return;
    }
}

/* Nothing more can be had for the lot in this visit: when to ask again? */
static int finish_lot(struct visit *visit, struct store_lot *lot, const struct portal_row *row,
                      struct err *err)
{
    bool complete =
        lot->have_acuse && lot->have_constancia && (lot->have_csv || !portal_offers(row, DOCUMENT_CSV));
    bool waiting = lot->state == LOT_STATE_RECEIVED ||
                   (lot_state_final(lot->state) && !complete &&
                    engine_wall_us(visit->engine) < lot->finished_us + MISSING_RECEIPT_US);
    lot_set_error(lot, REASON_OK, NULL); /* in this visit nothing failed for it */
    lot->failures = 0;
    if (waiting)
        lot_poll_later(visit->engine, lot);
    else
        lot->next_us = 0;
    return lot_save(visit->engine, lot, err);
}

/* The lot's next receipt; true when a request was started or something was written. */
static bool serve_lot(struct visit *visit, struct store_lot *lot)
{
    struct engine *engine = visit->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    const struct portal_row *row = lot->portal_lot ? visit_row(visit, lot->portal_lot) : NULL;
    const struct receipt_form *form = next_form(visit, lot, row);
    if (form) {
        visit->lot = lot->id;
        visit->kind = form->kind;
        visit->tried |= 1u << form->kind;
        visit->step = CIRCUIT_STEP_FETCH;
        engine->portal->ops->fetch(visit->session, lot->portal_lot, form->kind, receipt_fetched, visit);
        return true;
    }
    visit->receipt.at++;
    visit->tried = 0;
    if (finish_lot(visit, lot, row, &err) < 0)
        engine_fatal(engine, &err);
    else
        visit_continue(visit);
    return true;
}

bool receipt_step(struct visit *visit)
{
    while (!visit_queue_empty(&visit->receipt)) {
        int64_t id = visit->receipt.lots[visit->receipt.at];
        _cleanup_lot_ struct store_lot lot = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        const struct job *job = schedule_find(&visit->engine->schedule, id);
        if (!job || job->blocked || job->state == LOT_STATE_QUEUED || job->state == LOT_STATE_UNCERTAIN) {
            visit->receipt.at++;
            visit->tried = 0;
            continue;
        }
        if (visit_list(visit))
            return true;
        if (store_lot_get(visit->engine->store, id, &lot, &err) < 0) {
            engine_fatal(visit->engine, &err);
            return true;
        }
        return serve_lot(visit, &lot);
    }
    return false;
}
