/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/*
 * Time. Instants are int64_t microseconds; a name ends in `_us`. Two clocks, never mixed:
 *   wall: since 1970-01-01 UTC; for receipts, legal deadlines and what people read; it may jump;
 *   boot: since boot, running on through suspend (CLOCK_BOOTTIME); for due times and time-outs.
 * Code takes a `struct clock *` instead of asking the kernel, so that a test can hold time in its hand.
 */
#define US_PER_MS   INT64_C(1000)
#define US_PER_S    INT64_C(1000000)
#define US_PER_MIN  (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MIN)
#define US_PER_DAY  (24 * US_PER_HOUR)

struct clock {
    int64_t (*wall_us)(const struct clock *clock);
    int64_t (*boot_us)(const struct clock *clock);
};

/* The kernel's clocks. */
extern const struct clock clock_system;

static inline int64_t clock_wall_us(const struct clock *clock)
{
    return clock->wall_us(clock);
}
static inline int64_t clock_boot_us(const struct clock *clock)
{
    return clock->boot_us(clock);
}

/* "2026-11-01T09:30:00-06:00" for people and JSON, in America/Mexico_City whatever the process's own zone; new string. */
char *time_format_iso(int64_t wall_us);
/* "2026-11-01 09:30", same zone; new string. */
char *time_format_short(int64_t wall_us);
/* Civil date in America/Mexico_City as the integer yyyymmdd. */
int32_t time_to_date(int64_t wall_us);
/* First instant of a civil date (yyyymmdd) plus minutes into the day, in America/Mexico_City. */
int64_t time_from_date(int32_t date, int minutes);
