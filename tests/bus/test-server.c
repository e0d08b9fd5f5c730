/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "bus/client.h"
#include "tests/support/private-bus.h"
#include "tests/bus/service.h"
#include "tests/contract/contract.h"

#define ROOT    "/mx/idsed1"
#define MANAGER "mx.idsed1.Manager"
#define LOT     "mx.idsed1.Lot"

static struct private_bus bus;
static pid_t service;
static struct bus_client *client;
/* Beside the client, for what the client would not do. */
static DBusConnection *raw;

static DBusConnection *connect_raw(void)
{
    DBusConnection *connection = NULL;
    assert_int_equal(bus_connect(bus.address, &connection, NULL), 0);
    return connection;
}

static void disconnect_raw(DBusConnection *connection)
{
    dbus_connection_flush(connection);
    dbus_connection_close(connection);
    dbus_connection_unref(connection);
}

/* Sends the call, which is freed, and waits until it is answered: all that was sent before has arrived. */
static void wait_for_answer(DBusConnection *connection, DBusMessage *call)
{
    DBusMessage *reply = dbus_connection_send_with_reply_and_block(connection, call, 20000, NULL);
    assert_non_null(reply);
    dbus_message_unref(call);
    dbus_message_unref(reply);
}

static int set_up(void **state)
{
    private_bus_start(&bus);
    service = service_start(bus.address);
    assert_true(service > 0);
    assert_int_equal(bus_client_open(bus.address, "mx.idsed1", &client, NULL), 0);
    raw = connect_raw();
    return 0;
}

static int tear_down(void **state)
{
    client = bus_client_close(client);
    disconnect_raw(raw);
    if (service > 0)
        assert_int_equal(service_stop(service), 0); /* a sanitizer's complaint shows here */
    private_bus_stop(&bus);
    return 0;
}

/* ---- asking ---- */

static DBusMessage *new_call(const char *path, const char *interface, const char *method)
{
    return dbus_message_new_method_call("mx.idsed1", path, interface, method);
}

/* Sends, consumes the message, gives the reply or error. */
static DBusMessage *ask(DBusMessage *message)
{
    DBusPendingCall *pending = NULL;
    assert_true(dbus_connection_send_with_reply(raw, message, &pending, 20000) && pending);
    dbus_message_unref(message);
    dbus_pending_call_block(pending);
    DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    dbus_pending_call_unref(pending);
    return reply;
}

static void assert_error(DBusMessage *reply, const char *name)
{
    if (!dbus_message_is_error(reply, name))
        fail_msg("%s instead of %s", dbus_message_get_error_name(reply), name);
    dbus_message_unref(reply);
}

static DBusMessage *ask_plain(const char *path, const char *interface, const char *method)
{
    return ask(new_call(path, interface, method));
}

static DBusMessage *ask_strings(const char *path, const char *interface, const char *method, const char *a,
                                const char *b)
{
    DBusMessage *message = new_call(path, interface, method);
    dbus_message_append_args(message, DBUS_TYPE_STRING, &a, b ? DBUS_TYPE_STRING : DBUS_TYPE_INVALID, &b,
                             DBUS_TYPE_INVALID);
    return ask(message);
}

static DBusMessage *get(const char *path, const char *interface, const char *property)
{
    return ask_strings(path, DBUS_INTERFACE_PROPERTIES, "Get", interface, property);
}

static uint64_t get_u64(const char *property)
{
    _cleanup_message_ DBusMessage *reply = get(ROOT, MANAGER, property);
    struct bus_reader r, value;
    uint64_t number = 0;
    uint32_t small = 0;
    bus_reader_init(&r, reply);
    assert_true(bus_read_enter(&r, &value));
    assert_true(bus_read_u64(&value, &number) || bus_read_u32(&value, &small));
    return number + small;
}

static void assert_alive(void)
{
    _cleanup_message_ DBusMessage *reply = ask_strings(ROOT, MANAGER, "Echo", "here", NULL);
    struct bus_reader r;
    const char *text = "";
    bus_reader_init(&r, reply);
    assert_true(bus_read_string(&r, &text));
    assert_string_equal(text, "here");
}

static void let_go(uint32_t expect_held, uint32_t expect_orphans)
{
    _cleanup_message_ DBusMessage *reply = ask_plain(ROOT, MANAGER, "LetGo");
    struct bus_reader r;
    uint32_t held = 0, orphans = 0;
    bus_reader_init(&r, reply);
    assert_true(bus_read_u32(&r, &held) && bus_read_u32(&r, &orphans));
    assert_int_equal(held, expect_held);
    assert_int_equal(orphans, expect_orphans);
}

static char *introspect(const char *path)
{
    _cleanup_message_ DBusMessage *reply = ask_plain(path, DBUS_INTERFACE_INTROSPECTABLE, "Introspect");
    struct bus_reader r;
    const char *xml = NULL;
    bus_reader_init(&r, reply);
    assert_true(bus_read_string(&r, &xml));
    assert_int_not_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_ERROR);
    return xstrdup(xml);
}

/* ---- what a good caller sees ---- */

static void introspection_says_what_the_tables_say(void **state)
{
    _cleanup_buf_ struct buf report = BUF_INIT;
    _cleanup_free_ char *root = introspect(ROOT), *lot = introspect(ROOT "/lot/7");
    assert_int_equal(bus_contract_check_text(root, &service_manager, &report), 0);
    assert_int_equal(bus_contract_check_text(lot, &service_lot, &report), 0);
    assert_non_null(strstr(root, "<interface name=\"org.freedesktop.DBus.ObjectManager\">"));
    assert_null(strstr(lot, "org.freedesktop.DBus.ObjectManager"));
    assert_non_null(strstr(lot, "<interface name=\"org.freedesktop.DBus.Properties\">"));
}

static void introspection_leads_from_the_top_to_each_object(void **state)
{
    _cleanup_free_ char *top = introspect("/"), *mx = introspect("/mx"), *root = introspect(ROOT);
    _cleanup_free_ char *folder = introspect(ROOT "/lot"), *unlisted = introspect(ROOT "/lot/3");
    assert_non_null(strstr(top, "<node name=\"mx\"/>"));
    assert_non_null(strstr(mx, "<node name=\"idsed1\"/>"));
    assert_non_null(strstr(root, "<node name=\"lot\"/>"));
    assert_non_null(strstr(folder, "<node name=\"7\"/>\n  <node name=\"8\"/>\n</node>"));
    assert_null(strstr(folder, LOT));
    assert_non_null(strstr(unlisted, LOT));
    assert_error(ask_plain(ROOT "/lot/10", DBUS_INTERFACE_INTROSPECTABLE, "Introspect"),
                 BUS_ERROR_PREFIX "UnknownLot");
    assert_error(ask_plain("/elsewhere", DBUS_INTERFACE_INTROSPECTABLE, "Introspect"),
                 DBUS_ERROR_UNKNOWN_OBJECT);
}

static void properties_are_read_one_by_one_and_all_at_once(void **state)
{
    _cleanup_message_ DBusMessage *one = NULL, *all = NULL, *pairs = NULL, *any = NULL;
    struct bus_reader r, value;
    const char *text = "";
    assert_int_equal(bus_client_get(client, ROOT "/lot/4", LOT, "State", "s", &one, &value, NULL), 0);
    assert_true(bus_read_string(&value, &text));
    assert_string_equal(text, "queued");
    assert_int_equal(bus_client_get(client, ROOT, MANAGER, "Pairs", "a(st)", &pairs, &value, NULL), 0);
    assert_int_equal(bus_client_get_all(client, ROOT "/lot/4", LOT, &all, &value, NULL), 0);
    assert_int_equal(bus_dict_u64(&value, "Id"), 4);
    assert_string_equal(bus_dict_string(&value, "State"), "queued");
    assert_true(bus_dict_find(&value, "Held", &r));
    any = ask_strings(ROOT "/lot/4", DBUS_INTERFACE_PROPERTIES, "GetAll", "", NULL);
    assert_true(dbus_message_has_signature(any, "a{sv}"));
}

static void properties_that_are_not_there_or_fixed_are_refused(void **state)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    struct bus_reader value;
    assert_error(get(ROOT, MANAGER, "None"), DBUS_ERROR_UNKNOWN_PROPERTY);
    assert_error(get(ROOT, "com.example.None", "Count"), DBUS_ERROR_UNKNOWN_PROPERTY);
    assert_error(get(ROOT "/lot/10", LOT, "State"), BUS_ERROR_PREFIX "UnknownLot");
    assert_error(get(ROOT "/lot", LOT, "State"), DBUS_ERROR_UNKNOWN_INTERFACE); /* the folder is no object */
    assert_error(ask_strings(ROOT, DBUS_INTERFACE_PROPERTIES, "GetAll", "com.example.None", NULL),
                 DBUS_ERROR_UNKNOWN_INTERFACE);
    struct bus_writer w;
    DBusMessage *set = NULL;
    bus_writer_init(&w, new_call(ROOT, DBUS_INTERFACE_PROPERTIES, "Set"), "ssv");
    bus_write_string(&w, MANAGER);
    bus_write_string(&w, "Count");
    bus_open_variant(&w, "t");
    bus_write_u64(&w, 1);
    bus_close(&w);
    assert_int_equal(bus_writer_finish(&w, &set, NULL), 0);
    assert_error(ask(set), DBUS_ERROR_PROPERTY_READ_ONLY);
    assert_int_equal(bus_client_get(client, ROOT, MANAGER, "Count", "s", &reply, &value, NULL),
                     -(int)ERR_FAILED);
}

static void the_object_manager_shows_recent_objects(void **state)
{
    _cleanup_message_ DBusMessage *reply =
        ask_plain(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    struct bus_reader r, objects, object, interfaces, interface, properties;
    const char *path = "", *name = "";
    bus_reader_init(&r, reply);
    assert_true(bus_read_enter(&r, &objects));
    for (char id = '7'; id <= '8'; id++) {
        assert_true(bus_read_enter(&objects, &object) && bus_read_string(&object, &path));
        assert_int_equal(path[strlen(path) - 1], id);
        assert_true(bus_read_enter(&object, &interfaces) && bus_read_enter(&interfaces, &interface));
        assert_true(bus_read_string(&interface, &name) && bus_read_enter(&interface, &properties));
        assert_string_equal(name, LOT);
        assert_int_equal(bus_dict_u64(&properties, "Id"), (uint64_t)(id - '0'));
    }
    assert_int_equal(bus_reader_type(&objects), 0);
    assert_error(ask_plain(ROOT "/lot/7", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
                 DBUS_ERROR_UNKNOWN_INTERFACE);
}

static void calls_reach_the_object_that_they_name(void **state)
{
    _cleanup_message_ DBusMessage *reply = ask_plain(ROOT "/lot/6", LOT, "WhichOne");
    struct bus_reader r;
    uint64_t id = 0;
    const char *name = "";
    bus_reader_init(&r, reply);
    assert_true(bus_read_u64(&r, &id) && bus_read_string(&r, &name));
    assert_int_equal(id, 6);
    assert_string_equal(name, "6");
    assert_error(ask_plain(ROOT "/lot/66", LOT, "WhichOne"), BUS_ERROR_PREFIX "UnknownLot");
}

static void the_sender_is_known_and_judged(void **state)
{
    struct bus_writer w;
    struct bus_reader r;
    bool interactive = false;
    uint32_t uid = 12345;
    for (int asked = 0; asked < 2; asked++) {
        _cleanup_message_ DBusMessage *reply = NULL;
        bus_client_begin(client, ROOT, MANAGER, "Caller", "a{sv}", &w);
        bus_open_array(&w);
        if (asked)
            bus_entry_bool(&w, "interactive", true);
        bus_close(&w);
        assert_int_equal(bus_client_call(client, &w, -1, "ub", &reply, NULL), 0);
        bus_reader_init(&r, reply);
        assert_true(bus_read_u32(&r, &uid) && bus_read_bool(&r, &interactive));
        assert_int_equal(uid, getuid());
        assert_int_equal(interactive, asked);
    }
    assert_error(ask_plain(ROOT, MANAGER, "Never"), BUS_ERROR_PREFIX "AccessDenied");
}

static DBusMessage *new_more(const char *action, bool must)
{
    dbus_bool_t flag = must;
    DBusMessage *call = new_call(ROOT "/lot/6", LOT, "More");
    assert_true(dbus_message_append_args(call, DBUS_TYPE_STRING, &action, DBUS_TYPE_BOOLEAN, &flag,
                                         DBUS_TYPE_INVALID));
    return call;
}

/* A method that gives some more than others: who may not is told less, or refused; at once or later. */
static void more_is_for_who_may_more(void **state)
{
    static const char *const actions[] = {"test.never", "test.later"};
    for (int i = 0; i < 4; i++) {
        bool must = i & 1, may = i & 2, told = false;
        uint64_t id = 0;
        DBusMessage *reply = ask(new_more(actions[may], must));
        if (must && !may) {
            assert_error(reply, BUS_ERROR_PREFIX "AccessDenied");
            continue;
        }
        struct bus_reader r;
        bus_reader_init(&r, reply);
        assert_true(bus_read_bool(&r, &told) && bus_read_u64(&r, &id));
        assert_int_equal(told, may);
        assert_int_equal(id, 6);
        dbus_message_unref(reply);
    }
}

static void a_file_goes_in_and_a_file_comes_out(void **state)
{
    _cleanup_message_ DBusMessage *size = NULL, *file = NULL;
    _cleanup_buf_ struct buf content = BUF_INIT;
    _cleanup_close_ int in = file_sealed_memory("in", "abc", 3, NULL), out = -1;
    struct bus_writer w;
    struct bus_reader r;
    uint64_t n = 0;
    bus_client_begin(client, ROOT, MANAGER, "FileSize", "h", &w);
    bus_write_fd(&w, in);
    assert_int_equal(bus_client_call(client, &w, -1, "t", &size, NULL), 0);
    bus_reader_init(&r, size);
    assert_true(bus_read_u64(&r, &n) && n == 3);
    bus_client_begin(client, ROOT, MANAGER, "GiveFile", "", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "h", &file, NULL), 0);
    bus_reader_init(&r, file);
    assert_true(bus_read_fd(&r, &out));
    assert_int_equal(file_read_fd(out, 100, &content, NULL), 0);
    assert_string_equal(content.data, "12345");
}

/* ---- order ---- */

static const char *next_member(DBusMessage **ret)
{
    if (*ret)
        dbus_message_unref(*ret);
    *ret = NULL;
    while (!*ret) {
        *ret = dbus_connection_pop_message(raw);
        if (!*ret)
            assert_true(dbus_connection_read_write(raw, 20000));
        else if (dbus_message_has_sender(*ret, DBUS_SERVICE_DBUS)) {
            dbus_message_unref(*ret);
            *ret = NULL;
        }
    }
    return dbus_message_get_type(*ret) == DBUS_MESSAGE_TYPE_METHOD_RETURN ? "reply"
                                                                          : dbus_message_get_member(*ret);
}

static void changes_are_merged_and_leave_before_the_reply(void **state)
{
    _cleanup_message_ DBusMessage *message = NULL;
    struct bus_reader r, changed, invalid;
    const char *text = "";
    uint64_t before = get_u64("Count");
    dbus_bus_add_match(raw, "type='signal',sender='mx.idsed1'", NULL);
    DBusMessage *call = new_call(ROOT, MANAGER, "Announce");
    assert_true(dbus_connection_send(raw, call, NULL));
    dbus_message_unref(call);

    assert_string_equal(next_member(&message), "PropertiesChanged");
    assert_string_equal(dbus_message_get_path(message), ROOT);
    bus_reader_init(&r, message);
    assert_true(bus_read_string(&r, &text) && bus_read_enter(&r, &changed) && bus_read_enter(&r, &invalid));
    assert_string_equal(text, MANAGER);
    assert_int_equal(bus_dict_u64(&changed, "Count"), before + 3); /* the last value, once */
    bus_read_skip(&changed);
    assert_int_equal(bus_reader_type(&changed), 0);
    assert_true(bus_read_string(&invalid, &text));
    assert_string_equal(text, "Stale");
    assert_false(bus_read_string(&invalid, &text));

    assert_string_equal(next_member(&message), "PropertiesChanged");
    assert_string_equal(dbus_message_get_path(message), ROOT "/lot/7");
    assert_string_equal(next_member(&message), "InterfacesAdded");
    assert_true(dbus_message_has_signature(message, "oa{sa{sv}}"));
    assert_string_equal(dbus_message_get_path(message), ROOT);
    assert_string_equal(next_member(&message), "InterfacesRemoved");
    assert_string_equal(next_member(&message), "Announced");
    assert_string_equal(next_member(&message), "reply");
    dbus_bus_remove_match(raw, "type='signal',sender='mx.idsed1'", NULL);
}

/* A connection that sees every answer, also those that the bus itself would drop. */
static DBusConnection *connect_monitor(void)
{
    DBusConnection *monitor = connect_raw();
    static const char *const rules[] = {"type='method_return'", "type='error'"};
    struct bus_writer w;
    DBusMessage *message = NULL;
    bus_writer_init(&w,
                    dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_MONITORING,
                                                 "BecomeMonitor"),
                    "asu");
    bus_open_array(&w);
    for (size_t i = 0; i < ELEMENTSOF(rules); i++)
        bus_write_string(&w, rules[i]);
    bus_close(&w);
    bus_write_u32(&w, 0);
    assert_int_equal(bus_writer_finish(&w, &message, NULL), 0);
    DBusMessage *reply = dbus_connection_send_with_reply_and_block(monitor, message, 20000, NULL);
    assert_non_null(reply);
    dbus_message_unref(reply);
    dbus_message_unref(message);
    return monitor;
}

static void no_reply_is_sent_to_who_wants_none(void **state)
{
    static const char *const methods[] = {"Count", "NoSuchMethod", "Never", "Count"};
    uint64_t before = get_u64("Count");
    dbus_uint32_t serial = 0;
    DBusConnection *monitor = connect_monitor();
    for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
        DBusMessage *call = new_call(ROOT, MANAGER, methods[i]);
        dbus_message_set_no_reply(call, i + 1 < ELEMENTSOF(methods));
        assert_true(dbus_connection_send(raw, call, &serial));
        dbus_message_unref(call);
    }
    dbus_connection_flush(raw);
    dbus_uint32_t answered = 0;
    while (answered == 0) { /* the first answer to us is the one to the last call */
        _cleanup_message_ DBusMessage *seen = dbus_connection_pop_message(monitor);
        if (!seen)
            assert_true(dbus_connection_read_write(monitor, 20000));
        else if (streq_null(dbus_message_get_destination(seen), dbus_bus_get_unique_name(raw)) &&
                 !dbus_message_has_sender(seen, DBUS_SERVICE_DBUS))
            answered = dbus_message_get_reply_serial(seen);
    }
    assert_int_equal(answered, serial);
    disconnect_raw(monitor);
    _cleanup_message_ DBusMessage *reply = NULL;
    assert_string_equal(next_member(&reply), "reply");
    assert_int_equal(get_u64("Count"), before + 2);
}

static void a_call_is_answered_once(void **state)
{
    _cleanup_message_ DBusMessage *message = NULL;
    dbus_uint32_t first = 0, second = 0;
    DBusMessage *twice = new_call(ROOT, MANAGER, "ReplyTwice"), *count = new_call(ROOT, MANAGER, "Count");
    assert_true(dbus_connection_send(raw, twice, &first) && dbus_connection_send(raw, count, &second));
    dbus_message_unref(twice);
    dbus_message_unref(count);
    next_member(&message);
    assert_int_equal(dbus_message_get_reply_serial(message), first);
    next_member(&message);
    assert_int_equal(dbus_message_get_reply_serial(message), second);
}

static void a_reply_against_its_signature_becomes_an_error(void **state)
{
    uint64_t faults = get_u64("Faults");
    assert_error(ask_plain(ROOT, MANAGER, "ReplyWrongly"), BUS_ERROR_PREFIX "Failed");
    assert_int_equal(get_u64("Faults"), faults + 1);
}

/* ---- what a bad caller gets ---- */

static void calls_that_fit_no_table_are_refused(void **state)
{
    _cleanup_message_ DBusMessage *echo = NULL;
    assert_error(ask_plain(ROOT, MANAGER, "None"), DBUS_ERROR_UNKNOWN_METHOD);
    assert_error(ask_plain(ROOT, "com.example.None", "Echo"), DBUS_ERROR_UNKNOWN_INTERFACE);
    assert_error(ask_plain("/mx/idsed", MANAGER, "Echo"), DBUS_ERROR_UNKNOWN_OBJECT);
    assert_error(ask_plain("/mx/idsed1x", MANAGER, "Echo"), DBUS_ERROR_UNKNOWN_OBJECT);
    assert_error(ask_plain(ROOT "/lot/7/more", LOT, "WhichOne"), DBUS_ERROR_UNKNOWN_OBJECT);
    assert_error(ask_plain("/", MANAGER, "Echo"), DBUS_ERROR_UNKNOWN_INTERFACE);
    assert_error(ask_plain(ROOT, MANAGER, "Echo"), DBUS_ERROR_INVALID_ARGS);
    assert_error(ask_strings(ROOT, MANAGER, "Echo", "two", "strings"), DBUS_ERROR_INVALID_ARGS);
    assert_error(ask_strings(ROOT, MANAGER, "Count", "too much", NULL), DBUS_ERROR_INVALID_ARGS);
    assert_error(ask_plain(ROOT, DBUS_INTERFACE_PROPERTIES, "Get"), DBUS_ERROR_INVALID_ARGS);
    echo = ask_strings(ROOT, NULL, "Echo", "no interface", NULL);
    assert_true(dbus_message_has_signature(echo, "s"));
    assert_error(ask_plain(ROOT, NULL, "None"), DBUS_ERROR_UNKNOWN_METHOD);
    assert_error(ask_plain(ROOT, NULL, "Ping"),
                 DBUS_ERROR_UNKNOWN_METHOD); /* in the table, but libdbus's own */
    DBusMessage *ping = ask_plain("/any/where", DBUS_INTERFACE_PEER, "Ping");
    assert_int_equal(dbus_message_get_type(ping), DBUS_MESSAGE_TYPE_METHOD_RETURN);
    dbus_message_unref(ping);
}

static void thousands_of_open_calls_are_capped(void **state)
{
    enum { CALLS = 3000 };
    DBusConnection *greedy = connect_raw();
    for (int i = 0; i < CALLS; i++) {
        DBusMessage *call = new_call(ROOT, MANAGER, "HoldCall");
        assert_true(dbus_connection_send(greedy, call, NULL));
        dbus_message_unref(call);
    }
    unsigned busy = 0, answers = 0;
    bool released = false;
    while (answers + busy < CALLS) {
        _cleanup_message_ DBusMessage *message = dbus_connection_pop_message(greedy);
        if (!message)
            assert_true(dbus_connection_read_write(greedy, 20000));
        else if (dbus_message_is_error(message, BUS_ERROR_PREFIX "Busy"))
            busy++;
        else if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_RETURN)
            answers++;
        if (busy == CALLS - BUS_MAX_CALLS_PER_SENDER && !released) {
            assert_int_equal(answers, 0);
            assert_alive(); /* for others */
            let_go(BUS_MAX_CALLS_PER_SENDER, 0);
            released = true;
        }
    }
    assert_int_equal(answers, BUS_MAX_CALLS_PER_SENDER);
    disconnect_raw(greedy);
}

static void many_senders_together_are_capped(void **state)
{
    enum { SENDERS = 6, PER_SENDER = 50 };
    DBusConnection *senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = connect_raw();
        for (int j = 0; j < PER_SENDER; j++) {
            DBusMessage *call = new_call(ROOT, MANAGER, "HoldCall");
            assert_true(dbus_connection_send(senders[i], call, NULL));
            dbus_message_unref(call);
        }
        dbus_connection_flush(senders[i]);
    }
    unsigned busy = 0;
    while (busy < SENDERS * PER_SENDER - BUS_MAX_CALLS)
        for (int i = 0; i < SENDERS; i++) {
            _cleanup_message_ DBusMessage *message = dbus_connection_pop_message(senders[i]);
            busy += message && dbus_message_is_error(message, BUS_ERROR_PREFIX "Busy");
            if (!message)
                assert_true(dbus_connection_read_write(senders[i], 10));
        }
    assert_error(ask_plain(ROOT, MANAGER, "LetGo"), BUS_ERROR_PREFIX "Busy");
    for (int i = 0; i < SENDERS; i++)
        disconnect_raw(senders[i]);
    DBusMessage *reply;
    kill(service, SIGUSR1); /* from outside, since no call gets in */
    while (dbus_message_get_type(reply = ask_plain(ROOT, MANAGER, "Count")) == DBUS_MESSAGE_TYPE_ERROR)
        assert_error(reply, BUS_ERROR_PREFIX "Busy");
    dbus_message_unref(reply);
}

static void wait_until_gone(const char *name)
{
    _cleanup_free_ char *rule = xasprintf("type='signal',member='NameOwnerChanged',arg0='%s'", name);
    DBusError error = DBUS_ERROR_INIT;
    dbus_bus_add_match(raw, rule, &error);
    while (dbus_bus_name_has_owner(raw, name, NULL))
        dbus_connection_read_write(raw, 20000);
    dbus_bus_remove_match(raw, rule, NULL);
}

/* Callers that are known, and whose calls have reached the handler or the authoriser. */
static void answers_to_callers_that_left_go_nowhere(void **state)
{
    enum { CALLERS = 20 };
    uint64_t faults = get_u64("Faults"), before = get_u64("Count");
    for (int i = 0; i < CALLERS; i++) {
        DBusConnection *connection = connect_raw();
        static const char *const methods[] = {"HoldCall", "Undecided"};
        _cleanup_free_ char *name = xstrdup(dbus_bus_get_unique_name(connection));
        for (size_t j = 0; j < ELEMENTSOF(methods); j++) {
            DBusMessage *call = new_call(ROOT, MANAGER, methods[j]);
            assert_true(dbus_connection_send(connection, call, NULL));
            dbus_message_unref(call);
        }
        wait_for_answer(connection, new_call(ROOT, MANAGER, "OpenFds"));
        disconnect_raw(connection);
        wait_until_gone(name);
    }
    let_go(2 * CALLERS, 2 * CALLERS);
    assert_int_equal(get_u64("Count"),
                     before); /* leave came for a caller that had left: the handler did not run */
    assert_int_equal(get_u64("Faults"), faults);
}

static void who_left_while_more_was_asked_for_does_no_harm(void **state)
{
    DBusConnection *connection = connect_raw();
    _cleanup_free_ char *name = xstrdup(dbus_bus_get_unique_name(connection));
    for (int must = 0; must < 2; must++) {
        DBusMessage *call = new_more("test.undecided", must);
        assert_true(dbus_connection_send(connection, call, NULL));
        dbus_message_unref(call);
    }
    /* An answer to a later call: both are being asked about. */
    wait_for_answer(connection, new_more("test.later", false));
    disconnect_raw(connection);
    wait_until_gone(name);
    let_go(2, 2);
}

static void callers_that_leave_at_once_do_no_harm(void **state)
{
    for (int i = 0; i < 50; i++) {
        DBusConnection *caller = connect_raw();
        static const char *const methods[] = {"HoldCall", "Undecided", "Caller", "Count"};
        for (size_t j = 0; j < ELEMENTSOF(methods); j++) {
            DBusMessage *call = new_call(ROOT, MANAGER, methods[j]);
            assert_true(dbus_connection_send(caller, call, NULL));
            dbus_message_unref(call);
        }
        disconnect_raw(caller);
    }
    assert_alive();
    kill(service, SIGUSR1);
    assert_alive();
}

/* Wish({key: value}) with a value that `nest` variants are wrapped around. */
static DBusMessage *wish(const char *key, int nest, const char *text, int entries)
{
    DBusMessage *message = new_call(ROOT, MANAGER, "Wish");
    DBusMessageIter args, dict, entry, variant[60];
    dbus_message_iter_init_append(message, &args);
    dbus_message_iter_open_container(&args, DBUS_TYPE_ARRAY, "{sv}", &dict);
    for (int i = 0; i < entries; i++) {
        dbus_message_iter_open_container(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
        dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
        for (int level = 0; level < nest; level++)
            dbus_message_iter_open_container(level ? &variant[level - 1] : &entry, DBUS_TYPE_VARIANT,
                                             level + 1 < nest ? "v" : "s", &variant[level]);
        dbus_message_iter_append_basic(&variant[nest - 1], DBUS_TYPE_STRING, &text);
        for (int level = nest - 1; level >= 0; level--)
            dbus_message_iter_close_container(level ? &variant[level - 1] : &entry, &variant[level]);
        dbus_message_iter_close_container(&dict, &entry);
    }
    dbus_message_iter_close_container(&args, &dict);
    return ask(message);
}

static void huge_and_deep_arguments_are_refused(void **state)
{
    static const size_t sizes[] = {BUS_MAX_CALL_SIZE, 1 << 20, 20 << 20};
    for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
        _cleanup_free_ char *big = xmalloc(sizes[i] + 1);
        memset(big, 'x', sizes[i]);
        big[sizes[i]] = '\0';
        assert_error(ask_strings(ROOT, MANAGER, "Echo", big, NULL), BUS_ERROR_PREFIX "TooLarge");
        assert_error(ask_strings(ROOT, MANAGER, "None", big, NULL), BUS_ERROR_PREFIX "TooLarge");
    }
    assert_error(wish("name", 1, "x", 50000), BUS_ERROR_PREFIX "TooLarge");
    assert_error(wish("name", 1, "x", 2), BUS_ERROR_PREFIX "InvalidArgument");
    assert_error(wish("name", 40, "x", 1), BUS_ERROR_PREFIX "InvalidArgument");
    assert_error(wish("nome", 40, "x", 1), BUS_ERROR_PREFIX "UnknownOption");
    assert_error(wish("interactive", 1, "not a flag", 1), BUS_ERROR_PREFIX "InvalidArgument");
    assert_alive();
}

static void descriptors_do_not_pile_up(void **state)
{
    _cleanup_close_ int in = file_sealed_memory("in", "abc", 3, NULL);
    _cleanup_message_ DBusMessage *before = ask_plain(ROOT, MANAGER, "OpenFds");
    for (int i = 0; i < 300; i++) {
        DBusMessage *message = new_call(ROOT, MANAGER, i % 2 ? "FileSize" : "None");
        dbus_message_append_args(message, DBUS_TYPE_UNIX_FD, &in, DBUS_TYPE_INVALID);
        dbus_message_unref(ask(message));
    }
    DBusMessage *many = new_call(ROOT, MANAGER, "FileSize");
    for (int i = 0; i < 16; i++)
        dbus_message_append_args(many, DBUS_TYPE_UNIX_FD, &in, DBUS_TYPE_INVALID);
    assert_error(ask(many), DBUS_ERROR_INVALID_ARGS);
    _cleanup_message_ DBusMessage *after = ask_plain(ROOT, MANAGER, "OpenFds");
    struct bus_reader r;
    uint32_t n_before = 0, n_after = 0;
    bus_reader_init(&r, before);
    assert_true(bus_read_u32(&r, &n_before));
    bus_reader_init(&r, after);
    assert_true(bus_read_u32(&r, &n_after));
    assert_int_equal(n_before, n_after);
}

/* ---- the policy, seen by an ordinary user ---- */

/* Opens more calls than one user may have, from as many connections as it takes, and lets them go. */
static bool is_kept_from_locking_others_out(void)
{
    enum { SENDERS = 5, PER_SENDER = 60 };
    DBusConnection *senders[SENDERS] = {NULL};
    int refused = 0;
    for (int i = 0; i < SENDERS; i++) {
        if (bus_connect(bus.address, &senders[i], NULL) < 0)
            return false;
        for (int j = 0; j < PER_SENDER; j++) {
            DBusMessage *call = new_call(ROOT, MANAGER, "HoldCall");
            dbus_connection_send(senders[i], call, NULL);
            dbus_message_unref(call);
        }
        DBusMessage *last =
            new_call(ROOT, MANAGER, "OpenFds"); /* answered when all before it have their place */
        DBusMessage *reply = dbus_connection_send_with_reply_and_block(senders[i], last, 20000, NULL);
        dbus_message_unref(last);
        if (reply)
            dbus_message_unref(reply);
        DBusMessage *message;
        while ((message = dbus_connection_pop_message(senders[i]))) {
            refused += dbus_message_is_error(message, BUS_ERROR_PREFIX "Busy");
            dbus_message_unref(message);
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        _cleanup_free_ char *name = xstrdup(dbus_bus_get_unique_name(senders[i]));
        disconnect_raw(senders[i]);
        wait_until_gone(name);
    }
    return refused == SENDERS * PER_SENDER - BUS_MAX_CALLS_PER_USER;
}

/* What went wrong, or NULL. Runs in a process of its own. */
static const char *as_nobody(void)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusConnection *mine = NULL;
    if (setgid(65534) < 0 || setuid(65534) < 0 || bus_connect(bus.address, &mine, NULL) < 0)
        return "cannot become an ordinary user on the bus";
    raw = mine;
    if (dbus_bus_request_name(mine, "mx.idsed1", 0, &error) >= 0 ||
        !dbus_error_has_name(&error, DBUS_ERROR_ACCESS_DENIED))
        return "may own the name";
    dbus_error_free(&error);
    static const struct {
        const char *interface, *method;
        bool allowed;
    } calls[] = {
        {MANAGER, "Count", true},
        {DBUS_INTERFACE_INTROSPECTABLE, "Introspect", true},
        {DBUS_INTERFACE_PEER, "Ping", true},
        {"org.freedesktop.DBus.ObjectManager", "GetManagedObjects", true},
        {"com.example.Foreign", "Echo", false},
        {NULL, "Count", false},
    };
    for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
        _cleanup_message_ DBusMessage *reply = ask_plain(ROOT, calls[i].interface, calls[i].method);
        bool answered = dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
        if (answered != calls[i].allowed ||
            (!answered && !dbus_message_is_error(reply, DBUS_ERROR_ACCESS_DENIED)))
            return calls[i].method;
    }
    /* More descriptors than any call of ours has. */
    DBusMessage *many = new_call(ROOT, MANAGER, "FileSize");
    for (int i = 0, fd = STDERR_FILENO; i < 5; i++)
        dbus_message_append_args(many, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID);
    _cleanup_message_ DBusMessage *refused = ask(many);
    if (!dbus_message_is_error(refused, DBUS_ERROR_ACCESS_DENIED))
        return "may send many descriptors";
    /* A signal in the daemon's name, and one from it. */
    DBusMessage *forged = dbus_message_new_signal(ROOT, MANAGER, "Announced");
    dbus_connection_send(mine, forged, NULL);
    dbus_message_unref(forged);
    dbus_bus_add_match(mine, "type='signal',sender='mx.idsed1'", NULL);
    _cleanup_message_ DBusMessage *announced = ask_plain(ROOT, MANAGER, "Announce");
    DBusMessage *message;
    while ((message = dbus_connection_pop_message(mine))) {
        if (!dbus_message_has_sender(message, DBUS_SERVICE_DBUS))
            return "hears the daemon's signals";
        dbus_message_unref(message);
    }
    if (dbus_message_get_type(announced) != DBUS_MESSAGE_TYPE_METHOD_RETURN)
        return "Announce";
    return is_kept_from_locking_others_out() ? NULL : "locks others out";
}

static void an_ordinary_user_reaches_our_interfaces_and_nothing_else(void **state)
{
    int status;
    assert_int_equal(getuid(), 0); /* only root can become somebody else */
    dbus_bus_add_match(raw, "type='signal',interface='" MANAGER "'", NULL);
    dbus_connection_flush(raw);
    pid_t pid = fork();
    if (pid == 0) {
        const char *fault = as_nobody();
        if (fault)
            fprintf(stderr, "an ordinary user: %s\n", fault);
        _exit(fault ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    let_go(BUS_MAX_CALLS_PER_USER, BUS_MAX_CALLS_PER_USER); /* root still gets in */
    /* Of the two signals, only the real one came through. */
    _cleanup_message_ DBusMessage *message = NULL;
    assert_string_equal(next_member(&message), "Announced");
    assert_true(dbus_message_has_signature(message, "o"));
    assert_alive();
    dbus_bus_remove_match(raw, "type='signal',interface='" MANAGER "'", NULL);
}

/* ---- the client ---- */

static void a_signal_is_not_missed_between_reading_and_waiting(void **state)
{
    struct bus_writer w;
    _cleanup_message_ DBusMessage *signal = NULL, *second = NULL;
    struct bus_client *watcher = NULL;
    assert_int_equal(bus_client_open(bus.address, "mx.idsed1", &watcher, NULL), 0);
    assert_int_equal(bus_client_subscribe(watcher, ROOT "/lot/7", NULL), 0);
    assert_int_equal(bus_client_wait(watcher, 0, &signal, NULL), 0);
    bus_client_begin(watcher, ROOT, MANAGER, "Announce", "", &w);
    assert_int_equal(bus_client_call(watcher, &w, -1, "", NULL, NULL), 0); /* the signal came in meanwhile */
    assert_int_equal(bus_client_wait(watcher, 0, &signal, NULL), 1);
    assert_string_equal(dbus_message_get_path(signal), ROOT "/lot/7");
    assert_int_equal(bus_client_wait(watcher, 1, &second, NULL), 0);
    bus_client_close(watcher);
}

static void the_client_says_what_went_wrong(void **state)
{
    struct bus_writer w;
    struct bus_client *other = NULL;
    _cleanup_message_ DBusMessage *reply = NULL;
    assert_int_equal(bus_client_open("unix:path=/nonexistent/bus", "mx.idsed1", &other, NULL),
                     -(int)ERR_UNREACHABLE);
    assert_int_equal(bus_client_open(bus.address, "mx.idsed1.Nobody", &other, NULL), 0);
    bus_client_begin(other, ROOT, MANAGER, "Count", "", &w);
    assert_int_equal(bus_client_call(other, &w, -1, "", NULL, NULL), -(int)ERR_UNREACHABLE);
    bus_client_close(other);
    bus_client_begin(client, ROOT "/lot/10", LOT, "WhichOne", "", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "ts", NULL, NULL), -(int)ERR_UNKNOWN_LOT);
    bus_client_begin(client, ROOT, MANAGER, "Never", "", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "", NULL, NULL), -(int)ERR_ACCESS_DENIED);
    bus_client_begin(client, ROOT, MANAGER, "Count", "", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "s", &reply, NULL), -(int)ERR_FAILED);
    bus_client_begin(client, "not a path", MANAGER, "Count", "", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "", NULL, NULL), -(int)ERR_FAILED);
    bus_client_begin(client, ROOT, MANAGER, "Echo", "s", &w);
    assert_int_equal(bus_client_call(client, &w, -1, "s", NULL, NULL), -(int)ERR_FAILED);
    assert_null(reply);
}

/* ---- beginning and end, each on a bus of its own ---- */

static void the_name_is_taken_once(void **state)
{
    assert_int_equal(service_start(bus.address), -1);
    assert_alive();
}

static void the_end_of_the_service_is_noticed_and_open_calls_answered(void **state)
{
    struct private_bus own;
    struct bus_client *watcher = NULL;
    struct bus_writer w;
    DBusPendingCall *pending = NULL;
    DBusConnection *connection = NULL;
    DBusMessage *signal = NULL, *call = new_call(ROOT, MANAGER, "HoldCall");
    private_bus_start(&own);
    pid_t pid = service_start(own.address);
    assert_int_equal(bus_client_open(own.address, "mx.idsed1", &watcher, NULL), 0);
    assert_int_equal(bus_client_subscribe(watcher, NULL, NULL), 0);
    assert_int_equal(bus_connect(own.address, &connection, NULL), 0);
    assert_true(dbus_connection_send_with_reply(connection, call, &pending, 20000));
    dbus_message_unref(call);
    call = new_call(ROOT, MANAGER, "Count"); /* its answer says that the one before is held */
    dbus_message_unref(dbus_connection_send_with_reply_and_block(connection, call, 20000, NULL));
    dbus_message_unref(call);
    assert_int_equal(service_stop(pid), 0);
    dbus_pending_call_block(pending);
    assert_error(dbus_pending_call_steal_reply(pending), BUS_ERROR_PREFIX "Busy");
    dbus_pending_call_unref(pending);
    assert_int_equal(bus_client_wait(watcher, 20000, &signal, NULL), -(int)ERR_UNREACHABLE);
    bus_client_begin(watcher, ROOT, MANAGER, "Count", "", &w);
    assert_int_equal(bus_client_call(watcher, &w, -1, "", NULL, NULL), -(int)ERR_UNREACHABLE);
    private_bus_stop(&own);
    assert_int_equal(bus_client_wait(watcher, 20000, &signal, NULL), -(int)ERR_UNREACHABLE);
    bus_client_close(watcher);
    disconnect_raw(connection);
}

static void the_end_of_the_bus_ends_the_service_with_a_failure(void **state)
{
    struct private_bus own;
    private_bus_start(&own);
    pid_t pid = service_start(own.address);
    assert_true(pid > 0);
    private_bus_stop(&own);
    assert_int_equal(service_wait(pid), EXIT_STATUS_UNREACHABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(introspection_says_what_the_tables_say),
        cmocka_unit_test(introspection_leads_from_the_top_to_each_object),
        cmocka_unit_test(properties_are_read_one_by_one_and_all_at_once),
        cmocka_unit_test(properties_that_are_not_there_or_fixed_are_refused),
        cmocka_unit_test(the_object_manager_shows_recent_objects),
        cmocka_unit_test(calls_reach_the_object_that_they_name),
        cmocka_unit_test(the_sender_is_known_and_judged),
        cmocka_unit_test(more_is_for_who_may_more),
        cmocka_unit_test(who_left_while_more_was_asked_for_does_no_harm),
        cmocka_unit_test(a_file_goes_in_and_a_file_comes_out),
        cmocka_unit_test(changes_are_merged_and_leave_before_the_reply),
        cmocka_unit_test(no_reply_is_sent_to_who_wants_none),
        cmocka_unit_test(a_call_is_answered_once),
        cmocka_unit_test(a_reply_against_its_signature_becomes_an_error),
        cmocka_unit_test(calls_that_fit_no_table_are_refused),
        cmocka_unit_test(thousands_of_open_calls_are_capped),
        cmocka_unit_test(many_senders_together_are_capped),
        cmocka_unit_test(answers_to_callers_that_left_go_nowhere),
        cmocka_unit_test(callers_that_leave_at_once_do_no_harm),
        cmocka_unit_test(huge_and_deep_arguments_are_refused),
        cmocka_unit_test(descriptors_do_not_pile_up),
        cmocka_unit_test(an_ordinary_user_reaches_our_interfaces_and_nothing_else),
        cmocka_unit_test(a_signal_is_not_missed_between_reading_and_waiting),
        cmocka_unit_test(the_client_says_what_went_wrong),
        cmocka_unit_test(the_name_is_taken_once),
        cmocka_unit_test(the_end_of_the_service_is_noticed_and_open_calls_answered),
        cmocka_unit_test(the_end_of_the_bus_ends_the_service_with_a_failure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
