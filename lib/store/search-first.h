/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search-private.h"

/*
 * Leaves in the plan's set those that stand first behind the plan's place: all, or at least `enough` of them,
 * and the place behind these is then the plan's reach, and the whole set its `rest`. 0 when too many share
 * the first short key: then the plan's place is set before these, and nothing else is done.
 */
int search_first(struct search_plan *plan, struct store *store, size_t enough, struct err *err);
