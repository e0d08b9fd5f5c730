/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/movement.h"

/*
 * What the movements of one file do to each other: the same one twice, and lines that contradict the order of
 * what one worker has, on one day or by the dates. A million movements looked up one by one would wait for
 * memory each time; so they are only noted down as they come, and put side by side at the end, in heaps that
 * are small enough for the processor's caches.
 */
struct repeats;

struct repeat {
    enum finding_rule rule; /* RULE_MOVEMENT_REPEATED, RULE_DAY_ORDER or RULE_DATE_ORDER */
    enum movement_type type;
    uint32_t line;  /* of the movement that should not be there, or not here */
    uint32_t other; /* of the one that it is compared with */
    char nss[12];
};

/* `expected` movements, or 0, only spares time. */
struct repeats *repeats_new(size_t expected);
struct repeats *repeats_free(struct repeats *repeats);
/* Movements come in the order of their lines. */
void repeats_add(struct repeats *repeats, const struct movement *movement, uint32_t line);
/* All that were found, by line; a new array, or NULL. Nothing can be added afterwards. */
struct repeat *repeats_find(struct repeats *repeats, size_t *ret_n);
