/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/follow.h"

#include "base/buf.h"
#include "base/clock.h"
#include "client/format.h"
#include "client/progress.h"
#include "idse/lot.h"
#include "idse/outcome.h"

struct follow {
    struct remote *remote;
    struct progress *progress;
    char *const *paths;
    json_t *rows; /* in the order of paths */
    size_t n;
    int64_t deadline_us; /* boot clock; INT64_MAX: none */
};

/* Does it wait for an older lot that is held, and not for the portal alone? */
static bool waits_for_people(const json_t *lot)
{
    const json_t *older = json_object_get(lot, "WaitsFor");
    for (size_t i = 0; i < json_array_size(older); i++) {
        int hold =
            lot_hold_from_name(str_or_empty(json_string_value(json_array_get(json_array_get(older, i), 2))));
        if (hold > LOT_HOLD_NONE && hold != LOT_HOLD_PORTAL_DOWN)
            return true;
    }
    return false;
}

static bool settled(const json_t *lot)
{
    int state = lot_state_from_name(row_text(lot, "State"));
    return row_flag(lot, "Held") || waits_for_people(lot) || state == LOT_STATE_QUARANTINED ||
           (state >= 0 && lot_state_final((enum lot_state)state));
}

enum exit_status follow_status(const json_t *lot)
{
    int state = lot_state_from_name(row_text(lot, "State"));
    int reason = outcome_reason_from_name(row_text(lot, "LastReason"));
    bool held = row_flag(lot, "Held") || waits_for_people(lot);
    if (state < 0)
        return EXIT_STATUS_FAILURE;
    if (row_flag(lot, "Held") && lot_hold_from_name(row_text(lot, "HoldReason")) == LOT_HOLD_PORTAL_DOWN)
        return EXIT_STATUS_PORTAL;
    enum exit_status status = lot_exit_status((enum lot_state)state, held);
    bool portal = reason > 0 && outcome_blames_portal((enum outcome_reason)reason);
    return status == EXIT_STATUS_PENDING && portal ? EXIT_STATUS_PORTAL : status;
}

enum exit_status follow_status_of_all(const json_t *lots)
{
    enum exit_status worst = EXIT_STATUS_OK;
    for (size_t i = 0; i < json_array_size(lots); i++)
        worst = MAX(worst, follow_status(json_array_get(lots, i)));
    return worst;
}

static int read_lot(struct follow *follow, size_t i, struct err *err)
{
    json_t *row = NULL;
    int r = remote_properties(follow->remote, follow->paths[i], REMOTE_LOT, &row, err);
    if (r < 0)
        return err_prefix(err, "%llu", (unsigned long long)remote_path_number(follow->paths[i]));
    json_array_set_new(follow->rows, i, row);
    return 0;
}

/* Those that can still change; in the beginning, all. */
static int read_open_lots(struct follow *follow, struct err *err)
{
    for (size_t i = 0; i < follow->n; i++) {
        if (settled(json_array_get(follow->rows, i)))
            continue;
        int r = read_lot(follow, i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* "2 sending, 1 received", in the order of the states. */
static char *summary(const json_t *rows)
{
    struct buf text = BUF_INIT;
    for (int state = 0; state < _LOT_STATE_MAX; state++) {
        unsigned count = 0;
        for (size_t i = 0; i < json_array_size(rows); i++)
            count += streq(row_text(json_array_get(rows, i), "State"), lot_state_name((enum lot_state)state));
        _cleanup_free_ char *number = format_count(count);
        _cleanup_free_ char *counted = lot_state_counted((enum lot_state)state, count, number);
        if (count)
            buf_printf(&text, "%s%s", text.len ? ", " : "", counted);
    }
    return buf_steal(&text, NULL);
}

/* Draws, and says whether there is nothing left to wait for. */
static bool all_settled(struct follow *follow)
{
    size_t done = 0;
    for (size_t i = 0; i < follow->n; i++)
        done += settled(json_array_get(follow->rows, i));
    _cleanup_free_ char *text = summary(follow->rows);
    progress_show(follow->progress, done, follow->n, text);
    return done == follow->n;
}

static int on_signal(struct follow *follow, DBusMessage *signal, struct err *err)
{
    struct bus_reader r;
    const char *path = NULL;
    if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
        return read_open_lots(follow, err);
    if (!dbus_message_is_signal(signal, REMOTE_MANAGER, "LotChanged"))
        return 0;
    bus_reader_init(&r, signal);
    if (!bus_read_string(&r, &path))
        return 0;
    for (size_t i = 0; i < follow->n; i++)
        if (streq(follow->paths[i], path))
            return read_lot(follow, i, err);
    return 0;
}

/* 1: something was seen; 0: the time is over. */
static int wait_once(struct follow *follow, struct err *err)
{
    _cleanup_message_ DBusMessage *signal = NULL;
    int r = remote_wait(follow->remote, follow->deadline_us, &signal, err);
    if (r <= 0 || !signal)
        return r;
    r = on_signal(follow, signal, err);
    return r < 0 ? r : 1;
}

/*
 * The daemon left the bus. Asking again starts it where the bus knows how; elsewhere its return wakes us, so
 * that here it does not matter when nobody answers yet. 1: go on waiting.
 */
static int survive(struct follow *follow, struct err *fault, struct err *err)
{
    if (fault->code != ERR_UNREACHABLE || !bus_client_connected(remote_bus(follow->remote)))
        return err_move(err, fault);
    err_clear(fault);
    return read_open_lots(follow, fault) < 0 && fault->code != ERR_UNREACHABLE ? err_move(err, fault) : 1;
}

static int follow_until_settled(struct follow *follow, struct err *err)
{
    while (!all_settled(follow)) {
        _cleanup_err_ struct err fault = ERR_INIT;
        int r = wait_once(follow, &fault);
        if (r < 0)
            r = survive(follow, &fault, err);
        if (r <= 0)
            return r;
    }
    return 0;
}

int follow_lots(struct invocation *inv, char *const *paths, size_t n, int64_t timeout_us, json_t **ret_rows,
                struct err *err)
{
    _cleanup_json_ json_t *rows = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(rows, json_null());
    _cleanup_(progress_cleanup) struct progress *progress = progress_open(inv);
    struct follow follow = {
        .remote = inv->remote,
        .progress = progress,
        .paths = paths,
        .rows = rows,
        .n = n,
        .deadline_us = timeout_us < 0 ? INT64_MAX : clock_boot_us(&clock_system) + timeout_us,
    };
    int r = bus_client_subscribe(remote_bus(inv->remote), REMOTE_ROOT, err);
    if (r >= 0)
        r = read_open_lots(&follow, err);
    if (r >= 0)
        r = follow_until_settled(&follow, err);
    if (r < 0)
        return r;
    *ret_rows = json_incref(rows);
    return (int)follow_status_of_all(rows);
}
