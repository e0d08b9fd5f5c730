/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config.h"
#include "man/scdoc.h"

/*
 * Writes what the daemon's table says of the keys of the configuration: in scdoc's language, for idsed.conf(5), or with
 * --sample as a file to begin with, in which every key is a comment with its default.
 */

static void print_bounds(const struct config_key *key, const char *unit)
{
    printf("%s from %lld to %lld", unit, (long long)key->least, (long long)key->most);
}

static void print_type(const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_TEXT:
        fputs("text", stdout);
        break;
    case CONFIG_PATH:
        fputs("absolute path", stdout);
        break;
    case CONFIG_URL:
        fputs("address that begins with https://", stdout);
        break;
    case CONFIG_RELAY:
        fputs("smtp:// or smtps://, host and port", stdout);
        break;
    case CONFIG_EMAIL:
        fputs("mail address", stdout);
        break;
    case CONFIG_SECONDS:
        print_bounds(key, "seconds,");
        break;
    case CONFIG_SIZE:
        print_bounds(key, "bytes, K, M or G allowed,");
        break;
    case CONFIG_COUNT:
        print_bounds(key, "number");
        break;
    case CONFIG_WORD:
        for (const char *word = key->words; word && *word;
             word += strcspn(word, "|") + (strchr(word, '|') != NULL))
            printf("%s%.*s", word == key->words ? "" : " or ", (int)strcspn(word, "|"), word);
        break;
    case CONFIG_LEVEL:
        fputs("err, warning, notice, info or debug", stdout);
        break;
    }
}

static void print_manual(const struct config_key *key)
{
    printf("*%s*=\n\t", key->name);
    print_text(key->help);
    fputs("++\nValue: ", stdout);
    print_type(key);
    if (key->fallback) {
        fputs(". Default: ", stdout);
        print_text(key->fallback);
    }
    printf(". Applied by a %s.\n\n", key->reloadable ? "reload" : "restart");
}

/* The help as comments of at most 100 columns. */
static void print_sample(const struct config_key *key)
{
    size_t column = 0;
    for (const char *word = key->help; *word;) {
        size_t n = strcspn(word, " ");
        if (column > 0 && column + 1 + n > 98) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column > 0 ? " " : "# ", (int)n, word);
        word += n + strspn(word + n, " ");
    }
    printf("\n#%s=%s\n", key->name, str_or_empty(key->fallback));
}

int main(int argc, char **argv)
{
    const char *section = "";
    bool sample = argc > 1 && streq(argv[1], "--sample");
    if (sample)
        puts("# SPDX-License-Identifier: LGPL-2.1-or-later\n"
             "# Settings of idsed, all at their defaults; idsed.conf(5) tells more. Files in idsed.conf.d "
             "come after this one:\n"
             "# settings that are made there stay as they are when this file is brought up to date.");
    for (const struct config_key *key = config_keys(); key->name; key++) {
        if (!streq(key->section, section))
            printf(sample ? "\n[%s]\n" : "## [%s]\n\n", key->section);
        section = key->section;
        if (sample)
            print_sample(key);
        else
            print_manual(key);
    }
    return 0;
}
