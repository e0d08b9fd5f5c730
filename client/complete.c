/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/complete.h"

#include <stdio.h>

#include "client/filter.h"
#include "client/remote.h"
#include "idse/lot.h"
#include "idse/movement.h"

/* ---- what the tables know ---- */

static void offer(struct buf *out, const char *begun, const char *before, const char *word, const char *help)
{
    if (str_starts(word, begun))
        buf_printf(out, "%s%s\t%s\n", before, word, help);
}

static void offer_words(struct buf *out, const char *begun, const char *before, const char *words)
{
    for (size_t len; *words && *words != '['; words += len + (words[len] == '|')) {
        len = strcspn(words, "|[");
        _cleanup_free_ char *word = xstrndup(words, len);
        offer(out, begun, before, word, "");
    }
}

static void offer_states(struct buf *out, const char *begun, const char *before, const struct verb *verb)
{
    if (verb && streq(verb->name, "movements"))
        for (int i = 0; i < _MOVEMENT_STATE_MAX; i++)
            offer(out, begun, before, movement_state_name((enum movement_state)i),
                  movement_state_label((enum movement_state)i));
    else
        for (int i = 0; i < _LOT_STATE_MAX; i++)
            offer(out, begun, before, lot_state_name((enum lot_state)i), lot_state_label((enum lot_state)i));
}

static void offer_columns(struct buf *out, const char *begun, const char *before)
{
    char column[32];
    for (size_t i = 0; filter_sort_column(i, column); i++)
        offer(out, begun, before, column, "");
}

/*
 * First words of all verbs, or second words of a family; each once, since a family stands together in the
 * table.
 */
static void offer_verbs(struct buf *out, const char *begun, const char *family)
{
    _cleanup_free_ char *before = xstrdup("");
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        if (verb->flags & VERB_HIDDEN)
            continue;
        const char *space = strchr(verb->name, ' ');
        size_t first = space ? (size_t)(space - verb->name) : strlen(verb->name);
        bool in_family =
            family && space && strlen(family) == first && strncmp(verb->name, family, first) == 0;
        if (in_family)
            offer(out, begun, "", space + 1, _(verb->help));
        if (family || (strlen(before) == first && strncmp(before, verb->name, first) == 0))
            continue;
        replace_str(&before, xstrndup(verb->name, first));
        offer(out, begun, "", before, space ? "" : _(verb->help));
    }
}

static void offer_options(struct buf *out, const char *begun, const struct verb *verb)
{
    for (int id = 0; id < _OPT_MAX; id++) {
        if (verb ? !verb_takes(verb, (enum opt)id) : id >= (int)_OPT_FIRST_OF_VERBS)
            continue;
        _cleanup_free_ char *word = xasprintf("--%s", option_table[id].name);
        offer(out, begun, "", word, _(option_table[id].help));
    }
}

/* What a value or an argument is called in the tables says what it can be. */
static enum complete_want offer_value(struct buf *out, const char *begun, const char *before,
                                      const char *called, const struct verb *verb)
{
    if (strchr(called, '|'))
        offer_words(out, begun, before, called);
    else if (streq(called, "FILE"))
        buf_add_str(out, ":files\n");
    else if (streq(called, "DIR"))
        buf_add_str(out, ":folders\n");
    else if (streq(called, "STATE"))
        offer_states(out, begun, before, verb);
    else if (streq(called, "COLUMN"))
        offer_columns(out, begun, before);
    else if (streq(called, "DOCUMENT"))
        offer_words(out, begun, before, "acuse|constancia|csv|records|transcript");
    else if (streq(called, "VERB"))
        offer_verbs(out, begun, NULL);
    return streq(called, "LOT")           ? COMPLETE_LOTS
           : streq(called, "RP")          ? COMPLETE_REGISTRATIONS
           : streq(called, "CERTIFICATE") ? COMPLETE_CERTIFICATES
           : streq(called, "PROFILE")     ? COMPLETE_PROFILES
                                          : COMPLETE_NOTHING;
}

/* ---- where the cursor is ---- */

static const struct option_info *option_named(const char *word, size_t len)
{
    for (int id = 0; id < _OPT_MAX; id++)
        if (strlen(option_table[id].name) == len && strncmp(option_table[id].name, word, len) == 0)
            return &option_table[id];
    return NULL;
}

/* The option whose value the next word is: one that needs a value and was not given it with "=". */
static const struct option_info *option_open(const char *word)
{
    if (!str_starts(word, "--") || strchr(word, '='))
        return NULL;
    const struct option_info *option = option_named(word + 2, strlen(word + 2));
    return option && option->value && option->value[0] != '[' ? option : NULL;
}

/*
 * The name of argument `index` in "LOT DOCUMENT", "FILE...", "[PROFILE]"; NULL when there is no such
 * argument.
 */
static char *argument_name(const char *args, int index)
{
    bool repeats = strstr(args, "...") != NULL;
    for (; index > 0 && strchr(args, ' '); index--)
        args = strchr(args, ' ') + 1;
    if (!*args || (index > 0 && !repeats))
        return NULL;
    args += *args == '[';
    return xstrndup(args, strcspn(args, " .]"));
}

static enum complete_want complete_argument(char *const *plain, int n, const struct verb *verb, int used,
                                            const char *begun, struct buf *out)
{
    if (!verb) {
        if (n <= 1)
            offer_verbs(out, begun, n == 1 ? plain[0] : NULL);
        return COMPLETE_NOTHING;
    }
    _cleanup_free_ char *called = argument_name(verb->args, n - used);
    return called ? offer_value(out, begun, "", called, verb) : COMPLETE_NOTHING;
}

enum complete_want complete_words(char *const *words, int n, struct buf *out)
{
    if (n < 1)
        return COMPLETE_NOTHING;
    const char *begun = words[n - 1];
    _cleanup_free_ char **plain = xcalloc((size_t)n, sizeof(*plain));
    int n_plain = 0, used = 0;
    for (int i = 0; i < n - 1; i++)
        if (words[i][0] != '-' && !(i > 0 && option_open(words[i - 1])))
            plain[n_plain++] = words[i];
    const struct verb *verb = verb_find(plain, n_plain, &used);
    const struct option_info *open = n > 1 ? option_open(words[n - 2]) : NULL;
    if (open)
        return offer_value(out, begun, "", open->value, verb);
    const char *equals = strchr(begun, '=');
    if (str_starts(begun, "--") && equals) {
        const struct option_info *option = option_named(begun + 2, (size_t)(equals - begun - 2));
        _cleanup_free_ char *before = xstrndup(begun, (size_t)(equals + 1 - begun));
        return option && option->value ? offer_value(out, equals + 1, before, option->value, verb)
                                       : COMPLETE_NOTHING;
    }
    if (begun[0] == '-') {
        offer_options(out, begun, verb);
        return COMPLETE_NOTHING;
    }
    return complete_argument(plain, n_plain, verb, used, begun, out);
}

/* ---- what the daemon knows ---- */

static const struct {
    const char *method, *key, *help_key;
} sources[] = {
    [COMPLETE_REGISTRATIONS] = {"ListRegistrations", "Rp", "Name"},
    [COMPLETE_CERTIFICATES] = {"ListCertificates", "Id", "Name"},
    [COMPLETE_PROFILES] = {"ListProfiles", "name", "title"},
    [COMPLETE_LOTS] = {"ListLots", "Id", "State"},
};

static int fetch(struct remote *remote, enum complete_want want, json_t **ret, struct err *err)
{
    enum { NEWEST = 50 };
    if (want != COMPLETE_LOTS)
        return remote_read(remote, REMOTE_ROOT, REMOTE_MANAGER, sources[want].method, "aa{sv}", ret, err);
    struct bus_writer w;
    _cleanup_json_ json_t *reply = NULL;
    remote_begin(remote, REMOTE_ROOT, REMOTE_MANAGER, sources[want].method, "a{sv}tu", &w);
    bus_open_array(&w);
    bus_close(&w);
    bus_write_u64(&w, 0);
    bus_write_u32(&w, NEWEST);
    int r = remote_call(remote, &w, REMOTE_SHORT, "aa{sv}t", &reply, err);
    if (r >= 0)
        *ret = json_incref(json_array_get(reply, 0));
    return r;
}

/*
 * Where the daemon cannot be asked there are simply no candidates: nobody wants an error in the middle of a
 * line.
 */
static void offer_from_daemon(const struct invocation *inv, enum complete_want want, const char *word,
                              struct buf *out)
{
    _cleanup_(remote_cleanup) struct remote *remote = NULL;
    _cleanup_json_ json_t *rows = NULL;
    if (remote_open(inv->value[OPT_ADDRESS], &remote, NULL) < 0 || fetch(remote, want, &rows, NULL) < 0)
        return;
    const char *equals = str_starts(word, "--") ? strchr(word, '=') : NULL;
    const char *begun = equals ? equals + 1 : word;
    _cleanup_free_ char *before = xstrndup(word, (size_t)(begun - word));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        _cleanup_free_ char *number =
            xasprintf("%llu", (unsigned long long)row_number(row, sources[want].key));
        const char *text = row_text(row, sources[want].key);
        offer(out, begun, before, *text ? text : number, row_text(row, sources[want].help_key));
    }
}

int verb_complete(struct invocation *inv, struct err *err)
{
    _cleanup_buf_ struct buf out = BUF_INIT;
    enum complete_want want = complete_words(inv->args, inv->n_args, &out);
    if (want != COMPLETE_NOTHING)
        offer_from_daemon(inv, want, inv->args[inv->n_args - 1], &out);
    fputs(str_or_empty(out.data), stdout);
    return EXIT_STATUS_OK;
}
