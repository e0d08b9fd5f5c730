/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/* What people type for a thing that has a stable name. */

/*
 * Is it this word? Case and accents do not count, and a blank may be a hyphen or an underscore: "Sin-Enviar"
 * is "sin enviar", "IMSS_NAME" is "imss-name".
 */
bool word_is(const char *typed, const char *word);
