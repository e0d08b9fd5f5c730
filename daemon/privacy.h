/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * What the law says of people's data: it is handed over to whom it concerns, erased when they ask for it and it need not be
 * kept any more (Manager.ExportWorker, EraseWorker), and erased by itself after [Privacy] RetainYears. Erasing takes many
 * turns; what was begun goes on after a restart.
 */
struct privacy *privacy_new(struct daemon *daemon);
struct privacy *privacy_free(struct privacy *privacy);
/* The configuration or the clock changed: looks again what is to be erased. */
void privacy_ask(struct privacy *privacy);
