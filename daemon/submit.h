/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Submissions under way. A small one in a sealed memory file is read, stored and queued in the turn of its
 * call, so that many at once share one commit. Any other is read and checked by a worker and stored in
 * slices, one submission after the other, so that the loop never waits long; until its last slice nothing of
 * it can be seen.
 */
struct submissions;

struct submissions *submissions_new(struct daemon *daemon);
/* What is under way is given up; its callers get ERR_BUSY. After the loop and its workers have ended. */
struct submissions *submissions_free(struct submissions *submissions);
