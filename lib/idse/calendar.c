/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/calendar.h"

#include <ini.h>
#include <stdio.h>
#include <strings.h>

#include "base/text.h"
#include "idse/date.h"

/* A day that comes back: a fixed one, or the n-th weekday of a month. */
struct holiday {
    char *name;
    int month, day;   /* day 0: by weekday */
    int nth, weekday; /* 1…5, 0…6 */
    int every, from;  /* only every so many years, one of them being `from`; 0: each year */
    int until;        /* last year; 0: for ever */
};

struct single_day {
    int32_t date;
    char *name;
};

struct calendar {
    int from, until; /* years; 0: nothing is covered */
    struct holiday *holidays;
    size_t n_holidays;
    struct single_day *days;
    size_t n_days;
};

struct calendar *calendar_new(void)
{
    return xcalloc(1, sizeof(struct calendar));
}

static void cut(struct calendar *calendar, size_t holidays, size_t days)
{
    while (calendar->n_holidays > holidays)
        free(calendar->holidays[--calendar->n_holidays].name);
    while (calendar->n_days > days)
        free(calendar->days[--calendar->n_days].name);
}

struct calendar *calendar_free(struct calendar *calendar)
{
    if (!calendar)
        return NULL;
    cut(calendar, 0, 0);
    free(calendar->holidays);
    free(calendar->days);
    free(calendar);
    return NULL;
}

/* ---- rules in words ---- */

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth"};

static int word_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(word, words[i]) == 0)
            return (int)i;
    return -1;
}

static bool parse_day(const char *rule, struct holiday *ret, int *ret_used)
{
    char a[16], b[16], c[16];
    int day;
    if (sscanf(rule, "%d %15s%n", &day, a, ret_used) == 2) {
        ret->month = word_of(a, months, ELEMENTSOF(months)) + 1;
        ret->day = day;
        return ret->month > 0 && day >= 1 && day <= date_days_in_month(2024, ret->month);
    }
    if (sscanf(rule, "%15s %15s of %15s%n", a, b, c, ret_used) != 3)
        return false;
    ret->nth = word_of(a, ordinals, ELEMENTSOF(ordinals)) + 1;
    ret->weekday = word_of(b, weekdays, ELEMENTSOF(weekdays));
    ret->month = word_of(c, months, ELEMENTSOF(months)) + 1;
    return ret->nth > 0 && ret->weekday >= 0 && ret->month > 0;
}

static bool parse_rule(const char *rule, struct holiday *ret)
{
    int used = 0, more = 0;
    if (!parse_day(rule, ret, &used))
        return false;
    rule += used;
    if (sscanf(rule, " every %d years from %d%n", &ret->every, &ret->from, &more) == 2)
        rule += more;
    more = 0;
    if (sscanf(rule, " until %d%n", &ret->until, &more) == 1)
        rule += more;
    return rule[strspn(rule, " \t")] == '\0' && ret->every >= 0;
}

static bool falls_on(const struct holiday *holiday, int32_t date)
{
    int year = date_year(date), day = date_day(date);
    if (holiday->month != date_month(date) || (holiday->until > 0 && year > holiday->until))
        return false;
    if (holiday->every > 0 && (year < holiday->from || (year - holiday->from) % holiday->every != 0))
        return false;
    if (holiday->day > 0)
        return holiday->day == day;
    return holiday->weekday == date_weekday(date) && (day - 1) / 7 + 1 == holiday->nth;
}

/* ---- the file ---- */

struct parse {
    struct calendar *calendar;
    struct err *err; /* of the first line that is wrong */
    int from, until;
};

static bool take_year(struct parse *parse, const char *name, const char *value)
{
    int *year = streq(name, "From") ? &parse->from : streq(name, "Until") ? &parse->until : NULL;
    uint64_t number;
    if (!year)
        err_set(parse->err, ERR_CONFIG, _("there is no key '%s'"), name);
    else if (!str_to_uint(value, 2199, &number) || number < 1943)
        err_set(parse->err, ERR_CONFIG, _("'%s' is not a year"), value);
    else {
        *year = (int)number;
        return true;
    }
    return false;
}

static bool take_holiday(struct parse *parse, const char *name, const char *rule)
{
    struct calendar *calendar = parse->calendar;
    struct holiday holiday = {0};
    if (!parse_rule(rule, &holiday)) {
        err_set(parse->err, ERR_CONFIG, _("'%s' is not a rule for a holiday"), rule);
        return false;
    }
    calendar->holidays =
        xreallocarray(calendar->holidays, calendar->n_holidays + 1, sizeof(*calendar->holidays));
    holiday.name = xstrdup(name);
    calendar->holidays[calendar->n_holidays++] = holiday;
    return true;
}

static bool take_day(struct parse *parse, const char *name, const char *value)
{
    struct calendar *calendar = parse->calendar;
    int32_t date;
    if (!date_from_text(name, &date)) {
        err_set(parse->err, ERR_CONFIG, _("'%s' is not a date YYYY-MM-DD"), name);
        return false;
    }
    calendar->days = xreallocarray(calendar->days, calendar->n_days + 1, sizeof(*calendar->days));
    calendar->days[calendar->n_days++] = (struct single_day){date, xstrdup(value)};
    return true;
}

static int take(void *data, const char *section, const char *name, const char *value)
{
    struct parse *parse = data;
    if (streq(section, "Calendar"))
        return take_year(parse, name, value);
    if (streq(section, "Holidays"))
        return take_holiday(parse, name, value);
    if (streq(section, "Days"))
        return take_day(parse, name, value);
    err_set(parse->err, ERR_CONFIG, _("there is no section [%s]"), section);
    return 0;
}

int calendar_parse(struct calendar *calendar, const char *name, const char *text, struct err *err)
{
    _cleanup_err_ struct err why = ERR_INIT;
    struct parse parse = {.calendar = calendar, .err = &why};
    size_t holidays = calendar->n_holidays, days = calendar->n_days;
    int line = ini_parse_string(text, take, &parse);
    if (line == 0) {
        bool new = calendar->from == 0;
        if (parse.from > 0)
            calendar->from = new ? parse.from : MIN(calendar->from, parse.from);
        if (parse.until > 0)
            calendar->until = MAX(calendar->until, parse.until);
        return 0;
    }
    cut(calendar, holidays, days);
    if (why.code == ERR_NONE)
        err_set(&why, ERR_CONFIG, _("neither a [Section] nor Key=value"));
    err_prefix(&why, "%s:%d", name, line);
    return err_move(err, &why);
}

/* ---- what a day is ---- */

int calendar_covers(const struct calendar *calendar, int32_t date, struct err *err)
{
    int year = date_year(date);
    if (year >= calendar->from && year <= calendar->until)
        return 0;
    return err_set(err, ERR_CONFIG,
                   _("calendar.conf does not cover %d; set From or Until in /etc/idsed/calendar.conf"), year);
}

const char *calendar_holiday(const struct calendar *calendar, int32_t date)
{
    for (size_t i = 0; i < calendar->n_holidays; i++)
        if (falls_on(&calendar->holidays[i], date))
            return calendar->holidays[i].name;
    for (size_t i = 0; i < calendar->n_days; i++)
        if (calendar->days[i].date == date)
            return calendar->days[i].name;
    return NULL;
}

bool calendar_is_working_day(const struct calendar *calendar, int32_t date)
{
    int weekday = date_weekday(date);
    return weekday >= 1 && weekday <= 5 && !calendar_holiday(calendar, date);
}

int calendar_add(const struct calendar *calendar, int32_t date, int n, int32_t *ret, struct err *err)
{
    int step = n < 0 ? -1 : 1, r = calendar_covers(calendar, date, err);
    while (r >= 0 && n != 0) {
        date = date_add(date, step);
        r = calendar_covers(calendar, date, err);
        if (r >= 0 && calendar_is_working_day(calendar, date))
            n -= step;
    }
    if (r < 0)
        return r;
    *ret = date;
    return 0;
}
