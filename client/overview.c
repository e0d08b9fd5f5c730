/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/overview.h"

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"

/* Days are of a certificate, so without one there are none. */
static void drop_days(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (row_number(row, "certificate") == 0)
            json_object_set_new(row, "certificate-days", json_null());
    }
}

int overview_run(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Overview", "aa{sv}", &rows, err);
    if (r < 0)
        return r;
    drop_days(rows);
    output_list(inv, overview_kind, rows, _("Register a registro patronal: idsectl rp add RP --name TEXT"));
    return EXIT_STATUS_OK;
}
