/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/lateness.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "client/format.h"
#include "client/remote.h"
#include "idse/deadline.h"
#include "idse/lot.h"

int64_t lateness_not_before_us(const json_t *lot)
{
    bool queued = lot_state_from_name(row_text(lot, "State")) == LOT_STATE_QUEUED;
    int64_t at_us = (int64_t)row_number(lot, "NotBefore");
    return queued && at_us > clock_wall_us(&clock_system) ? at_us : 0;
}

enum lateness lateness_of(const json_t *lot)
{
    int state = lot_state_from_name(row_text(lot, "State"));
    int32_t last = (int32_t)row_number(lot, "Deadline");
    if (state < 0 || !lot_state_may_go((enum lot_state)state) || last == 0)
        return LATENESS_IN_TIME;
    if (last < time_to_date(clock_wall_us(&clock_system)))
        return LATENESS_LATE;
    return deadline_is_sent_late(last, lateness_not_before_us(lot)) ? LATENESS_PLANNED : LATENESS_IN_TIME;
}

/* What keeps it: whoever sees that it is late should not have to look for it. */
static char *late_advice(const json_t *lot, const char *last)
{
    unsigned long long id = row_number(lot, "Id");
    if (lateness_not_before_us(lot))
        return xasprintf(
            _("Its last legal day, %s, is over, and it waits for a time that somebody chose: 'idsectl "
              "retry %llu' sends it now."),
            last, id);
    if (row_flag(lot, "Held"))
        return xasprintf(
            _("Its last legal day, %s, is over, and it is held; what unblocks it stands above. Late is "
              "better than never."),
            last);
    if (json_array_size(json_object_get(lot, "WaitsFor")) > 0)
        return xasprintf(
            _("Its last legal day, %s, is over, and it waits for older lots; settle those first, or "
              "send it all the same: idsectl retry %llu --ahead"),
            last, id);
    if (lot_state_from_name(row_text(lot, "State")) != LOT_STATE_QUEUED)
        return xasprintf(_("Its last legal day, %s, is over, and nothing proves that IMSS has it."), last);
    return xasprintf(
        _("Its last legal day, %s, is over. Late is better than never: 'idsectl retry %llu' sends it at "
          "once."),
        last, id);
}

char *lateness_advice(const json_t *lot)
{
    unsigned long long id = row_number(lot, "Id");
    _cleanup_free_ char *last = format_date((uint32_t)row_number(lot, "Deadline"));
    _cleanup_free_ char *when = time_format_short(lateness_not_before_us(lot));
    switch (lateness_of(lot)) {
    case LATENESS_IN_TIME:
        return NULL;
    case LATENESS_LATE:
        return late_advice(lot, last);
    case LATENESS_PLANNED:
        return xasprintf(
            _("It will be late: it is not to be sent before %s, and its last legal day is %s. "
              "'idsectl retry %llu' sends it now; to send it at another time, cancel it and submit "
              "its file again with another --at."),
            when, last, id);
    }
    return NULL;
}
