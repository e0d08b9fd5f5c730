/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/cmdline.h"

#include <getopt.h>

#include "base/buf.h"
#include "base/text.h"

enum { GETOPT_FIRST = 256 }; /* above every short option */

static bool optional_value(const char *value)
{
    return value && value[0] == '[';
}

static void fill_getopt(struct option options[_OPT_MAX + 1])
{
    for (int id = 0; id < _OPT_MAX; id++) {
        const struct option_info *info = &option_table[id];
        options[id] = (struct option){
            .name = info->name,
            .has_arg = !info->value                  ? no_argument
                       : optional_value(info->value) ? optional_argument
                                                     : required_argument,
            .val = GETOPT_FIRST + id,
        };
    }
    options[_OPT_MAX] = (struct option){0};
}

static int unknown_option(const char *given, struct err *err)
{
    const char *names[_OPT_MAX + 1] = {NULL};
    for (int id = 0; id < _OPT_MAX; id++)
        names[id] = option_table[id].name;
    _cleanup_free_ char *word = xstrdup(given + strspn(given, "-"));
    word[strcspn(word, "=")] = '\0';
    const char *near = str_starts(given, "--") ? str_nearest(word, names) : NULL;
    if (near)
        return err_set(err, ERR_USAGE, _("Unknown option %s; did you mean --%s?"), given, near);
    return err_set(err, ERR_USAGE, _("Unknown option %s; see 'idsectl help'."), given);
}

static int parse_options(int argc, char **argv, struct invocation *ret, struct err *err)
{
    struct option options[_OPT_MAX + 1];
    fill_getopt(options);
    optind = 0;
    for (;;) {
        int c = getopt_long(argc, argv, ":h", options, NULL);
        if (c < 0)
            return 0;
        if (c == ':')
            return err_set(err, ERR_USAGE, _("%s needs a value."), argv[optind - 1]);
        if (c == '?' && optopt >= GETOPT_FIRST) /* a known option, given a value that it does not take */
            return err_set(err, ERR_USAGE, _("--%s takes no value."),
                           option_table[optopt - GETOPT_FIRST].name);
        if (c == '?')
            return unknown_option(optopt ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1], err);
        enum opt id = c == 'h' ? OPT_HELP : (enum opt)(c - GETOPT_FIRST);
        if (optarg)
            option_value_settle(option_table[id].value, optarg);
        ret->value[id] = optarg ? optarg : "";
    }
}

static int unknown_verb(char *const *words, int n, struct err *err)
{
    bool family = verb_is_family(words[0]);
    if (family && n < 2)
        return err_set(err, ERR_USAGE, _("'%s' needs to know what to do; see 'idsectl help %s'."), words[0],
                       words[0]);
    _cleanup_free_ char *given = xasprintf(family ? "%s %s" : "%s", words[0], family ? words[1] : "");
    const char *names[256] = {NULL};
    size_t count = 0;
    for (const struct verb *verb = verb_table; verb->name && count + 1 < ELEMENTSOF(names); verb++)
        if (!(verb->flags & VERB_HIDDEN))
            names[count++] = verb->name;
    const char *near = str_nearest(given, names);
    if (near)
        return err_set(err, ERR_USAGE, _("Unknown verb '%s'; did you mean '%s'?"), given, near);
    return err_set(err, ERR_USAGE, _("Unknown verb '%s'; see 'idsectl help'."), given);
}

static int check_options(const struct invocation *inv, struct err *err)
{
    for (int id = 0; id < _OPT_MAX; id++) {
        const struct option_info *info = &option_table[id];
        const char *value = inv->value[id];
        if (!value)
            continue;
        if (!verb_takes(inv->verb, (enum opt)id))
            return err_set(err, ERR_USAGE, _("'%s' does not take --%s; see 'idsectl help %s'."),
                           inv->verb->name, info->name, inv->verb->name);
        if (info->value && !optional_value(info->value) && !option_value_allowed(info->value, value))
            return err_set(err, ERR_USAGE, _("--%s must be one of %s."), info->name, info->value);
    }
    return 0;
}

static int check_args(const struct invocation *inv, struct err *err)
{
    const struct verb *verb = inv->verb;
    if (inv->n_args < verb->min_args)
        return err_set(err, ERR_USAGE, _("Missing argument: idsectl %s %s"), verb->name, _(verb->args));
    if (verb->max_args >= 0 && inv->n_args > verb->max_args)
        return err_set(err, ERR_USAGE, _("One argument too many: %s"), inv->args[verb->max_args]);
    return 0;
}

int cmdline_parse(int argc, char **argv, struct invocation *ret, struct err *err)
{
    struct invocation inv = {0};
    int r = parse_options(argc, argv, &inv, err);
    if (r < 0)
        return r;
    char **words = argv + optind;
    int n = argc - optind, used = 0;
    bool explain = inv.value[OPT_HELP] || inv.value[OPT_VERSION];
    inv.verb = verb_find(words, n, &used);
    inv.args = words + used;
    inv.n_args = n - used;
    bool family_explained = explain && n == 1 && verb_is_family(words[0]);
    if (!inv.verb && n > 0 && !family_explained)
        return unknown_verb(words, n, err);
    if (!inv.verb && !explain)
        return err_set(err, ERR_USAGE, _("What is to be done? See 'idsectl help'."));
    if (!explain) {
        r = check_options(&inv, err);
        if (r >= 0)
            r = check_args(&inv, err);
        if (r < 0)
            return r;
    }
    *ret = inv;
    return 0;
}

/* "  left      right", where right starts in a column that suits the terminals of this world. */
static void two_columns(struct buf *out, const char *left, const char *right)
{
    enum { COLUMN = 31 };
    size_t width = utf8_length(left) + 2;
    buf_printf(out, "  %s%*s%s\n", left, width < COLUMN ? (int)(COLUMN - width) : 1, "", right);
}

static void explain_option(struct buf *out, const struct option_info *info)
{
    _cleanup_free_ char *left = NULL;
    if (!info->value)
        left = xasprintf("--%s", info->name);
    else if (optional_value(info->value)) {
        _cleanup_free_ char *inner = xstrndup(_(info->value) + 1, strlen(_(info->value)) - 2);
        left = xasprintf("--%s[=%s]", info->name, inner);
    } else
        left = xasprintf("--%s=%s", info->name, _(info->value));
    two_columns(out, left, _(info->help));
}

static void explain_verb(struct buf *out, const struct verb *verb)
{
    _cleanup_free_ char *left =
        xasprintf("%s%s%s", verb->name, *verb->args ? " " : "", *verb->args ? _(verb->args) : "");
    two_columns(out, left, _(verb->help));
}

void cmdline_usage(struct buf *out)
{
    buf_add_str(out, _("Usage: idsectl [OPTION...] VERB [ARGUMENT...]\n\n"
                       "Sends movimientos afiliatorios to IMSS and follows them until they are answered.\n\n"
                       "Verbs:\n"));
    for (const struct verb *verb = verb_table; verb->name; verb++)
        if (!(verb->flags & VERB_HIDDEN))
            explain_verb(out, verb);
    buf_add_str(out, _("\nOptions:\n"));
    for (int id = 0; id < _OPT_FIRST_OF_VERBS; id++)
        explain_option(out, &option_table[id]);
    buf_add_str(
        out,
        _("\n'idsectl help VERB' explains a verb and its own options.\n"
          "Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 not authorised, 5 daemon unreachable,\n"
          "6 input invalid, 7 rejected or partial, 8 still pending, 9 held, 10 portal unavailable.\n"));
}

void cmdline_verb_help(const struct verb *verb, struct buf *out)
{
    buf_printf(out, _("Usage: idsectl %s%s%s%s\n\n  %s\n"), verb->name,
               verb->options ? _(" [OPTION...]") : "", *verb->args ? " " : "",
               *verb->args ? _(verb->args) : "", _(verb->help));
    if (!verb->options)
        return;
    buf_add_str(out, _("\nOptions:\n"));
    for (int id = _OPT_FIRST_OF_VERBS; id < _OPT_MAX; id++)
        if (verb_takes(verb, (enum opt)id))
            explain_option(out, &option_table[id]);
}

void cmdline_family_help(const char *word, struct buf *out)
{
    const size_t before = out->len, len = strlen(word);
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        if (!str_starts(verb->name, word) || (verb->name[len] && verb->name[len] != ' '))
            continue;
        buf_add_str(out, out->len > before ? "\n" : "");
        cmdline_verb_help(verb, out);
    }
}

char **list_split(const char *text)
{
    size_t n = 0;
    char **list = xcalloc(strlen(text) / 2 + 2, sizeof(*list));
    while (*text) {
        size_t len = strcspn(text, ",");
        _cleanup_free_ char *part = xstrndup(text, len);
        const char *trimmed = str_trim(part);
        if (*trimmed)
            list[n++] = xstrdup(trimmed);
        text += len + (text[len] == ',');
    }
    return list;
}

void strv_free(char **list)
{
    for (char **at = list; at && *at; at++)
        free(*at);
    free(list);
}
