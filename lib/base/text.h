/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/*
 * Characters. Inside the program all text is UTF-8 without NUL; what comes from outside is converted at the border with
 * the functions here.
 */

/* True when the n bytes are well-formed UTF-8 without NUL. */
bool utf8_valid(const char *text, size_t n);
/* A valid copy: each byte that is not UTF-8 becomes U+FFFD, a NUL ends the text. */
char *utf8_repair(const char *text, size_t n);
/* Decodes one character of valid UTF-8 and moves *at behind it; 0 at the end. */
uint32_t utf8_next(const char **at);
/* Appends one character. */
void utf8_add(struct buf *buf, uint32_t c);
/* How many characters valid UTF-8 has. */
size_t utf8_length(const char *text);
/* Windows-1252 (of which Latin-1's letters are a part) to UTF-8; the five undefined bytes become U+FFFD. */
char *cp1252_to_utf8(const char *text, size_t n);
/* The cp1252 byte of a character, or -1. */
int cp1252_from_unicode(uint32_t c);

/* White space at both ends off, in place; returns the start. */
char *str_trim(char *text);
/* ASCII letters to upper or lower case, in place; returns text. */
char *str_ascii_upper(char *text);
char *str_ascii_lower(char *text);
/* True when every character is an ASCII digit and there is at least one. */
bool str_all_digits(const char *text);
/* A decimal number without sign or blanks, at most `max`; false when it is not one. */
bool str_to_uint(const char *text, uint64_t max, uint64_t *ret);
/* The entry of a NULL-terminated list nearest to `word` by edit distance (at most 3), or NULL; for "did you mean". */
const char *str_nearest(const char *word, const char *const *list);

/*
 * An e-mail address with its letters small, a new string; NULL when it is none that mail systems of today all take: ASCII,
 * at most 254 characters, no quotes or comments, a domain of at least two parts.
 */
char *email_fold(const char *text);
