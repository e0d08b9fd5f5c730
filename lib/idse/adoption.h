/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/receipt.h"

/*
 * Adopting the past: lots that others sent, known from their receipts alone. What a document does not print stays empty,
 * and nothing is made up in its place.
 */

/*
 * A movement of which only this row of a constancia is known, in the lot of this registro patronal (11 characters). A
 * constancia has the name in one piece, not as three fields, and of a rejected movement neither date nor salary: names are
 * empty (the one in the constancia is IMSS's), the date is 0, the salary 0.
 */
void adoption_movement(const struct constancia_row *row, const char *rp, struct movement *ret);
/*
 * Holds a constancia against itself: do its totals agree with its rows? As constancia_match() with what the rows say was
 * sent; on success *ret_row is the row of each, in their order. ERR_UNREADABLE_RECEIPT also when it has no row.
 */
int adoption_check(const struct constancia *constancia, size_t **ret_row, size_t *ret_n, struct err *err);
/*
 * Whose result a CSV of the portal is, by the headings that name a number of lot and a registro patronal. 1 with both
 * as new strings (*ret_rp NULL where there is no such column), 0 when it does not say, or names several.
 */
int adoption_csv_lot(const void *data, size_t n, char **ret_portal_lot, char **ret_rp);
