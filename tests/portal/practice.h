/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/* A running practice portal with a fresh state, for one test; the program is that of the environment's IDSE_SIM. */
struct practice {
    char dir[64]; /* everything of it, removed at the end */
    char *url, *ca_file;
    int pid;
};

void practice_start(struct practice *practice);
void practice_stop(struct practice *practice);
/* The fault script from now on; "" for none. */
void practice_fault(struct practice *practice, const char *rules);
/* A file of the generated credentials: "imss.pfx", "imss.password" … of text without the end of line. The caller's. */
void practice_credential(const struct practice *practice, const char *name, struct buf *ret);
/* How many lots its ledger has. */
size_t practice_ledger(const struct practice *practice);
