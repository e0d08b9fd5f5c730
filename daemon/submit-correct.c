/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include "daemon/iface.h"
#include "daemon/notices.h"
#include "idse/correction.h"

static int load_parent(struct submission *s, const struct store_lot *lot)
{
    struct store *store = s->all->daemon->store;
    struct err *err = &s->act->err;
    if (lot->state != LOT_STATE_PARTIAL && lot->state != LOT_STATE_REJECTED)
        return err_set(err, ERR_WRONG_STATE,
                       _("lot %lld is %s; only what was rejected of a partial or rejected lot is corrected"),
                       (long long)lot->id, lot_state_label(lot->state));
    if (!lot->sha256)
        return err_set(
            err, ERR_WRONG_STATE,
            _("lot %lld is known from its constancia alone; import its acuse first, which has the records"),
            (long long)lot->id);
    s->parent.lot = lot->id;
    s->options.keep_mixed = lot->type == MOVEMENT_NONE;
    s->act->detail = xasprintf("{\"corrects\":%lld}", (long long)lot->id);
    int r = store_lot_rejected(store, lot->id, &s->parent.rejected, &s->parent.n_rejected, err);
    return r < 0 ? r : store_lot_records(store, lot->id, &s->parent.records, err);
}

int submission_apply_corrections(struct submission *s)
{
    const struct correction correction = {
        .records = s->parent.records.data,
        .n = s->parent.records.len,
        .rejected = s->parent.rejected,
        .n_rejected = s->parent.n_rejected,
        .fixes = s->bytes.data,
        .n_fixes = s->bytes.len,
    };
    _cleanup_buf_ struct buf records = BUF_INIT;
    if (s->parent.n_rejected == 0)
        return err_set(&s->act->err, ERR_WRONG_STATE, _("lot %lld: none of its movements is rejected"),
                       (long long)s->parent.lot);
    s->parent.lines = xcalloc(s->parent.n_rejected, sizeof(*s->parent.lines));
    int r = correction_apply(&correction, &s->intake.findings, &records, s->parent.lines, &s->act->err);
    if (r < 0)
        return r;
    findings_free(&s->intake.findings); /* from here on it is about the records */
    buf_free(&s->bytes);
    buf_take(&s->bytes, &records);
    return 0;
}

int submission_refuse_corrections(struct submission *s)
{
    struct findings *findings = &s->intake.findings;
    enum err_code code = s->act->err.code;
    if (findings->errors == 0)
        return -(int)code;
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *finding = &findings->items[i];
        bool known = finding->line > 0 && finding->line <= s->parent.n_rejected;
        finding->line = known ? s->parent.lines[finding->line - 1] : 0;
        finding->column = 0; /* it counted the columns of the record */
    }
    return findings_refuse(findings, code, &s->act->err);
}

/* There is one line of correction: what was rejected again is corrected in the lot that corrected it first. */
int submission_check_uncorrected(struct submission *s)
{
    int64_t other;
    int r = s->parent.lot ? store_lot_corrected_by(s->all->daemon->store, s->parent.lot, &other, &s->act->err)
                          : 0;
    return r <= 0
               ? r
               : err_set(&s->act->err, ERR_WRONG_STATE,
                         _("lot %lld corrects lot %lld already; what was rejected there is corrected there"),
                         (long long)other, (long long)s->parent.lot);
}

int submission_publish_correction(struct submission *s, int64_t id)
{
    struct daemon *daemon = s->all->daemon;
    const struct parent *parent = &s->parent;
    if (parent->lot == 0)
        return 0;
    if (s->intake.n_lots != 1 || s->intake.lots[0].counts[COUNT_TOTAL] != parent->n_rejected)
        return err_set(&s->act->err, ERR_FAILED, _("the corrections of lot %lld do not make one lot"),
                       (long long)parent->lot);
    int r = store_lot_set_corrections(daemon->store, id, parent->rejected, parent->n_rejected, &s->act->err);
    if (r >= 0)
        r = engine_lot_corrected(daemon->engine, parent->lot, &s->act->err);
    if (r >= 0)
        notices_lot_changed(daemon->notices, parent->lot);
    return r;
}

void lot_correct(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"fixes", "h", offsetof(struct submit_options, fixes)},
        {"name", "s", offsetof(struct submit_options, name)},
        {"hold", "b", offsetof(struct submit_options, hold)},
        {"not-before", "t", offsetof(struct submit_options, not_before)},
        BUS_OPTION_COMMON,
    };
    const struct lot_object *object = data;
    struct daemon *daemon = object->daemon;
    struct submission *s = submission_new(daemon);
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    s->act = act_new(daemon, call, "correct", "lot %lld", (long long)object->lot.id);
    s->options.fixes = -1;
    int r = act_options(s->act, &reader, options, ELEMENTSOF(options), &s->options);
    s->input.fd = s->options.fixes;
    if (r >= 0)
        r = load_parent(s, &object->lot);
    submission_start(s, r);
}
