/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdarg.h>

#include "base/i18n.h"
#include "base/util.h"

/* Exit statuses of idsectl; they are part of the published interface. */
enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_FAILURE = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_NOT_FOUND = 3,
    EXIT_STATUS_DENIED = 4,
    EXIT_STATUS_UNREACHABLE = 5,
    EXIT_STATUS_INVALID = 6,     /* input invalid */
    EXIT_STATUS_REJECTED = 7,    /* rejected or partial */
    EXIT_STATUS_PENDING = 8,     /* still pending when the wait ended */
    EXIT_STATUS_HELD = 9,        /* held, needs a person */
    EXIT_STATUS_PORTAL = 10,     /* portal unavailable, try later */
};

#include "base/err-table.h"

enum err_code {
    ERR_NONE = 0,
#define X(id, dbus_name, exit_status, text) ERR_##id,
    ERR_TABLE(X)
#undef X
    _ERR_MAX
};

/*
 * An error travels as an out-parameter: what failed, where, and what to do. It is set once, where it is found, and
 * prefixed on its way up. Every function here accepts NULL for `err` and then does nothing.
 */
struct err {
    enum err_code code;
    char *text; /* UTF-8, owned; NULL while nothing is set */
};

#define ERR_INIT ((struct err){.code = ERR_NONE})
#define _cleanup_err_ _cleanup_(err_clear)

/* Sets code and text, dropping what was there. Returns the negative code, so `return err_set(…)` is the usual form. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) _printf_(3, 4);
int err_setv(struct err *err, enum err_code code, const char *fmt, va_list ap) _printf_(3, 0);
/* As err_set(), with strerror(errnum) appended. */
int err_set_errno(struct err *err, enum err_code code, int errnum, const char *fmt, ...) _printf_(4, 5);
/* Puts text in front of what is set: "fmt: text". Returns the negative code. */
int err_prefix(struct err *err, const char *fmt, ...) _printf_(2, 3);
/* Hands the error over to dest (which may be NULL) and leaves src empty. Returns the negative code. */
int err_move(struct err *dest, struct err *src);
void err_clear(struct err *err);
/* The text if there is one, else the code's sentence in the current locale. Never NULL. */
const char *err_text(const struct err *err);

/* The part after "mx.idsed1.Error.", e.g. "UnknownLot". Never NULL. */
const char *err_dbus_name(enum err_code code);
/* The code for such a name (without the prefix), or ERR_FAILED when it is not in the table. */
enum err_code err_from_dbus_name(const char *name);
/* The exit status that the table gives the code. */
enum exit_status err_exit_status(enum err_code code);
/* The code's own sentence, translated. */
const char *err_sentence(enum err_code code);
/* Is the text the code's own sentence and nothing else, in English or in the current locale? */
bool err_is_sentence(enum err_code code, const char *text);
