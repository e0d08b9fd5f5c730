/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "daemon/config.h"

/* Writes the keys of the configuration in scdoc's language, for idsed.conf(5): what the daemon's table says. */

static void print_text(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_#[]<", *text))
            putchar('\\');
        putchar(*text);
    }
}

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

int main(void)
{
    const char *section = "";
    for (const struct config_key *key = config_keys(); key->name; key++) {
        if (!streq(key->section, section))
            printf("## [%s]\n\n", key->section);
        section = key->section;
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
    return 0;
}
