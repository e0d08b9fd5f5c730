/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/err.h"

/* A file of one JSON object a line that only ever grows. */
struct jsonl;

/* Opens or makes it. `fn` (may be NULL) gets every line that is there; a last line that was cut off is removed. */
typedef void jsonl_fn(void *data, json_t *line);
int jsonl_open(const char *path, jsonl_fn *fn, void *data, struct jsonl **ret, struct err *err);
/* Adds a line and frees `line`; with `sync` it is on disk when this returns. */
int jsonl_append(struct jsonl *jsonl, json_t *line, bool sync, struct err *err);
struct jsonl *jsonl_free(struct jsonl *jsonl);
