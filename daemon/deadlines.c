/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/deadlines.h"

#include <inttypes.h>

#include "base/data.h"
#include "daemon/deadline-mail.h"
#include "daemon/deadline-text.h"
#include "daemon/notices.h"
#include "daemon/reminder.h"
#include "idse/date.h"

enum {
    MOVEMENTS_A_TURN = 1000, /* whose last day is worked out */
    LOTS_A_TURN = 100,
};

struct deadlines {
    struct reminder *reminder;
    /* the lot whose last day is being worked out */
    int64_t dating; /* 0: none */
    struct store_movement_cursor dated;
    struct last_days days; /* so far */
    /* the pass over those that people are told of */
    struct store_due_cursor told;
    int64_t next_us;
    struct deadline_mail *mail;
    bool doubted; /* the clock was known wrong at the last look, or this is the first */
};

/* ---- the calendar ---- */

#define CALENDAR_VALUE "calendar"

int deadlines_check_calendar(struct daemon *daemon, struct err *err)
{
    _cleanup_buf_ struct buf text = BUF_INIT, local = BUF_INIT;
    _cleanup_free_ char *before = NULL;
    if (!daemon->law.calendar || data_read("calendar.conf", &text, &local, NULL) < 0)
        return 0;
    buf_add(&text, str_or_empty(local.data), local.len);
    _cleanup_free_ char *now = xasprintf("%016" PRIx64, hash_bytes(text.data, text.len));
    int r = store_value_get(daemon->store, CALENDAR_VALUE, &before, err);
    if (r < 0 || streq_null(before, now))
        return r < 0 ? r : 0;
    r = store_lot_undate(daemon->store, err);
    return r < 0 ? r : store_value_set(daemon->store, CALENDAR_VALUE, now, err);
}

/* ---- the last days of a lot ---- */

/* What is still to do in it. */
static uint32_t states_left(const struct store_lot *lot)
{
    return lot->state == LOT_STATE_PARTIAL ? 1u << MOVEMENT_STATE_REJECTED : 0;
}

/* Goes through at most *left movements more of the lot under way; 1 when that was all of it. */
static int date_movements(struct daemon *daemon, size_t *left, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    struct store_lot lot = {0};
    int r = store_lot_get(daemon->store, deadlines->dating, &lot, err);
    if (r < 0)
        return r;
    const struct store_movement_filter filter = {.lot = lot.id, .states = states_left(&lot)};
    struct deadline_memo memo = {.calendar = daemon->law.calendar};
    struct store_movement *rows = NULL;
    size_t n = 0;
    store_lot_free(&lot);
    r = store_movement_list(daemon->store, &filter, &deadlines->dated, *left, &rows, &n, err);
    for (size_t i = 0; i < n; i++) {
        struct deadline deadline;
        if (deadline_recall(&memo, &rows[i].movement, &deadline))
            last_days_add(&deadlines->days, deadline.last);
        deadlines->dated = (struct store_movement_cursor){.lot = rows[i].lot, .seq = rows[i].seq};
    }
    store_movements_free(rows, n);
    bool all = n < *left;
    *left -= MIN(*left, MAX(n, (size_t)1));
    return r < 0 ? r : all;
}

/* 1 when there are more for the next turn. */
static int date_some(struct daemon *daemon, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    size_t left = MOVEMENTS_A_TURN;
    int r = 1;
    if (!daemon->law.calendar)
        return 0;
    while (r > 0 && left > 0) {
        if (deadlines->dating == 0) {
            r = store_lot_undated(daemon->store, &deadlines->dating, err);
            if (r <= 0)
                return r;
            deadlines->dated = (struct store_movement_cursor){0};
            last_days_free(&deadlines->days);
        }
        r = date_movements(daemon, &left, err);
        if (r > 0) {
            r = engine_lot_dated(daemon->engine, deadlines->dating, &deadlines->days, err);
            deadlines->dating = 0;
            r = r < 0 ? r : 1;
        } else if (r == 0)
            return 1;
    }
    return r;
}

/* ---- telling ---- */

bool deadlines_taken_over(struct store *store, const struct store_lot *lot)
{
    int64_t other;
    return lot->state == LOT_STATE_FAILED
               ? store_movement_redone(store, lot->id, 0, NULL) > 0
               : lot_state_final(lot->state) && store_lot_corrected_by(store, lot->id, &other, NULL) > 0;
}

enum deadline_stage deadlines_told(const struct daemon *daemon, const struct store_lot *lot, int32_t day)
{
    return lot->told_us ? deadline_stage(daemon->law.calendar, day, time_to_date(lot->told_us))
                        : DEADLINE_STAGE_FAR;
}

/* Tells of those of its last days that have reached another stage than people were told of. */
static void tell_days(struct daemon *daemon, const struct store_lot *lot, const struct last_days *days,
                      int64_t now_us)
{
    int32_t today = time_to_date(now_us);
    for (size_t i = 0; i < days->n; i++) {
        int32_t day = days->days[i];
        if (deadline_stage(daemon->law.calendar, day, today) <= deadlines_told(daemon, lot, day))
            continue;
        _cleanup_free_ char *text = deadline_sentence(daemon, lot, day, days->n > 1, now_us);
        notices_deadline(daemon->notices, lot, day, deadline_days_left(daemon->law.calendar, day, today),
                         text);
    }
}

/* Have any of its last days? */
static bool is_news(const struct daemon *daemon, const struct store_lot *lot, const struct last_days *days,
                    int32_t today)
{
    for (size_t i = 0; i < days->n; i++)
        if (deadline_stage(daemon->law.calendar, days->days[i], today) >
            deadlines_told(daemon, lot, days->days[i]))
            return true;
    return false;
}

static int tell(struct daemon *daemon, const struct store_lot *lot, const struct last_days *days,
                int64_t now_us, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    int32_t today = time_to_date(now_us);
    int64_t from_us = MAX(lot->created_us, lot->finished_us) + daemon->config.deadlines_grace_us;
    if (!is_news(daemon, lot, days, today))
        return 0;
    if (from_us > now_us) { /* what goes out by itself needs nobody */
        deadlines->next_us = MIN(deadlines->next_us, from_us);
        return 0;
    }
    int r = store_lot_set_told(daemon->store, lot->id, now_us, !engine_clock_trusted(daemon->engine),
                               last_days_from(days, today), err);
    if (r < 0 || deadlines_taken_over(daemon->store, lot))
        return r;
    tell_days(daemon, lot, days, now_us);
    return deadline_mail_want(daemon, now_us, err);
}

/*
 * What a wrong clock told is told again at its right time: what it was known to be wrong of, once it is right; and what
 * lies ahead of a clock that was set back. Less than this is a clock that is being kept.
 */
#define KEPT_US (10 * US_PER_MIN)

static int take_back(struct daemon *daemon, int64_t now_us, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    bool trusted = engine_clock_trusted(daemon->engine);
    int r = store_lot_untell(daemon->store, now_us + KEPT_US, trusted && deadlines->doubted, err);
    deadlines->doubted = !trusted;
    return r;
}

/* 1 when there are more for the next turn. */
static int tell_some(struct daemon *daemon, int64_t now_us, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    int32_t horizon = deadline_stage_horizon(daemon->law.calendar, time_to_date(now_us));
    struct store_lot *lots = NULL;
    size_t n = 0;
    int r = store_lot_untold(daemon->store, horizon, &deadlines->told, LOTS_A_TURN, &lots, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        struct last_days days = {0};
        r = store_lot_last_days(daemon->store, &lots[i], &days, err);
        if (r >= 0)
            r = tell(daemon, &lots[i], &days, now_us, err);
        last_days_free(&days);
        deadlines->told = (struct store_due_cursor){.deadline = lots[i].untold_day, .lot = lots[i].id};
    }
    store_lots_free(lots, n);
    return r < 0 ? r : n == LOTS_A_TURN;
}

static int look(struct daemon *daemon, int64_t now_us, int64_t *ret_next_us, struct err *err)
{
    struct deadlines *deadlines = daemon->deadlines;
    *ret_next_us = time_from_date(date_add(time_to_date(now_us), 1), 0); /* stages begin with a day */
    int r = date_some(daemon, err);
    if (r == 0)
        r = take_back(daemon, now_us, err);
    if (r == 0 && daemon->law.calendar)
        r = tell_some(daemon, now_us, err);
    if (r == 0)
        r = deadline_mail_go_on(deadlines->mail, now_us, &deadlines->next_us, err);
    if (r > 0) {
        *ret_next_us = now_us;
        return 0;
    }
    *ret_next_us = MIN(*ret_next_us, deadlines->next_us);
    deadlines->told = (struct store_due_cursor){0};
    deadlines->next_us = INT64_MAX;
    return r;
}

struct deadlines *deadlines_new(struct daemon *daemon)
{
    struct deadlines *deadlines = xcalloc(1, sizeof(*deadlines));
    deadlines->next_us = INT64_MAX;
    deadlines->mail = deadline_mail_new(daemon);
    deadlines->doubted = true;
    deadlines->reminder = reminder_new(daemon, look);
    return deadlines;
}

struct deadlines *deadlines_free(struct deadlines *deadlines)
{
    if (!deadlines)
        return NULL;
    reminder_free(deadlines->reminder);
    deadline_mail_free(deadlines->mail);
    last_days_free(&deadlines->days);
    free(deadlines);
    return NULL;
}

void deadlines_ask(struct deadlines *deadlines)
{
    reminder_ask(deadlines->reminder);
}

void deadlines_lot_moved(struct daemon *daemon, const struct store_lot *lot)
{
    if (!daemon->deadlines)
        return; /* it looks at all of them when it begins */
    if (lot->state == LOT_STATE_PARTIAL)
        reminder_ask(daemon->deadlines->reminder); /* its last day is to be worked out */
    else if (lot->state == LOT_STATE_QUEUED || lot_state_final(lot->state))
        reminder_ask_by(daemon->deadlines->reminder,
                        clock_wall_us(daemon_clock(daemon)) + daemon->config.deadlines_grace_us);
}
