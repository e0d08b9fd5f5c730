/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "base/buf.h"

/*
 * Text as it is sorted and searched. Case and accents do not count. Ñ is a letter between N and O: in a key it is "N~", since
 * '~' stands behind every letter. Who searches for N finds Ñ too, for many keyboards and files have none; who searches for Ñ
 * finds Ñ only.
 *
 * The functions of SQL, on every connection that reads or writes the index:
 *   search_key(a, b, c)              the key of up to three texts in this order, each before all that continue it
 *   search_turn(key)                 the same key with its last text first
 *   search_text(nss, curp, key)      what the index of trigrams reads: everything that can be searched, Ñ as N
 *   search_sign(text, half)          63 bits of the signature of that text's trigrams, half 0 or 1
 *   search_has(terms, nss, curp, key)  does each term stand in the number, the CURP or the names?
 */
void search_text_functions(sqlite3 *db);

enum { SEARCH_MAX_TERMS = 8, SEARCH_MAX_TERM = 54 };

/* What was typed as terms between single blanks, folded; at most SEARCH_MAX_TERMS of them. A new string. */
char *search_terms(const char *typed);
/* How often trigrams are seen, by a sample of texts as search_text() makes them. Others may share a trigram's number. */
struct search_frequency {
    size_t texts;
    uint16_t n[1 << 15];
};
void search_frequency_add(struct search_frequency *frequency, const char *text);
/*
 * The expression for the index of trigrams that all rows with these terms match; "" when every row may. Of their trigrams
 * those are used that are worth their reading: the rarest, and what spares more rows than it costs, of `rows` there are.
 */
void search_match(const char *terms, const struct search_frequency *frequency, uint64_t rows, struct buf *ret);
/* The signature that every row with these terms has, perhaps among other bits. */
void search_signature(const char *terms, int64_t ret[static 2]);
