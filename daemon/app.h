/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* The daemon as a whole: puts its parts together, runs them, and takes them apart. */
struct app;

struct app_options {
    const char *config_path;
    bool config_must_exist; /* it was named on the command line */
    const char *state;      /* folder */
    const char *key_file;   /* NULL: the service manager's credential, or the configuration's file */
};

/* Opens everything and takes the bus name; when it returns, calls are waiting to be served. */
int app_new(const struct app_options *options, struct app **ret, struct err *err);
/* Until it is told to stop, or the bus goes away; the exit status. */
int app_run(struct app *app);
/*
 * Instead of serving: seals every credential under another key, in one transaction, and makes that key when its file is not
 * there. ERR_BUSY while a daemon works on the same state.
 */
int app_reseal(const struct app_options *options, const char *new_key, struct err *err);
/* What other ways of running share: the state folder, made and locked; where the database is, a new string. */
struct config;
int app_lock_state(const char *state, int *ret_fd, struct err *err);
char *app_store_path(const struct app_options *options, const struct config *config);
struct app *app_free(struct app *app);
DEFINE_CLEANUP(struct app *, app_cleanup, app_free)
