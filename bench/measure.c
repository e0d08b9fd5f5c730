/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/measure.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

double measure_now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void measure_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(EXIT_FAILURE);
}

void measure_must(int r, const struct err *err, const char *what)
{
    if (r < 0)
        measure_fail(what, err_text(err));
}

void measure_note(struct measure *measure, double ours_s, double baseline_s)
{
    measure->ours[measure->n] = ours_s;
    measure->baseline[measure->n] = baseline_s;
    measure->n++;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_median(const double *values, int n)
{
    double sorted[MEASURE_ROUNDS];
    memcpy(sorted, values, (size_t)n * sizeof(*values));
    qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Of what each round's values make, divided; NULL stands for 1. */
static double median(const double *above, const double *below, int n)
{
    double values[MEASURE_ROUNDS];
    for (int i = 0; i < n; i++)
        values[i] = above[i] / (below ? below[i] : 1);
    return measure_median(values, n);
}

static void print(const char *name, double ratio, double ours, const char *unit, double baseline,
                  const char *baseline_unit)
{
    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"figure\":\"%.*f %s\",\"baseline\":\"%.*f %s\"}\n", name, ratio,
           ours < 100, ours, unit, baseline < 100, baseline, baseline_unit);
    fflush(stdout);
}

void measure_print_speed(const char *name, const struct measure *measure, double amount, const char *unit,
                         const char *baseline_unit)
{
    print(name, median(measure->baseline, measure->ours, measure->n),
          amount / median(measure->ours, NULL, measure->n), unit,
          amount / median(measure->baseline, NULL, measure->n), baseline_unit);
}

void measure_print_cost(const char *name, const struct measure *measure, double amount, const char *unit,
                        const char *baseline_unit)
{
    print(name, median(measure->ours, measure->baseline, measure->n),
          median(measure->ours, NULL, measure->n) * 1e6 / amount, unit,
          median(measure->baseline, NULL, measure->n) * 1e6 / amount, baseline_unit);
}
