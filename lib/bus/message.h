/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <dbus/dbus.h>

#include "base/err.h"

/*
 * Writing and reading D-Bus messages. libdbus ends the process when it is given a string that is not UTF-8, a
 * bad path or a value that does not fit its container, so nobody but this module calls its append and read
 * functions.
 */
static inline void bus_message_cleanup(DBusMessage **message)
{
    if (*message)
        dbus_message_unref(*message);
}
#define _cleanup_message_ _cleanup_(bus_message_cleanup)

/*
 * ---- writing ----
 *
 * The writer is told first which signature the body must get, and checks every value against it before
 * libdbus sees it. The first fault sticks: later writes do nothing, and bus_writer_finish() reports it
 * instead of giving out a message. Strings are repaired (NULL is "", a byte that is not UTF-8 becomes
 * U+FFFD). A writer that was begun must be finished.
 */
enum { BUS_MAX_DEPTH = 12, BUS_MAX_SIGNATURE = 64 };

struct bus_writer {
    DBusMessage *message; /* owned until finish */
    struct bus_frame {
        DBusMessageIter iter;
        const char *start, *next, *end; /* the types that must be written at this depth */
        char container;                 /* '\0' the body, else 'a' 'r' 'e' 'v' as in dbus-protocol.h */
    } frame[BUS_MAX_DEPTH];
    int depth;
    char *fault; /* what went wrong first; NULL while all is well */
};

/* Takes the message over. The signature must live until the writer is finished, like those given further
 * down. */
void bus_writer_init(struct bus_writer *w, DBusMessage *message, const char *signature);
/* The message, complete and right, to the caller; or ERR_FAILED, naming the fault, and the message is gone.
 */
int bus_writer_finish(struct bus_writer *w, DBusMessage **ret, struct err *err);
/* Drops the message. */
void bus_writer_abandon(struct bus_writer *w);
/* Sets the fault, if there is none yet: for who finds out half-way that there is nothing right to write. */
void bus_writer_fail(struct bus_writer *w, const char *fmt, ...) _printf_(2, 3);

void bus_write_string(struct bus_writer *w, const char *value);
void bus_write_path(struct bus_writer *w, const char *path);
void bus_write_bool(struct bus_writer *w, bool value);
void bus_write_byte(struct bus_writer *w, uint8_t value);
void bus_write_u32(struct bus_writer *w, uint32_t value);
void bus_write_u64(struct bus_writer *w, uint64_t value);
void bus_write_i32(struct bus_writer *w, int32_t value);
void bus_write_i64(struct bus_writer *w, int64_t value);
/* The descriptor is duplicated; the caller keeps its own. */
void bus_write_fd(struct bus_writer *w, int fd);

/* Containers; what goes into an array, structure or dictionary entry follows from the signature. Close what
 * was opened. */
void bus_open_array(struct bus_writer *w);
void bus_open_struct(struct bus_writer *w);
void bus_open_dict_entry(struct bus_writer *w);
void bus_open_variant(struct bus_writer *w, const char *signature);
void bus_close(struct bus_writer *w);

/* One entry of an a{sv}, inside bus_open_array() … bus_close(). */
void bus_entry_string(struct bus_writer *w, const char *key, const char *value);
void bus_entry_path(struct bus_writer *w, const char *key, const char *path);
void bus_entry_bool(struct bus_writer *w, const char *key, bool value);
void bus_entry_i32(struct bus_writer *w, const char *key, int32_t value);
void bus_entry_u32(struct bus_writer *w, const char *key, uint32_t value);
void bus_entry_u64(struct bus_writer *w, const char *key, uint64_t value);
void bus_entry_strings(struct bus_writer *w, const char *key, const char *const *items,
                       size_t n); /* an "as" */
/* For any other value: open, write one value of this signature, close. */
void bus_open_entry(struct bus_writer *w, const char *key, const char *signature);
void bus_close_entry(struct bus_writer *w);

/*
 * ---- reading ----
 *
 * Each read gives the value and moves on, or gives false, touches nothing and stays when another type is
 * there or nothing is left. Strings belong to the message. A copy of a reader is a second reader at the same
 * place.
 */
struct bus_reader {
    DBusMessageIter iter;
};

void bus_reader_init(struct bus_reader *r, DBusMessage *message);
/* Type of the next value as in dbus-protocol.h (DBUS_TYPE_STRING …); '\0' at the end. */
char bus_reader_type(const struct bus_reader *r);
bool bus_read_string(struct bus_reader *r, const char **ret); /* 's', 'o' and 'g' */
bool bus_read_bool(struct bus_reader *r, bool *ret);
bool bus_read_u32(struct bus_reader *r, uint32_t *ret);
bool bus_read_u64(struct bus_reader *r, uint64_t *ret);
bool bus_read_i32(struct bus_reader *r, int32_t *ret);
bool bus_read_i64(struct bus_reader *r, int64_t *ret);
/* A new descriptor, close-on-exec, the caller's to close. */
bool bus_read_fd(struct bus_reader *r, int *ret);
/* Gives a reader inside the array, structure, dictionary entry or variant that is next, and moves behind it.
 */
bool bus_read_enter(struct bus_reader *r, struct bus_reader *ret);
void bus_read_skip(struct bus_reader *r);

/* Looks a key of an a{sv} up; `dict` is inside it (bus_read_enter). ret is at the value. False when it is not
 * there. */
bool bus_dict_find(const struct bus_reader *dict, const char *key, struct bus_reader *ret);
/* The value, or "", 0, false when it is not there or of another type. bus_dict_u64() takes 'u' and 't'. */
const char *bus_dict_string(const struct bus_reader *dict, const char *key);
uint64_t bus_dict_u64(const struct bus_reader *dict, const char *key);
bool bus_dict_bool(const struct bus_reader *dict, const char *key);

/*
 * ---- options ----
 *
 * A table says which keys an a{sv} may have and where in a structure their values go. The caller sets the
 * defaults first.
 */
enum { BUS_MAX_STRINGS = 64 };
struct bus_strings {
    size_t n;
    const char *item[BUS_MAX_STRINGS]; /* of the message */
};

struct bus_option {
    const char *name;
    const char *type; /* "s" const char * (of the message), "b" bool, "u" uint32_t, "t" uint64_t, "h" int,
                         "as" bus_strings */
    size_t offset;    /* or BUS_IGNORED */
};
#define BUS_IGNORED ((size_t)-1)
/* What every method that changes something accepts; looked at before the method is called (bus_call_option()). */
#define BUS_OPTION_COMMON                                                                                    \
    {"interactive", "b", BUS_IGNORED},                                                                       \
    {                                                                                                        \
        "session", "s", BUS_IGNORED                                                                          \
    }

/*
 * Reads the a{sv} that is next. Unknown key: ERR_UNKNOWN_OPTION, with the nearest known one; wrong type or
 * the same key twice: ERR_INVALID_ARGUMENT. `ret_given` (may be NULL) gets bit i for an entry of options[i].
 * At most 32 options. Descriptors that were read belong to the caller, after a failure too, so set them to -1
 * first.
 */
int bus_read_options(struct bus_reader *r, const struct bus_option *options, size_t n, void *dest,
                     uint32_t *ret_given, struct err *err);

/*
 * ---- errors ----
 */
#define BUS_ERROR_PREFIX "mx.idsed1.Error."
/* What an error message says: our own names by err-table.h, the bus's own as ERR_UNREACHABLE,
 * ERR_ACCESS_DENIED, …. */
int bus_err_from_message(DBusMessage *message, struct err *err);
/* The same for an error's name and text, either of which may be NULL. */
int bus_err_from_name(const char *name, const char *text, struct err *err);
