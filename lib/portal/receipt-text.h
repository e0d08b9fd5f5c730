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
 * patronal (with its check digit or without) and of this lot, or of its first one, are read; of the others it is noted whose
 * they are. Where no head is of that lot, those of its registro patronal; without one, and where no head is of it, those
 * of the first head: the caller sees whose they are.
 */
int constancia_read_of(const struct layout *layout, const struct receipt_owner *whose, struct constancia *ret,
                       struct err *err);
