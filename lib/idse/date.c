/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/date.h"

#include <stdio.h>

#include "base/text.h"

int date_days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool date_valid(int32_t date)
{
    int year = date_year(date), month = date_month(date), day = date_day(date);
    return year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= date_days_in_month(year, month);
}

int32_t date_make(int year, int month, int day)
{
    return year * 10000 + month * 100 + day;
}

/* Years that begin in March have their odd day at the end, so that months need no table. */
int64_t date_to_days(int32_t date)
{
    int64_t year = date_year(date), month = date_month(date);
    year -= month <= 2;
    int64_t months = (month + 9) % 12;
    int64_t day_of_year = (153 * months + 2) / 5 + date_day(date) - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

int32_t date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = days / 146097, day_of_era = days % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t months = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * months + 2) / 5 + 1, month = months < 10 ? months + 3 : months - 9;
    return date_make((int)(era * 400 + year_of_era + (month <= 2)), (int)month, (int)day);
}

int32_t date_add(int32_t date, int n)
{
    return date_from_days(date_to_days(date) + n);
}

int date_between(int32_t from, int32_t to)
{
    return (int)(date_to_days(to) - date_to_days(from));
}

/* The first of 1970 was a Thursday. */
int date_weekday(int32_t date)
{
    return (int)((date_to_days(date) % 7 + 7 + 4) % 7);
}

char *date_text(int32_t date, char ret[DATE_TEXT_SIZE])
{
    uint32_t rest = (uint32_t)date;
    strcpy(ret, "0000-00-00");
    for (int i = 9; i >= 0; i--)
        if (ret[i] != '-') {
            ret[i] = (char)('0' + rest % 10);
            rest /= 10;
        }
    return ret;
}

bool date_from_text(const char *text, int32_t *ret)
{
    char digits[9];
    uint64_t date;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    snprintf(digits, sizeof(digits), "%.4s%.2s%.2s", text, text + 5, text + 8);
    if (!str_to_uint(digits, 99991231, &date) || !date_valid((int32_t)date))
        return false;
    *ret = (int32_t)date;
    return true;
}
