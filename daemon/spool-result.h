/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "store/store.h"

/* What is told of a file of the spool, as JSON; docs/reference.md lists the members. */

struct spool_told {
    const char *file, *rp, *who;
    int64_t at_us;
    bool existing;
    const struct findings *findings; /* may be NULL */
    const int64_t *lots;
    size_t n_lots;
    const struct err *err; /* it was refused; NULL: it was taken */
};
/* A new string. */
char *spool_result(const struct spool_told *told);
/* The same with what its lots do now in the place of their numbers; a new string. */
int spool_result_now(struct store *store, const struct store_spool_file *file, char **ret, struct err *err);
