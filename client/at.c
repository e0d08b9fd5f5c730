/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/at.h"

#include "base/clock.h"
#include "client/format.h"
#include "client/output.h"

static bool read_at(const struct invocation *inv, int64_t *ret_us)
{
    return parse_when(inv->value[OPT_AT], clock_wall_us(&clock_system), ret_us);
}

int at_check(const struct invocation *inv, struct err *err)
{
    int64_t at_us;
    if (!inv->value[OPT_AT])
        return 0;
    if (read_at(inv, &at_us))
        return at_us > clock_wall_us(&clock_system)
                   ? 0
                   : err_set(err, ERR_USAGE, _("--at=%s is over; to send at once, leave it out."),
                             inv->value[OPT_AT]);
    return err_set(err, ERR_USAGE,
                   _("--at needs a time like \"2026-12-01 08:00\" or 08:00 (Mexico City), or +2h from now; "
                     "'%s' is none."),
                   inv->value[OPT_AT]);
}

int64_t at_time(const struct invocation *inv)
{
    int64_t at_us;
    return inv->value[OPT_AT] && read_at(inv, &at_us) && at_us > 0 ? at_us : 0;
}

void at_write(struct bus_writer *w, const struct invocation *inv)
{
    int64_t at_us = at_time(inv);
    if (at_us > 0)
        bus_entry_u64(w, "not-before", (uint64_t)at_us);
}
