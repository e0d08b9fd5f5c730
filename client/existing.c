/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/existing.h"

#include "base/buf.h"
#include "base/clock.h"
#include "client/at.h"
#include "client/output.h"
#include "idse/lot.h"

/* --at of a lot that is still to be sent. */
static void tell_time(const struct invocation *inv, unsigned long long id, int64_t is_us, int64_t asked_us)
{
    bool waits = is_us > clock_wall_us(&clock_system);
    _cleanup_free_ char *when = time_format_short(is_us);
    if (is_us == asked_us || (!waits && asked_us == 0))
        return;
    if (waits && asked_us > 0)
        output_warn(inv,
                    _("Lot %llu is to be sent at %s, as before: --at does not change that. 'idsectl cancel "
                      "%llu' gives it "
                      "up, and then the file can be submitted for another time."),
                    id, when, id);
    else if (waits)
        output_warn(inv, _("Lot %llu is to be sent at %s, as before; 'idsectl retry %llu' sends it now."), id,
                    when, id);
    else
        output_warn(inv,
                    _("Lot %llu is sent as soon as may be, as before: --at does not change that. 'idsectl "
                      "cancel %llu' "
                      "gives it up, and then the file can be submitted for another time."),
                    id, id);
}

static void tell_lot(const struct invocation *inv, const json_t *lot)
{
    unsigned long long id = row_number(lot, "Id");
    int64_t asked_us = at_time(inv);
    int state = lot_state_from_name(row_text(lot, "State"));
    if (state != LOT_STATE_QUEUED) {
        if (asked_us > 0 || inv->value[OPT_HOLD])
            output_warn(inv, _("Lot %llu is %s: --at and --hold come too late for it."), id,
                        state < 0 ? row_text(lot, "State") : lot_state_label((enum lot_state)state));
        return;
    }
    tell_time(inv, id, (int64_t)row_number(lot, "NotBefore"), asked_us);
    if (inv->value[OPT_HOLD] && !row_flag(lot, "Held"))
        output_warn(
            inv, _("Lot %llu is not held any more: --hold does not change that. 'idsectl hold %llu' does."),
            id, id);
}

void existing_tell(struct invocation *inv, const char *file, const json_t *lots)
{
    _cleanup_buf_ struct buf numbers = BUF_INIT;
    size_t n = json_array_size(lots);
    for (size_t i = 0; i < n; i++)
        buf_printf(&numbers, "%s%llu", i ? ", " : "",
                   (unsigned long long)remote_path_number(json_string_value(json_array_get(lots, i))));
    output_warn(inv,
                dngettext(IDSED_TEXTDOMAIN,
                          "%s: submitted before, it is lot %s already; nothing new was queued.",
                          "%s: submitted before, it is lots %s already; nothing new was queued.", n),
                file, numbers.data);
    for (size_t i = 0; i < n; i++) {
        _cleanup_json_ json_t *lot = NULL;
        if (remote_properties(inv->remote, json_string_value(json_array_get(lots, i)), REMOTE_LOT, &lot,
                              NULL) >= 0)
            tell_lot(inv, lot);
    }
}
