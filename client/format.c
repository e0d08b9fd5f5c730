/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/format.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/text.h"

char *format_count(uint64_t n)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_add_char(&out, ',');
        buf_add_char(&out, digits[i]);
    }
    return buf_steal(&out, NULL);
}

char *format_money(uint64_t centavos)
{
    _cleanup_free_ char *pesos = format_count(centavos / 100);
    return xasprintf("%s.%02u", pesos, (unsigned)(centavos % 100));
}

char *format_date(uint32_t date)
{
    return date ? xasprintf("%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100) : xstrdup("");
}

char *format_span(int64_t us)
{
    unsigned long long s = (unsigned long long)(MAX(us, 0) / US_PER_S);
    if (s < 60)
        return xasprintf(_("%llu s"), s);
    if (s < 3600)
        return xasprintf(_("%llu min"), s / 60);
    if (s < 48 * 3600)
        return xasprintf(_("%llu h %llu min"), s / 3600, s / 60 % 60);
    return xasprintf(_("%llu days"), s / 86400);
}

bool parse_date(const char *text, uint32_t *ret)
{
    char digits[9];
    size_t n = 0;
    for (size_t i = 0; text[i]; i++) {
        if (text[i] == '-' && strlen(text) == 10 && (i == 4 || i == 7))
            continue;
        if (n == 8)
            return false;
        digits[n++] = text[i];
    }
    digits[n] = '\0';
    uint64_t date;
    if (n != 8 || !str_to_uint(digits, 99991231, &date) || date < 19000101)
        return false;
    /* A day that is not in the calendar comes back as another one. */
    if (time_to_date(time_from_date((int32_t)date, 12 * 60)) != (int32_t)date)
        return false;
    *ret = (uint32_t)date;
    return true;
}

/* "08:00" in minutes; false when it is no time of a day. */
static bool parse_time(const char *text, int *ret_minutes)
{
    uint64_t hours, minutes;
    if (strlen(text) != 5 || text[2] != ':')
        return false;
    _cleanup_free_ char *first = xstrndup(text, 2);
    if (!str_to_uint(first, 23, &hours) || !str_to_uint(text + 3, 59, &minutes))
        return false;
    *ret_minutes = (int)(hours * 60 + minutes);
    return true;
}

bool parse_when(const char *text, int64_t now_us, int64_t *ret_us)
{
    int64_t span_us;
    int minutes;
    uint32_t date;
    if (text[0] == '+') {
        if (!parse_span(text + 1, &span_us))
            return false;
        *ret_us = now_us + span_us;
        return true;
    }
    if (parse_time(text, &minutes)) {
        int64_t today_us = time_from_date(time_to_date(now_us), minutes);
        int64_t noon_us = time_from_date(time_to_date(now_us), 12 * 60);
        *ret_us = today_us > now_us ? today_us : time_from_date(time_to_date(noon_us + US_PER_DAY), minutes);
        return true;
    }
    _cleanup_free_ char *day = xstrndup(text, 10);
    if (strlen(text) != 16 || (text[10] != ' ' && text[10] != 'T') || !parse_date(day, &date) ||
        !parse_time(text + 11, &minutes))
        return false;
    *ret_us = time_from_date((int32_t)date, minutes);
    return true;
}

bool parse_span(const char *text, int64_t *ret_us)
{
    static const struct {
        char suffix;
        int64_t us;
    } units[] = {{'s', US_PER_S}, {'m', US_PER_MIN}, {'h', US_PER_HOUR}};
    _cleanup_free_ char *number = xstrdup(text);
    size_t len = strlen(number);
    int64_t unit = US_PER_S;
    for (size_t i = 0; i < ELEMENTSOF(units); i++)
        if (len > 0 && number[len - 1] == units[i].suffix) {
            unit = units[i].us;
            number[--len] = '\0';
            break;
        }
    uint64_t n;
    if (!str_to_uint(number, (uint64_t)(365 * US_PER_DAY / unit), &n))
        return false;
    *ret_us = (int64_t)n * unit;
    return true;
}
