/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * When people are warned that a certificate ends: 60, 30, 15, 7 and 1 days before, on the day, and when it has ended. Days
 * are those of the calendar in Mexico City, so that "tomorrow" is what people mean by it.
 */
enum expiry_stage {
    EXPIRY_FAR,
    EXPIRY_60_DAYS,
    EXPIRY_30_DAYS,
    EXPIRY_15_DAYS,
    EXPIRY_7_DAYS,
    EXPIRY_1_DAY,
    EXPIRY_TODAY,
    EXPIRY_OVER,
    _EXPIRY_MAX
};

/* The stage that a certificate valid until `not_after_us` has reached. */
enum expiry_stage expiry_stage(int64_t not_after_us, int64_t now_us);
/* The instant at which the next stage begins; 0 when there is none any more. */
int64_t expiry_next_us(int64_t not_after_us, int64_t now_us);
/* How many days of the calendar are left; 0 on the last one, negative after it. */
int expiry_days(int64_t not_after_us, int64_t now_us);
