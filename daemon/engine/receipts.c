/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visit.h"

#include "idse/record.h"

/*
 * Receipts: fetched, stored byte for byte, and only then read. The acuse must reprint what was sent; the
 * constancia must answer every movement. Otherwise the lot is quarantined, with the differences.
 */

/* A finished lot is still asked for a receipt that the portal did not have yet, for this long. */
#define MISSING_RECEIPT_US (7 * US_PER_DAY)

struct receipt_form {
    enum document_kind kind;
    const char *suffix;
};

/* In the order in which they are fetched. */
static const struct receipt_form receipt_forms[] = {
    {DOCUMENT_ACUSE, "acuse.pdf"},
    {DOCUMENT_CONSTANCIA, "constancia.pdf"},
    {DOCUMENT_CSV, "resultado.csv"},
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

/* ---- what was read becomes a transition ---- */

static int quarantine(struct visit *visit, struct store_lot *lot, const char *text, struct err *err)
{
    unsigned actions;
    int r = lot_apply(visit->engine, lot, LOT_EVENT_MISMATCH, &actions, err);
    if (r < 0)
        return r;
    if (r == 1)
        lot->next_us = 0; /* a person looks at it, then retries */
    lot_set_error(lot, REASON_RECEIPT_UNREADABLE, text);
    engine_tell(visit->engine, lot->id, lot->certificate, "quarantined", text);
    return 0;
}

static int hold_unreadable(struct visit *visit, struct store_lot *lot, const char *text)
{
    lot_set_error(lot, REASON_RECEIPT_UNREADABLE, text);
    lot_set_hold(visit->engine, lot, LOT_HOLD_PORTAL_CHANGED, text, ENGINE_WHO);
    engine_tell(visit->engine, lot->id, lot->certificate, "portal-changed", text);
    return 0;
}

static bool same_rp(const char *printed, const char *rp)
{
    size_t n = printed ? strlen(printed) : 0;
    return n >= 10 && n <= 11 && strncmp(printed, rp, n) == 0; /* often printed without its check digit */
}

/* NULL when the acuse is of exactly this lot, else what differs. New string. */
static char *acuse_difference(struct engine *engine, const struct store_lot *lot, const struct acuse *acuse)
{
    _cleanup_buf_ struct buf sent = BUF_INIT;
    if (!streq_null(acuse->portal_lot, lot->portal_lot))
        return xasprintf(_("the acuse is of lot %s, not of %s"), str_or_empty(acuse->portal_lot),
                         lot->portal_lot);
    if (!same_rp(acuse->rp, lot->rp))
        return xasprintf(_("the acuse is of registro patronal %s, not of %s"), str_or_empty(acuse->rp),
                         lot->rp);
    if (store_lot_records(engine->store, lot->id, &sent, NULL) < 0)
        return xstrdup(_("the records that were sent cannot be read"));
    if (acuse->records_len != sent.len)
        return xasprintf(_("the acuse reprints %zu bytes of records, %zu were sent"), acuse->records_len,
                         sent.len);
    for (size_t i = 0; i < sent.len; i++)
        if (acuse->records[i] != sent.data[i])
            return xasprintf(_("the acuse differs from what was sent in record %zu, column %zu"),
                             i / (RECORD_COLUMNS + 2) + 1, i % (RECORD_COLUMNS + 2) + 1);
    return NULL;
}

static int take_acuse(struct visit *visit, struct store_lot *lot, const struct acuse *acuse, struct err *err)
{
    _cleanup_free_ char *difference = acuse_difference(visit->engine, lot, acuse);
    if (difference)
        return quarantine(visit, lot, difference, err);
    lot->have_acuse = true;
    if (acuse->folio)
        replace_str(&lot->folio, xstrdup(acuse->folio));
    if (acuse->received_us)
        lot->received_us = acuse->received_us;
    return 0;
}

static struct movement *sent_movements(struct engine *engine, int64_t lot, size_t *ret_n, struct err *err)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    if (store_lot_records(engine->store, lot, &records, err) < 0)
        return NULL;
    struct movement *sent = xcalloc(records.len / (RECORD_COLUMNS + 2) + 1, sizeof(*sent));
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(records.data, records.len, NULL);
    size_t n = 0;
    while (record_reader_next(reader, &sent[n]) > 0)
        n++;
    *ret_n = n;
    return sent;
}

static int take_results(struct visit *visit, struct store_lot *lot, const struct constancia *constancia,
                        const size_t *row_of, size_t n, struct err *err)
{
    unsigned actions;
    int r = store_lot_set_results(visit->engine->store, lot->id, constancia, row_of, n, err);
    if (r < 0)
        return r;
    lot->have_constancia = true;
    lot->approved = constancia->operated[COUNT_TOTAL];
    lot->rejected = constancia->rejected[COUNT_TOTAL];
    lot_set_error(lot, REASON_OK, NULL);
    enum lot_event event = lot->rejected == 0   ? LOT_EVENT_ACCEPTED
                           : lot->approved == 0 ? LOT_EVENT_REJECTED
                                                : LOT_EVENT_PARTIAL;
    if (event != LOT_EVENT_ACCEPTED)
        engine_tell(visit->engine, lot->id, lot->certificate, "rejected",
                    _("the portal rejected movements of this lot"));
    return lot_apply(visit->engine, lot, event, &actions, err);
}

static int take_constancia(struct visit *visit, struct store_lot *lot, const struct constancia *constancia,
                           struct err *err)
{
    if (!streq_null(constancia->portal_lot, lot->portal_lot) || !same_rp(constancia->rp, lot->rp)) {
        _cleanup_free_ char *text = xasprintf(_("the constancia is of lot %s of %s, not of %s of %s"),
                                              str_or_empty(constancia->portal_lot),
                                              str_or_empty(constancia->rp), lot->portal_lot, lot->rp);
        return quarantine(visit, lot, text, err);
    }
    size_t n = 0;
    _cleanup_free_ struct movement *sent = sent_movements(visit->engine, lot->id, &n, err);
    if (!sent)
        return -1;
    _cleanup_free_ size_t *row_of = xcalloc(n, sizeof(*row_of));
    _cleanup_err_ struct err difference = ERR_INIT;
    if (constancia_match(constancia, sent, n, row_of, &difference) < 0)
        return quarantine(visit, lot, err_text(&difference), err);
    return take_results(visit, lot, constancia, row_of, n, err);
}

/* ---- the requests ---- */

static void receipt_fatal_or_continue(struct visit *visit, int r, struct err *err)
{
    if (r < 0)
        engine_fatal(visit->engine, err);
    else
        visit_continue(visit);
}

static int take_reading(struct visit *visit, const struct portal_reading *reading, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    if (reading->reason == REASON_OK && reading->acuse)
        r = take_acuse(visit, &lot, reading->acuse, err);
    else if (reading->reason == REASON_OK && reading->constancia)
        r = take_constancia(visit, &lot, reading->constancia, err);
    else
        r = hold_unreadable(visit, &lot, reading->text);
    return r < 0 ? r : lot_save(visit->engine, &lot, err);
}

static void receipt_read(void *data, struct portal_reading *reading)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = take_reading(visit, reading, &err);
    if (reading->acuse)
        acuse_free(reading->acuse);
    if (reading->constancia)
        constancia_free(reading->constancia);
    free(reading->acuse);
    free(reading->constancia);
    crash_point(CRASH_READ_BEFORE_COMMIT);
    receipt_fatal_or_continue(visit, r, &err);
}

/* The stored bytes are on disk: read them back and understand them. */
static void read_stored(void *data, const struct err *commit_err)
{
    struct visit *visit = data;
    struct engine *engine = visit->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    crash_point(CRASH_RECEIPT_AFTER_COMMIT);
    if (commit_err) {
        err_set(&err, commit_err->code, "%s", err_text(commit_err));
        engine_fatal(engine, &err);
    } else
        engine->portal->ops->read(engine->portal->data, visit->kind, visit->records.data, visit->records.len,
                                  receipt_read, visit);
}

static int keep_document(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    struct engine *engine = visit->engine;
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    const char *suffix = receipt_forms[0].suffix;
    for (size_t i = 0; i < ELEMENTSOF(receipt_forms); i++)
        if (receipt_forms[i].kind == visit->kind)
            suffix = receipt_forms[i].suffix;
    _cleanup_free_ char *name = answer->file_name ? xstrdup(answer->file_name)
                                                  : xasprintf("%.10s-%s-%s", lot.rp, lot.portal_lot, suffix);
    struct store_document document = {
        .lot = lot.id, .kind = visit->kind, .name = name, .media_type = (char *)answer->media_type};
    int64_t id;
    r = store_document_add(engine->store, &document, answer->document->data, answer->document->len, &id, err);
    if (r < 0 || visit->kind != DOCUMENT_CSV)
        return r;
    lot.have_csv = true; /* kept as it is: nothing in it is relied on */
    return lot_save(engine, &lot, err);
}

static int hold_for_page(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r >= 0)
        r = visit_keep_page(visit, visit->lot, answer, err);
    if (r >= 0 && visit->kind != DOCUMENT_CSV) /* nothing relies on the CSV, so it keeps nobody waiting */
        r = hold_unreadable(visit, &lot, answer->text);
    return r < 0 ? r : lot_save(visit->engine, &lot, err);
}

static int note_failure(struct visit *visit, const struct portal_answer *answer, struct err *err)
{
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(visit->engine->store, visit->lot, &lot, err);
    if (r < 0)
        return r;
    lot_set_error(&lot, answer->reason, answer->text);
    return lot_save(visit->engine, &lot, err);
}

static void receipt_fetched(void *data, const struct portal_answer *answer)
{
    struct visit *visit = data;
    _cleanup_err_ struct err err = ERR_INIT;
    enum lot_hold hold = LOT_HOLD_NONE;
    switch (outcome_of(answer->reason, &hold)) {
    case OUTCOME_OK: {
        int r = keep_document(visit, answer, &err);
        crash_point(CRASH_RECEIPT_BEFORE_COMMIT);
        if (r < 0 || visit->kind == DOCUMENT_CSV) {
            receipt_fatal_or_continue(visit, r, &err);
            return;
        }
        buf_reset(&visit->records);
        buf_add(&visit->records, answer->document->data, answer->document->len);
        store_after_commit(visit->engine->store, read_stored, visit);
        return;
    }
    case OUTCOME_WAIT:
        visit_continue(visit); /* the next poll asks again */
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
