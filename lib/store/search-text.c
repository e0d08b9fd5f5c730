/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-text.h"

#include <stdio.h>

#include "idse/fold.h"
#include "idse/movement.h"

enum {
    COLUMNS = 256,          /* of one text; the record has far fewer */
    KEY_SIZE = 2 * COLUMNS, /* Ñ takes two */
    END = '\x01', /* of a text within a key: before every sign, so that "DE" stands before "DE LA" */
};

/* ---- folding ---- */

/* Ñ becomes "N~", or N where `plain`. '#' stands for Ñ in files that can have none. */
static size_t fold(const char *text, bool plain, char *ret, size_t room)
{
    uint8_t columns[COLUMNS];
    size_t n = fold_text(text ? text : "", columns, sizeof(columns)), at = 0;
    for (size_t i = 0; i < n && at + 2 < room; i++) {
        bool enye = columns[i] == COLUMN_ENYE || columns[i] == '#';
        ret[at++] = enye ? 'N' : columns[i] == '~' ? '-' : (char)columns[i];
        if (enye && !plain)
            ret[at++] = '~';
    }
    ret[at] = '\0';
    return at;
}

static void drop_tildes(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++)
        if (*at != '~')
            *to++ = *at;
    *to = '\0';
}

char *search_terms(const char *typed)
{
    char folded[KEY_SIZE];
    fold(typed, false, folded, sizeof(folded));
    struct buf terms = BUF_INIT;
    char *rest = folded, *word;
    for (int i = 0; i < SEARCH_MAX_TERMS && (word = strsep(&rest, " "));)
        if (*word) {
            buf_printf(&terms, "%s%.*s", i ? " " : "", SEARCH_MAX_TERM, word);
            i++;
        }
    return buf_steal(&terms, NULL);
}

char *search_plain(const char *terms)
{
    char *plain = xstrdup(terms);
    drop_tildes(plain);
    return plain;
}

/* ---- functions of SQL ---- */

static const char *argument(sqlite3_value *value)
{
    return (const char *)sqlite3_value_text(value);
}

static void result_text(sqlite3_context *context, const char *text, size_t n)
{
    sqlite3_result_text(context, text, (int)n, SQLITE_TRANSIENT);
}

static void sql_key(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    char key[3 * KEY_SIZE];
    size_t at = 0;
    for (int i = 0; i < n_args && i < 3; i++) {
        at += fold(argument(args[i]), false, key + at, KEY_SIZE);
        if (i + 1 < n_args)
            key[at++] = END;
    }
    result_text(context, key, at);
}

/* "P|M|N" as "N|P|M". */
static void sql_turn(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    const char *key = argument(args[0]), *last = key ? strrchr(key, END) : NULL;
    size_t n = (size_t)sqlite3_value_bytes(args[0]);
    if (!last) {
        sqlite3_result_value(context, args[0]);
        return;
    }
    size_t front = (size_t)(last - key), back = n - front - 1;
    char *turned = sqlite3_malloc64(n);
    memcpy(turned, last + 1, back);
    turned[back] = END;
    memcpy(turned + back + 1, key, front);
    sqlite3_result_text64(context, turned, n, sqlite3_free, SQLITE_UTF8);
}

/* "NSS CURP NAMES", as search_text() says. */
static void sql_text(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    _cleanup_free_ char *text = xasprintf("%011lld %s %s", (long long)sqlite3_value_int64(args[0]),
                                          str_or_empty(argument(args[1])), str_or_empty(argument(args[2])));
    drop_tildes(text);
    for (char *end = text; (end = strchr(end, END));)
        *end = ' ';
    result_text(context, text, strlen(text));
}

struct haystack {
    const char *key, *plain; /* the same without tildes */
    char nss[12];
    const char *curp;
};

static bool has_term(const struct haystack *in, const char *term, size_t n)
{
    const char *const texts[] = {memchr(term, '~', n) ? in->key : in->plain, in->curp, in->nss};
    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        if (memmem(texts[i], strlen(texts[i]), term, n))
            return true;
    return false;
}

static bool has_all(const struct haystack *in, const char *terms)
{
    for (const char *at = terms; *at;) {
        size_t n = strcspn(at, " ");
        if (!has_term(in, at, n))
            return false;
        at += n + (at[n] == ' ');
    }
    return true;
}

static void sql_has(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    const char *terms = str_or_empty(argument(args[0])), *key = str_or_empty(argument(args[3]));
    _cleanup_free_ char *plain = strchr(key, '~') ? search_plain(key) : NULL;
    struct haystack in = {.key = key, .plain = plain ? plain : key, .curp = str_or_empty(argument(args[2]))};
    int64_t nss = sqlite3_value_int64(args[1]);
    for (int i = 10; i >= 0; i--, nss /= 10)
        in.nss[i] = (char)('0' + nss % 10);
    sqlite3_result_int(context, has_all(&in, terms));
}

void search_text_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n_args;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"search_key", 1, sql_key},   {"search_key", 3, sql_key}, {"search_turn", 1, sql_turn},
        {"search_text", 3, sql_text}, {"search_has", 4, sql_has},
    };
    for (size_t i = 0; i < ELEMENTSOF(functions); i++)
        sqlite3_create_function(db, functions[i].name, functions[i].n_args,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, functions[i].fn,
                                NULL, NULL);
}
