/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * What the measuring programs share: a clock, rounds in which the baseline and ours take turns, and the line of JSON that
 * bench/run reads. Machines drift within minutes, so only what ran in the same round is compared: the ratio is the
 * median of the rounds' ratios.
 */
enum { MEASURE_ROUNDS = 31 }; /* at most */

struct measure {
    int n;
    double ours[MEASURE_ROUNDS], baseline[MEASURE_ROUNDS]; /* seconds */
};

double measure_now_s(void);
/* Ends the program. */
_Noreturn void measure_fail(const char *what, const char *why);
/* Ends the program when r is negative. */
void measure_must(int r, const struct err *err, const char *what);
/* The seconds that each side took for the same amount of work. */
void measure_note(struct measure *measure, double ours_s, double baseline_s);
double measure_median(const double *values, int n);
/*
 * Prints the line: speed as amounts a second, where more is better and the ratio is ours to the baseline's; or cost as
 * microseconds for each, where less is better.
 */
void measure_print_speed(const char *name, const struct measure *measure, double amount, const char *unit,
                         const char *baseline_unit);
void measure_print_cost(const char *name, const struct measure *measure, double amount, const char *unit,
                        const char *baseline_unit);
