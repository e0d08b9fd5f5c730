/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"

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

/* The one that was named, or the one in use. */
int verb_profile_show(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = fetch_profiles(inv, &rows, err);
    if (r < 0)
        return r;
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(rows) && !found; i++) {
        const json_t *row = json_array_get(rows, i);
        if (inv->n_args ? streq(row_text(row, "name"), inv->args[0]) : row_flag(row, "current"))
            found = row;
    }
    if (!found)
        return err_set(err, ERR_UNKNOWN_PROFILE,
                       _("There is no such portal profile; see 'idsectl profile list'."));
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

/* How a profile's portal is spoken to may be known in part only. */
static int tell_what_is_unknown(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = fetch_profiles(inv, &rows, err);
    for (size_t i = 0; r >= 0 && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (row_flag(row, "current") && !row_flag(row, "can-send"))
            output_warn(inv, _("With it nothing can be sent yet, for not every step of its portal is known "
                               "('idsectl profile show'); lots are held meanwhile."));
    }
    return r;
}

int verb_profile_use(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    _cleanup_free_ char *question =
        xasprintf(_("%s: Speak to this portal from now on? What is submitted goes there."), inv->args[0]);
    if (!inv->value[OPT_YES] && !terminal_confirm(question))
        return err_set(err, ERR_FAILED, _("Nothing was changed."));
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "UseProfile", "sa{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    int r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("The profile %s is in use."), inv->args[0]);
    return r < 0 ? r : tell_what_is_unknown(inv, err);
}
