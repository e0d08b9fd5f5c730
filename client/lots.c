/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "client/cmdline.h"
#include "client/fixes.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/kinds.h"
#include "client/lateness.h"
#include "client/listing.h"
#include "client/output.h"
#include "client/receipts.h"
#include "idse/lot.h"

int verb_list(struct invocation *inv, struct err *err)
{
    return listing_run(inv, LISTING_LOTS, err);
}

/* ---- show ---- */

static char *name_of(const json_t *movement)
{
    return xasprintf("%s %s %s", row_text(movement, "first-surname"), row_text(movement, "second-surname"),
                     row_text(movement, "names"));
}

/* A row for each error of a movement, and one for a movement that was rejected without saying why. */
static void add_errors(json_t *rows, const json_t *movement)
{
    _cleanup_free_ char *name = name_of(movement);
    _cleanup_json_ json_t *errors = field_tuples(json_object_get(movement, "errors"), error_members);
    if (json_array_size(errors) == 0)
        json_array_append_new(errors, json_object());
    for (size_t i = 0; i < json_array_size(errors); i++) {
        json_t *row = json_array_get(errors, i);
        json_object_update_missing(row, (json_t *)movement);
        json_object_set_new(row, "name", json_string(name));
    }
    json_array_extend(rows, errors);
}

static json_t *rows_of_errors(const json_t *movements)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(movements); i++)
        add_errors(rows, json_array_get(movements, i));
    return rows;
}

/* The movements whose worker has another name at IMSS, with both. */
static json_t *rows_of_names(const json_t *movements)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(movements); i++) {
        const json_t *movement = json_array_get(movements, i);
        if (!row_flag(movement, "name-differs"))
            continue;
        json_t *row = json_copy((json_t *)movement);
        _cleanup_free_ char *name = name_of(movement);
        json_object_set_new(row, "name", json_string(name));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void print_section(const struct invocation *inv, const char *title, const struct field *kind,
                          const json_t *rows)
{
    if (json_array_size(rows) == 0)
        return;
    printf("\n%s\n", title);
    output_list(inv, kind, rows, NULL);
}

/* What a person can do about a lot that does not go on by itself, in a sentence; NULL where there is nothing. */
static char *lot_advice(const json_t *lot)
{
    unsigned long long id = row_number(lot, "Id");
    int state = lot_state_from_name(row_text(lot, "State"));
    if (state == LOT_STATE_UNCERTAIN)
        return xasprintf(
            _("It is never sent again blindly: 'idsectl reconcile %llu' asks the portal at once, and "
              "'idsectl receipts import FILE' with its acuse settles it."),
            id);
    if (state == LOT_STATE_QUARANTINED)
        return xasprintf(
            _("Compare its receipts with what was sent; 'idsectl receipts import FILE' takes a right "
              "one, 'idsectl retry %llu' asks the portal for them again."),
            id);
    return NULL;
}

static void print_lot(const struct invocation *inv, const json_t *lot, const json_t *attempts,
                      const json_t *rejected)
{
    output_record(lot, lot_kind);
    _cleanup_free_ char *advice = lot_advice(lot), *late = lateness_advice(lot);
    if (late)
        printf("\n%s\n", late);
    if (advice)
        printf("\n%s\n", advice);
    _cleanup_json_ json_t *receipts = receipt_rows(lot), *errors = rows_of_errors(rejected);
    print_section(inv, _("Documents"), receipt_kind, receipts);
    print_section(inv, _("Attempts to send"), attempt_kind, attempts);
    print_section(inv, _("Rejected movements"), movement_error_kind, errors);
    _cleanup_json_ json_t *names = rows_of_names(rejected);
    print_section(inv, _("Names that IMSS has otherwise"), movement_name_kind, names);
}

int verb_show(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *lot = NULL, *attempts = NULL, *rejected = json_array();
    int r = remote_lot(inv->remote, inv->args[0], &path, &lot, err);
    if (r >= 0)
        r = remote_read(inv->remote, path, REMOTE_LOT, "ListAttempts", "aa{sv}", &attempts, err);
    if (r >= 0)
        r = listing_rejected(inv->remote, lot, rejected, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_FIXES])
        return fixes_print(inv, rejected);
    if (!inv->value[OPT_JSON]) {
        print_lot(inv, lot, attempts, rejected);
        return 0;
    }
    json_t *document = field_json(lot, lot_kind);
    json_object_set_new(document, "attempt_list", field_json_rows(attempts, attempt_kind));
    json_object_set_new(document, "rejected_movements", field_json_rows(rejected, movement_kind));
    output_print_json(document);
    return 0;
}

/* ---- wait ---- */

int verb_wait(struct invocation *inv, struct err *err)
{
    int64_t timeout_us = -1;
    if (inv->value[OPT_TIMEOUT] && !parse_span(inv->value[OPT_TIMEOUT], &timeout_us))
        return err_set(err, ERR_USAGE, _("--timeout needs a time like 90, 5m or 2h."));
    size_t n = (size_t)inv->n_args;
    _cleanup_(strv_cleanup) char **paths = xcalloc(n + 1, sizeof(*paths));
    for (size_t i = 0; i < n; i++) {
        int r = remote_lot_path(inv->args[i], &paths[i], err);
        if (r < 0)
            return r;
    }
    _cleanup_json_ json_t *rows = NULL;
    int r = follow_lots(inv, paths, n, timeout_us, &rows, err);
    if (r >= 0)
        output_list(inv, lot_kind, rows, NULL);
    return r;
}
