/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/rp.h"
#include "client/terminal.h"
#include "client/verbs.h"
#include "idse/lot.h"

/* The verbs that are one method, without a result, of each object that was named. */
static const struct act {
    const char *verb;
    const char *interface, *method;
    int (*path_of)(const char *name, char **ret_path, struct err *err);
    const char *done;
    const char *question; /* for VERB_CONFIRM */
} acts[] = {
    {"hold", REMOTE_LOT, "Hold", remote_lot_path, N_("held")},
    {"release", REMOTE_LOT, "Release", remote_lot_path, N_("released")},
    {"approve", REMOTE_LOT, "Approve", remote_lot_path, N_("approved")},
    {"cancel", REMOTE_LOT, "Cancel", remote_lot_path, N_("given up"),
     N_("Give the lot up? It is never sent; what was rejected of it is due no longer.")},
    {"retry", REMOTE_LOT, "Retry", remote_lot_path, N_("takes its next step now")},
    {"reconcile", REMOTE_LOT, "Reconcile", remote_lot_path,
     N_("the portal is asked whether it has it; its acuse, downloaded by hand, settles it too: 'idsectl "
        "receipts import FILE'")},
    {"rp pause", REMOTE_REGISTRATION, "Pause", remote_registration_path, N_("paused")},
    {"rp resume", REMOTE_REGISTRATION, "Resume", remote_registration_path, N_("sends again")},
    {"rp remove", REMOTE_REGISTRATION, "Remove", remote_registration_path, N_("removed"),
     N_("Forget this registro patronal? Its history stays.")},
    {"cert release", REMOTE_CERTIFICATE, "Release", remote_certificate_path, N_("released")},
    {"cert remove", REMOTE_CERTIFICATE, "Remove", remote_certificate_path, N_("removed"),
     N_("Wipe key and password of this certificate? Its lots will be held.")},
};

static int act_on(struct invocation *inv, const struct act *act, const char *name, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = act->path_of(name, &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, act->interface, act->method, "a{sv}", &w);
    remote_open_options(&w);
    if (inv->value[OPT_REASON])
        bus_entry_string(&w, "text", inv->value[OPT_REASON]);
    if (inv->value[OPT_AHEAD])
        bus_entry_bool(&w, "ahead", true);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
}

/* What a lot does now that somebody wants its next step: what stands in its way may still do so. */
static char *retried(struct invocation *inv, const struct act *act, const char *name)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *lot = NULL;
    if (act->path_of(name, &path, NULL) < 0 ||
        remote_properties(inv->remote, path, REMOTE_LOT, &lot, NULL) < 0)
        return xstrdup(_(act->done));
    if (row_flag(lot, "Held") && streq(row_text(lot, "HoldReason"), lot_hold_name(LOT_HOLD_PORTAL_DOWN)))
        return xstrdup(
            _("is tried now, although the portal does not answer; if it still does not, sending goes "
              "on when it does"));
    if (row_flag(lot, "Held")) {
        _cleanup_free_ char *why = field_text(lot, &(struct field){"HoldReason", FIELD_HOLD});
        return xasprintf(_("is held, and takes its next step when it is not: %s"), why);
    }
    int64_t next_us = (int64_t)row_number(lot, "NextStep");
    _cleanup_free_ char *when = time_format_short(next_us);
    return next_us > clock_wall_us(&clock_system) + US_PER_MIN
               ? xasprintf(_("takes its next step at %s"), when)
               : xstrdup(_(act->done));
}

static bool allowed(const struct invocation *inv, const struct act *act, const char *name)
{
    if (!(inv->verb->flags & VERB_CONFIRM) || inv->value[OPT_YES])
        return true;
    _cleanup_free_ char *question = xasprintf("%s: %s", name, _(act->question));
    return terminal_confirm(question);
}

/* Goes through all that were named, whatever becomes of one; the worst exit status wins. */
int verb_act(struct invocation *inv, struct err *err)
{
    const struct act *act = acts;
    while (!streq(act->verb, inv->verb->name))
        act++;
    int status = EXIT_STATUS_OK;
    for (int i = 0; i < inv->n_args; i++) {
        _cleanup_err_ struct err fault = ERR_INIT;
        if (!allowed(inv, act, inv->args[i])) {
            status = MAX(status, EXIT_STATUS_FAILURE);
            continue;
        }
        if (act_on(inv, act, inv->args[i], &fault) >= 0) {
            _cleanup_free_ char *done =
                streq(act->method, "Retry") ? retried(inv, act, inv->args[i]) : xstrdup(_(act->done));
            output_note(inv, "%s: %s", inv->args[i], done);
        } else {
            output_error(inv->args[i], &fault);
            status = MAX(status, (int)err_exit_status(fault.code));
        }
    }
    if (streq(inv->verb->name, "cert remove"))
        rp_warn_lacking(inv);
    return status;
}
