/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct invocation;

/* A lot's documents (its property Receipts) as rows of receipt_kind; a new reference. */
json_t *receipt_rows(const json_t *lot);
/*
 * The file name of document `index` of the lot on export: "12-987654321-acuse.pdf". `name` is what the daemon
 * calls it; only a harmless extension is taken from it. The first document of a kind has the plain name,
 * further ones their number behind it, so that a name never changes. Pure; a new string.
 */
char *receipt_file_name(const json_t *lot, size_t index, const char *name);
/*
 * Writes a file that a person asked for. One that is there is only replaced with --force; one that holds
 * these very bytes counts as written.
 */
int document_write(const struct invocation *inv, const char *path, const struct buf *bytes, struct err *err);
