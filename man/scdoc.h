/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text of a table in scdoc's language: nothing in it is markup. */
static inline void print_text(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_#[]<>|~`+", *text))
            putchar('\\');
        putchar(*text);
    }
}

/* A sentence of a table, which may begin small and end without a point. */
static inline void print_sentence(const char *text)
{
    size_t len = strlen(text);
    if (len > 1 && isalpha((unsigned char)text[1])) { /* not "e.firma" */
        putchar(toupper((unsigned char)*text));
        text++;
        len--;
    }
    print_text(text);
    if (len > 0 && !strchr(".?!:", text[len - 1]))
        putchar('.');
}
