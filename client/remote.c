/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/remote.h"

#include <unistd.h>

#include <ctype.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "client/terminal.h"

struct remote {
    struct bus_client *bus;
    bool interactive; /* somebody is there whom polkit may ask */
};

int remote_open(const char *address, struct remote **ret, struct err *err)
{
    struct bus_client *bus = NULL;
    int r = bus_client_open(address, "mx.idsed1", &bus, err);
    if (r < 0)
        return r;
    struct remote *remote = xcalloc(1, sizeof(*remote));
    *remote = (struct remote){.bus = bus, .interactive = terminal_interactive()};
    bus_client_set_interactive(bus, remote->interactive); /* for what has no options: reading */
    *ret = remote;
    return 0;
}

struct remote *remote_close(struct remote *remote)
{
    if (remote)
        bus_client_close(remote->bus);
    free(remote);
    return NULL;
}

struct bus_client *remote_bus(struct remote *remote)
{
    return remote->bus;
}

/* ---- from D-Bus values to JSON ---- */

static json_t *read_value(struct bus_reader *r);

static json_t *read_dictionary(struct bus_reader *entries)
{
    json_t *object = json_object();
    struct bus_reader entry;
    while (bus_read_enter(entries, &entry)) {
        const char *key;
        if (bus_read_string(&entry, &key))
            json_object_set_new(object, key, read_value(&entry));
    }
    return object;
}

static json_t *read_array(struct bus_reader *items)
{
    json_t *array = json_array();
    while (bus_reader_type(items))
        json_array_append_new(array, read_value(items));
    return array;
}

static json_t *read_container(struct bus_reader *r, char type)
{
    /* Asked before going in, since an empty dictionary holds no entry to tell it by. */
    bool dictionary =
        type == DBUS_TYPE_ARRAY && dbus_message_iter_get_element_type(&r->iter) == DBUS_TYPE_DICT_ENTRY;
    struct bus_reader inside;
    if (!bus_read_enter(r, &inside)) {
        bus_read_skip(r);
        return json_null();
    }
    if (type == DBUS_TYPE_VARIANT)
        return read_value(&inside);
    return dictionary ? read_dictionary(&inside) : read_array(&inside);
}

static json_t *read_text(struct bus_reader *r)
{
    const char *text = "";
    bus_read_string(r, &text);
    _cleanup_free_ char *harmless = terminal_harmless(xstrdup(text));
    return json_string(harmless);
}

static json_t *read_value(struct bus_reader *r)
{
    bool flag;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;
    int64_t i64;
    char type = bus_reader_type(r);
    switch (type) {
    case DBUS_TYPE_STRING:
    case DBUS_TYPE_OBJECT_PATH:
    case DBUS_TYPE_SIGNATURE:
        return read_text(r);
    case DBUS_TYPE_BOOLEAN:
        return bus_read_bool(r, &flag) ? json_boolean(flag) : json_null();
    case DBUS_TYPE_UINT32:
        return bus_read_u32(r, &u32) ? json_integer(u32) : json_null();
    case DBUS_TYPE_UINT64:
        return bus_read_u64(r, &u64) ? json_integer((json_int_t)u64) : json_null();
    case DBUS_TYPE_INT32:
        return bus_read_i32(r, &i32) ? json_integer(i32) : json_null();
    case DBUS_TYPE_INT64:
        return bus_read_i64(r, &i64) ? json_integer(i64) : json_null();
    case DBUS_TYPE_ARRAY:
    case DBUS_TYPE_STRUCT:
    case DBUS_TYPE_VARIANT:
        return read_container(r, type);
    default:
        bus_read_skip(r);
        return json_null();
    }
}

json_t *remote_body(DBusMessage *message)
{
    struct bus_reader r;
    bus_reader_init(&r, message);
    return read_array(&r);
}

/* ---- calls ---- */

void remote_begin(struct remote *remote, const char *path, const char *interface, const char *method,
                  const char *signature, struct bus_writer *w)
{
    bus_client_begin(remote->bus, path, interface, method, signature, w);
}

void remote_open_options(struct bus_writer *w)
{
    bus_open_array(w);
}

void remote_close_options(struct remote *remote, struct bus_writer *w)
{
    if (remote->interactive)
        bus_entry_bool(w, "interactive", true);
    bus_close(w);
}

static int exchange(struct remote *remote, struct bus_writer *w, enum remote_patience patience,
                    const char *expect, DBusMessage **ret_reply, struct err *err)
{
    int timeout_ms = patience == REMOTE_LONG ? -1 : BUS_TIMEOUT_MS;
    return bus_client_call(remote->bus, w, timeout_ms, expect, ret_reply, err);
}

int remote_call(struct remote *remote, struct bus_writer *w, enum remote_patience patience,
                const char *expect, json_t **ret, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = exchange(remote, w, patience, expect, &reply, err);
    if (r < 0)
        return r;
    if (ret)
        *ret = remote_body(reply);
    return 0;
}

int remote_call_reasoned(struct remote *remote, struct bus_writer *w, const char *expect, json_t **ret,
                         struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    DBusPendingCall *pending = NULL;
    int r = bus_client_send(remote->bus, w, -1, &pending, err);
    if (r < 0)
        return r;
    r = bus_client_receive_fault(pending, expect, &reply, err);
    _cleanup_json_ json_t *body = remote_body(reply);
    if (r < 0)
        json_array_remove(body, 0);
    if (r >= 0 || json_array_size(body) > 0)
        *ret = STEAL(body);
    return r;
}

int remote_send(struct remote *remote, struct bus_writer *w, DBusPendingCall **ret, struct err *err)
{
    return bus_client_send(remote->bus, w, -1, ret, err);
}

int remote_receive(DBusPendingCall *pending, const char *expect, json_t **ret, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = bus_client_receive(pending, expect, &reply, err);
    if (r < 0)
        return r;
    *ret = remote_body(reply);
    return 0;
}

bool remote_asks_people(const struct remote *remote)
{
    return remote->interactive && geteuid() != 0;
}

static int fetch_file(struct remote *remote, struct bus_writer *w, enum remote_patience patience,
                      const char *expect, int *ret_fd, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = exchange(remote, w, patience, expect, &reply, err);
    if (r < 0)
        return r;
    struct bus_reader reader;
    bus_reader_init(&reader, reply);
    if (!bus_read_fd(&reader, ret_fd))
        return err_set(err, ERR_FAILED, _("The daemon's answer came without its file."));
    return 0;
}

int remote_file(struct remote *remote, struct bus_writer *w, const char *expect, int *ret_fd, struct err *err)
{
    return fetch_file(remote, w, REMOTE_SHORT, expect, ret_fd, err);
}

int remote_file_patiently(struct remote *remote, struct bus_writer *w, const char *expect, int *ret_fd,
                          struct err *err)
{
    return fetch_file(remote, w, REMOTE_LONG, expect, ret_fd, err);
}

int remote_records(struct remote *remote, const char *path, struct buf *ret, struct err *err)
{
    enum { MAX_RECORDS = 256 << 20 };
    struct bus_writer w;
    _cleanup_close_ int fd = -1;
    remote_begin(remote, path, REMOTE_LOT, "GetRecords", "", &w);
    int r = remote_file(remote, &w, "h", &fd, err);
    return r < 0 ? r : file_read_fd(fd, MAX_RECORDS, ret, err);
}

int remote_read(struct remote *remote, const char *path, const char *interface, const char *method,
                const char *expect, json_t **ret, struct err *err)
{
    struct bus_writer w;
    remote_begin(remote, path, interface, method, "", &w);
    _cleanup_json_ json_t *body = NULL;
    int r = remote_call(remote, &w, REMOTE_SHORT, expect, &body, err);
    if (r < 0)
        return r;
    *ret = json_incref(json_array_get(body, 0));
    return 0;
}

static int send_reading(struct remote *remote, const char *path, const struct remote_reading *reading,
                        DBusPendingCall **ret, struct err *err)
{
    struct bus_writer w;
    remote_begin(remote, path, reading->interface, reading->method, reading->argument ? "s" : "", &w);
    if (reading->argument)
        bus_write_string(&w, reading->argument);
    return bus_client_send(remote->bus, &w, BUS_TIMEOUT_MS, ret, err);
}

static int receive_reading(const struct remote_reading *reading, DBusPendingCall *pending, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = bus_client_receive(pending, reading->expect, &reply, err);
    if (r < 0 && reading->optional && err->code == ERR_ACCESS_DENIED) {
        err_clear(err);
        return 0;
    }
    if (r < 0)
        return r;
    _cleanup_json_ json_t *body = remote_body(reply);
    *reading->ret = json_incref(json_array_get(body, 0));
    return 0;
}

int remote_read_all(struct remote *remote, const char *path, const struct remote_reading *readings, size_t n,
                    struct err *err)
{
    enum { AT_ONCE = 8 };
    const size_t at_once = remote->interactive ? 1 : AT_ONCE;
    int r = 0;
    for (size_t from = 0, to; r >= 0 && from < n; from = to) {
        DBusPendingCall *pending[AT_ONCE] = {NULL};
        for (to = from; r >= 0 && to < n && to - from < at_once; to++)
            r = send_reading(remote, path, &readings[to], &pending[to - from], err);
        for (size_t i = from; i < to; i++) {
            _cleanup_err_ struct err fault = ERR_INIT;
            int received = pending[i - from] ? receive_reading(&readings[i], pending[i - from], &fault) : 0;
            if (r >= 0 && received < 0)
                r = err_move(err, &fault);
        }
    }
    return r;
}

int remote_act(struct remote *remote, const char *path, const char *interface, const char *method,
               struct err *err)
{
    struct bus_writer w;
    remote_begin(remote, path, interface, method, "a{sv}", &w);
    remote_open_options(&w);
    remote_close_options(remote, &w);
    return remote_call(remote, &w, REMOTE_SHORT, NULL, NULL, err);
}

int remote_properties(struct remote *remote, const char *path, const char *interface, json_t **ret,
                      struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    struct bus_reader dictionary;
    int r = bus_client_get_all(remote->bus, path, interface, &reply, &dictionary, err);
    if (r < 0)
        return r;
    *ret = read_dictionary(&dictionary);
    return 0;
}

int remote_wait(struct remote *remote, int64_t deadline_us, DBusMessage **ret_signal, struct err *err)
{
    int64_t left_us = deadline_us - clock_boot_us(&clock_system);
    if (left_us <= 0)
        return 0;
    /* A wait of more than a day is made of several, since libdbus counts milliseconds in an int. */
    int timeout_ms = (int)((MIN(left_us, US_PER_DAY) + US_PER_MS - 1) / US_PER_MS);
    int r = bus_client_wait(remote->bus, timeout_ms, ret_signal, err);
    return r < 0 ? r : 1;
}

/* ---- object paths ---- */

static int numbered_path(const char *folder, const char *number, const char *what, char **ret_path,
                         struct err *err)
{
    uint64_t n;
    if (!str_to_uint(number, INT64_MAX, &n) || n == 0)
        return err_set(err, ERR_USAGE, _("'%s' is not the number of a %s."), number, what);
    *ret_path = xasprintf(REMOTE_ROOT "/%s/%llu", folder, (unsigned long long)n);
    return 0;
}

int remote_lot_path(const char *number, char **ret_path, struct err *err)
{
    return numbered_path("lot", number, _("lot"), ret_path, err);
}

int remote_lot(struct remote *remote, const char *number, char **ret_path, json_t **ret_lot, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = remote_lot_path(number, &path, err);
    if (r < 0)
        return r;
    if (remote_properties(remote, path, REMOTE_LOT, ret_lot, err) < 0)
        return err_prefix(err, "%s", number);
    *ret_path = STEAL(path);
    return 0;
}

int remote_lot_receipts(struct remote *remote, const char *number, char **ret_path, json_t **ret_lot,
                        struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *body = NULL;
    struct bus_writer w;
    int r = remote_lot_path(number, &path, err);
    if (r < 0)
        return r;
    remote_begin(remote, path, REMOTE_LOT, "ListReceipts", "", &w);
    if (remote_call(remote, &w, REMOTE_SHORT, "a{sv}a(tssst)", &body, err) < 0)
        return err_prefix(err, "%s", number);
    *ret_lot = json_incref(json_array_get(body, 0));
    json_object_set(*ret_lot, "Receipts", json_array_get(body, 1));
    *ret_path = STEAL(path);
    return 0;
}

int remote_certificate_path(const char *number, char **ret_path, struct err *err)
{
    return numbered_path("certificate", number, _("certificate"), ret_path, err);
}

int remote_registration_path(const char *rp, char **ret_path, struct err *err)
{
    size_t len = strlen(rp);
    for (size_t i = 0; i < len; i++)
        if (!isascii(rp[i]) || !isalnum((unsigned char)rp[i]))
            len = 0;
    if (len == 0 || len > 11)
        return err_set(err, ERR_INVALID_RP,
                       _("'%s' is not a registro patronal: it has 11 letters and digits."), rp);
    _cleanup_free_ char *upper = str_ascii_upper(xstrdup(rp));
    *ret_path = xasprintf(REMOTE_ROOT "/registration/%s", upper);
    return 0;
}

uint64_t remote_path_number(const char *path)
{
    const char *slash = strrchr(path, '/');
    uint64_t n = 0;
    return slash && str_to_uint(slash + 1, INT64_MAX, &n) ? n : 0;
}

/* ---- looking into replies ---- */

const char *row_text(const json_t *row, const char *key)
{
    return str_or_empty(json_string_value(json_object_get(row, key)));
}

uint64_t row_number(const json_t *row, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(row, key));
}

bool row_flag(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}
