/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/intake.h"

/* What intake.c shares: the order of what one worker has in a file. */

/* Puts the events in their order, and the records of lots that have no control record yet where they are to be. */
void intake_order(struct intake *intake, const struct intake_options *options);
/* The lot has one movement more. */
void intake_lot_count(struct intake_lot *lot, enum movement_type type, int32_t deadline);
