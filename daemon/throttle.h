/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "base/util.h"

/*
 * Slowing down who guesses. Each key (a user, a caller) has a queue of its own: an attempt waits until those before it had
 * their turn, and each wrong one doubles the wait behind it. Attempts count as wrong when they come in, so that many at
 * once gain nothing, and are taken back when they prove right. Wrong ones are forgotten after a quiet while.
 */
struct throttle;

/* The wait behind the first wrong attempt, and the longest; both are read each time, so that a reload changes them. */
struct throttle *throttle_new(const struct clock *clock, const int64_t *first_us, const int64_t *most_us);
struct throttle *throttle_free(struct throttle *throttle);
/* How long an attempt of this key would have to wait now. */
int64_t throttle_wait_us(struct throttle *throttle, const char *key);
/* Counts an attempt as wrong. */
void throttle_count(struct throttle *throttle, const char *key);
/* Takes one attempt back: it was right. */
void throttle_undo(struct throttle *throttle, const char *key);
/* Forgets all attempts of the key. */
void throttle_forget(struct throttle *throttle, const char *key);
