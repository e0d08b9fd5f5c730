/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <time.h>

#include "base/util.h"

static int64_t read_clock_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

static int64_t system_wall_us(const struct clock *clock)
{
    return read_clock_us(CLOCK_REALTIME);
}

static int64_t system_boot_us(const struct clock *clock)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

const struct clock clock_system = {.wall_us = system_wall_us, .boot_us = system_boot_us};

/*
 * Central Mexico abolished daylight saving with the decree of 28 October 2022; before that it followed the first Sunday
 * of April to the last Sunday of October, 02:00 local standard time. The rule is written out because the zone of the
 * process may be another one and libc converts only to that; the dates here start with the decree of 2002.
 */
static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01 of a civil date. */
static int64_t days_from_civil(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return timegm(&tm) / 86400;
}

static int sunday_of(int year, int month, bool last)
{
    int day = last ? days_in_month(year, month) : 7;
    int weekday = (int)((days_from_civil(year, month, day) + 4) % 7); /* 1970-01-01 was a Thursday */
    return day - weekday;
}

static int64_t offset_s(int64_t utc_s)
{
    const int64_t standard = -6 * 3600;
    time_t local = utc_s + standard;
    struct tm tm;
    gmtime_r(&local, &tm);
    int year = tm.tm_year + 1900;
    if (year < 2002 || year > 2022)
        return standard;
    int64_t start = days_from_civil(year, 4, sunday_of(year, 4, false)) * 86400 + 2 * 3600 - standard;
    int64_t end = days_from_civil(year, 10, sunday_of(year, 10, true)) * 86400 + 1 * 3600 - standard;
    return utc_s >= start && utc_s < end ? standard + 3600 : standard;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static struct tm local_tm(int64_t wall_us, int64_t *ret_offset)
{
    int64_t utc_s = floor_div(wall_us, US_PER_S);
    int64_t offset = offset_s(utc_s);
    time_t local = utc_s + offset;
    struct tm tm;
    gmtime_r(&local, &tm);
    if (ret_offset)
        *ret_offset = offset;
    return tm;
}

char *time_format_iso(int64_t wall_us)
{
    int64_t offset;
    struct tm tm = local_tm(wall_us, &offset);
    return xasprintf("%04d-%02d-%02dT%02d:%02d:%02d-%02d:00", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                     tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(-offset / 3600));
}

char *time_format_short(int64_t wall_us)
{
    struct tm tm = local_tm(wall_us, NULL);
    return xasprintf("%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                     tm.tm_min);
}

int32_t time_to_date(int64_t wall_us)
{
    struct tm tm = local_tm(wall_us, NULL);
    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

int64_t time_from_date(int32_t date, int minutes)
{
    int64_t local_s = days_from_civil(date / 10000, date / 100 % 100, date % 100) * 86400 + minutes * 60;
    int64_t utc_s = local_s + 6 * 3600;
    return (local_s - offset_s(utc_s)) * US_PER_S;
}
