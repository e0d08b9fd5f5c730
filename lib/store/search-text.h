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
 *   search_text(nss, curp, key)      what the trigrams are of: everything that can be searched, Ñ as N
 *   search_has(terms, nss, curp, key)  does each term stand in the number, the CURP or the names?
 * where curp is the key of the CURP.
 */
void search_text_functions(sqlite3 *db);

enum { SEARCH_MAX_TERMS = 8, SEARCH_MAX_TERM = 54 };

/* What was typed as terms between single blanks, folded; at most SEARCH_MAX_TERMS of them. A new string. */
char *search_terms(const char *typed);
/* The same without tildes: Ñ as N. A new string. */
char *search_plain(const char *terms);
