/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Receipts that people bring (Manager.ImportReceipt). The file is read by a worker, understood by the portal's reader in its
 * confined child, and the engine finds out which lot it is of; each file is one act.
 */
struct imports;

struct imports *imports_new(struct daemon *daemon);
/* What is under way is given up; its callers get ERR_BUSY. After the loop and its workers have ended, before the engine. */
struct imports *imports_free(struct imports *imports);
/* Is a receipt being read? The portal's reader must stay until then. */
bool imports_busy(const struct imports *imports);
