/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/*
 * What a file that was brought as a receipt, and is none, seems to be, for whoever picked it: a sentence that goes on behind
 * the name of the file, with what to do with such a one. A guess by its first bytes; nothing hangs on it. Never NULL, and not
 * to be freed.
 */
const char *file_guess(const void *data, size_t n);
