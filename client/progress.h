/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/verbs.h"

/* A bar on standard error while something takes long; on a terminal only, and not with --quiet. */
struct progress;

/* NULL where nobody would see it; the other functions accept that. */
struct progress *progress_open(const struct invocation *inv);
/* Redraws: `done` of `total`, and what is going on. */
void progress_show(struct progress *progress, size_t done, size_t total, const char *text);
/* Makes room for something else to be said; the next progress_show() draws it again. */
void progress_hide(struct progress *progress);
/* Leaves an empty line behind. */
struct progress *progress_close(struct progress *progress);
DEFINE_CLEANUP(struct progress *, progress_cleanup, progress_close)

/* The bar itself, `width` characters for `done` of `total`: "[#####.....]"; pure, a new string. */
char *progress_bar(size_t done, size_t total, size_t width);
