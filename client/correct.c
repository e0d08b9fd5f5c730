/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"
#include "client/at.h"
#include "client/findings.h"
#include "client/input.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/unchanged.h"
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
    return remote_call_reasoned(inv->remote, &w, "obaa{sv}", ret, err);
}

/* Of the movements of the new lot. Notes are about the form of records, and these records are idsed's own. */
static void print_findings(unsigned long long lot, const json_t *findings)
{
    _cleanup_json_ json_t *rows = findings_told(findings), *told = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!streq(row_text(json_array_get(rows, i), "severity"), "note"))
            json_array_append(told, json_array_get(rows, i));
    _cleanup_free_ char *where = xasprintf(_("lot %llu"), lot);
    findings_print(stderr, where, told);
}

/* ---- what is not corrected is rejected again, mostly ---- */

static char *what_comes(const struct unchanged *unchanged)
{
    if (unchanged->n == unchanged->rejected)
        return xstrdup(
            _("Nothing is corrected (--with): IMSS gets what it rejected just as it was, and will mostly "
              "reject it again."));
    return xasprintf(
        dngettext(IDSED_TEXTDOMAIN,
                  "%zu rejected movement is not corrected, and IMSS gets it just as it was: No. %s.",
                  "%zu rejected movements are not corrected, and IMSS gets them just as they were: "
                  "No. %s.",
                  unchanged->n),
        unchanged->n, unchanged->numbers.data);
}

static int ask(const char *lot, const struct unchanged *unchanged, struct err *err)
{
    _cleanup_free_ char *text = what_comes(unchanged);
    if (!terminal_interactive())
        return err_set(err, ERR_USAGE, _("%s There is no terminal to ask on: correct it, or give --yes."),
                       text);
    _cleanup_free_ char *question = xasprintf("%s: %s %s", lot, text, _("Send it again?"));
    return terminal_confirm(question) ? 0 : err_set(err, ERR_FAILED, _("Nothing was sent again."));
}

/* Asks whether to send again what is not corrected, if there is any; the file is where it was afterwards. */
static int confirm(struct invocation *inv, const char *lot, const char *path, int fixes, struct err *err)
{
    _cleanup_buf_ struct buf table = BUF_INIT;
    _cleanup_json_ json_t *row = NULL;
    _cleanup_(unchanged_free) struct unchanged unchanged = {0};
    if (inv->value[OPT_YES])
        return 0;
    int r = remote_properties(inv->remote, path, REMOTE_LOT, &row, err);
    if (r >= 0 && fixes >= 0)
        r = input_read(fixes, &table, err);
    if (r >= 0)
        r = unchanged_find(inv->remote, path, row, fixes >= 0 ? &table : NULL, &unchanged, err);
    return r < 0 || unchanged.n == 0 ? r : ask(lot, &unchanged, err);
}

/* ---- the verb ---- */

static int retry_rejected(struct invocation *inv, const char *lot, json_t **reply, struct err *err)
{
    _cleanup_close_ int fixes = -1;
    _cleanup_free_ char *path = NULL;
    int r = remote_lot_path(lot, &path, err);
    if (r >= 0 && inv->value[OPT_WITH] && input_open(inv->value[OPT_WITH], &fixes, err) < 0)
        return err_prefix(err, "%s", inv->value[OPT_WITH]);
    if (r >= 0)
        r = confirm(inv, lot, path, fixes, err);
    return r < 0 ? r : correct(inv, path, fixes, reply, err);
}

static void tell_made(const struct invocation *inv, const char *lot, const json_t *reply)
{
    unsigned long long number = remote_path_number(json_string_value(json_array_get(reply, 0)));
    if (!inv->value[OPT_QUIET])
        print_findings(number, json_array_get(reply, 2));
    if (json_is_true(json_array_get(reply, 1)))
        output_note(inv, _("%s: lot %llu, made before with the same corrections, has what was rejected"), lot,
                    number);
    else
        output_note(inv, _("%s: lot %llu has what was rejected"), lot, number);
}

/* What is wrong with the table of corrections is told of its file, all else of the lot. */
static void tell_refused(const struct invocation *inv, const char *lot, const json_t *reasons,
                         struct err *fault)
{
    const char *with = inv->value[OPT_WITH];
    _cleanup_free_ char *about =
        with && fault->code == ERR_INVALID_FILE ? xasprintf("%s: %s", lot, with) : NULL;
    if (with && json_array_size(reasons) > 0)
        findings_refused(with, reasons, fault);
    else
        output_error(about ? about : lot, fault);
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
        _cleanup_json_ json_t *reply = NULL;
        if (retry_rejected(inv, inv->args[i], &reply, &fault) >= 0) {
            tell_made(inv, inv->args[i], reply);
            continue;
        }
        tell_refused(inv, inv->args[i], reply, &fault);
        status = MAX(status, (int)err_exit_status(fault.code));
    }
    return status;
}
