/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"
#include "man/scdoc.h"

/*
 * Writes what the manual says of the verbs of idsectl, in scdoc's language, from the client's own tables.
 *
 *   man-verbs options         the options of every verb
 *   man-verbs index           every verb, with its page
 *   man-verbs synopsis PAGE   how the verbs of idsectl-PAGE(1) are called
 *   man-verbs verbs PAGE      what they do, and their options
 *   man-verbs pages           the names of the pages
 */

/* The page of each family by its first word. A verb that is not here stands on the page of the one before it in the table. */
static const struct {
    const char *word, *page;
} families[] = {
    {"status", "status"},       {"doctor", "status"},     {"refresh", "status"},
    {"report", "status"},       {"backup", "backup"},     {"submit", "submit"},
    {"check", "check"},         {"template", "check"},    {"list", "lots"},
    {"movements", "movements"}, {"explain", "movements"}, {"due", "movements"},
    {"history", "history"},     {"receipts", "receipts"}, {"rp", "rp"},
    {"cert", "cert"},           {"user", "user"},         {"login", "user"},
    {"profile", "profile"},     {"worker", "worker"},
};

static const char *page_of(const struct verb *verb)
{
    const char *page = families[0].page;
    for (const struct verb *at = verb_table; at->name; at++) {
        size_t len = strcspn(at->name, " ");
        for (size_t i = 0; i < ELEMENTSOF(families); i++)
            if (strlen(families[i].word) == len && strncmp(families[i].word, at->name, len) == 0)
                page = families[i].page;
        if (at == verb)
            break;
    }
    return page;
}

/* Those that are told in idsectl(1) itself. */
static bool is_general(const struct verb *verb)
{
    return (verb->flags & VERB_HIDDEN) || streq(verb->name, "help");
}

static bool is_on(const struct verb *verb, const char *page)
{
    return !is_general(verb) && streq(page_of(verb), page);
}

/* "FILE..." with its words underlined. */
static void print_arguments(const char *args)
{
    for (const char *at = _(args); *at;) {
        size_t word = strcspn(at, " .[]|");
        if (word > 0)
            printf("_%.*s_", (int)word, at);
        at += word;
        if (strchr("[]|", *at) && *at)
            printf("\\%c", *at++);
        else if (*at)
            putchar(*at++);
    }
}

/* "a|b|c", which are to be given as they are. */
static void print_words(const char *words)
{
    for (size_t at = 0, len; words[at]; at += len + (words[at + len] == '|')) {
        len = strcspn(words + at, "|");
        fputs(at > 0 ? "\\|*" : "*", stdout);
        fwrite(words + at, 1, len, stdout);
        putchar('*');
    }
}

static void print_option(const struct option_info *info)
{
    bool optional = info->value && info->value[0] == '[';
    bool words = info->value && strchr(info->value, '|');
    printf("*--%s*%s", info->name, !info->value ? "" : optional ? "\\[=" : "=");
    if (words)
        print_words(info->value);
    else if (info->value)
        print_arguments(optional ? info->value + 1 : info->value);
    fputs("\n\t", stdout);
    print_sentence(_(info->help));
    fputs("\n\n", stdout);
}

static void print_call(const struct verb *verb)
{
    printf("*idsectl %s*%s", verb->name, verb->options ? _(" \\[_OPTION_...\\]") : "");
    if (*verb->args) {
        putchar(' ');
        print_arguments(verb->args);
    }
}

static void print_verb(const struct verb *verb)
{
    printf("## %s\n\n", verb->name);
    print_call(verb);
    fputs("\n\n", stdout);
    print_sentence(_(verb->help));
    fputs("\n\n", stdout);
    if (verb->flags & VERB_CONFIRM)
        printf("%s\n\n", _("It asks for confirmation, unless *--yes* is given."));
    for (int id = _OPT_FIRST_OF_VERBS; id < _OPT_MAX; id++)
        if (verb_takes(verb, (enum opt)id))
            print_option(&option_table[id]);
}

static void print_synopsis(const char *page)
{
    const char *between = "";
    for (const struct verb *verb = verb_table; verb->name; verb++)
        if (is_on(verb, page)) {
            fputs(between, stdout);
            print_call(verb);
            between = "++\n";
        }
    putchar('\n');
}

static void print_verbs(const char *page)
{
    for (const struct verb *verb = verb_table; verb->name; verb++)
        if (is_on(verb, page))
            print_verb(verb);
}

static void print_options(void)
{
    for (int id = 0; id < _OPT_FIRST_OF_VERBS; id++)
        print_option(&option_table[id]);
}

static void print_index(void)
{
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        if (verb->flags & VERB_HIDDEN)
            continue;
        printf("*%s*", verb->name);
        if (*verb->args) {
            putchar(' ');
            print_arguments(verb->args);
        }
        fputs("\n\t", stdout);
        print_sentence(_(verb->help));
        if (!is_general(verb))
            printf(" *idsectl-%s*(1)", page_of(verb));
        fputs("\n\n", stdout);
    }
}

static void print_pages(void)
{
    for (size_t i = 0; i < ELEMENTSOF(families); i++)
        if (i == 0 || !streq(families[i].page, families[i - 1].page))
            printf("idsectl-%s\n", families[i].page);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *page = argc > 2 ? argv[2] : "";
    i18n_init();
    if (streq(what, "options"))
        print_options();
    else if (streq(what, "index"))
        print_index();
    else if (streq(what, "synopsis"))
        print_synopsis(page);
    else if (streq(what, "verbs"))
        print_verbs(page);
    else if (streq(what, "pages"))
        print_pages();
    else
        return 2;
    return 0;
}
