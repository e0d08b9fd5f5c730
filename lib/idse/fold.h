/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * The text of a record: one Windows-1252 byte per column. IMSS takes upper-case letters without accents, and
 * Ñ, about which it says nothing.
 */
enum { COLUMN_ENYE = 0xD1 };

/*
 * What a column's byte becomes: upper case without accent, COLUMN_ENYE for Ñ and ñ, itself for other
 * printable ASCII, a plain sign for its typographic relatives; 0 where no letter or sign of one column stands
 * for it.
 */
extern const uint8_t fold_column[256];

/* The folded columns of UTF-8 text, at most `max`; returns how many. What has no column becomes '?'. */
size_t fold_text(const char *text, uint8_t *ret, size_t max);
/* n folded columns as UTF-8 with a NUL behind; ret has room for 2n + 1 bytes. */
void fold_to_utf8(const uint8_t *columns, size_t n, char *ret);
