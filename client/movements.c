/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/cmdline.h"
#include "client/export.h"

static int export(struct invocation *inv, struct err *err)
{
    struct filter filter = {0};
    int r = filter_read(inv, LISTING_MOVEMENTS, &filter, err);
    if (r < 0)
        return r;
    _cleanup_(strv_cleanup) char **states = filter.states;
    return export_movements(inv, &filter, err);
}

int verb_movements(struct invocation *inv, struct err *err)
{
    if (inv->value[OPT_EXPORT])
        return export(inv, err);
    return listing_run(inv, LISTING_MOVEMENTS, err);
}
