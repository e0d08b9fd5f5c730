/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/app.h"
#include "daemon/daemon.h"

/*
 * Copies of the database. Manager.Backup makes one while the daemon works: a worker copies over a connection of its own into a
 * file beside the database, which loses its name before its descriptor is passed on; where it ends up is the caller's affair.
 */
struct backup;

/* Removes what a backup that died left beside the database. */
void backup_sweep(const char *store_path);
/* The one under way, if any, gives up. */
void backup_stop(struct daemon *daemon);
/* Once no worker runs any more. */
struct backup *backup_free(struct backup *backup);

/*
 * Instead of serving: puts a copy into the place of the database, which must be empty. ERR_BUSY while a daemon works on the
 * same state. Its first start holds everything, see daemon/home.h.
 */
int restore(const struct app_options *options, const char *file, struct err *err);
