/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/clock.h"
#include "client/format.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"
#include "idse/lot.h"

/* One thing that happened, as a line of text or of JSON that leaves at once. */
static void print_event(const struct invocation *inv, const char *event, uint64_t lot, json_t *more,
                        const char *text)
{
    int64_t now_us = clock_wall_us(&clock_system);
    if (inv->value[OPT_JSON]) {
        _cleanup_free_ char *time = time_format_iso(now_us);
        _cleanup_json_ json_t *line = json_pack("{s:s, s:s, s:o}", "time", time, "event", event, "lot",
                                                lot ? json_integer((json_int_t)lot) : json_null());
        json_object_update(line, more);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        _cleanup_free_ char *time = time_format_short(now_us);
        if (lot)
            printf(_("%s  lot %llu: %s\n"), time, (unsigned long long)lot, text);
        else
            printf("%s  %s\n", time, text);
    }
    json_decref(more);
    fflush(stdout);
}

/*
 * What was seen of each lot, by its path: the signal also comes where something else about the lot changed.
 */
static bool is_news(json_t *seen, const json_t *body)
{
    enum { REMEMBERED = 10000 };
    if (json_object_size(seen) >= REMEMBERED)
        json_object_clear(seen);
    const char *path = json_string_value(json_array_get(body, 0));
    bool news = !json_equal(json_object_get(seen, path), body);
    json_object_set(seen, path, (json_t *)body);
    return news;
}

/* `body`: path, state and hold, as LotChanged has them. */
static void on_lot(const struct invocation *inv, bool added, uint64_t lot, const json_t *body)
{
    json_t *state = json_array_get(body, 1);
    bool held = json_is_true(json_array_get(body, 2));
    _cleanup_json_ json_t *row = json_pack("{s:O, s:b}", "State", state, "Held", held);
    _cleanup_free_ char *text = field_text(row, &(struct field){"State", FIELD_LOT_STATE});
    if (added)
        replace_str(&text, xasprintf(_("added: %s"), text));
    print_event(inv, added ? "added" : "changed", lot, json_pack("{s:O, s:b}", "state", state, "held", held),
                text);
}

/* The signal has only the path, and what befell the lot in the turn of its birth is not told as a change. */
static void on_added(const struct invocation *inv, json_t *seen, uint64_t lot, const char *path)
{
    _cleanup_json_ json_t *row = NULL;
    if (remote_properties(inv->remote, path, REMOTE_LOT, &row, NULL) < 0)
        return;
    _cleanup_json_ json_t *body = json_pack("[s, s, b]", path, row_text(row, "State"), row_flag(row, "Held"));
    if (is_news(seen, body))
        on_lot(inv, true, lot, body);
}

static bool is(DBusMessage *signal, const char *member, const char *signature)
{
    return dbus_message_is_signal(signal, REMOTE_MANAGER, member) &&
           dbus_message_has_signature(signal, signature);
}

static void on_signal(const struct invocation *inv, json_t *seen, DBusMessage *signal)
{
    _cleanup_json_ json_t *body = remote_body(signal);
    uint64_t lot = remote_path_number(str_or_empty(json_string_value(json_array_get(body, 0))));
    if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
        print_event(inv, "daemon-started", 0, json_object(), _("the daemon is there again"));
    else if (is(signal, "LotAdded", "o"))
        on_added(inv, seen, lot, str_or_empty(json_string_value(json_array_get(body, 0))));
    else if (is(signal, "LotChanged", "osb") && is_news(seen, body))
        on_lot(inv, false, lot, body);
    else if (is(signal, "CertificateExpiring", "ois"))
        print_event(inv, "certificate-expiring", 0,
                    json_pack("{s:I, s:O, s:O}", "certificate", (json_int_t)lot, "days",
                              json_array_get(body, 1), "text", json_array_get(body, 2)),
                    json_string_value(json_array_get(body, 2)));
    else if (is(signal, "DeadlineNear", "oius"))
        print_event(inv, "deadline-near", lot,
                    json_pack("{s:O, s:O, s:O}", "days", json_array_get(body, 1), "deadline",
                              json_array_get(body, 2), "text", json_array_get(body, 3)),
                    json_string_value(json_array_get(body, 3)));
    else if (is(signal, "Attention", "oss"))
        print_event(inv, "attention", lot,
                    json_pack("{s:O, s:O}", "what", json_array_get(body, 1), "text", json_array_get(body, 2)),
                    json_string_value(json_array_get(body, 2)));
}

int verb_watch(struct invocation *inv, struct err *err)
{
    int64_t span_us = -1;
    if (inv->value[OPT_TIMEOUT] && !parse_span(inv->value[OPT_TIMEOUT], &span_us))
        return err_set(err, ERR_USAGE, _("--timeout needs a time like 90, 5m or 2h."));
    int64_t deadline_us = span_us < 0 ? INT64_MAX : clock_boot_us(&clock_system) + span_us;
    _cleanup_json_ json_t *manager = NULL, *seen = json_object();
    int r = bus_client_subscribe(remote_bus(inv->remote), REMOTE_ROOT, err);
    if (r >= 0)
        r = remote_properties(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, &manager, err);
    while (r >= 0) {
        _cleanup_message_ DBusMessage *signal = NULL;
        _cleanup_err_ struct err fault = ERR_INIT;
        r = remote_wait(inv->remote, deadline_us, &signal, &fault);
        if (r == 0)
            return 0;
        if (r > 0 && signal)
            on_signal(inv, seen, signal);
        else if (r < 0 && bus_client_connected(remote_bus(inv->remote))) {
            print_event(inv, "daemon-left", 0, json_object(), _("the daemon left the bus"));
            r = 0;
        } else if (r < 0)
            err_move(err, &fault);
    }
    return r;
}
