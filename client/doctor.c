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

int verb_doctor(struct invocation *inv, struct err *err)
{
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
