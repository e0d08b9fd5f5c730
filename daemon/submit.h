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

/*
 * A file that nobody hands over by a call. `who` stands in the history and in the lots; the file may have movements of one
 * registro patronal only. All but the descriptor, which is taken over, stays the caller's until `ended`.
 */
struct submit_order {
    const char *who, *name, *rp;
    int fd;
    /* In the write turn that makes the lots, or finds those that the same bytes made before; a failure undoes it. */
    int (*taken)(void *data, const int64_t *lots, size_t n, bool existing, const struct findings *findings,
                 struct err *err);
    /* Once, when that is on disk, or nothing came of it. */
    void (*ended)(void *data, const struct findings *findings, const struct err *err);
    void *data;
};
void submit_ordered(struct daemon *daemon, const struct submit_order *order);

struct submissions *submissions_new(struct daemon *daemon);
/* What is under way is given up; its callers get ERR_BUSY. After the loop and its workers have ended. */
struct submissions *submissions_free(struct submissions *submissions);
