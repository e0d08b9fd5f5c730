/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

/* A lot's documents (its property Receipts) as rows of receipt_kind; a new reference. */
json_t *receipt_rows(const json_t *lot);
/*
 * The file name of document `index` of the lot on export: "12-987654321-acuse.pdf". `name` is what the daemon
 * calls it; only a harmless extension is taken from it. The first document of a kind has the plain name,
 * further ones their number behind it, so that a name never changes. Pure; a new string.
 */
char *receipt_file_name(const json_t *lot, size_t index, const char *name);
