/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/movement.h"

/* The name of a worker as IMSS prints it: apellidos and names in one text. */

/*
 * Is it another than the movement's? Case, accents, blanks, and the ways in which Ñ travels (Ñ, N, #), are no difference.
 * False when the name is NULL or empty.
 */
bool imss_name_differs(const struct movement *movement, const char *name);
/*
 * Puts it into the three fields of the movement, each with as many words as it had. False, and nothing is changed, when
 * the words do not come out even or a field would not hold them: then only a person can say which word goes where.
 */
bool imss_name_apply(struct movement *movement, const char *name);
