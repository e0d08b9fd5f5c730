/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include "daemon/iface.h"
#include "idse/date.h"

void submission_write_results(struct submission *s, const int64_t *ids, size_t n, bool existing)
{
    if (s->ordered)
        return;
    struct bus_writer *w = bus_call_results(s->act->call);
    bool several = s->parent.lot == 0; /* a correction is one lot */
    if (several)
        bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        char path[IFACE_PATH_SIZE];
        iface_lot_path(ids[i], path);
        bus_write_path(w, path);
    }
    if (several)
        bus_close(w);
    bus_write_bool(w, existing);
    iface_write_findings(w, &s->intake.findings);
}

void submission_name_lots(struct act *act, const int64_t *ids, size_t n)
{
    replace_str(&act->object, n == 1 ? xasprintf("lot %lld", (long long)ids[0])
                                     : xasprintf("lots %lld-%lld", (long long)ids[0], (long long)ids[n - 1]));
}

int submission_tell_order(struct submission *s, const int64_t *ids, size_t n, bool existing)
{
    if (!s->ordered)
        return 0;
    const struct submit_order *order = &s->ordered->order;
    return order->taken(order->data, ids, n, existing, &s->intake.findings, &s->act->err);
}

void submission_warn_of_late_sending(struct submission *s)
{
    int64_t at_us = iface_number(s->options.not_before);
    int64_t now_us = clock_wall_us(daemon_clock(s->all->daemon));
    int32_t day = at_us > now_us ? time_to_date(at_us) : 0;
    for (size_t i = 0; i < s->intake.n_lots; i++) {
        char value[DATE_TEXT_SIZE], last[DATE_TEXT_SIZE];
        int32_t deadline = last_days_first(&s->intake.lots[i].last_days);
        if (day && deadline_is_sent_late(deadline, at_us))
            findings_report(&s->intake.findings, RULE_SENT_LATE, 0, 0, NULL, date_text(day, value),
                            date_text(deadline, last));
    }
}

/* Given up or refused by the portal as a whole: it may be submitted again. */
static bool came_to_nothing(struct store *store, int64_t id)
{
    struct store_lot lot = {0};
    if (store_lot_get(store, id, &lot, NULL) < 0)
        return true;
    bool nothing = lot.state == LOT_STATE_CANCELLED || lot.state == LOT_STATE_FAILED;
    store_lot_free(&lot);
    return nothing;
}

int submission_find_existing(struct submission *s)
{
    struct store *store = s->all->daemon->store;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = store_submission_find(store, s->key, &ids, &n, &s->act->err);
    if (r <= 0)
        return r;
    bool nothing = true;
    for (size_t i = 0; nothing && i < n; i++)
        nothing = came_to_nothing(store, ids[i]);
    if (nothing)
        return 0;
    r = submission_tell_order(s, ids, n, true);
    if (r < 0)
        return r;
    submission_name_lots(s->act, ids, n);
    replace_str(&s->act->detail, xstrdup("{\"existing\":true}"));
    submission_write_results(s, ids, n, true);
    return 1;
}
