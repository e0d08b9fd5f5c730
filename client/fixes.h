/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

struct invocation;

/*
 * Prints rejected movements (as ListMovements gives them) as a table of corrections, with the name and the
 * CURP that IMSS holds where the constancia tells them; on standard error what was taken over, for a person
 * to judge. The exit status.
 */
int fixes_print(const struct invocation *inv, const json_t *movements);
