/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"
#include "client/at.h"
#include "client/findings.h"
#include "client/input.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"

/* Makes the new lot of what was rejected; `fixes` is -1 where nothing is corrected. */
static int correct(struct invocation *inv, const char *path, int fixes, json_t **ret, struct err *err)
{
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_LOT, "Correct", "a{sv}", &w);
    remote_open_options(&w);
    if (fixes >= 0) {
        bus_open_entry(&w, "fixes", "h");
        bus_write_fd(&w, fixes);
        bus_close_entry(&w);
        const char *name = inv->value[OPT_WITH], *slash = strrchr(name, '/');
        bus_entry_string(&w, "name", slash ? slash + 1 : name);
    }
    if (inv->value[OPT_HOLD])
        bus_entry_bool(&w, "hold", true);
    at_write(&w, inv);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_LONG, "obaa{sv}", ret, err);
}

/* Of the movements of the new lot. Notes are about the form of records, and these records are idsed's own. */
static void print_findings(unsigned long long lot, const json_t *findings)
{
    _cleanup_json_ json_t *told = json_array();
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (!streq(row_text(json_array_get(findings, i), "severity"), "note"))
            json_array_append(told, json_array_get(findings, i));
    _cleanup_free_ char *where = xasprintf(_("lot %llu"), lot);
    findings_print(stderr, where, told);
}

static int retry_rejected(struct invocation *inv, const char *lot, struct err *err)
{
    _cleanup_close_ int fixes = -1;
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *reply = NULL;
    int r = remote_lot_path(lot, &path, err);
    if (r >= 0 && inv->value[OPT_WITH] && input_open(inv->value[OPT_WITH], &fixes, err) < 0)
        return err_prefix(err, "%s", inv->value[OPT_WITH]);
    if (r >= 0)
        r = correct(inv, path, fixes, &reply, err);
    if (r < 0)
        return err && err->code == ERR_INVALID_FILE && inv->value[OPT_WITH]
                   ? err_prefix(err, "%s", inv->value[OPT_WITH])
                   : r;
    unsigned long long number = remote_path_number(json_string_value(json_array_get(reply, 0)));
    if (!inv->value[OPT_QUIET])
        print_findings(number, json_array_get(reply, 2));
    if (json_is_true(json_array_get(reply, 1)))
        output_note(inv, _("%s: lot %llu, made before with the same corrections, has what was rejected"), lot,
                    number);
    else
        output_note(inv, _("%s: lot %llu has what was rejected"), lot, number);
    return 0;
}

int verb_retry(struct invocation *inv, struct err *err)
{
    if (!inv->value[OPT_ONLY_REJECTED]) {
        if (inv->value[OPT_WITH] || inv->value[OPT_HOLD] || inv->value[OPT_AT])
            return err_set(err, ERR_USAGE, _("--with, --hold and --at need --only-rejected."));
        return verb_act(inv, err);
    }
    if (inv->value[OPT_AHEAD])
        return err_set(err, ERR_USAGE, _("--ahead is for lots as they are, not with --only-rejected."));
    int r = at_check(inv, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_WITH] && inv->n_args > 1)
        return err_set(err, ERR_USAGE, _("Corrections are those of one lot."));
    int status = EXIT_STATUS_OK;
    for (int i = 0; i < inv->n_args; i++) {
        _cleanup_err_ struct err fault = ERR_INIT;
        if (retry_rejected(inv, inv->args[i], &fault) >= 0)
            continue;
        output_error(inv->args[i], &fault);
        status = MAX(status, (int)err_exit_status(fault.code));
    }
    return status;
}
