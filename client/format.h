/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/* Values as people read and type them; pure. Every char * that is returned is a new string. */

/* 1234567 as "1,234,567". */
char *format_count(uint64_t n);
/* Centavos as "1,234.56". */
char *format_money(uint64_t centavos);
/* yyyymmdd as "2026-11-02"; "" for 0. */
char *format_date(uint32_t date);
/*
 * A length of time, coarse enough to read at a glance: "40 s", "5 min", "3 h 10 min", "12 days". Negative
 * counts as 0.
 */
char *format_span(int64_t us);

/* "2026-11-02" or "20261102" as yyyymmdd; false when it is no day of the calendar. */
bool parse_date(const char *text, uint32_t *ret);
/* Seconds as "90", or with a unit as "90s", "5m", "2h", in microseconds; at most a year. */
bool parse_span(const char *text, int64_t *ret_us);
/*
 * An instant in Mexico City: "2026-12-01 08:00" (or with T between them), "08:00" for the next time that it
 * is so late, or "+2h" for so long after `now_us`. False for anything else.
 */
bool parse_when(const char *text, int64_t now_us, int64_t *ret_us);
