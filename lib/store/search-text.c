/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-text.h"

#include <math.h>
#include <stdio.h>

#include "idse/fold.h"
#include "idse/movement.h"

enum {
    COLUMNS = 256,          /* of one text; the record has far fewer */
    KEY_SIZE = 2 * COLUMNS, /* Ñ takes two */
    END = '\x01',           /* of a text within a key: before every sign, so that "DE" stands before "DE LA" */
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

/* ---- trigrams ---- */

static uint32_t trigram_hash(const char *at)
{
    uint32_t letters = (uint8_t)at[0] | (uint32_t)(uint8_t)at[1] << 8 | (uint32_t)(uint8_t)at[2] << 16;
    return letters * UINT32_C(2654435761);
}

static unsigned trigram_bit(const char *at)
{
    return (trigram_hash(at) >> 16) % 126;
}

static unsigned trigram_number(const char *at)
{
    return trigram_hash(at) >> 17;
}

static bool is_trigram(const char *at)
{
    return at[0] != ' ' && at[1] != ' ' && at[2] != ' '; /* a term has none */
}

static void sign(const char *text, int64_t ret[static 2])
{
    uint64_t bits[2] = {0};
    for (const char *at = text; at[0] && at[1] && at[2]; at++) {
        if (!is_trigram(at))
            continue;
        unsigned bit = trigram_bit(at);
        bits[bit / 63] |= UINT64_C(1) << bit % 63;
    }
    ret[0] = (int64_t)bits[0];
    ret[1] = (int64_t)bits[1];
}

void search_signature(const char *terms, int64_t ret[static 2])
{
    _cleanup_free_ char *plain = xstrdup(terms);
    drop_tildes(plain);
    sign(plain, ret);
}

static void add_trigram(struct buf *ret, const char *at)
{
    buf_add_str(ret, ret->len ? " AND \"" : "\"");
    for (int i = 0; i < 3; i++) {
        if (at[i] == '"')
            buf_add_char(ret, '"');
        buf_add_char(ret, at[i]);
    }
    buf_add_char(ret, '"');
}

void search_frequency_add(struct search_frequency *frequency, const char *text)
{
    if (frequency->texts == UINT16_MAX)
        return;
    frequency->texts++;
    for (const char *at = text; at[0] && at[1] && at[2]; at++) {
        uint16_t *n = &frequency->n[trigram_number(at)];
        if (is_trigram(at) && *n < frequency->texts) /* one text may have it twice */
            ++*n;
    }
}

struct trigram {
    const char *at;
    double share; /* of the texts */
};

static int by_share(const void *a, const void *b)
{
    const struct trigram *x = a, *y = b;
    return (x->share > y->share) - (x->share < y->share);
}

static size_t take_trigrams(const char *terms, const struct search_frequency *frequency, struct trigram *ret)
{
    size_t n = 0;
    for (const char *at = terms; at[0] && at[1] && at[2]; at++)
        if (is_trigram(at))
            ret[n++] = (struct trigram){at, (frequency->n[trigram_number(at)] + 0.5) / ((double)frequency->texts + 1)};
    qsort(ret, n, sizeof(*ret), by_share);
    return n;
}

void search_match(const char *terms, const struct search_frequency *frequency, uint64_t rows, struct buf *ret)
{
    enum { LOOK = 40 }; /* at a row that is found costs about as much as passing so many in a list */
    _cleanup_free_ char *plain = xstrdup(terms);
    struct trigram trigrams[SEARCH_MAX_TERMS * (SEARCH_MAX_TERM + 1)];
    drop_tildes(plain);
    size_t n = take_trigrams(plain, frequency, trigrams);
    double left = (double)rows;
    for (size_t i = 0; i < n; i++) {
        double share = MIN(trigrams[i].share, 1.0);
        if (i > 0 && left * (1 - share) * LOOK < share * (double)rows)
            break;
        add_trigram(ret, trigrams[i].at);
        left *= sqrt(share); /* they are not independent: "990" and "900" come together */
    }
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
    if (!last) {
        sqlite3_result_value(context, args[0]);
        return;
    }
    _cleanup_free_ char *turned = xasprintf("%s%c%.*s", last + 1, END, (int)(last - key), key);
    result_text(context, turned, strlen(turned));
}

static void sql_text(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    char text[16 + 4 * KEY_SIZE];
    const char *key = argument(args[2]);
    size_t at = (size_t)snprintf(text, 16, "%011lld ", (long long)sqlite3_value_int64(args[0]));
    at += fold(argument(args[1]), true, text + at, KEY_SIZE);
    snprintf(text + at, sizeof(text) - at, " %s", key ? key : "");
    drop_tildes(text);
    for (char *end = text; (end = strchr(end, END));)
        *end = ' ';
    result_text(context, text, strlen(text));
}

static void sql_sign(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    int64_t halves[2];
    const char *text = argument(args[0]);
    sign(text ? text : "", halves);
    sqlite3_result_int64(context, halves[sqlite3_value_int(args[1]) != 0]);
}

static bool has_all(const char *terms, const char *text, const char *plain)
{
    for (const char *at = terms; *at;) {
        size_t n = strcspn(at, " ");
        const char *within = memchr(at, '~', n) ? text : plain;
        if (!memmem(within, strlen(within), at, n))
            return false;
        at += n + (at[n] == ' ');
    }
    return true;
}

static void sql_has(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    char text[16 + 4 * KEY_SIZE], plain[sizeof(text)];
    const char *terms = argument(args[0]), *key = argument(args[3]);
    size_t at = (size_t)snprintf(text, 16, "%011lld ", (long long)sqlite3_value_int64(args[1]));
    at += fold(argument(args[2]), false, text + at, KEY_SIZE);
    snprintf(text + at, sizeof(text) - at, " %s", key ? key : "");
    strcpy(plain, text);
    drop_tildes(plain);
    sqlite3_result_int(context, has_all(terms ? terms : "", text, plain));
}

void search_text_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n_args;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"search_key", 1, sql_key},  {"search_key", 3, sql_key}, {"search_turn", 1, sql_turn},
        {"search_text", 3, sql_text}, {"search_sign", 2, sql_sign}, {"search_has", 4, sql_has},
    };
    for (size_t i = 0; i < ELEMENTSOF(functions); i++)
        sqlite3_create_function(db, functions[i].name, functions[i].n_args,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, functions[i].fn, NULL,
                                NULL);
}
