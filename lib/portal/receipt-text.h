/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/receipt.h"
#include "portal/layout.h"

/*
 * The acuse and the constancia, read off their words. Pure functions; safe in a worker thread. What is not understood is
 * ERR_UNREADABLE_RECEIPT with page and line in the text, never a guess.
 */
int acuse_read(const struct layout *layout, struct acuse *ret, struct err *err);
int constancia_read(const struct layout *layout, struct constancia *ret, struct err *err);
/*
 * A document can be of several employers, each with a head of its own: only the rows below the heads of this registro
 * patronal (with its check digit or without) and of its first lot are read, the others counted. Without `rp`, and where
 * no head is of it, those of the first head.
 */
int constancia_read_of(const struct layout *layout, const char *rp, struct constancia *ret, struct err *err);
