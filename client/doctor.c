/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"

static void print_checks(const json_t *checks)
{
    bool coloured = terminal_colours(STDOUT_FILENO);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        bool ok = row_flag(check, "ok");
        printf("%s%s%s  %s: %s\n", coloured ? ok ? "\033[32m" : "\033[31m" : "", ok ? "✓" : "✗",
               coloured ? "\033[0m" : "", row_text(check, "name"), row_text(check, "text"));
    }
}

static void print_report(const struct invocation *inv, const json_t *report, const json_t *differences)
{
    for (size_t i = 0; i < json_array_size(differences); i++) {
        const json_t *difference = json_array_get(differences, i);
        uint64_t lot = row_number(difference, "lot");
        if (lot)
            printf(_("Lot %llu: %s\n"), (unsigned long long)lot, row_text(difference, "text"));
        else
            puts(row_text(difference, "text"));
    }
    output_note(
        inv,
        _("Lots: %llu; rows of the index that were right: %llu, put right: %llu; faults that need a backup: "
          "%llu."),
        (unsigned long long)row_number(report, "lots"), (unsigned long long)row_number(report, "equal"),
        (unsigned long long)row_number(report, "repaired"), (unsigned long long)row_number(report, "faults"));
}

static int reindex(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    _cleanup_json_ json_t *body = NULL;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Reindex", "a{sv}", &w);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    int r = remote_call(inv->remote, &w, REMOTE_LONG, "a{sv}", &body, err);
    if (r < 0)
        return r;
    json_t *report = json_array_get(body, 0);
    if (inv->value[OPT_JSON]) {
        output_print_json(field_json(report, reindex_kind));
    } else {
        _cleanup_json_ json_t *differences =
            field_tuples(json_object_get(report, "differences"), difference_members);
        print_report(inv, report, differences);
    }
    return row_number(report, "faults") > 0 ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

int verb_doctor(struct invocation *inv, struct err *err)
{
    if (inv->value[OPT_REINDEX])
        return reindex(inv, err);
    _cleanup_json_ json_t *checks = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Diagnose", "aa{sv}", &checks, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_JSON])
        output_print_json(field_json_rows(checks, check_kind));
    else
        print_checks(checks);
    bool fine = true;
    for (size_t i = 0; i < json_array_size(checks); i++)
        fine = fine && row_flag(json_array_get(checks, i), "ok");
    return fine ? EXIT_STATUS_OK : EXIT_STATUS_FAILURE;
}

int verb_refresh(struct invocation *inv, struct err *err)
{
    int r = remote_act(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Refresh", err);
    if (r >= 0)
        output_note(inv, _("The portal is asked for news; 'idsectl watch' shows them."));
    return r;
}
