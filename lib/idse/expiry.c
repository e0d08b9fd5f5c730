/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/expiry.h"

#include "base/clock.h"

static const int days_before[_EXPIRY_MAX] = {
    [EXPIRY_60_DAYS] = 60, [EXPIRY_30_DAYS] = 30, [EXPIRY_15_DAYS] = 15,
    [EXPIRY_7_DAYS] = 7,   [EXPIRY_1_DAY] = 1,    [EXPIRY_TODAY] = 0,
};

/* Noon of the instant's day: far enough from both ends that a change of the hour moves it to no other day. */
static int64_t noon_us(int64_t at_us)
{
    return time_from_date(time_to_date(at_us), 12 * 60);
}

static int64_t begins_us(int64_t not_after_us, enum expiry_stage stage)
{
    if (stage == EXPIRY_OVER)
        return not_after_us;
    return time_from_date(time_to_date(noon_us(not_after_us) - days_before[stage] * US_PER_DAY), 0);
}

enum expiry_stage expiry_stage(int64_t not_after_us, int64_t now_us)
{
    enum expiry_stage stage = EXPIRY_OVER;
    while (stage > EXPIRY_FAR && now_us < begins_us(not_after_us, stage))
        stage--;
    return stage;
}

int64_t expiry_next_us(int64_t not_after_us, int64_t now_us)
{
    enum expiry_stage stage = expiry_stage(not_after_us, now_us);
    return stage == EXPIRY_OVER ? 0 : begins_us(not_after_us, stage + 1);
}

int expiry_days(int64_t not_after_us, int64_t now_us)
{
    int64_t apart_us = noon_us(not_after_us) - noon_us(now_us);
    return (int)((apart_us + (apart_us < 0 ? -1 : 1) * US_PER_DAY / 2) / US_PER_DAY);
}
