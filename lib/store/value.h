/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* What the engine must remember of the portal and of itself, between one start and the next. */
struct store;

/* Portal lots that are not ours (sent by hand, or by another program), so that their acuse is read only once. */
int store_foreign_add(struct store *store, const char *portal_lot, const char *sha256, struct err *err);
/* 1 when it is known (and its records' hash in *ret_sha256, to be freed), else 0. */
int store_foreign_find(struct store *store, const char *portal_lot, char **ret_sha256, struct err *err);

/* Small named values. */
int store_value_set(struct store *store, const char *name, const char *value,
                    struct err *err); /* NULL deletes */
int store_value_get(struct store *store, const char *name, char **ret,
                    struct err *err); /* 1 and *ret, or 0 */
