/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"
#include "store/reindex.h"
#include "verdict.h"

/*
 * The index is what was parsed: rows of lots and movements, over the records and documents that are stored as they came. Here
 * it is held against them, lot by lot, the newest first, since what later lots corrected depends on these. A lot is read and
 * looked at in turns; what is not as it should be is written in one, so that a death leaves it as it was or put right.
 */

enum {
    LOAD_BYTES = 2 * 1024 * 1024,
    MOVEMENTS = 500, /* looked at in one turn */
    KEYS = 2000,     /* of the index of workers */
    ENTRIES_MAX = 1000,
};

struct engine_reindex {
    struct task task; /* first */
    struct engine *engine;
    char *who;
    engine_reindex_fn *fn;
    void *data;
    struct engine_reindex_report report;
    bool waits; /* for a visit or an import to let go of the lot */

    /* the lot at hand */
    int64_t lot;          /* 0: none */
    int64_t behind;       /* the next one is older than this */
    struct store_lot row; /* as it was when it was looked at first */
    struct buf records;
    uint32_t part;
    struct store_document *documents;
    size_t n_documents, at;
    enum document_kind kind;                 /* that is being read */
    struct portal_reading acuse, constancia; /* that speak for the lot */
    int64_t answered_us;                     /* when the constancia was stored */
    bool csv_heard; /* the CSV was held against the constancia, see constancia.doubts */
    struct store_reindex *index;
    struct store_key_cursor keys;
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

/* Takes the text. */
static void report(struct engine_reindex *reindex, int64_t lot, char *text)
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
        report(reindex, 0, xasprintf(_("%zu counts of lots or of rejections"), repaired));
    end(reindex, r < 0 ? &err : NULL);
}

static void check_keys(struct task *task)
{
    struct engine_reindex *reindex = of_task(task);
    _cleanup_err_ struct err err = ERR_INIT;
    size_t repaired = 0;
    int r = store_reindex_keys(reindex->engine->store, &reindex->keys, KEYS, &repaired, &err);
    reindex->report.repaired += repaired;
    if (r >= 0 && repaired > 0)
        report(reindex, 0, xasprintf(_("%zu entries of the index of workers without a movement"), repaired));
    go_on(reindex, r, r > 0 ? check_keys : check_rest, &err);
}

/* ---- the row of the lot ---- */

/* Compares, and sets what should be there; the names of what differed are gathered. */
struct row_check {
    struct store_lot *lot;
    struct buf differ;
    size_t n;
};

static void differs(struct row_check *check, const char *name)
{
    buf_printf(&check->differ, "%s%s", check->differ.len ? ", " : "", name);
    check->n++;
}

#define SHOULD_BE(check, field, name, value)                                                                 \
    do {                                                                                                     \
        __typeof__((check)->lot->field) should_be = (value);                                                 \
        if ((check)->lot->field != should_be) {                                                              \
            (check)->lot->field = should_be;                                                                 \
            differs(check, name);                                                                            \
        }                                                                                                    \
    } while (0)

static void should_be_text(struct row_check *check, char **text, const char *value, const char *name)
{
    if (streq_null(*text, value))
        return;
    replace_str(text, xstrdup(value));
    differs(check, name);
}

static bool is_answered(enum lot_state state)
{
    return state == LOT_STATE_ACCEPTED || state == LOT_STATE_PARTIAL || state == LOT_STATE_REJECTED;
}

/* Whether a receipt was taken is for the engine to say as long as it works on the lot. */
static bool is_settled(const struct store_lot *lot)
{
    return (lot_state_final(lot->state) || lot->adopted_us) && lot->next_us == 0;
}

static bool has_document(const struct engine_reindex *reindex, enum document_kind kind)
{
    for (size_t i = 0; i < reindex->n_documents; i++)
        if (reindex->documents[i].kind == kind)
            return true;
    return false;
}

static void check_head(struct row_check *check, const char *portal_lot, const char *folio,
                       int64_t received_us)
{
    struct store_lot *lot = check->lot;
    should_be_text(check, &lot->portal_lot, portal_lot, "portal_lot");
    if (folio)
        should_be_text(check, &lot->folio, folio, "folio");
    if (received_us)
        SHOULD_BE(check, received_us, "received_us", received_us);
}

static void check_receipts(struct engine_reindex *reindex, struct row_check *check,
                           struct store_lot_index *index)
{
    const struct acuse *acuse = reindex->acuse.acuse;
    const struct constancia *constancia = reindex->constancia.constancia;
    struct store_lot *lot = check->lot;
    if (acuse) {
        check_head(check, acuse->portal_lot, acuse->folio, acuse->received_us);
        SHOULD_BE(check, have_acuse, "have_acuse", true);
    } else if (constancia && reindex->records.len == 0)
        check_head(check, constancia->portal_lot, constancia->folio, constancia->received_us);
    if (is_settled(lot))
        SHOULD_BE(check, have_csv, "have_csv", has_document(reindex, DOCUMENT_CSV));
    if (!constancia)
        return;
    SHOULD_BE(check, have_constancia, "have_constancia", true);
    SHOULD_BE(check, approved, "approved", constancia->operated[COUNT_TOTAL]);
    SHOULD_BE(check, rejected, "rejected", constancia->rejected[COUNT_TOTAL]);
    SHOULD_BE(check, state, "state",
              lot->rejected == 0   ? LOT_STATE_ACCEPTED
              : lot->approved == 0 ? LOT_STATE_REJECTED
                                   : LOT_STATE_PARTIAL);
    if (index->answered_us == 0) {
        index->answered_us = reindex->answered_us;
        differs(check, "answered_us");
    }
    if (!reindex->csv_heard)
        return;
    _cleanup_free_ char *remarks = csv_doubts_text(&reindex->constancia.doubts);
    should_be_text(check, &lot->remarks, remarks, "remarks");
}

static void check_counted(struct engine_reindex *reindex, struct row_check *check)
{
    const uint32_t *counts = store_reindex_counts(reindex->index);
    const char *sha256 = store_reindex_sha256(reindex->index);
    struct store_lot *lot = check->lot;
    if (counts[COUNT_TOTAL] == 0)
        return; /* a constancia without records that is not understood any more */
    for (int i = 0; i < _COUNT_MAX; i++)
        SHOULD_BE(check, counts[i], "count", counts[i]);
    enum movement_type type = store_reindex_type(reindex->index);
    if (lot->type != MOVEMENT_NONE || lot->adopted_us) /* one may be kept mixed, whatever is in it */
        SHOULD_BE(check, type, "type", type);
    if (!sha256 || streq_null(sha256, lot->sha256))
        return;
    if (reindex->acuse.acuse || !lot->sha256)
        should_be_text(check, &lot->sha256, sha256, "sha256");
    else {
        reindex->report.faults++;
        report(reindex, lot->id, xstrdup(_("its records are not those that were stored; restore a backup")));
    }
}

static void check_row(struct engine_reindex *reindex, struct row_check *check, struct store_lot_index *index)
{
    struct store_lot *lot = check->lot;
    check_counted(reindex, check);
    check_receipts(reindex, check, index);
    int shared = lot_movement_state(lot->state);
    enum movement_state state = shared >= 0 ? (enum movement_state)shared : MOVEMENT_STATE_RECEIVED;
    if (index->movement_state != state) {
        index->movement_state = state;
        differs(check, "movement_state");
    }
}

/* ---- the lot as it is becomes the lot as it should be ---- */

static void next_lot(struct task *task);

static int audit(struct engine_reindex *reindex, const char *what, struct err *err)
{
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)reindex->lot);
    _cleanup_free_ char *detail = xasprintf("{\"repaired\":\"%s\"}", what);
    return store_audit_add(reindex->engine->store,
                           &(struct store_audit){.who = reindex->who,
                                                 .action = (char *)"reindex",
                                                 .object = object,
                                                 .outcome = (char *)"ok",
                                                 .detail = detail},
                           err);
}

static int repair(struct engine_reindex *reindex, struct row_check *check,
                  const struct store_lot_index *index, struct err *err)
{
    struct engine *engine = reindex->engine;
    size_t movements = store_reindex_differ(reindex->index);
    if (movements > 0)
        buf_printf(&check->differ, "%smovements %zu", check->differ.len ? ", " : "", movements);
    int r = store_begin(engine->store, err);
    if (r < 0)
        return r;
    r = store_reindex_repair(reindex->index, err);
    if (r >= 0)
        r = store_lot_repair(engine->store, check->lot, index, err);
    if (r >= 0)
        r = audit(reindex, check->differ.data, err);
    int ended = store_end(engine->store, r >= 0, r >= 0 ? err : NULL);
    if (r < 0 || ended < 0)
        return MIN(r, ended);
    report(reindex, reindex->lot, xstrdup(check->differ.data));
    engine->host.lot_changed(engine->host.data, reindex->lot);
    crash_point(CRASH_REINDEX_BEFORE_COMMIT);
    return 0;
}

static int conclude(struct engine_reindex *reindex, struct err *err)
{
    struct engine *engine = reindex->engine;
    _cleanup_lot_ struct store_lot lot = {0};
    struct store_lot_index index;
    struct row_check check = {.lot = &lot};
    int r = store_lot_get(engine->store, reindex->lot, &lot, err);
    if (r >= 0)
        r = store_lot_index_get(engine->store, reindex->lot, &index, err);
    if (r < 0)
        return r;
    check_row(reindex, &check, &index);
    size_t wrong = store_reindex_differ(reindex->index), seen = store_reindex_seen(reindex->index);
    if (wrong > 0 || check.n > 0)
        r = repair(reindex, &check, &index, err);
    buf_free(&check.differ);
    reindex->report.lots++;
    reindex->report.equal += seen - MIN(seen, wrong) + (check.n == 0);
    reindex->report.repaired += wrong + (check.n > 0);
    reindex->lot = 0; /* it is let go */
    return r < 0 ? r : lot_schedule(engine, &lot, err);
}

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
        r = conclude(reindex, &err);
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
        report(reindex, reindex->lot,
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
        return reindex->records.len > 0 && !reindex->acuse.acuse && (lot->have_acuse || is_settled(lot));
    return !reindex->constancia.constancia && is_answered(lot->state);
}

/* The bytes of a document, unless they are not what was stored. */
static bool get_bytes(struct engine_reindex *reindex, const struct store_document *document, struct buf *ret)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_document_get(reindex->engine->store, document->id, NULL, ret, &err) >= 0)
        return true;
    reindex->report.faults++;
    report(reindex, reindex->lot, xstrdup(err_text(&err)));
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
