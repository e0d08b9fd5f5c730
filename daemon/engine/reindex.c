/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reindex.h"

#include "verdict.h"

enum {
    LOAD_BYTES = 2 * 1024 * 1024,
    MOVEMENTS = 500, /* looked at in one turn */
    KEYS = 2000,     /* of the index of workers */
    ENTRIES_MAX = 1000,
};

static struct engine_reindex *of_task(struct task *task)
{
    return (struct engine_reindex *)task;
}

/* ---- the two ends ---- */

static void forget_lot(struct engine_reindex *reindex)
{
    store_lot_free(&reindex->row);
    reindex->row = (struct store_lot){0};
    buf_free(&reindex->records);
    store_documents_free(reindex->documents, reindex->n_documents);
    reindex->documents = NULL;
    reindex->n_documents = reindex->at = 0;
    portal_reading_free(&reindex->acuse);
    portal_reading_free(&reindex->constancia);
    reindex->index = store_reindex_free(reindex->index);
    reindex->part = 0;
    reindex->answered_us = 0;
    reindex->csv_heard = false;
}

static void free_reindex(struct engine_reindex *reindex)
{
    reindex->engine->reindex = NULL;
    task_end(&reindex->task);
    forget_lot(reindex);
    store_order_begin(&reindex->order, 0);
    for (size_t i = 0; i < reindex->report.n_entries; i++)
        free(reindex->report.entries[i].text);
    free(reindex->report.entries);
    free(reindex->who);
    free(reindex);
}

static void end(struct engine_reindex *reindex, const struct err *err)
{
    reindex->lot = 0;
    reindex->fn(reindex->data, &reindex->report, err);
    free_reindex(reindex);
}

void engine_reindex_stop(struct engine *engine)
{
    if (engine->reindex)
        free_reindex(engine->reindex);
}

static void go_on(struct engine_reindex *reindex, int r, task_fn *next, struct err *err)
{
    if (r < 0)
        end(reindex, err);
    else
        task_next(&reindex->task, next);
}

void reindex_report(struct engine_reindex *reindex, int64_t lot, char *text)
{
    struct engine_reindex_report *all = &reindex->report;
    if (all->n_entries == ENTRIES_MAX) {
        free(text);
        return;
    }
    all->entries = xreallocarray(all->entries, all->n_entries + 1, sizeof(*all->entries));
    all->entries[all->n_entries++] = (struct engine_reindex_entry){lot, text};
}

/* ---- what is kept of all lots together ---- */

static void check_rest(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    struct store *store = reindex->engine->store;
    _cleanup_err_ struct err err = ERR_INIT;
    size_t repaired = 0;
    int r = store_reindex_rejections(store, &repaired, &err);
    if (r >= 0)
        r = store_reindex_totals(store, &repaired, &err);
    reindex->report.repaired += repaired;
    if (r >= 0 && repaired > 0)
        reindex_report(reindex, 0,
                       xasprintf(dngettext(IDSED_TEXTDOMAIN, "%zu count of lots or of rejections",
                                           "%zu counts of lots or of rejections", repaired),
                                 repaired));
    end(reindex, r < 0 ? &err : NULL);
}

void reindex_rest(struct engine_reindex *reindex, int r, struct err *err)
{
    go_on(reindex, r, check_rest, err);
}

static void check_keys(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    size_t repaired = 0;
    int r = store_reindex_keys(reindex->engine->store, &reindex->keys, KEYS, &repaired, &err);
    reindex->report.repaired += repaired;
    if (r >= 0 && repaired > 0)
        reindex_report(
            reindex, 0,
            xasprintf(dngettext(IDSED_TEXTDOMAIN, "%zu entry of the index of workers without a movement",
                                "%zu entries of the index of workers without a movement", repaired),
                      repaired));
    go_on(reindex, r, r > 0 ? check_keys : reindex_order, &err);
}

/* ---- the index of one lot ---- */

static void next_lot(struct task *task);

static void look_at_some(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_reindex_next(reindex->index, MOVEMENTS, &err);
    if (r > 0) {
        task_next(task, look_at_some);
        return;
    }
    if (r >= 0)
        r = reindex_lot(reindex, &err);
    forget_lot(reindex);
    go_on(reindex, r, next_lot, &err);
}

static void look_at_rows(struct engine_reindex *reindex)
{
    _cleanup_err_ struct err err = ERR_INIT;
    const struct portal_reading *constancia = &reindex->constancia;
    const struct store_truth truth = {
        .lot = reindex->lot,
        .records = reindex->records.len ? &reindex->records : NULL,
        .constancia = constancia->constancia,
        .row_of = constancia->row_of,
        .n = constancia->n_sent,
    };
    int r = store_reindex_begin(reindex->engine->store, &truth, &reindex->index, &err);
    go_on(reindex, r, look_at_some, &err);
}

/* ---- the documents ---- */

static void read_next(struct engine_reindex *reindex);

static bool speaks_for_lot(const struct engine_reindex *reindex, const struct portal_reading *reading)
{
    const struct store_lot *lot = &reindex->row;
    const struct acuse *acuse = reindex->acuse.acuse;
    if (reading->acuse)
        return verdict_same_rp(reading->acuse->rp, lot->rp);
    return verdict_same_rp(reading->constancia->rp, lot->rp) &&
           (reindex->records.len == 0 ||
            streq_null(reading->constancia->portal_lot, acuse ? acuse->portal_lot : lot->portal_lot));
}

static void document_read(void *data, struct portal_reading *reading)
{
    struct engine_reindex *reindex = data;
    const struct store_document *document = &reindex->documents[reindex->at - 1];
    if (reading->reason != REASON_OK)
        reindex_report(reindex, reindex->lot,
                       xasprintf(_("document %lld is not understood now (%s); what it said before stays"),
                                 (long long)document->id, reading->text));
    else if (!reading->difference && speaks_for_lot(reindex, reading)) {
        if (reading->constancia)
            reindex->answered_us = document->stored_us;
        *(reading->acuse ? &reindex->acuse : &reindex->constancia) = *reading;
        read_next(reindex);
        return;
    }
    portal_reading_free(reading);
    read_next(reindex);
}

static bool wants(const struct engine_reindex *reindex, enum document_kind kind)
{
    const struct store_lot *lot = &reindex->row;
    if (kind == DOCUMENT_ACUSE)
        return reindex->records.len > 0 && !reindex->acuse.acuse &&
               (lot->have_acuse || reindex_is_settled(lot));
    return !reindex->constancia.constancia && reindex_is_answered(lot->state);
}

/* The bytes of a document, unless they are not what was stored. */
static bool get_bytes(struct engine_reindex *reindex, const struct store_document *document, struct buf *ret)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_document_get(reindex->engine->store, document->id, NULL, ret, &err) >= 0)
        return true;
    reindex->report.faults++;
    reindex_report(reindex, reindex->lot, xstrdup(err_text(&err)));
    buf_free(ret);
    return false;
}

/* ---- the CSV ---- */

static void csv_compared(void *data, struct portal_reading *reading)
{
    struct engine_reindex *reindex = data;
    reindex->constancia = *reading;
    reindex->csv_heard = reading->reason == REASON_OK;
    look_at_rows(reindex);
}

/* The newest CSV is the one that was heard last; without any there is nothing to remark. */
static void hear_csv(struct engine_reindex *reindex)
{
    const struct portal *portal = reindex->engine->portal;
    const struct store_document *csv = NULL;
    struct buf bytes = BUF_INIT;
    for (size_t i = 0; i < reindex->n_documents; i++)
        if (reindex->documents[i].kind == DOCUMENT_CSV && (!csv || reindex->documents[i].id > csv->id))
            csv = &reindex->documents[i];
    reindex->csv_heard = !csv;
    if (csv && reindex->constancia.constancia && get_bytes(reindex, csv, &bytes))
        portal->ops->compare(portal->data, &reindex->constancia, &bytes, csv_compared, reindex);
    else
        look_at_rows(reindex);
}

/* ---- one after the other ---- */

/* First the acuses, of which one gives the number, then the constancias. */
static void read_next(struct engine_reindex *reindex)
{
    const struct portal *portal = reindex->engine->portal;
    struct buf bytes = BUF_INIT, sent = BUF_INIT;
    for (;;) {
        if (reindex->at == reindex->n_documents) {
            if (reindex->kind == DOCUMENT_CONSTANCIA)
                break;
            reindex->kind = DOCUMENT_CONSTANCIA;
            reindex->at = 0;
            continue;
        }
        const struct store_document *document = &reindex->documents[reindex->at++];
        if (document->kind != reindex->kind || !wants(reindex, reindex->kind) ||
            !get_bytes(reindex, document, &bytes))
            continue;
        buf_add(&sent, str_or_empty(reindex->records.data), reindex->records.len);
        portal->ops->read(portal->data, reindex->kind, &bytes, &sent,
                          &(struct receipt_owner){reindex->row.rp, reindex->row.portal_lot}, document_read,
                          reindex);
        return;
    }
    hear_csv(reindex);
}

/* ---- lot after lot ---- */

static void load_some(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    struct store *store = reindex->engine->store;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = store_lot_records_next(store, reindex->lot, &reindex->part, LOAD_BYTES, &reindex->records, &err);
    if (r > 0) {
        task_next(task, load_some);
        return;
    }
    if (r >= 0)
        r = store_document_list(store, reindex->lot, &reindex->documents, &reindex->n_documents, &err);
    if (r < 0) {
        end(reindex, &err);
        return;
    }
    reindex->kind = DOCUMENT_ACUSE;
    read_next(reindex);
}

/* The lot is left alone by visits and imports while it is looked at, and they are left alone before. */
static void take_lot(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    struct engine *engine = reindex->engine;
    _cleanup_err_ struct err err = ERR_INIT;
    reindex->waits = visits_have(engine, reindex->lot) || import_has(engine, reindex->lot);
    if (reindex->waits)
        return;
    struct job *job = schedule_find(&engine->schedule, reindex->lot);
    if (job)
        job->blocked = true;
    if (store_lot_get(engine->store, reindex->lot, &reindex->row, NULL) < 0)
        task_next(task, next_lot); /* it gave way meanwhile */
    else
        load_some(task);
}

static void next_lot(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    if (reindex->engine->stopping)
        return; /* whoever stops the engine frees it */
    int r = store_lot_before(reindex->engine->store, reindex->behind, &reindex->behind, &err);
    reindex->lot = r > 0 ? reindex->behind : 0;
    imports_try_again(reindex->engine);
    if (r <= 0)
        go_on(reindex, r, check_keys, &err);
    else
        take_lot(task);
}

bool reindex_has(const struct engine *engine, int64_t lot)
{
    return engine->reindex && engine->reindex->lot == lot && !engine->reindex->waits;
}

void reindex_try_again(struct engine *engine)
{
    struct engine_reindex *reindex = engine->reindex;
    if (reindex && reindex->waits) {
        reindex->waits = false;
        task_next(&reindex->task, take_lot);
    }
}

int engine_reindex(struct engine *engine, const char *who, engine_reindex_fn *fn, void *data, struct err *err)
{
    if (engine->reindex)
        return err_set(err, ERR_BUSY,
                       _("the index is being held against the documents already; wait for its end"));
    struct engine_reindex *reindex = xcalloc(1, sizeof(*reindex));
    reindex->engine = engine;
    reindex->who = xstrdup(who);
    reindex->fn = fn;
    reindex->data = data;
    engine->reindex = reindex;
    task_begin(&reindex->task, engine);
    task_next(&reindex->task, next_lot);
    return 0;
}
