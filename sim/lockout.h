/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * Accounts lock after three wrong passwords in a row. A lock is a file named after the certificate's fingerprint in one
 * folder, so that it survives a restart and a person unlocks the account by removing it.
 */
struct lockout;

int lockout_open(const char *dir, struct lockout **ret, struct err *err);
struct lockout *lockout_free(struct lockout *lockout);
bool lockout_locked(const struct lockout *lockout, const char *fingerprint);
/* Counts a wrong password; ERR_IO when the lock cannot be written. */
int lockout_failed(struct lockout *lockout, const char *fingerprint, struct err *err);
/* A right one: the count starts again. */
void lockout_passed(struct lockout *lockout, const char *fingerprint);
