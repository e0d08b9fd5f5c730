/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/*
 * A lot has movements of one type, and a worker's movements are to arrive one after the other. A chain is the types of one
 * worker's movements in their order, with letters: 'a' to 'c', none beside its like, for these go in one lot. Here is found
 * which lots, as letters, have all chains in them, in their order: "aba" and "ca" are both in "caba".
 */
enum { CHAIN_LETTERS = 3 };
struct chains;

struct chains *chains_new(void);
struct chains *chains_free(struct chains *chains);
DEFINE_CLEANUP(struct chains *, chains_cleanup, chains_free)
void chains_add(struct chains *chains, const char *letters, size_t n);
/*
 * Of the shortest words the first in the alphabet; of very many chains, or very long ones, one of at most 2n + 1 letters,
 * where n is the longest chain, some of which nobody may need. It depends on nothing but the chains, in any order.
 */
void chains_cover(const struct chains *chains, struct buf *ret);
