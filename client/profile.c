/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/buf.h"
#include "client/kinds.h"
#include "client/listing.h"
#include "client/output.h"
#include "client/terminal.h"
#include "idse/lot.h"

static int fetch_profiles(struct invocation *inv, json_t **ret, struct err *err)
{
    return remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListProfiles", "aa{sv}", ret, err);
}

int verb_profile_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = fetch_profiles(inv, &rows, err);
    if (r >= 0)
        output_list(inv, profile_kind, rows, _("No portal profile is installed."));
    return r;
}

/* The one of that name, or with NULL the one in use. */
static int find_profile(const json_t *rows, const char *name, const json_t **ret, struct err *err)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (name ? streq(row_text(row, "name"), name) : row_flag(row, "current")) {
            *ret = row;
            return 0;
        }
    }
    return err_set(err, ERR_UNKNOWN_PROFILE,
                   _("There is no such portal profile; see 'idsectl profile list'."));
}

int verb_profile_show(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    const json_t *found = NULL;
    int r = fetch_profiles(inv, &rows, err);
    if (r >= 0)
        r = find_profile(rows, inv->n_args ? inv->args[0] : NULL, &found, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_JSON]) {
        output_print_json(field_json(found, profile_kind));
        return 0;
    }
    _cleanup_json_ json_t *steps = field_tuples(json_object_get(found, "steps"), step_kind);
    output_record(found, profile_kind);
    putchar('\n');
    output_list(inv, step_kind, steps, NULL);
    return 0;
}

/* ---- another profile ---- */

static void warn_of_steps(const struct invocation *inv, const json_t *profile)
{
    _cleanup_buf_ struct buf unknown = BUF_INIT;
    _cleanup_json_ json_t *steps = field_tuples(json_object_get(profile, "steps"), step_kind);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (streq(row_text(step, "certainty"), "unknown"))
            buf_printf(&unknown, "%s%s", unknown.len ? ", " : "", row_text(step, "step"));
    }
    if (unknown.len > 0)
        output_warn(inv,
                    _("The profile %s does not know these steps of its portal, and never takes them: %s."),
                    row_text(profile, "name"), unknown.data);
}

/* Would it go to a portal that can be sent to? What people hold, or certificates, stays held for that. */
static bool goes_to_portal(const json_t *lot)
{
    int hold = lot_hold_from_name(row_text(lot, "HoldReason"));
    return hold == LOT_HOLD_NONE || hold == LOT_HOLD_PORTAL_DOWN || hold == LOT_HOLD_PORTAL_CHANGED ||
           hold == LOT_HOLD_PROFILE_INCOMPLETE;
}

/* "4, 5, 9 …" of the lots that it concerns; returns how many there are. */
static size_t numbers_of(const json_t *lots, struct buf *out)
{
    enum { SHOWN = 20 };
    size_t n = 0;
    for (size_t i = json_array_size(lots); i-- > 0;) { /* the oldest first */
        const json_t *lot = json_array_get(lots, i);
        if (!goes_to_portal(lot))
            continue;
        if (n < SHOWN)
            buf_printf(out, "%s%llu", n ? ", " : "", (unsigned long long)row_number(lot, "Id"));
        n++;
    }
    if (n > SHOWN)
        buf_add_str(out, " …");
    return n;
}

static void warn_of_lots(const struct invocation *inv, const json_t *profile, const json_t *lots)
{
    _cleanup_buf_ struct buf numbers = BUF_INIT;
    size_t n = numbers_of(lots, &numbers);
    const char *hold = lot_hold_name(LOT_HOLD_PROFILE_INCOMPLETE);
    if (row_flag(profile, "can-send")) {
        if (n > 0)
            output_warn(inv,
                        dngettext(IDSED_TEXTDOMAIN, "%zu lot that waits to be sent goes there: %s.",
                                  "%zu lots that wait to be sent go there: %s.", n),
                        n, numbers.data);
        return;
    }
    output_warn(
        inv,
        _("With it nothing can be sent: what is submitted is held with '%s' until another profile is used."),
        hold);
    if (n > 0)
        output_warn(inv,
                    dngettext(IDSED_TEXTDOMAIN, "%zu lot that waits to be sent is held so: %s.",
                              "%zu lots that wait to be sent are held so: %s.", n),
                    n, numbers.data);
}

/* Who may not see lots is told of the profile alone. */
static int fetch_queued(struct invocation *inv, json_t *lots, struct err *err)
{
    char *states[] = {(char *)lot_state_name(LOT_STATE_QUEUED), NULL};
    const struct filter filter = {.states = states};
    int r = listing_fetch(inv->remote, LISTING_LOTS, &filter, 0, listing_collect, lots, NULL, err);
    if (r >= 0 || err->code != ERR_ACCESS_DENIED)
        return r;
    err_clear(err);
    return 0;
}

/* What the profile cannot do, and what that means for the queue, before anybody decides. */
static int tell_what_comes(struct invocation *inv, const char *name, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL, *lots = json_array();
    const json_t *profile = NULL;
    int r = fetch_profiles(inv, &rows, err);
    if (r >= 0)
        r = find_profile(rows, name, &profile, err);
    if (r >= 0 && json_array_size(json_object_get(profile, "steps")) == 0)
        r = err_set(err, ERR_CONFIG, "%s", row_text(profile, "title")); /* what is wrong with its file */
    if (r >= 0)
        r = fetch_queued(inv, lots, err);
    if (r < 0)
        return r;
    warn_of_steps(inv, profile);
    warn_of_lots(inv, profile, lots);
    return 0;
}

int verb_profile_use(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    int r = tell_what_comes(inv, inv->args[0], err);
    if (r < 0)
        return r;
    _cleanup_free_ char *question =
        xasprintf(_("%s: Speak to this portal from now on? What is submitted goes there."), inv->args[0]);
    if (!inv->value[OPT_YES] && !terminal_confirm(question))
        return err_set(err, ERR_FAILED, _("Nothing was changed."));
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "UseProfile", "sa{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("The profile %s is in use."), inv->args[0]);
    return r;
}
