/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * Data files with text for people: lines beginning with "#", which are left out, a line "Word: value" (its version, its
 * subject), an empty line, and the text. One of the same name in /etc/idsed takes its place.
 */
struct text {
    char *head; /* the value */
    char *body;
};
void text_free(struct text *text);
#define _cleanup_text_ _cleanup_(text_free)

/* "es" or "en", whatever else somebody asks for. */
const char *text_language(const char *wanted);
/* NAME.LANGUAGE.txt, e.g. "legal/privacy"; ERR_IO, or ERR_CONFIG for one that is not built so. */
int text_load(const char *name, const char *language, struct text *ret, struct err *err);
/* Puts values in the place of "{word}"; `pairs` is word, value, … NULL. A new string. */
char *text_fill(const char *text, const char *const *pairs);
