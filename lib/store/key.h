/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/db.h"

/*
 * The index of movements by worker (table movement_key), which finds duplicates. Workers come in any order:
 * written along with the movements, every slice of a big lot would touch, and write, every page of the
 * index. So the keys are collected and stored sorted, in runs. The check for duplicates goes with the key,
 * so that of two lots that are taken in at once the second is refused.
 */
struct key {
    int64_t nss;
    int32_t date;
    uint32_t seq;
    enum movement_type type;
};

struct keys {
    struct key *items;
    size_t n, cap, at;
    bool sorted; /* a run is complete and has to be stored before the next movement */
};

void keys_free(struct keys *keys); /* fields only */
/* The key of the movement at `seq` of its lot; it sorts by itself when the run is complete. */
void keys_collect(struct keys *keys, const struct movement *movement, uint32_t seq);
/* At the end of the movements. */
void keys_sort(struct keys *keys);
bool keys_pending(const struct keys *keys);
/*
 * Is there any movement of the worker? 1 or 0. Mostly there is none, and this finds it out quicker than what asks which they
 * are, for it is one look at one table.
 */
int key_is_known(struct store *store, int64_t rp, int64_t nss, struct err *err);
/* Whose keys they are. */
struct keys_owner {
    int64_t lot;
    int64_t rp; /* row of its registro patronal */
    bool allow_duplicate;
    int64_t oldest; /* see precedence_oldest(); 0: there is no other lot that may still go to the portal */
};
/* Stores one pending key, and which lots go before others for its worker; ERR_DUPLICATE_MOVEMENT. */
int keys_store_next(struct keys *keys, struct store *store, const struct keys_owner *owner, struct err *err);
