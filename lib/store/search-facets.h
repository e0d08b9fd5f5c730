/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search-private.h"

/*
 * What else than words a filter asks for, in 32 bits. `date` is yyyymmdd, `rp` the number of a registro
 * patronal.
 */
uint32_t search_facets(int32_t date, uint32_t type, uint32_t state, int64_t rp);
/*
 * Leaves in the plan's set those that fit its filter, words aside. They are to be looked at again: of very
 * many registros patronales, or of dates before 1980, two may have the same facets.
 */
int search_facets_filter(struct search_plan *plan, struct store *store, struct err *err);
