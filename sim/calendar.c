/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/calendar.h"

#include <time.h>

static struct tm split(int32_t date)
{
    struct tm tm = {.tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100};
    timegm(&tm); /* brings overlong months and days into range, and finds the day of the week */
    return tm;
}

static int32_t join(const struct tm *tm)
{
    return (tm->tm_year + 1900) * 10000 + (tm->tm_mon + 1) * 100 + tm->tm_mday;
}

int32_t calendar_date(const char *ddmmaaaa)
{
    int32_t n = 0;
    for (int i = 0; i < 8; i++) {
        if (ddmmaaaa[i] < '0' || ddmmaaaa[i] > '9')
            return 0;
        n = n * 10 + (ddmmaaaa[i] - '0');
    }
    int32_t date = n % 10000 * 10000 + n / 10000 % 100 * 100 + n / 1000000;
    struct tm tm = split(date);
    return date / 10000 >= 1900 && join(&tm) == date ? date : 0;
}

int32_t calendar_add(int32_t date, int days)
{
    struct tm tm = split(date);
    tm.tm_mday += days;
    timegm(&tm);
    return join(&tm);
}

static bool holiday(const struct tm *tm)
{
    static const struct {
        int month, day, monday; /* a fixed day, or the n-th Monday of the month */
    } table[] = {{1, 1, 0}, {2, 0, 1}, {3, 0, 3}, {5, 1, 0}, {9, 16, 0}, {11, 0, 3}, {12, 25, 0}};

    for (size_t i = 0; i < ELEMENTSOF(table); i++) {
        if (table[i].month != tm->tm_mon + 1)
            continue;
        if (table[i].monday ? tm->tm_wday == 1 && (tm->tm_mday - 1) / 7 + 1 == table[i].monday
                            : tm->tm_mday == table[i].day)
            return true;
    }
    /* The change of the federal executive, every six years. */
    return tm->tm_mon == 9 && tm->tm_mday == 1 && tm->tm_year >= 124 && (tm->tm_year - 124) % 6 == 0;
}

int32_t calendar_add_working(int32_t date, int n)
{
    while (n > 0) {
        date = calendar_add(date, 1);
        struct tm tm = split(date);
        if (tm.tm_wday != 0 && tm.tm_wday != 6 && !holiday(&tm))
            n--;
    }
    return date;
}
