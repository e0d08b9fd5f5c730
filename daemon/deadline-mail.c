/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/deadline-mail.h"

#include <inttypes.h>

#include "base/text.h"
#include "daemon/deadline-text.h"
#include "daemon/deadlines.h"
#include "daemon/post.h"
#include "daemon/reminder.h"
#include "idse/date.h"

#define MAIL_VALUE "deadline-mail" /* the instant at which it leaves; none: nothing is new */

enum { LOTS_A_TURN = 100, ROWS = 100 };

/* Most urgent first, as lots come by their last day. */
enum urgency { LATE, TODAY, SOON, _URGENCY_MAX };

struct deadline_mail {
    struct daemon *daemon;
    /* the one that is being made */
    struct store_due_cursor at;
    struct buf rows[_URGENCY_MAX];
    size_t n[_URGENCY_MAX]; /* lots; one whose movements have several last days counts wherever it has one */
    size_t shown;           /* rows */
    size_t unshown;         /* lots */
    struct store_lot first; /* the most urgent one, without what it owns */
    char (*rps)[12];        /* of all of them, each once */
    size_t n_rps;
};

struct deadline_mail *deadline_mail_new(struct daemon *daemon)
{
    struct deadline_mail *mail = xcalloc(1, sizeof(*mail));
    mail->daemon = daemon;
    return mail;
}

static void begin_anew(struct deadline_mail *mail)
{
    for (size_t i = 0; i < ELEMENTSOF(mail->rows); i++)
        buf_free(&mail->rows[i]);
    free(mail->rps);
    *mail = (struct deadline_mail){.daemon = mail->daemon};
}

struct deadline_mail *deadline_mail_free(struct deadline_mail *mail)
{
    if (mail)
        begin_anew(mail);
    free(mail);
    return NULL;
}

/* ---- when ---- */

static bool is_wanted(const struct daemon *daemon)
{
    return daemon->config.deadlines_mail == DEADLINES_MAIL_YES && post_is_configured(daemon);
}

/* 1 and the instant when one is to leave; now, where the clock was set back or the time of grace shortened meanwhile. */
static int leaves_at(struct daemon *daemon, int64_t now_us, int64_t *ret_us, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    uint64_t at_us = 0;
    int r = store_value_get(daemon->store, MAIL_VALUE, &value, err);
    if (r <= 0)
        return r;
    if (!str_to_uint(value, INT64_MAX, &at_us))
        at_us = 0;
    bool beyond = (int64_t)at_us > now_us + daemon->config.deadlines_grace_us;
    *ret_us = beyond ? now_us : (int64_t)at_us;
    return 1;
}

int deadline_mail_want(struct daemon *daemon, int64_t now_us, struct err *err)
{
    int64_t at_us;
    int r = is_wanted(daemon) ? leaves_at(daemon, now_us, &at_us, err) : 1;
    if (r != 0)
        return r < 0 ? r : 0;
    _cleanup_free_ char *value = xasprintf("%" PRId64, now_us + daemon->config.deadlines_grace_us);
    return store_value_set(daemon->store, MAIL_VALUE, value, err);
}

/* ---- what ---- */

static const char *heading(enum urgency urgency)
{
    switch (urgency) {
    case LATE:
        return _("The last day is over, and IMSS has not taken it; late is better than never:");
    case TODAY:
        return _("Must reach IMSS today:");
    case SOON:
        return _("Must reach IMSS in the next days:");
    case _URGENCY_MAX:
        break;
    }
    return "";
}

static void count_rp(struct deadline_mail *mail, const char *rp)
{
    for (size_t i = 0; i < mail->n_rps; i++)
        if (streq(mail->rps[i], rp))
            return;
    mail->rps = xreallocarray(mail->rps, mail->n_rps + 1, sizeof(*mail->rps));
    memcpy(mail->rps[mail->n_rps++], rp, sizeof(*mail->rps));
}

static size_t count(const struct deadline_mail *mail)
{
    return mail->n[LATE] + mail->n[TODAY] + mail->n[SOON];
}

static enum urgency urgency(int32_t day, int32_t today)
{
    return day < today ? LATE : day == today ? TODAY : SOON;
}

/* Adds a last day of a lot; `again`: another of its days that is as urgent was added. */
static void add(struct deadline_mail *mail, const struct store_lot *lot, int32_t day, bool again,
                int64_t now_us)
{
    enum urgency how = urgency(day, time_to_date(now_us));
    if (count(mail) == 0) {
        mail->first = (struct store_lot){.id = lot->id, .deadline = day};
        memcpy(mail->first.rp, lot->rp, sizeof(lot->rp));
    }
    count_rp(mail, lot->rp);
    mail->n[how] += !again;
    if (mail->shown == ROWS) {
        mail->unshown += !again;
        return;
    }
    _cleanup_free_ char *row = deadline_row(mail->daemon, lot, day, now_us);
    buf_printf(&mail->rows[how], "  %s\n", row);
    mail->shown++;
}

/* Those of its last days that people were told of, where it is still to do. */
static int add_lot(struct deadline_mail *mail, const struct store_lot *lot, int64_t now_us, struct err *err)
{
    bool received = lot->state == LOT_STATE_RECEIVED || lot->state == LOT_STATE_QUARANTINED;
    int32_t today = time_to_date(now_us), before = 0;
    struct last_days days = {0};
    if (received || !lot->told_us || deadlines_taken_over(mail->daemon->store, lot))
        return 0;
    int r = store_lot_last_days(mail->daemon->store, lot, &days, err);
    for (size_t i = 0; i < days.n; i++) {
        int32_t day = days.days[i];
        if (deadlines_told(mail->daemon, lot, day) == DEADLINE_STAGE_FAR)
            continue;
        add(mail, lot, day, before && urgency(before, today) == urgency(day, today), now_us);
        before = day;
    }
    last_days_free(&days);
    return r;
}

/* 1 when there are more for the next turn. */
static int add_some(struct deadline_mail *mail, int64_t now_us, struct err *err)
{
    struct daemon *daemon = mail->daemon;
    int32_t horizon = deadline_stage_horizon(daemon->law.calendar, time_to_date(now_us));
    struct store_lot *lots = NULL;
    size_t n = 0;
    int r = store_lot_due(daemon->store, "", horizon, &mail->at, LOTS_A_TURN, &lots, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = add_lot(mail, &lots[i], now_us, err);
        mail->at = (struct store_due_cursor){.deadline = lots[i].deadline, .lot = lots[i].id};
    }
    store_lots_free(lots, n);
    return r < 0 ? r : n == LOTS_A_TURN;
}

/* ---- the message ---- */

/* Of a single lot. */
static char *subject_of_one(const struct deadline_mail *mail)
{
    char last[DATE_TEXT_SIZE];
    const struct store_lot *lot = &mail->first;
    long long id = lot->id;
    date_text(lot->deadline, last);
    return mail->n[LATE]
               ? xasprintf(_("IDSE: lot %lld of %s is late, its last day was %s"), id, lot->rp, last)
           : mail->n[TODAY] ? xasprintf(_("IDSE: lot %lld of %s must reach IMSS today"), id, lot->rp)
                            : xasprintf(_("IDSE: lot %lld of %s must reach IMSS by %s"), id, lot->rp, last);
}

static void add_fact(struct buf *facts, size_t n, const char *what)
{
    if (n > 0)
        buf_printf(facts, "%s%zu %s", facts->len ? ", " : "", n, what);
}

/* The worst comes first: "IDSE: 2 lots late, 3 lots due today (4 registros patronales)". */
static char *subject(const struct deadline_mail *mail)
{
    _cleanup_buf_ struct buf facts = BUF_INIT;
    const size_t *n = mail->n;
    if (count(mail) == 1)
        return subject_of_one(mail);
    /* TRANSLATORS: these three come behind their number, as in "2 lots late, 3 lots due today" */
    add_fact(&facts, n[LATE], dngettext(IDSED_TEXTDOMAIN, "lot late", "lots late", n[LATE]));
    add_fact(&facts, n[TODAY], dngettext(IDSED_TEXTDOMAIN, "lot due today", "lots due today", n[TODAY]));
    add_fact(&facts, n[SOON], dngettext(IDSED_TEXTDOMAIN, "lot due soon", "lots due soon", n[SOON]));
    return mail->n_rps == 1 ? xasprintf(_("IDSE: %s (%s)"), facts.data, mail->rps[0])
                            : xasprintf(_("IDSE: %s (%zu registros patronales)"), facts.data, mail->n_rps);
}

static void send_off(struct deadline_mail *mail)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    size_t more = mail->unshown;
    if (count(mail) == 0 || !is_wanted(mail->daemon))
        return;
    for (size_t i = 0; i < ELEMENTSOF(mail->rows); i++)
        if (mail->rows[i].len)
            buf_printf(&text, "%s%s\n\n%s", text.len ? "\n" : "", heading((enum urgency)i),
                       mail->rows[i].data);
    if (more > 0)
        buf_printf(&text, dngettext(IDSED_TEXTDOMAIN, "and %zu lot more\n", "and %zu lots more\n", more),
                   more);
    buf_printf(&text, "\n%s\n", _("'idsectl due' shows the movements, 'idsectl show LOT' what to do."));
    if (!engine_clock_trusted(mail->daemon->engine))
        buf_printf(&text, "\n%s\n",
                   _("This machine's clock and the portal's differ: do not trust these days before it is set "
                     "right."));
    _cleanup_free_ char *line = subject(mail);
    reminder_mail(mail->daemon, 1u << USER_ADMINISTRADOR | 1u << USER_OPERADOR, line, text.data);
}

int deadline_mail_go_on(struct deadline_mail *mail, int64_t now_us, int64_t *next_us, struct err *err)
{
    int64_t at_us;
    int r = leaves_at(mail->daemon, now_us, &at_us, err);
    if (r > 0 && at_us > now_us) {
        *next_us = MIN(*next_us, at_us);
        return 0;
    }
    if (r <= 0)
        return r;
    r = mail->daemon->law.calendar ? add_some(mail, now_us, err) : 0;
    if (r > 0)
        return r;
    if (r == 0)
        r = store_value_set(mail->daemon->store, MAIL_VALUE, NULL, err);
    if (r >= 0)
        send_off(mail);
    begin_anew(mail);
    return r < 0 ? r : 0;
}
