/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/retention.h"

#include "base/clock.h"
#include "idse/date.h"

int64_t retention_before_us(int32_t today, int years)
{
    return time_from_date(date_make(date_year(today) - years, 1, 1), 0);
}

int32_t retention_until(int32_t finished, int years)
{
    return date_make(date_year(finished) + years + 1, 1, 1);
}
