/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/deadline-text.h"

#include "idse/date.h"

static char *with(char *text, const char *why)
{
    char *whole = why ? xasprintf("%s (%s)", text, why) : xstrdup(text);
    free(text);
    return whole;
}

/* Its own time to be sent, where that is still to come; else NULL. */
static char *not_before(const struct store_lot *lot, int32_t last, int64_t now_us)
{
    if (lot->state != LOT_STATE_QUEUED || lot->not_before_us <= now_us)
        return NULL;
    _cleanup_free_ char *when = time_format_short(lot->not_before_us);
    bool late = deadline_is_sent_late(last, lot->not_before_us);
    return xasprintf(
        late ? _("it is not to be sent before %s, when that day is over: 'idsectl retry %lld' sends it now")
             : _("it is not to be sent before %s; 'idsectl retry %lld' sends it now"),
        when, (long long)lot->id);
}

/* What keeps it from going: its hold, or an older lot; and its own time. */
static char *with_reason(struct daemon *daemon, const struct store_lot *lot, int32_t last, int64_t now_us,
                         char *text)
{
    _cleanup_free_ char *later = not_before(lot, last, now_us);
    _cleanup_free_ char *why = lot->hold != LOT_HOLD_NONE       ? xstrdup(str_or_empty(lot->hold_text))
                               : lot->state == LOT_STATE_QUEUED ? engine_lot_waits(daemon->engine, lot->id)
                                                                : NULL;
    return with(with(text, why), later);
}

static char *sentence(const struct store_lot *lot, const char *last, int days)
{
    long long id = lot->id;
    const char *state = lot_state_label(lot->state);
    if (days < 0)
        return xasprintf(
            _("Lot %lld of %s (%s): its last day, %s, is over, and IMSS has not taken it. Late is better "
              "than never: idsectl due"),
            id, lot->rp, state, last);
    if (days == 0)
        return xasprintf(_("Lot %lld of %s (%s) must reach IMSS today, %s: idsectl due"), id, lot->rp, state,
                         last);
    return xasprintf(dngettext(IDSED_TEXTDOMAIN,
                               "Lot %lld of %s (%s) must reach IMSS by %s, in %d working day: idsectl due",
                               "Lot %lld of %s (%s) must reach IMSS by %s, in %d working days: idsectl due",
                               (unsigned long)days),
                     id, lot->rp, state, last, days);
}

/* Where the movements of the lot have several last days, it is not due as a whole. */
static char *sentence_of_some(const struct store_lot *lot, const char *last, int days)
{
    long long id = lot->id;
    const char *state = lot_state_label(lot->state);
    if (days < 0)
        return xasprintf(
            _("Lot %lld of %s (%s): the last day of some of its movements, %s, is over, and IMSS has not "
              "taken them. Late is better than never: idsectl due"),
            id, lot->rp, state, last);
    if (days == 0)
        return xasprintf(_("Movements of lot %lld of %s (%s) must reach IMSS today, %s: idsectl due"), id,
                         lot->rp, state, last);
    return xasprintf(
        dngettext(IDSED_TEXTDOMAIN,
                  "Movements of lot %lld of %s (%s) must reach IMSS by %s, in %d working day: idsectl due",
                  "Movements of lot %lld of %s (%s) must reach IMSS by %s, in %d working days: idsectl due",
                  (unsigned long)days),
        id, lot->rp, state, last, days);
}

char *deadline_sentence(struct daemon *daemon, const struct store_lot *lot, int32_t day, bool several,
                        int64_t now_us)
{
    int days = deadline_days_left(daemon->law.calendar, day, time_to_date(now_us));
    char last[DATE_TEXT_SIZE];
    date_text(day, last);
    char *text = several ? sentence_of_some(lot, last, days) : sentence(lot, last, days);
    const char *doubt = engine_clock_trusted(daemon->engine)
                            ? NULL
                            : _("not to be trusted: this machine's clock and the portal's differ");
    return with(with_reason(daemon, lot, day, now_us, text), doubt);
}

char *deadline_row(struct daemon *daemon, const struct store_lot *lot, int32_t day, int64_t now_us)
{
    char last[DATE_TEXT_SIZE];
    char *row = xasprintf(_("Lot %lld of %s (%s), last day %s"), (long long)lot->id, lot->rp,
                          lot_state_label(lot->state), date_text(day, last));
    return with_reason(daemon, lot, day, now_us, row);
}
