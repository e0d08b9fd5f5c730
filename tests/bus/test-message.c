/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "bus/message.h"

/* The writer never lets libdbus see what it would abort on; the reader never reads what is not there. */

static void start(struct bus_writer *w, const char *signature)
{
    bus_writer_init(w, dbus_message_new_signal("/a", "a.b", "c"), signature);
}

static DBusMessage *finish(struct bus_writer *w)
{
    DBusMessage *message = NULL;
    assert_int_equal(bus_writer_finish(w, &message, NULL), 0);
    return message;
}

static void assert_fault(struct bus_writer *w, const char *part)
{
    _cleanup_err_ struct err err = ERR_INIT;
    DBusMessage *message = NULL;
    assert_int_equal(bus_writer_finish(w, &message, &err), -(int)ERR_FAILED);
    assert_null(message);
    if (!strstr(err_text(&err), part))
        fail_msg("“%s” does not say “%s”", err_text(&err), part);
}

static void what_is_written_is_read_back(void **state)
{
    struct bus_writer w;
    struct bus_reader r, array, item, dict;
    const char *text;
    uint64_t big;
    uint32_t small;
    int64_t signed_big;
    int32_t signed_small;
    bool on;
    start(&w, "soxibyaa{sv}a(sut)");
    bus_write_string(&w, "señor");
    bus_write_path(&w, "/mx/idsed1/lot/7");
    bus_write_i64(&w, INT64_MIN);
    bus_write_i32(&w, -5);
    bus_write_bool(&w, true);
    bus_write_byte(&w, 200);
    bus_open_array(&w);
    for (uint32_t i = 0; i < 2; i++) {
        bus_open_array(&w);
        bus_entry_string(&w, "name", "x");
        bus_entry_u32(&w, "small", 10 + i);
        bus_entry_u64(&w, "big", UINT64_MAX - i);
        bus_entry_bool(&w, "on", true);
        bus_entry_path(&w, "path", "/p");
        bus_close(&w);
    }
    bus_close(&w);
    bus_open_array(&w);
    bus_open_struct(&w);
    bus_write_string(&w, "one");
    bus_write_u32(&w, 1);
    bus_write_u64(&w, 2);
    bus_close(&w);
    bus_close(&w);
    _cleanup_message_ DBusMessage *message = finish(&w);
    assert_string_equal(dbus_message_get_signature(message), "soxibyaa{sv}a(sut)");

    bus_reader_init(&r, message);
    assert_false(bus_read_u32(&r, &small)); /* a string is next, and stays */
    assert_true(bus_read_string(&r, &text));
    assert_string_equal(text, "señor");
    assert_true(bus_read_string(&r, &text));
    assert_string_equal(text, "/mx/idsed1/lot/7");
    assert_true(bus_read_i64(&r, &signed_big) && signed_big == INT64_MIN);
    assert_true(bus_read_i32(&r, &signed_small) && signed_small == -5);
    assert_true(bus_read_bool(&r, &on) && on);
    assert_int_equal(bus_reader_type(&r), DBUS_TYPE_BYTE);
    bus_read_skip(&r);
    assert_true(bus_read_enter(&r, &array));
    assert_true(bus_read_enter(&array, &item) && bus_read_enter(&array, &dict));
    assert_int_equal(bus_reader_type(&array), 0);
    assert_string_equal(bus_dict_string(&dict, "name"), "x");
    assert_string_equal(bus_dict_string(&dict, "path"), "/p");
    assert_string_equal(bus_dict_string(&dict, "missing"), "");
    assert_string_equal(bus_dict_string(&dict, "small"), "");
    assert_int_equal(bus_dict_u64(&dict, "small"), 11);
    assert_true(bus_dict_u64(&dict, "big") == UINT64_MAX - 1);
    assert_true(bus_dict_bool(&dict, "on"));
    assert_true(bus_read_enter(&r, &array) && bus_read_enter(&array, &item));
    assert_true(bus_read_string(&item, &text) && bus_read_u32(&item, &small) && bus_read_u64(&item, &big));
    assert_false(bus_read_u64(&item, &big));
    assert_false(bus_read_enter(&r, &array));
}

static void strings_are_repaired(void **state)
{
    struct bus_writer w;
    struct bus_reader r;
    const char *text;
    start(&w, "sss");
    bus_write_string(&w, NULL);
    bus_write_string(&w, "PE\xD1"
                         "A");
    bus_write_string(&w, "\xED\xA0\x80 \xF8 \xC0\x80");
    _cleanup_message_ DBusMessage *message = finish(&w);
    bus_reader_init(&r, message);
    assert_true(bus_read_string(&r, &text));
    assert_string_equal(text, "");
    assert_true(bus_read_string(&r, &text));
    assert_string_equal(text, "PE\uFFFD"
                              "A");
    assert_true(bus_read_string(&r, &text));
    assert_true(utf8_valid(text, strlen(text)));
}

static void wrong_writing_is_reported_not_sent(void **state)
{
    struct bus_writer w;
    start(&w, "s");
    assert_fault(&w, "'s' is missing");

    start(&w, "u");
    bus_write_string(&w, "x");
    bus_write_u32(&w, 1); /* too late: the first fault sticks */
    assert_fault(&w, "'s' was written where 'u' is due");

    start(&w, "");
    bus_write_bool(&w, true);
    assert_fault(&w, "'b' was written where ''");

    start(&w, "o");
    bus_write_path(&w, "/a b");
    assert_fault(&w, "no object path");

    start(&w, "o");
    bus_write_path(&w, NULL);
    assert_fault(&w, "no object path");

    start(&w, "h");
    bus_write_fd(&w, -1);
    assert_fault(&w, "no descriptor");

    start(&w, "as");
    bus_open_array(&w);
    bus_write_u32(&w, 1);
    bus_close(&w);
    assert_fault(&w, "'u' was written where 's' is due");

    start(&w, "a{sv}");
    bus_open_array(&w);
    bus_open_entry(&w, "key", "a(ss)");
    bus_open_array(&w);
    assert_fault(&w, "4 containers left open");

    start(&w, "(ss)");
    bus_open_struct(&w);
    bus_write_string(&w, "one");
    bus_close(&w);
    assert_fault(&w, "closed before 's'");

    start(&w, "v");
    bus_open_variant(&w, "ss");
    assert_fault(&w, "a variant of 'ss'");

    start(&w, "v");
    bus_open_variant(&w, "s");
    bus_close(&w);
    assert_fault(&w, "closed before 's'");

    start(&w, "");
    bus_close(&w);
    assert_fault(&w, "closed what was not open");

    start(&w, "v");
    for (int i = 0; i < 20; i++)
        bus_open_variant(&w, "v");
    assert_fault(&w, "too deep");
}

static void an_abandoned_writer_leaves_nothing(void **state)
{
    struct bus_writer w;
    start(&w, "aa{sv}");
    bus_open_array(&w);
    bus_open_array(&w);
    bus_open_entry(&w, "key", "s");
    bus_writer_abandon(&w); /* the sanitizer looks for what is left */
    assert_null(w.message);
}

/* ---- options ---- */

struct wishes {
    const char *name;
    bool hold;
    uint32_t since;
    uint64_t lot;
    int file;
    struct bus_strings states;
};

static const struct bus_option wishes_table[] = {
    {"name", "s", offsetof(struct wishes, name)},
    {"hold", "b", offsetof(struct wishes, hold)},
    {"since", "u", offsetof(struct wishes, since)},
    {"lot", "t", offsetof(struct wishes, lot)},
    {"file", "h", offsetof(struct wishes, file)},
    {"states", "as", offsetof(struct wishes, states)},
    BUS_OPTION_COMMON,
};

static int parse(struct bus_writer *w, struct wishes *wishes, uint32_t *ret_given, struct err *err,
                 DBusMessage **message)
{
    struct bus_reader r;
    bus_close(w);
    *message = finish(w);
    bus_reader_init(&r, *message);
    return bus_read_options(&r, wishes_table, ELEMENTSOF(wishes_table), wishes, ret_given, err);
}

static void options_fill_a_structure(void **state)
{
    struct wishes wishes = {.file = -1, .since = 77};
    struct bus_writer w;
    _cleanup_message_ DBusMessage *message = NULL;
    _cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uint32_t given = 0;
    start(&w, "a{sv}");
    bus_open_array(&w);
    bus_entry_string(&w, "name", "altas.txt");
    bus_entry_bool(&w, "hold", true);
    bus_entry_bool(&w, "interactive", true);
    bus_entry_u64(&w, "lot", 9);
    bus_open_entry(&w, "file", "h");
    bus_write_fd(&w, null);
    bus_close_entry(&w);
    bus_open_entry(&w, "states", "as");
    bus_open_array(&w);
    bus_write_string(&w, "queued");
    bus_write_string(&w, "failed");
    bus_close(&w);
    bus_close_entry(&w);
    assert_int_equal(parse(&w, &wishes, &given, NULL, &message), 0);
    assert_string_equal(wishes.name, "altas.txt");
    assert_true(wishes.hold);
    assert_int_equal(wishes.since, 77);
    assert_int_equal(wishes.lot, 9);
    assert_int_equal(wishes.states.n, 2);
    assert_string_equal(wishes.states.item[1], "failed");
    assert_int_equal(given, 1 | 2 | 8 | 16 | 32 | 64);
    assert_true(wishes.file >= 0 && wishes.file != null);
    close(wishes.file);
}

static void unknown_and_wrong_options_are_refused(void **state)
{
    static const struct {
        const char *key, *type;
        enum err_code code;
        const char *part;
    } cases[] = {
        {"nmae", "s", ERR_UNKNOWN_OPTION, "“name”"},
        {"something-else", "s", ERR_UNKNOWN_OPTION, "something-else"},
        {"name", "u", ERR_INVALID_ARGUMENT, "name"},
        {"hold", "s", ERR_INVALID_ARGUMENT, "hold"},
        {"lot", "u", ERR_INVALID_ARGUMENT, "lot"},
        {"file", "s", ERR_INVALID_ARGUMENT, "file"},
        {"states", "s", ERR_INVALID_ARGUMENT, "states"},
        {"states", "au", ERR_INVALID_ARGUMENT, "states"},
        {"interactive", "s", ERR_INVALID_ARGUMENT, "interactive"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct wishes wishes = {.file = -1};
        struct bus_writer w;
        _cleanup_message_ DBusMessage *message = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        start(&w, "a{sv}");
        bus_open_array(&w);
        bus_open_entry(&w, cases[i].key, cases[i].type);
        if (streq(cases[i].type, "s"))
            bus_write_string(&w, "x");
        else if (streq(cases[i].type, "u"))
            bus_write_u32(&w, 1);
        else {
            bus_open_array(&w);
            bus_close(&w);
        }
        bus_close_entry(&w);
        assert_int_equal(parse(&w, &wishes, NULL, &err, &message), -(int)cases[i].code);
        assert_non_null(strstr(err_text(&err), cases[i].part));
    }
}

static void an_option_twice_or_too_many_values_are_refused(void **state)
{
    struct wishes wishes = {.file = -1};
    struct bus_writer w;
    _cleanup_message_ DBusMessage *twice = NULL, *many = NULL;
    start(&w, "a{sv}");
    bus_open_array(&w);
    bus_entry_string(&w, "name", "a");
    bus_entry_string(&w, "name", "b");
    assert_int_equal(parse(&w, &wishes, NULL, NULL, &twice), -(int)ERR_INVALID_ARGUMENT);

    start(&w, "a{sv}");
    bus_open_array(&w);
    bus_open_entry(&w, "states", "as");
    bus_open_array(&w);
    for (int i = 0; i < BUS_MAX_STRINGS + 1; i++)
        bus_write_string(&w, "x");
    bus_close(&w);
    bus_close_entry(&w);
    assert_int_equal(parse(&w, &wishes, NULL, NULL, &many), -(int)ERR_INVALID_ARGUMENT);
}

static void errors_keep_their_code_across_the_bus(void **state)
{
    for (int code = 1; code < _ERR_MAX; code++) {
        _cleanup_free_ char *name = xasprintf(BUS_ERROR_PREFIX "%s", err_dbus_name((enum err_code)code));
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(bus_err_from_name(name, "why", &err), -code);
        assert_string_equal(err_text(&err), "why");
    }
    assert_int_equal(bus_err_from_name(DBUS_ERROR_SERVICE_UNKNOWN, NULL, NULL), -(int)ERR_UNREACHABLE);
    assert_int_equal(bus_err_from_name(DBUS_ERROR_NO_REPLY, "x", NULL), -(int)ERR_UNREACHABLE);
    assert_int_equal(bus_err_from_name(DBUS_ERROR_ACCESS_DENIED, "x", NULL), -(int)ERR_ACCESS_DENIED);
    assert_int_equal(bus_err_from_name("com.example.Odd", "x", NULL), -(int)ERR_FAILED);
    assert_int_equal(bus_err_from_name(NULL, NULL, NULL), -(int)ERR_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(strings_are_repaired),
        cmocka_unit_test(wrong_writing_is_reported_not_sent),
        cmocka_unit_test(an_abandoned_writer_leaves_nothing),
        cmocka_unit_test(options_fill_a_structure),
        cmocka_unit_test(unknown_and_wrong_options_are_refused),
        cmocka_unit_test(an_option_twice_or_too_many_values_are_refused),
        cmocka_unit_test(errors_keep_their_code_across_the_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
