/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "daemon/iface.h"
#include "idse/date.h"

enum {
    DAYS_DEFAULT = 7,
    DAYS_MAX = 3650,
    LOTS_AT_ONCE = 16,
    LOT_DONE = 1 << 20, /* in a cursor, in place of a movement: behind the whole lot */
    LOOKED_AT = 2000,   /* movements, in one call, however few of them are due */
};

/* ---- what is asked for ---- */

struct due_options {
    const char *registration;
    uint32_t days;
};

static const struct bus_option due_options[] = {
    {"registration", "s", offsetof(struct due_options, registration)},
    {"days", "u", offsetof(struct due_options, days)},
};

/* A call under way. The place is the last row that was looked at. */
struct due {
    struct daemon *daemon;
    struct bus_writer *w;
    struct due_options options;
    char rp[12]; /* "": any */
    uint32_t limit, written, looked_at;
    int64_t now_us;
    int32_t today, horizon;
    struct store_due_cursor lot;
    uint32_t seq;      /* of the next movement in that lot */
    int64_t waits_for; /* the lot that this one waits for; 0: none */
    struct deadline_memo memo;
    bool within, more; /* in the middle of that lot; there is more behind it */
};

/* "DEADLINE:LOT:MOVEMENT" */
static int read_cursor(const char *text, struct due *due, struct err *err)
{
    uint64_t part[3];
    const char *at = text;
    if (*text == '\0')
        return 0;
    for (size_t i = 0; i < ELEMENTSOF(part); i++) {
        size_t len = strcspn(at, ":");
        _cleanup_free_ char *digits = xstrndup(at, len);
        if (!str_to_uint(digits, i == 1 ? INT64_MAX : INT32_MAX, &part[i]) || (i < 2) != (at[len] == ':'))
            return err_set(err, ERR_INVALID_ARGUMENT, _("cursor: '%s' is not one that was given out"), text);
        at += len + 1;
    }
    due->lot = (struct store_due_cursor){.deadline = (int32_t)part[0], .lot = (int64_t)part[1]};
    due->seq = (uint32_t)part[2];
    due->within = due->seq < LOT_DONE;
    return 0;
}

static int read_arguments(struct bus_call *call, struct due *due, struct err *err)
{
    struct bus_reader reader;
    const char *cursor = "";
    bus_call_arguments(call, &reader);
    due->options = (struct due_options){.registration = "", .days = DAYS_DEFAULT};
    int r = bus_read_options(&reader, due_options, ELEMENTSOF(due_options), &due->options, NULL, err);
    if (r >= 0)
        r = iface_take_rp(due->daemon, due->options.registration, due->rp, err);
    if (r >= 0 && due->options.days > DAYS_MAX)
        r = err_set(err, ERR_INVALID_ARGUMENT, _("days: %u is more than %d"), due->options.days, DAYS_MAX);
    if (r >= 0)
        r = iface_read_page(&reader, &cursor, &due->limit, err);
    if (r >= 0)
        r = read_cursor(cursor, due, err);
    due->now_us = clock_wall_us(daemon_clock(due->daemon));
    due->today = time_to_date(due->now_us);
    due->horizon = date_add(due->today, (int)MIN(due->options.days, (uint32_t)DAYS_MAX) + 1);
    return r;
}

/* ---- rows ---- */

/* IMSS has it, and the day on which it came is what counts; whether it takes effect is still to be seen. */
static bool is_received(const struct store_lot *lot)
{
    return lot->state == LOT_STATE_RECEIVED || lot->state == LOT_STATE_QUARANTINED;
}

/* When it is sent at the earliest, where that is still to come; else 0. */
static int64_t not_before_us(const struct due *due, const struct store_lot *lot)
{
    bool later = lot->state == LOT_STATE_QUEUED && lot->not_before_us > due->now_us;
    return later ? lot->not_before_us : 0;
}

static const char *urgency(const struct due *due, const struct store_lot *lot, int32_t last)
{
    return is_received(lot)                                       ? "received"
           : last < due->today                                    ? "late"
           : deadline_is_sent_late(last, not_before_us(due, lot)) ? "will-be-late"
           : last == due->today                                   ? "today"
                                                                  : "soon";
}

static void write_row(struct due *due, const struct store_lot *lot, const struct store_movement *row,
                      const struct deadline *deadline)
{
    struct bus_writer *w = due->w;
    const struct movement *movement = &row->movement;
    int32_t received = is_received(lot) && lot->received_us ? time_to_date(lot->received_us) : due->today;
    bus_open_array(w);
    bus_entry_string(w, "urgency", urgency(due, lot, deadline->last));
    bus_entry_u32(w, "deadline", (uint32_t)deadline->last);
    bus_open_entry(w, "days", "i");
    bus_write_i32(w, date_between(due->today, deadline->last));
    bus_close_entry(w);
    bus_entry_string(w, "deadline-rule", deadline_rule_name(deadline->rule));
    bus_entry_string(w, "source", deadline_rule_source(deadline->rule));
    bus_entry_u64(w, "lot", (uint64_t)row->lot);
    bus_entry_u32(w, "position", row->seq + 1);
    bus_entry_string(w, "registration", movement->rp);
    bus_entry_string(w, "type", movement_type_name(movement->type));
    bus_entry_string(w, "nss", movement->nss);
    bus_entry_string(w, "first-surname", movement->paterno);
    bus_entry_string(w, "second-surname", movement->materno);
    bus_entry_string(w, "names", movement->nombres);
    bus_entry_u32(w, "date", (uint32_t)movement->date);
    bus_entry_u32(w, "effective", (uint32_t)deadline_effective(deadline, movement, received));
    bus_entry_string(w, "state", movement_state_name(row->state));
    bus_entry_u64(w, "received", (uint64_t)row->received_us);
    bus_entry_string(w, "hold-reason", lot_hold_name(lot->hold));
    bus_entry_u64(w, "waits-for", (uint64_t)due->waits_for);
    bus_entry_u64(w, "not-before", (uint64_t)not_before_us(due, lot));
    bus_close(w);
    due->written++;
}

/* Another lot has it now: one that corrects this one, or the same movement once more. */
static bool is_taken_over(const struct due *due, const struct store_lot *lot,
                          const struct store_movement *row, bool corrected)
{
    return lot_state_final(lot->state) &&
           (corrected || store_movement_redone(due->daemon->store, row->lot, row->seq, NULL) > 0);
}

static int look_what_for(struct due *due, const struct store_lot *lot, struct err *err)
{
    struct store_older *older = NULL;
    size_t n = 0;
    due->waits_for = 0;
    int r = lot->state == LOT_STATE_QUEUED
                ? store_lot_waits_for(due->daemon->store, lot->id, 1, &older, &n, err)
                : 0;
    if (n > 0)
        due->waits_for = older[0].lot;
    free(older);
    return r;
}

static int list_rows(struct due *due, const struct store_lot *lot, struct err *err)
{
    const struct store_movement_filter filter = {
        .lot = lot->id,
        .states = 1u << MOVEMENT_STATE_UNSENT | 1u << MOVEMENT_STATE_SENT | 1u << MOVEMENT_STATE_RECEIVED |
                  1u << MOVEMENT_STATE_REJECTED | 1u << MOVEMENT_STATE_UNKNOWN,
    };
    const struct store_movement_cursor after = {.lot = lot->id, .seq = due->seq - 1};
    struct store_movement *rows = NULL;
    int64_t other;
    size_t n = 0, i = 0, most = LOOKED_AT - MIN(due->looked_at, (uint32_t)LOOKED_AT);
    bool corrected =
        lot_state_final(lot->state) && store_lot_corrected_by(due->daemon->store, lot->id, &other, NULL) > 0;
    int r = corrected ? 0
                      : store_movement_list(due->daemon->store, &filter, due->seq > 0 ? &after : NULL, most,
                                            &rows, &n, err);
    for (; i < n && due->written < due->limit; i++) {
        struct deadline deadline;
        if (deadline_recall(&due->memo, &rows[i].movement, &deadline) && deadline.last < due->horizon &&
            !is_taken_over(due, lot, &rows[i], corrected))
            write_row(due, lot, &rows[i], &deadline);
        due->seq = rows[i].seq + 1;
    }
    due->within = n == most || i < n;
    due->looked_at += (uint32_t)n + 1;
    store_movements_free(rows, n);
    return r;
}

static bool is_full(const struct due *due)
{
    return due->written >= due->limit || due->looked_at >= LOOKED_AT;
}

/* Some lots more, behind the place; 1 when there may be others behind them. */
static int list_lots(struct due *due, struct err *err)
{
    struct store_lot *lots = NULL;
    struct store_due_cursor after = due->lot;
    size_t n = 0;
    after.lot -= due->within;
    int r = store_lot_due(due->daemon->store, due->rp, due->horizon, &after, LOTS_AT_ONCE, &lots, &n, err);
    for (size_t i = 0; r >= 0 && i < n && !is_full(due); i++) {
        if (lots[i].id != due->lot.lot)
            due->seq = 0;
        due->lot = (struct store_due_cursor){.deadline = lots[i].deadline, .lot = lots[i].id};
        r = look_what_for(due, &lots[i], err);
        if (r >= 0)
            r = list_rows(due, &lots[i], err);
        due->more = i + 1 < n || n == LOTS_AT_ONCE;
    }
    if (n == 0)
        due->more = due->within = false;
    store_lots_free(lots, n);
    return r < 0 ? r : due->more;
}

static int list(struct due *due, struct bus_call *call, struct err *err)
{
    char next[64] = "";
    int r = read_arguments(call, due, err);
    if (r < 0)
        return r;
    due->w = bus_call_results(call);
    bus_open_array(due->w);
    if (due->daemon->law.calendar)
        do
            r = list_lots(due, err);
        while (r > 0 && !is_full(due));
    if (r < 0)
        return r;
    bus_close(due->w);
    if (due->within || due->more)
        snprintf(next, sizeof(next), "%" PRId32 ":%" PRId64 ":%" PRIu32, due->lot.deadline, due->lot.lot,
                 due->within ? due->seq : (uint32_t)LOT_DONE);
    bus_write_string(due->w, next);
    bus_write_bool(due->w, engine_clock_trusted(due->daemon->engine));
    return 0;
}

void list_due(struct bus_call *call, void *data)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct daemon *daemon = data;
    struct due due = {.daemon = daemon, .memo = {.calendar = daemon->law.calendar}};
    int r = list(&due, call, &err);
    answer(daemon, call, r, &err);
}
