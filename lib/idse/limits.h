/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * The bounds of the salario base de cotización (LSS 28): at least the minimum wage of the area, at most 25 UMA. They are
 * data, limits.conf: [UMA], [MinimumWage] and [MinimumWageNorth] (zona libre de la frontera norte), each a list of
 * "year = pesos". The UMA of a year begins on 1 February, a minimum wage on 1 January. Before that of 2016 the cap was 25 times
 * the minimum wage of the Distrito Federal (LSS 28), which then was the general one.
 */
struct limits;

struct limits *limits_new(void);
struct limits *limits_free(struct limits *limits);
DEFINE_CLEANUP(struct limits *, limits_cleanup, limits_free)
/* Adds the years of a file's text, over those that are there; `name` is for the error, ERR_CONFIG with the line. */
int limits_parse(struct limits *limits, const char *name, const char *text, struct err *err);

/* What holds on one day; centavos. */
struct sbc_bounds {
    int32_t uma;           /* the minimum wage before there was one */
    int32_t most;          /* 25 UMA */
    int32_t minimum;       /* general */
    int32_t minimum_north; /* of the north border zone; the general one before there was that zone */
};
/* ERR_CONFIG, saying what to add, when a year is not covered. */
int limits_on(const struct limits *limits, int32_t date, struct sbc_bounds *ret, struct err *err);

/* "1234.50" as centavos, two decimals at most; false when it is no such amount, or more than `max`. */
bool money_parse(const char *text, int32_t max, int32_t *ret);
/* Centavos as "1234.50"; new string. */
char *money_text(int32_t centavos);
