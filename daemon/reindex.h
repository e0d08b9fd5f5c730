/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/* Gives up the reindexing that is under way; its caller gets ERR_BUSY. Before the engine is freed. */
void reindex_stop(struct daemon *daemon);
