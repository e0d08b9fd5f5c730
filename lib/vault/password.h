/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * Passwords of users, as salted scrypt hashes. A hash is one line of text that carries its own parameters and salt, so
 * that old ones still open when the parameters rise. Hashing takes tens of milliseconds and 32 MiB: do it in a worker.
 */
enum { PASSWORD_LEAST_CHARACTERS = 10, PASSWORD_MOST_BYTES = 255 };

/*
 * The rules for a new one, which is NUL-terminated UTF-8: at least PASSWORD_LEAST_CHARACTERS, not the user's own name, and
 * none of the `common` ones, a text of one password per line, "#" beginning a comment (NULL: none are known). Case
 * is no difference. ERR_WEAK_PASSWORD names the rule broken.
 */
int password_check(const char *password, const char *user, const char *common, struct err *err);
/* The hash, with a fresh salt and today's parameters; a new string. */
char *password_hash(const char *password);
/*
 * Is it this password? In constant time for a given hash. With hash NULL, which stands for a user that does not exist, the
 * same work is done and the answer is no.
 */
bool password_verify(const char *hash, const char *password);
/* Was it hashed with lower parameters than today's, so that it should be hashed anew when the password is next known? */
bool password_is_stale(const char *hash);
