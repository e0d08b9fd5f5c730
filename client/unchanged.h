/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "client/remote.h"

/* What of a lot's rejected movements would go to IMSS again just as it was. */
struct unchanged {
    size_t rejected, n; /* of so many rejected movements, so many */
    struct buf numbers; /* "1, 4, 9 …": their numbers in the lot */
};

/*
 * Of the lot with these properties, when it is corrected with this table (NULL: with none). Nothing is
 * unchanged where the daemon will refuse the table, or the lot, and then it says why.
 */
int unchanged_find(struct remote *remote, const char *path, const json_t *lot, const struct buf *fixes,
                   struct unchanged *ret, struct err *err);
void unchanged_free(struct unchanged *unchanged);
