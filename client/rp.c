/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"

static void write_details(struct bus_writer *w, const struct invocation *inv)
{
    static const enum opt details[] = {OPT_NAME, OPT_GUIA, OPT_ENYE};
    for (size_t i = 0; i < ELEMENTSOF(details); i++)
        if (inv->value[details[i]])
            bus_entry_string(w, option_table[details[i]].name, inv->value[details[i]]);
}

int verb_rp_add(struct invocation *inv, struct err *err)
{
    /* The same shape rule as everywhere, so that a slip of the finger is named before the daemon sees it. */
    _cleanup_free_ char *path = NULL;
    int r = remote_registration_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    const char *rp = strrchr(path, '/') + 1;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "AddRegistration", "sa{sv}", &w);
    bus_write_string(&w, rp);
    remote_open_options(&w);
    write_details(&w, inv);
    if (inv->value[OPT_FORCE])
        bus_entry_bool(&w, "force", true);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, "o", NULL, err);
    if (r >= 0)
        output_note(inv, _("%s is registered. Next: idsectl cert add --rp %s …"), rp, rp);
    return r;
}

int verb_rp_set(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = remote_registration_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_REGISTRATION, "Update", "a{sv}", &w);
    remote_open_options(&w);
    write_details(&w, inv);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("%s is changed; it holds from the next submission on."), inv->args[0]);
    return r;
}

int verb_rp_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListRegistrations", "aa{sv}", &rows, err);
    if (r >= 0)
        output_list(inv, registration_kind, rows,
                    _("No registro patronal yet; register one with 'idsectl rp add'."));
    return r;
}
