/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/advice.h"

#include <ini.h>
#include <stddef.h>

#include "base/text.h"

/* The keys of a section; `words`: the only values allowed, with bars around them, or NULL. */
static const struct key {
    const char *name;
    size_t offset;
    const char *words;
} keys[] = {
    {"Meaning", offsetof(struct advice, meaning)},
    {"Meaning[es]", offsetof(struct advice, meaning_es)},
    {"Who", offsetof(struct advice, who), "|employer|worker|imss|"},
    {"Action", offsetof(struct advice, action), "|fix|wait|visit|"},
    {"Advice", offsetof(struct advice, advice)},
    {"Advice[es]", offsetof(struct advice, advice_es)},
};

static char **member(struct advice *advice, const struct key *key)
{
    return (char **)((char *)advice + key->offset);
}

void advices_free(struct advices *advices)
{
    for (size_t i = 0; i < advices->n; i++) {
        for (size_t k = 0; k < ELEMENTSOF(keys); k++)
            free(*member(&advices->items[i], &keys[k]));
        free(advices->items[i].profile);
        free(advices->items[i].code);
    }
    free(advices->items);
    *advices = (struct advices){0};
}

static struct advice *find(const struct advices *advices, const char *profile, const char *code)
{
    for (size_t i = 0; i < advices->n; i++)
        if (streq(advices->items[i].profile, profile) && streq(advices->items[i].code, code))
            return &advices->items[i];
    return NULL;
}

const struct advice *advices_find(const struct advices *advices, const char *profile, const char *code)
{
    return find(advices, profile, code);
}

/* ---- the file ---- */

struct parse {
    struct advices *advices;
    char *section;         /* of the line before, */
    const struct key *key; /* and its key: the same again is a line that goes on */
    struct err *err;       /* of the first line that is wrong */
};

/* The advice of a section, a new one if need be; NULL when its head is not right. */
static struct advice *advice_of(struct advices *advices, const char *section)
{
    enum { MAX_CODE = 16 };
    const char *blank = strchr(section, ' ');
    if (!blank || blank == section || blank[1] == '\0' || strlen(blank + 1) > MAX_CODE ||
        strchr(blank + 1, ' '))
        return NULL;
    _cleanup_free_ char *profile = xstrndup(section, (size_t)(blank - section));
    struct advice *advice = find(advices, profile, blank + 1);
    if (advice)
        return advice;
    advices->items = xreallocarray(advices->items, advices->n + 1, sizeof(*advices->items));
    advice = &advices->items[advices->n++];
    *advice = (struct advice){.profile = STEAL(profile), .code = xstrdup(blank + 1)};
    return advice;
}

static const struct key *key_named(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        if (streq(keys[i].name, name))
            return &keys[i];
    return NULL;
}

static bool value_allowed(const struct key *key, const char *value)
{
    _cleanup_free_ char *word = xasprintf("|%s|", value);
    return key->words ? !strchr(value, '|') && strstr(key->words, word) : *value != '\0';
}

static void put(struct parse *parse, struct advice *advice, const char *section, const struct key *key,
                const char *value)
{
    char **text = member(advice, key);
    bool goes_on = parse->key == key && streq_null(parse->section, section);
    replace_str(text, goes_on ? xasprintf("%s %s", *text, value) : xstrdup(value));
    replace_str(&parse->section, xstrdup(section));
    parse->key = key;
}

/* inih wants 0 for a bad line. */
static int take(void *data, const char *section, const char *name, const char *value)
{
    struct parse *parse = data;
    const struct key *key = key_named(name);
    struct advice *advice = advice_of(parse->advices, section);
    if (!advice)
        err_set(parse->err, ERR_CONFIG, _("[%s] is not a profile and a code"), section);
    else if (!key)
        err_set(parse->err, ERR_CONFIG, _("there is no key %s"), name);
    else if (!value_allowed(key, value) || !utf8_valid(value, strlen(value)))
        err_set(parse->err, ERR_CONFIG, _("%s: '%s' is not allowed"), name, value);
    else {
        put(parse, advice, section, key, value);
        return 1;
    }
    return 0;
}

static int check_complete(const struct advices *advices, const char *name, struct err *err)
{
    for (size_t i = 0; i < advices->n; i++) {
        const struct advice *advice = &advices->items[i];
        if (!advice->meaning || !advice->who || !advice->action)
            return err_set(err, ERR_CONFIG, _("%s: [%s %s] needs Meaning, Who and Action"), name,
                           advice->profile, advice->code);
    }
    return 0;
}

int advices_parse(struct advices *advices, const char *name, const char *text, struct err *err)
{
    _cleanup_err_ struct err why = ERR_INIT;
    struct parse parse = {.advices = advices, .err = &why};
    int line = ini_parse_string(text, take, &parse);
    free(parse.section);
    if (line == 0)
        return check_complete(advices, name, err);
    if (why.code == ERR_NONE)
        err_set(&why, ERR_CONFIG, _("neither a [Section] nor Key=value"));
    err_prefix(&why, "%s:%d", name, line);
    return err_move(err, &why);
}

/* ---- in a language ---- */

static const char *in(const char *language, const char *english, const char *spanish)
{
    return str_starts(language, "es") && spanish ? spanish : str_or_empty(english);
}

const char *advice_meaning(const struct advice *advice, const char *language)
{
    return in(language, advice->meaning, advice->meaning_es);
}

const char *advice_text(const struct advice *advice, const char *language)
{
    return in(language, advice->advice, advice->advice_es);
}
