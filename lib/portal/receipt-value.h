/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"
#include "idse/movement.h"

/*
 * What the words of a constancia say. Each is false, with `ret` as it was, for a word that is not such a value to the
 * letter; nothing is trimmed or guessed.
 */

/* "1,234" or "12", up to nine characters. */
bool value_count(const char *text, uint32_t *ret);
/* "8" or "08", and so on. */
bool value_type(const char *text, enum movement_type *ret);
/* Eleven digits, whether the last one is right or not. */
bool value_is_nss(const char *text);
/* "$145.10" or "1,145.10", in centavos. */
bool value_money(const char *text, int32_t *ret);
/* One character, and it is among those that are allowed. */
bool value_is_one_of(const char *text, const char *allowed);
bool value_is_umf(const char *text);
/* Three digits, of which the first is 0. */
bool value_is_error_code(const char *text);
