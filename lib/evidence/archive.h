/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * A zip of documents that somebody downloaded, as the portal gives results. Nothing is believed of it: names are for people
 * only, nothing is unpacked to a disk, and nothing grows beyond what is said. The descriptor stays the caller's; its position
 * is not used. May wait for a disk; safe in a worker thread. Errors are ERR_INVALID_FILE with a sentence, or ERR_TOO_LARGE.
 */
enum { ARCHIVE_ENTRIES_MAX = 1000 };

/*
 * The names of what is in it, in its order, folders as empty strings; UTF-8, fit to be shown. *ret_n at most
 * ARCHIVE_ENTRIES_MAX; archive_names_free() frees them.
 */
int archive_list(int fd, char ***ret_names, size_t *ret_n, struct err *err);
char **archive_names_free(char **names, size_t n);
/* The bytes of the entry with this index in that list, of at most `max`, into an empty buffer. */
int archive_read(int fd, size_t index, size_t max, struct buf *ret, struct err *err);
