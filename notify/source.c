/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify/source.h"

#include <grp.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/client.h"
#include "idse/date.h"

#define NAME      "mx.idsed1"
#define ROOT      "/mx/idsed1"
#define MANAGER   "mx.idsed1.Manager"
#define LISTENERS "idse" /* the group to which dbus/mx.idsed1.conf lets signals go */

enum { PAGE = 500, MAX_PAGES = 20 };

struct source {
    struct bus_client *bus;
    bool current; /* what is open was read since idsed came */
};

/* The bus would say nothing: it drops what is not for somebody. */
static bool hears_signals(void)
{
    const struct group *group = getgrnam(LISTENERS);
    bool member = getuid() == 0 || (group && getgid() == group->gr_gid);
    int n = getgroups(0, NULL);
    _cleanup_free_ gid_t *groups = xcalloc((size_t)MAX(n, 0) + 1, sizeof(*groups));
    n = getgroups(n, groups);
    for (int i = 0; group && i < n; i++)
        member |= groups[i] == group->gr_gid;
    return member;
}

int source_open(const char *address, struct source **ret, struct err *err)
{
    struct source source = {0};
    if (!hears_signals())
        return err_set(err, ERR_ACCESS_DENIED,
                       _("idsed tells its news only to members of the group %s; an administrator can add you "
                         "with: adduser "
                         "NAME %s"),
                       LISTENERS, LISTENERS);
    int r = bus_client_open(address, NAME, &source.bus, err);
    if (r >= 0) {
        bus_client_set_passive(source.bus);
        r = bus_client_subscribe(source.bus, ROOT, err);
    }
    if (r < 0) {
        bus_client_close(source.bus);
        return r;
    }
    *ret = xmemdup(&source, sizeof(source));
    return 0;
}

struct source *source_close(struct source *source)
{
    if (source)
        bus_client_close(source->bus);
    free(source);
    return NULL;
}

int source_fd(const struct source *source)
{
    return bus_client_fd(source->bus);
}

/* The number at the end of /mx/idsed1/lot/12; 0 when the path is another's. */
static uint64_t number_below(const char *path, const char *folder)
{
    uint64_t number = 0;
    if (str_starts(path, folder) && !str_to_uint(path + strlen(folder), INT64_MAX, &number))
        return 0;
    return number;
}

/*
 * Lots that wait for the portal are held too, but not for a person: that the portal is down is said once, of
 * the portal.
 */
static bool for_a_person(const char *reason)
{
    return !streq(reason, "portal-down");
}

/* ---- what is open ---- */

/* One page of lots; *cursor is where the next one begins, 0 behind the last. */
static int read_page(struct source *source, struct board *board, bool held, uint64_t *cursor, struct err *err)
{
    struct bus_writer w;
    struct bus_reader r, rows, row;
    _cleanup_message_ DBusMessage *reply = NULL;
    bus_client_begin(source->bus, ROOT, MANAGER, "ListLots", "a{sv}tu", &w);
    bus_open_array(&w);
    if (held) {
        bus_entry_bool(&w, "held", true);
    } else {
        bus_entry_strings(&w, "states", (const char *const[]){"uncertain", "quarantined"}, 2);
    }
    bus_close(&w);
    bus_write_u64(&w, *cursor);
    bus_write_u32(&w, PAGE);
    int result = bus_client_call(source->bus, &w, BUS_TIMEOUT_MS, "aa{sv}t", &reply, err);
    if (result < 0)
        return result;
    bus_reader_init(&r, reply);
    bus_read_enter(&r, &rows);
    while (bus_read_enter(&rows, &row))
        board_lot(board, bus_dict_u64(&row, "Id"), bus_dict_string(&row, "State"),
                  bus_dict_bool(&row, "Held") && for_a_person(bus_dict_string(&row, "HoldReason")));
    bus_read_u64(&r, cursor);
    return 0;
}

static int read_lots(struct source *source, struct board *board, bool held, struct err *err)
{
    uint64_t cursor = 0;
    int r = 0;
    for (int page = 0; r >= 0 && page < MAX_PAGES && (page == 0 || cursor); page++)
        r = read_page(source, board, held, &cursor, err);
    return r;
}

static int read_certificates(struct source *source, struct board *board, struct err *err)
{
    struct bus_writer w;
    struct bus_reader r, rows, row;
    _cleanup_message_ DBusMessage *reply = NULL;
    bus_client_begin(source->bus, ROOT, MANAGER, "ListCertificates", "", &w);
    int result = bus_client_call(source->bus, &w, BUS_TIMEOUT_MS, "aa{sv}", &reply, err);
    if (result < 0)
        return result;
    int32_t today = time_to_date(clock_wall_us(&clock_system));
    bus_reader_init(&r, reply);
    bus_read_enter(&r, &rows);
    while (bus_read_enter(&rows, &row)) {
        int64_t end_us = (int64_t)bus_dict_u64(&row, "NotAfter");
        bool over = end_us <= clock_wall_us(&clock_system);
        board_certificate(board, bus_dict_u64(&row, "Id"),
                          over ? -1 : date_between(today, time_to_date(end_us)));
    }
    return 0;
}

static int read_portal(struct source *source, struct board *board, struct err *err)
{
    struct bus_reader state;
    _cleanup_message_ DBusMessage *reply = NULL;
    const char *word = "";
    int r = bus_client_get(source->bus, ROOT, MANAGER, "PortalState", "s", &reply, &state, err);
    if (r >= 0 && bus_read_string(&state, &word))
        board_portal(board, word);
    return r;
}

/* 1: idsed is not there, or cannot say; what it says later is heard all the same. */
static int read_open(struct source *source, struct board *board, struct err *err)
{
    int r = read_portal(source, board, err);
    if (r >= 0)
        r = read_lots(source, board, true, err);
    if (r >= 0)
        r = read_lots(source, board, false, err);
    if (r >= 0)
        r = read_certificates(source, board, err);
    if (r >= 0 || r == -(int)ERR_ACCESS_DENIED || !bus_client_connected(source->bus))
        return r;
    if (r != -(int)ERR_UNREACHABLE)
        log_warning(_("What is open in idsed cannot be read: %s"), err_text(err));
    err_clear(err);
    return 1;
}

/* ---- what changes ---- */

/* The signal does not say why it is held. */
static bool is_held_for_a_person(struct source *source, const struct board *board, const char *path)
{
    struct bus_reader value;
    _cleanup_message_ DBusMessage *reply = NULL;
    const char *reason = "";
    if (board_has_hold(board, number_below(path, ROOT "/lot/")))
        return true;
    if (bus_client_get(source->bus, path, "mx.idsed1.Lot", "HoldReason", "s", &reply, &value, NULL) >= 0)
        bus_read_string(&value, &reason);
    return for_a_person(reason);
}

static void on_properties(struct board *board, DBusMessage *signal)
{
    struct bus_reader r, changed, value;
    const char *interface = "", *state = "";
    bus_reader_init(&r, signal);
    if (bus_read_string(&r, &interface) && streq(interface, MANAGER) && bus_read_enter(&r, &changed) &&
        bus_dict_find(&changed, "PortalState", &value) && bus_read_string(&value, &state))
        board_portal(board, state);
}

static bool is(DBusMessage *signal, const char *member, const char *signature)
{
    return dbus_message_is_signal(signal, MANAGER, member) && dbus_message_has_signature(signal, signature);
}

static void on_signal(struct source *source, struct board *board, DBusMessage *signal)
{
    struct bus_reader r;
    const char *path = "", *word = "";
    bool held = false;
    int32_t days = 0;
    bus_reader_init(&r, signal);
    if (is(signal, "LotChanged", "osb") && bus_read_string(&r, &path) && bus_read_string(&r, &word) &&
        bus_read_bool(&r, &held))
        board_lot(board, number_below(path, ROOT "/lot/"), word,
                  held && is_held_for_a_person(source, board, path));
    else if (is(signal, "Attention", "oss") && bus_read_string(&r, &path) && bus_read_string(&r, &word))
        board_attention(board, number_below(path, ROOT "/lot/"), word);
    else if (is(signal, "CertificateExpiring", "ois") && bus_read_string(&r, &path) &&
             bus_read_i32(&r, &days))
        board_certificate(board, number_below(path, ROOT "/certificate/"), days);
    else if (is(signal, "DeadlineNear", "oius") && bus_read_string(&r, &path) && bus_read_i32(&r, &days))
        board_deadline(board, number_below(path, ROOT "/lot/"), days);
    else if (dbus_message_is_signal(signal, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged"))
        on_properties(board, signal);
}

int source_take_in(struct source *source, struct board *board, struct err *err)
{
    for (;;) {
        if (!source->current) {
            source->current = true; /* or it says when it comes */
            int r = read_open(source, board, err);
            if (r < 0)
                return r;
        }
        _cleanup_message_ DBusMessage *signal = NULL;
        int r = bus_client_wait(source->bus, 0, &signal, err);
        if (r < 0 && bus_client_connected(source->bus)) { /* it left */
            err_clear(err);
            continue;
        }
        if (r <= 0)
            return r;
        if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
            source->current = false;
        else
            on_signal(source, board, signal);
    }
}
