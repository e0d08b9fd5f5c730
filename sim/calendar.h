/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/* Days as the practice portal counts them; dates are yyyymmdd. Working days: Monday to Friday without those of LFT 74. */

/* From DDMMAAAA; 0 when it is no day of the calendar. */
int32_t calendar_date(const char *ddmmaaaa);
/* The date n days on (or back). */
int32_t calendar_add(int32_t date, int days);
/* The n-th working day after `date`. */
int32_t calendar_add_working(int32_t date, int n);
