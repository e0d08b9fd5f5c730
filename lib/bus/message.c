/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/message.h"

#include <stdio.h>

#include "base/text.h"

/* ---- writing ---- */

/* Behind the one complete type at `at`. */
static const char *type_end(const char *at)
{
    while (*at == 'a')
        at++;
    if (*at != '(' && *at != '{')
        return *at ? at + 1 : at;
    int depth = 0;
    do {
        depth += (*at == '(' || *at == '{') - (*at == ')' || *at == '}');
        at++;
    } while (depth > 0 && *at);
    return at;
}

void bus_writer_fail(struct bus_writer *w, const char *fmt, ...)
{
    if (w->fault)
        return;
    va_list ap;
    va_start(ap, fmt);
    w->fault = xvasprintf(fmt, ap);
    va_end(ap);
}

void bus_writer_init(struct bus_writer *w, DBusMessage *message, const char *signature)
{
    w->message = message;
    w->depth = 0;
    w->fault = NULL;
    w->frame[0].start = w->frame[0].next = signature;
    w->frame[0].end = signature + strlen(signature);
    w->frame[0].container = '\0';
    dbus_message_iter_init_append(message, &w->frame[0].iter);
}

void bus_writer_abandon(struct bus_writer *w)
{
    for (; w->depth > 0; w->depth--)
        dbus_message_iter_abandon_container(&w->frame[w->depth - 1].iter, &w->frame[w->depth].iter);
    if (w->message)
        dbus_message_unref(w->message);
    w->message = NULL;
    replace_str(&w->fault, NULL);
}

int bus_writer_finish(struct bus_writer *w, DBusMessage **ret, struct err *err)
{
    if (w->depth > 0)
        bus_writer_fail(w, "%d containers left open", w->depth);
    else if (w->frame[0].next != w->frame[0].end)
        bus_writer_fail(w, "'%s' is missing", w->frame[0].next);
    if (w->fault) {
        const char *member = dbus_message_get_member(w->message);
        err_set(err, ERR_FAILED, _("The message %s was put together wrongly: %s"), member ? member : "reply",
                w->fault);
        bus_writer_abandon(w);
        return -(int)ERR_FAILED;
    }
    *ret = STEAL(w->message);
    return 0;
}

/* The place of the next value in the signature when that is of this type; else the fault is set and NULL
 * returned. */
static const char *take(struct bus_writer *w, char type)
{
    struct bus_frame *frame = &w->frame[w->depth];
    if (w->fault)
        return NULL;
    if (frame->container == DBUS_TYPE_ARRAY)
        frame->next = frame->start;
    if (frame->next == frame->end || *frame->next != type) {
        bus_writer_fail(w, "'%c' was written where '%.*s' is due", type, (int)(frame->end - frame->next),
                        frame->next);
        return NULL;
    }
    const char *at = frame->next;
    frame->next = type_end(at);
    return at;
}

static void write_basic(struct bus_writer *w, char type, const void *value)
{
    if (take(w, type) && !dbus_message_iter_append_basic(&w->frame[w->depth].iter, type, value))
        bus_writer_fail(w, "no memory, or no descriptor, for '%c'", type);
}

void bus_write_string(struct bus_writer *w, const char *value)
{
    value = str_or_empty(value);
    size_t n = strlen(value);
    _cleanup_free_ char *repaired = utf8_valid(value, n) ? NULL : utf8_repair(value, n);
    write_basic(w, DBUS_TYPE_STRING, repaired ? (const void *)&repaired : (const void *)&value);
}

void bus_write_path(struct bus_writer *w, const char *path)
{
    if (path && dbus_validate_path(path, NULL))
        write_basic(w, DBUS_TYPE_OBJECT_PATH, &path);
    else
        bus_writer_fail(w, "'%s' is no object path", str_or_empty(path));
}

void bus_write_bool(struct bus_writer *w, bool value)
{
    write_basic(w, DBUS_TYPE_BOOLEAN, &(dbus_bool_t){value});
}

void bus_write_byte(struct bus_writer *w, uint8_t value)
{
    write_basic(w, DBUS_TYPE_BYTE, &value);
}

void bus_write_u32(struct bus_writer *w, uint32_t value)
{
    write_basic(w, DBUS_TYPE_UINT32, &value);
}

void bus_write_u64(struct bus_writer *w, uint64_t value)
{
    write_basic(w, DBUS_TYPE_UINT64, &value);
}

void bus_write_i32(struct bus_writer *w, int32_t value)
{
    write_basic(w, DBUS_TYPE_INT32, &value);
}

void bus_write_i64(struct bus_writer *w, int64_t value)
{
    write_basic(w, DBUS_TYPE_INT64, &value);
}

void bus_write_fd(struct bus_writer *w, int fd)
{
    if (fd < 0)
        bus_writer_fail(w, "no descriptor to send");
    write_basic(w, DBUS_TYPE_UNIX_FD, &fd);
}

/* Opens a container that holds the types from `start` to `end`; libdbus wants to know them for arrays and
 * variants. */
static void open_container(struct bus_writer *w, int container, const char *start, const char *end)
{
    char contents[BUS_MAX_SIGNATURE];
    size_t n = (size_t)(end - start);
    if (w->depth + 1 == BUS_MAX_DEPTH || n >= sizeof(contents)) {
        bus_writer_fail(w, "containers nested too deep");
        return;
    }
    memcpy(contents, start, n);
    contents[n] = '\0';
    bool named = container == DBUS_TYPE_ARRAY || container == DBUS_TYPE_VARIANT;
    struct bus_frame *frame = &w->frame[w->depth + 1];
    if (!dbus_message_iter_open_container(&frame[-1].iter, container, named ? contents : NULL,
                                          &frame->iter)) {
        bus_writer_fail(w, "no memory");
        return;
    }
    frame->start = frame->next = start;
    frame->end = end;
    frame->container = (char)container;
    w->depth++;
}

void bus_open_array(struct bus_writer *w)
{
    const char *at = take(w, 'a');
    if (at)
        open_container(w, DBUS_TYPE_ARRAY, at + 1, type_end(at + 1));
}

void bus_open_struct(struct bus_writer *w)
{
    const char *at = take(w, '(');
    if (at)
        open_container(w, DBUS_TYPE_STRUCT, at + 1, type_end(at) - 1);
}

void bus_open_dict_entry(struct bus_writer *w)
{
    const char *at = take(w, '{');
    if (at)
        open_container(w, DBUS_TYPE_DICT_ENTRY, at + 1, type_end(at) - 1);
}

/* One letter, as nearly all are, is told without the parser of signatures, which takes locks at every step. */
static bool is_single_type(const char *signature)
{
    if (signature[0] && !signature[1])
        return strchr("ybnqiuxtdsogvh", signature[0]) != NULL;
    return dbus_signature_validate_single(signature, NULL);
}

void bus_open_variant(struct bus_writer *w, const char *signature)
{
    if (!is_single_type(signature))
        bus_writer_fail(w, "a variant of '%s'", signature);
    else if (take(w, 'v'))
        open_container(w, DBUS_TYPE_VARIANT, signature, signature + strlen(signature));
}

void bus_close(struct bus_writer *w)
{
    struct bus_frame *frame = &w->frame[w->depth];
    if (w->fault)
        return;
    if (w->depth == 0)
        bus_writer_fail(w, "closed what was not open");
    else if (frame->container != DBUS_TYPE_ARRAY && frame->next != frame->end)
        bus_writer_fail(w, "closed before '%.*s'", (int)(frame->end - frame->next), frame->next);
    else {
        w->depth--;
        if (!dbus_message_iter_close_container(&w->frame[w->depth].iter, &frame->iter))
            bus_writer_fail(w, "no memory");
    }
}

void bus_open_entry(struct bus_writer *w, const char *key, const char *signature)
{
    bus_open_dict_entry(w);
    bus_write_string(w, key);
    bus_open_variant(w, signature);
}

void bus_close_entry(struct bus_writer *w)
{
    bus_close(w);
    bus_close(w);
}

#define ENTRY(suffix, signature, type)                                                                       \
    void bus_entry_##suffix(struct bus_writer *w, const char *key, type value)                               \
    {                                                                                                        \
        bus_open_entry(w, key, signature);                                                                   \
        bus_write_##suffix(w, value);                                                                        \
        bus_close_entry(w);                                                                                  \
    }
ENTRY(string, "s", const char *)
ENTRY(path, "o", const char *)
ENTRY(bool, "b", bool)
ENTRY(i32, "i", int32_t)
ENTRY(u32, "u", uint32_t)
ENTRY(u64, "t", uint64_t)
#undef ENTRY

void bus_entry_strings(struct bus_writer *w, const char *key, const char *const *items, size_t n)
{
    bus_open_entry(w, key, "as");
    bus_open_array(w);
    for (size_t i = 0; i < n; i++)
        bus_write_string(w, items[i]);
    bus_close(w);
    bus_close_entry(w);
}

/* ---- reading ---- */

void bus_reader_init(struct bus_reader *r, DBusMessage *message)
{
    dbus_message_iter_init(message, &r->iter);
}

char bus_reader_type(const struct bus_reader *r)
{
    DBusMessageIter iter = r->iter;
    return (char)dbus_message_iter_get_arg_type(&iter);
}

void bus_read_skip(struct bus_reader *r)
{
    dbus_message_iter_next(&r->iter);
}

static bool read_basic(struct bus_reader *r, char type, void *ret)
{
    if (bus_reader_type(r) != type)
        return false;
    dbus_message_iter_get_basic(&r->iter, ret);
    bus_read_skip(r);
    return true;
}

bool bus_read_string(struct bus_reader *r, const char **ret)
{
    return read_basic(r, DBUS_TYPE_STRING, ret) || read_basic(r, DBUS_TYPE_OBJECT_PATH, ret) ||
           read_basic(r, DBUS_TYPE_SIGNATURE, ret);
}

bool bus_read_bool(struct bus_reader *r, bool *ret)
{
    dbus_bool_t value;
    if (!read_basic(r, DBUS_TYPE_BOOLEAN, &value))
        return false;
    *ret = value;
    return true;
}

bool bus_read_u32(struct bus_reader *r, uint32_t *ret)
{
    return read_basic(r, DBUS_TYPE_UINT32, ret);
}

bool bus_read_u64(struct bus_reader *r, uint64_t *ret)
{
    return read_basic(r, DBUS_TYPE_UINT64, ret);
}

bool bus_read_i32(struct bus_reader *r, int32_t *ret)
{
    return read_basic(r, DBUS_TYPE_INT32, ret);
}

bool bus_read_i64(struct bus_reader *r, int64_t *ret)
{
    return read_basic(r, DBUS_TYPE_INT64, ret);
}

bool bus_read_fd(struct bus_reader *r, int *ret)
{
    int fd;
    if (!read_basic(r, DBUS_TYPE_UNIX_FD, &fd) || fd < 0)
        return false;
    *ret = fd;
    return true;
}

bool bus_read_enter(struct bus_reader *r, struct bus_reader *ret)
{
    if (!dbus_type_is_valid(bus_reader_type(r)) || !dbus_type_is_container(bus_reader_type(r)))
        return false;
    dbus_message_iter_recurse(&r->iter, &ret->iter);
    bus_read_skip(r);
    return true;
}

bool bus_dict_find(const struct bus_reader *dict, const char *key, struct bus_reader *ret)
{
    struct bus_reader at = *dict, entry;
    const char *name;
    while (bus_reader_type(&at) == DBUS_TYPE_DICT_ENTRY && bus_read_enter(&at, &entry))
        if (bus_read_string(&entry, &name) && streq(name, key) &&
            bus_reader_type(&entry) == DBUS_TYPE_VARIANT)
            return bus_read_enter(&entry, ret);
    return false;
}

const char *bus_dict_string(const struct bus_reader *dict, const char *key)
{
    struct bus_reader value;
    const char *text = "";
    if (bus_dict_find(dict, key, &value))
        bus_read_string(&value, &text);
    return text;
}

uint64_t bus_dict_u64(const struct bus_reader *dict, const char *key)
{
    struct bus_reader value;
    uint64_t big = 0;
    uint32_t small = 0;
    if (bus_dict_find(dict, key, &value) && !bus_read_u64(&value, &big) && bus_read_u32(&value, &small))
        big = small;
    return big;
}

bool bus_dict_bool(const struct bus_reader *dict, const char *key)
{
    struct bus_reader value;
    bool on = false;
    if (bus_dict_find(dict, key, &value))
        bus_read_bool(&value, &on);
    return on;
}

/* ---- options ---- */

static bool read_strings(struct bus_reader *r, struct bus_strings *ret)
{
    struct bus_reader items;
    if (bus_reader_type(r) != DBUS_TYPE_ARRAY ||
        dbus_message_iter_get_element_type(&r->iter) != DBUS_TYPE_STRING)
        return false;
    bus_read_enter(r, &items);
    for (ret->n = 0; ret->n < BUS_MAX_STRINGS && bus_read_string(&items, &ret->item[ret->n]);)
        ret->n++;
    return bus_reader_type(&items) == '\0';
}

static bool read_value(struct bus_reader *r, const char *type, void *at)
{
    switch (type[0]) {
    case 's':
        return read_basic(r, DBUS_TYPE_STRING, at);
    case 'b':
        return bus_read_bool(r, at);
    case 'u':
        return bus_read_u32(r, at);
    case 't':
        return bus_read_u64(r, at);
    case 'h':
        return bus_read_fd(r, at);
    case 'a':
        return read_strings(r, at);
    default:
        return false;
    }
}

static int unknown_option(const char *name, const struct bus_option *options, size_t n, struct err *err)
{
    const char *names[33] = {NULL};
    for (size_t i = 0; i < MIN(n, ELEMENTSOF(names) - 1); i++)
        names[i] = options[i].name;
    const char *nearest = str_nearest(name, names);
    if (nearest)
        return err_set(err, ERR_UNKNOWN_OPTION, _("There is no option “%s”; did you mean “%s”?"), name,
                       nearest);
    return err_set(err, ERR_UNKNOWN_OPTION, _("There is no option “%s”"), name);
}

int bus_read_options(struct bus_reader *r, const struct bus_option *options, size_t n, void *dest,
                     uint32_t *ret_given, struct err *err)
{
    struct bus_reader dict, entry, value;
    struct bus_strings ignored;
    uint32_t given = 0;
    if (!bus_read_enter(r, &dict))
        return err_set(err, ERR_INVALID_ARGUMENT, _("The options are missing"));
    while (bus_read_enter(&dict, &entry)) {
        const char *name = "";
        size_t i = 0;
        bus_read_string(&entry, &name);
        while (i < n && !streq(options[i].name, name))
            i++;
        if (i == n)
            return unknown_option(name, options, n, err);
        if (given & UINT32_C(1) << i)
            return err_set(err, ERR_INVALID_ARGUMENT, _("The option “%s” was given twice"), name);
        void *at = options[i].offset == BUS_IGNORED ? (void *)&ignored : (char *)dest + options[i].offset;
        if (!bus_read_enter(&entry, &value) || !read_value(&value, options[i].type, at))
            return err_set(err, ERR_INVALID_ARGUMENT,
                           _("The option “%s” must be of type %s (at most %d values)"), name, options[i].type,
                           BUS_MAX_STRINGS);
        given |= UINT32_C(1) << i;
    }
    if (ret_given)
        *ret_given = given;
    return 0;
}

/* ---- errors ---- */

/* Where the bus says in English what ours would say in the reader's language, ours is said. */
static const struct {
    const char *name;
    enum err_code code;
    const char *text;
} bus_errors[] = {
    {DBUS_ERROR_SERVICE_UNKNOWN, ERR_UNREACHABLE, N_("it does not run")},
    {DBUS_ERROR_NAME_HAS_NO_OWNER, ERR_UNREACHABLE},
    {DBUS_ERROR_NO_REPLY, ERR_UNREACHABLE, N_("it does not answer, or ended before it did")},
    {DBUS_ERROR_TIMEOUT, ERR_UNREACHABLE, N_("it does not answer in time")},
    {DBUS_ERROR_TIMED_OUT, ERR_UNREACHABLE, N_("it does not answer in time")},
    {DBUS_ERROR_DISCONNECTED, ERR_UNREACHABLE},
    {DBUS_ERROR_NO_SERVER, ERR_UNREACHABLE},
    {DBUS_ERROR_FILE_NOT_FOUND, ERR_UNREACHABLE},
    {DBUS_ERROR_IO_ERROR, ERR_UNREACHABLE},
    {DBUS_ERROR_AUTH_FAILED, ERR_ACCESS_DENIED},
    {DBUS_ERROR_ACCESS_DENIED, ERR_ACCESS_DENIED},
    {DBUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ERR_ACCESS_DENIED},
    {DBUS_ERROR_LIMITS_EXCEEDED, ERR_BUSY},
    {DBUS_ERROR_INVALID_ARGS, ERR_INVALID_ARGUMENT},
};

static const char *text_of(const char *name, const char *text)
{
    int i = ROW_INDEX(bus_errors, name, name);
    return i >= 0 && bus_errors[i].text ? _(bus_errors[i].text) : text;
}

static enum err_code code_of(const char *name)
{
    if (str_starts(name, BUS_ERROR_PREFIX))
        return err_from_dbus_name(name + strlen(BUS_ERROR_PREFIX));
    if (str_starts(name, "org.freedesktop.DBus.Error.Spawn."))
        return ERR_UNREACHABLE;
    for (size_t i = 0; i < ELEMENTSOF(bus_errors); i++)
        if (streq(bus_errors[i].name, name))
            return bus_errors[i].code;
    return ERR_FAILED;
}

int bus_err_from_name(const char *name, const char *text, struct err *err)
{
    name = name ? name : DBUS_ERROR_FAILED;
    text = str_empty(text) ? name : text;
    enum err_code code = code_of(name);
    if (code == ERR_UNREACHABLE && !str_starts(name, BUS_ERROR_PREFIX))
        return err_set(err, code, _("The daemon cannot be reached (%s); see “systemctl status idsed”"),
                       text_of(name, text));
    /* What a service says with nothing but the code's sentence is said again in the language of who reads it. */
    return err_set(err, code, "%s", err_is_sentence(code, text) ? err_sentence(code) : text);
}

int bus_err_from_message(DBusMessage *message, struct err *err)
{
    struct bus_reader r;
    const char *text = NULL;
    bus_reader_init(&r, message);
    bus_read_string(&r, &text);
    return bus_err_from_name(dbus_message_get_error_name(message), text, err);
}
