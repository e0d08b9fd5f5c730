/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/* Civil dates, as the integer yyyymmdd and as the number of days since 1970-01-01; pure. */

int date_days_in_month(int year, int month); /* 1 to 12 */
/* Is it a day of the calendar, 1900 to 9999? */
bool date_valid(int32_t date);
int32_t date_make(int year, int month, int day);
int64_t date_to_days(int32_t date);
int32_t date_from_days(int64_t days);
/* `n` days later, or earlier. */
int32_t date_add(int32_t date, int n);
/* How many days it is from one to the other; negative when `to` comes first. */
int date_between(int32_t from, int32_t to);
/* 0 Sunday … 6 Saturday. */
int date_weekday(int32_t date);
/* "2026-09-28"; `ret` is filled and returned. */
enum { DATE_TEXT_SIZE = 16 };
char *date_text(int32_t date, char ret[DATE_TEXT_SIZE]);
/* "2026-09-28" to a date; false when it is none. */
bool date_from_text(const char *text, int32_t *ret);

static inline int date_year(int32_t date)
{
    return date / 10000;
}
static inline int date_month(int32_t date)
{
    return date / 100 % 100;
}
static inline int date_day(int32_t date)
{
    return date % 100;
}
