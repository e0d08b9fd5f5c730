/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * Passwords, which come from a terminal or a file and never from an argument. Free them with wipe_free_str().
 */
enum { PASSWORD_MAX = 255 };

/*
 * Asks without echo on the controlling terminal. ERR_USAGE without a terminal, ERR_FAILED when nothing usable
 * was typed.
 */
int password_ask(const char *prompt, char **ret_password, struct err *err);
/*
 * The first line of a file, "-" being standard input; ERR_INVALID_FILE when it is empty or too long,
 * ERR_UNKNOWN_FILE or ERR_IO when it cannot be opened or is a folder.
 */
int password_read(const char *path, char **ret_password, struct err *err);
