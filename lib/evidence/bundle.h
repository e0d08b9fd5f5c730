/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "evidence/format.h"

/*
 * Reads a bundle, a zip or a folder, that comes from anybody: only plain files with the names that bundles have, no links,
 * nothing twice, nothing encrypted, sizes within bounds. What is not so is ERR_INVALID_FILE, and the text says which.
 */
struct bundle;

struct bundle_file {
    char *name; /* without the zip's folder */
    uint64_t size;
    uint64_t place[2]; /* in the zip; minizip's */
};

/* `fd`, a folder or a file, is taken over. */
int bundle_open(int fd, struct bundle **ret, struct err *err);
struct bundle *bundle_close(struct bundle *bundle);
DEFINE_CLEANUP(struct bundle *, bundle_cleanup, bundle_close)

/* All files, by name. */
const struct bundle_file *bundle_files(const struct bundle *bundle, size_t *ret_n);
const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name); /* or NULL */

/* The bytes, piece by piece. */
typedef int bundle_fn(void *data, const void *bytes, size_t n, struct err *err);
int bundle_stream(struct bundle *bundle, const struct bundle_file *file, bundle_fn *fn, void *data,
                  struct err *err);
/* All of them, appended; ERR_INVALID_FILE also when there is no such file. */
int bundle_read(struct bundle *bundle, const char *name, struct buf *ret, struct err *err);
/* Their SHA-256, hex, a new string. */
int bundle_hash(struct bundle *bundle, const struct bundle_file *file, char **ret, struct err *err);
