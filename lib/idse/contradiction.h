/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/repeats.h"
#include "idse/source.h"

/*
 * Of movements that stand in a file more than once: do they say the same? One of equal ones may be kept; which of those that
 * contradict each other holds, nobody but whoever wrote them knows.
 */

/*
 * The lines of the movements that others contradict, each with the first line that does, of the repeats of a file, which is
 * read again by `again` for it; a new array, by line, or NULL. It takes RULE_MOVEMENT_REPEATED only.
 */
struct repeat *contradictions_find(const struct repeat *repeats, size_t n, struct source *again,
                                   size_t *ret_n);
