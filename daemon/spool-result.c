/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-result.h"

#include <jansson.h>

enum { FINDINGS_TOLD = 1000, REJECTED_TOLD = 1000 };

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *instant(int64_t at_us)
{
    _cleanup_free_ char *text = at_us ? time_format_iso(at_us) : NULL;
    return text_or_null(text);
}

static char *dump(json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (!text)
        abort();
    return text;
}

static json_t *tell_findings(const struct findings *findings)
{
    json_t *rows = json_array();
    for (size_t i = 0; findings && i < MIN(findings->n, (size_t)FINDINGS_TOLD); i++) {
        const struct finding *finding = &findings->items[i];
        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:s, s:o, s:o}", "rule", finding->rule, "severity",
                      finding_severity_name(finding->severity), "line", (json_int_t)finding->line, "column",
                      (json_int_t)finding->column, "field", text_or_null(finding->field), "value",
                      text_or_null(finding->value), "text", str_or_empty(finding->text), "expected",
                      text_or_null(finding->expected), "fix", text_or_null(finding->fix)));
    }
    return rows;
}

static char *sentence(const struct spool_told *told)
{
    if (told->err)
        return xasprintf(_("Refused: %s"), err_text(told->err));
    if (told->existing)
        return xstrdup(_("These bytes were submitted before; their lots exist already."));
    return xasprintf(
        dngettext(IDSED_TEXTDOMAIN, "%zu lot was queued.", "%zu lots were queued.", told->n_lots),
        told->n_lots);
}

char *spool_result(const struct spool_told *told)
{
    _cleanup_free_ char *text = sentence(told);
    json_t *lots = json_array();
    for (size_t i = 0; i < told->n_lots; i++)
        json_array_append_new(lots, json_integer((json_int_t)told->lots[i]));
    json_t *error = told->err ? json_pack("{s:s, s:s}", "name", err_dbus_name(told->err->code), "text",
                                          err_text(told->err))
                              : json_null();
    return dump(json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "file", told->file, "registration",
                          told->rp, "submitted_by", told->who, "time", instant(told->at_us), "result",
                          told->err        ? "refused"
                          : told->existing ? "existing"
                                           : "submitted",
                          "text", text, "error", error, "findings", tell_findings(told->findings), "lots",
                          lots));
}

/* ---- its lots as they are ---- */

static int tell_rejected(struct store *store, const struct store_lot *lot, json_t **ret, struct err *err)
{
    const struct store_movement_filter filter = {.lot = lot->id, .states = 1u << MOVEMENT_STATE_REJECTED};
    struct store_movement *rows = NULL;
    size_t n = 0;
    int r = lot->rejected == 0 ? 0 : store_movement_list(store, &filter, NULL, REJECTED_TOLD, &rows, &n, err);
    if (r < 0)
        return r;
    json_t *rejected = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *errors = json_array();
        for (size_t j = 0; j < rows[i].n_errors; j++)
            json_array_append_new(errors,
                                  json_pack("{s:s, s:s, s:o}", "code", str_or_empty(rows[i].errors[j].code),
                                            "text", str_or_empty(rows[i].errors[j].text), "imss_value",
                                            text_or_null(rows[i].errors[j].imss_value)));
        json_array_append_new(rejected, json_pack("{s:I, s:s, s:o}", "position", (json_int_t)rows[i].seq + 1,
                                                  "nss", rows[i].movement.nss, "errors", errors));
    }
    store_movements_free(rows, n);
    *ret = rejected;
    return 0;
}

static int tell_lot(struct store *store, int64_t id, json_t *lots, struct err *err)
{
    struct store_lot lot = {0};
    json_t *rejected = NULL;
    int r = store_lot_get(store, id, &lot, err);
    if (r >= 0)
        r = tell_rejected(store, &lot, &rejected, err);
    if (r >= 0)
        json_array_append_new(
            lots, json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "lot",
                            (json_int_t)lot.id, "type", movement_type_name(lot.type), "state",
                            lot_state_name(lot.state), "movements", (json_int_t)lot.counts[COUNT_TOTAL],
                            "approved", (json_int_t)lot.approved, "rejected", (json_int_t)lot.rejected,
                            "held", lot.hold != LOT_HOLD_NONE, "hold_reason",
                            text_or_null(lot_hold_name(lot.hold)), "hold_text", text_or_null(lot.hold_text),
                            "portal_lot", text_or_null(lot.portal_lot), "folio", text_or_null(lot.folio),
                            "received", instant(lot.received_us), "rejected_movements", rejected));
    store_lot_free(&lot);
    return r;
}

int spool_result_now(struct store *store, const struct store_spool_file *file, char **ret, struct err *err)
{
    json_t *json = json_loads(file->result, 0, NULL);
    const json_t *ids = json_object_get(json, "lots");
    json_t *lots = json_array();
    int r = 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(ids); i++)
        r = tell_lot(store, json_integer_value(json_array_get(ids, i)), lots, err);
    if (r < 0 || !json) {
        json_decref(lots);
        json_decref(json);
        return r < 0 ? r : err_set(err, ERR_FAILED, _("the result of %s is not JSON"), file->name);
    }
    json_object_set_new(json, "lots", lots);
    *ret = dump(json);
    return 0;
}
