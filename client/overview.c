/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/overview.h"

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "idse/risk.h"

/* Days are of a certificate, so without one there are none. The risk is told in the language of who reads. */
static void complete(json_t *row)
{
    int risk = risk_from_name(row_text(row, "risk"));
    if (risk >= 0)
        json_object_set_new(row, "risk-text", json_string(risk_text((enum risk)risk)));
    if (row_number(row, "certificate") == 0)
        json_object_set_new(row, "certificate-days", json_null());
}

int overview_run(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Overview", "aa{sv}", &rows, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < json_array_size(rows); i++)
        complete(json_array_get(rows, i));
    output_list(inv, overview_kind, rows, _("Register a registro patronal: idsectl rp add RP --name TEXT"));
    return EXIT_STATUS_OK;
}
