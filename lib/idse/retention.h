/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * How long an employer keeps what it sent and what IMSS answered: at least the five years that follow the year of its date
 * (LSS 15-II), so that it goes at the beginning of the sixth.
 */
enum { RETENTION_YEARS = 5 };

/* What was finished before this instant has been kept for `years` years; `today` is yyyymmdd in Mexico. */
int64_t retention_before_us(int32_t today, int years);
/* The first day on which something finished on that day may be erased. */
int32_t retention_until(int32_t finished, int years);
