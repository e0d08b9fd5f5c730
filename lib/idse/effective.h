/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/calendar.h"
#include "idse/movement.h"

/*
 * The day from which a movement counts that IMSS received on `received` (yyyymmdd), as far as it can be told: its own date,
 * but a late baja ends the relation only the day after it was received, unless it is for death or pension (LSS 37). Late is
 * what IMSS itself said (`extemporaneo`: '1', or '0' for in time), else what the calendar says. Pure.
 *
 * 0 where it has no effect or that is not known: not received yet, rejected or superseded, or, without a verdict of IMSS, in
 * a year that the calendar (which may be NULL) does not cover. One that is received takes this effect when it is approved.
 */
int32_t effective_date(const struct calendar *calendar, const struct movement *movement,
                       enum movement_state state, int32_t received, char extemporaneo);
