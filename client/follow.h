/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/remote.h"
#include "client/verbs.h"

/*
 * Waits until every lot is final or held, or `timeout_us` (negative: for ever) is over. Nothing is missed in
 * between: it subscribes first and reads then, and when the daemon restarts meanwhile it reads again.
 * *ret_rows: the lots' properties as last seen, in the order of `paths`. Returns the exit status that they
 * mean.
 */
int follow_lots(struct invocation *inv, char *const *paths, size_t n, int64_t timeout_us, json_t **ret_rows,
                struct err *err);

/* What a command that waited for this lot ends with. Pure. */
enum exit_status follow_status(const json_t *lot);
/* The worst of all, which is the largest. Pure. */
enum exit_status follow_status_of_all(const json_t *lots);
