/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Lot.GetEvidence. A worker writes a bundle into a file without a name beside the database, so that a large one costs no
 * memory, over a connection of its own, which sees one moment; the loop goes on meanwhile. One is made at a time, since
 * there are few workers; others wait.
 */

/* Those under way or waiting are given up and answered. */
void evidence_stop(struct daemon *daemon);
/* Once no worker runs any more. */
void evidence_free(struct daemon *daemon);
