/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *dbus_name;
    enum exit_status exit_status;
    const char *text;
} err_table[_ERR_MAX] = {[ERR_NONE] = {"None", EXIT_STATUS_OK, N_("No error")},
#define X(id, name, status, sentence) [ERR_##id] = {name, status, sentence},
                         ERR_TABLE(X)
#undef X
};

int err_setv(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
    if (err) {
        char *text = xvasprintf(fmt, ap);
        err_clear(err);
        err->code = code;
        err->text = text;
    }
    return -(int)code;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int r = err_setv(err, code, fmt, ap);
    va_end(ap);
    return r;
}

int err_set_errno(struct err *err, enum err_code code, int errnum, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *what = xvasprintf(fmt, ap);
    va_end(ap);
    return err_set(err, code, "%s: %s", what, strerror(errnum));
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -(int)ERR_FAILED;
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *front = xvasprintf(fmt, ap);
    va_end(ap);
    char *text = xasprintf("%s: %s", front, err_text(err));
    free(err->text);
    err->text = text;
    return -(int)err->code;
}

int err_move(struct err *dest, struct err *src)
{
    enum err_code code = src->code;
    if (dest) {
        err_clear(dest);
        *dest = *src;
        *src = ERR_INIT;
    } else
        err_clear(src);
    return -(int)code;
}

void err_clear(struct err *err)
{
    if (!err)
        return;
    free(err->text);
    *err = ERR_INIT;
}

const char *err_text(const struct err *err)
{
    return err && err->text ? err->text : err_sentence(err ? err->code : ERR_FAILED);
}

static bool err_known(enum err_code code)
{
    return (unsigned)code < _ERR_MAX;
}

const char *err_dbus_name(enum err_code code)
{
    return err_table[err_known(code) ? code : ERR_FAILED].dbus_name;
}

enum err_code err_from_dbus_name(const char *name)
{
    for (int code = 1; code < _ERR_MAX; code++)
        if (streq(err_table[code].dbus_name, name))
            return (enum err_code)code;
    return ERR_FAILED;
}

enum exit_status err_exit_status(enum err_code code)
{
    return err_table[err_known(code) ? code : ERR_FAILED].exit_status;
}

const char *err_sentence(enum err_code code)
{
    return _(err_table[err_known(code) ? code : ERR_FAILED].text);
}

bool err_is_sentence(enum err_code code, const char *text)
{
    return err_known(code) && (streq(text, err_table[code].text) || streq(text, err_sentence(code)));
}
