/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * Working days (días hábiles): Monday to Friday without the days of rest of LFT 74 and those that IMSS publishes. They
 * are data, calendar.conf:
 *   [Calendar]  From and Until, the years that the file speaks for
 *   [Holidays]  "name = RULE", where RULE is "25 December" or "first Monday of February" (to third, of any weekday), and
 *               may go on with "every 6 years from 2024" and with "until 2018"
 *   [Days]      "2026-04-02 = name", single days
 */
struct calendar;

struct calendar *calendar_new(void);
struct calendar *calendar_free(struct calendar *calendar);
DEFINE_CLEANUP(struct calendar *, calendar_cleanup, calendar_free)
/* Adds a file's text to what is there; From and Until only ever widen. ERR_CONFIG with `name` and line. */
int calendar_parse(struct calendar *calendar, const char *name, const char *text, struct err *err);

/* Is the day in a covered year? ERR_CONFIG, saying what to add, when it is not. */
int calendar_covers(const struct calendar *calendar, int32_t date, struct err *err);
/* The holiday's name, or NULL. Only the days of a covered year are known. */
const char *calendar_holiday(const struct calendar *calendar, int32_t date);
bool calendar_is_working_day(const struct calendar *calendar, int32_t date);
/* The n-th working day after `date`, or before it for a negative n; `date` itself for 0. */
int calendar_add(const struct calendar *calendar, int32_t date, int n, int32_t *ret, struct err *err);
