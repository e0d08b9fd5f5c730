/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reindex.h"

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
    if (reindex_is_settled(lot))
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
        reindex_report(reindex, lot->id,
                       xstrdup(_("its records are not those that were stored; restore a backup")));
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

int reindex_audit(struct engine_reindex *reindex, int64_t lot, const char *what, struct err *err)
{
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
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
        r = reindex_audit(reindex, reindex->lot, check->differ.data, err);
    int ended = store_end(engine->store, r >= 0, r >= 0 ? err : NULL);
    if (r < 0 || ended < 0)
        return MIN(r, ended);
    reindex_report(reindex, reindex->lot, xstrdup(check->differ.data));
    engine->host.lot_changed(engine->host.data, reindex->lot);
    crash_point(CRASH_REINDEX_BEFORE_COMMIT);
    return 0;
}

int reindex_lot(struct engine_reindex *reindex, struct err *err)
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
