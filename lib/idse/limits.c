/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/limits.h"

#include <ini.h>

#include "base/text.h"
#include "idse/date.h"

enum { FIRST_YEAR = 1990, YEARS = 110, UMA_TIMES = 25, MAX_AMOUNT = 10000000 };
enum { FIRST_UMA_YEAR = 2016 }; /* DOF 27-01-2016; its first value was the minimum wage of then */

struct limits {
    int32_t uma[YEARS], minimum[YEARS], minimum_north[YEARS]; /* centavos; 0: not known */
};

struct limits *limits_new(void)
{
    return xcalloc(1, sizeof(struct limits));
}

struct limits *limits_free(struct limits *limits)
{
    free(limits);
    return NULL;
}

/* ---- amounts ---- */

bool money_parse(const char *text, int32_t max, int32_t *ret)
{
    _cleanup_free_ char *digits = xstrdup(text);
    char *point = strchr(digits, '.');
    size_t decimals = point ? strlen(point + 1) : 0;
    uint64_t pesos, centavos = 0;
    if (decimals > 2 || (point && decimals == 0))
        return false;
    if (point && !str_to_uint(point + 1, 99, &centavos))
        return false;
    if (point)
        *point = '\0';
    if (!str_to_uint(digits, UINT32_MAX, &pesos))
        return false;
    uint64_t all = pesos * 100 + (decimals == 1 ? centavos * 10 : centavos);
    if (all > (uint64_t)max)
        return false;
    *ret = (int32_t)all;
    return true;
}

char *money_text(int32_t centavos)
{
    return xasprintf("%d.%02d", centavos / 100, centavos % 100);
}

/* ---- the file ---- */

struct parse {
    struct limits *limits;
    struct err *err; /* of the first line that is wrong */
};

static int32_t *table_of(struct limits *limits, const char *section)
{
    return streq(section, "UMA")                ? limits->uma
           : streq(section, "MinimumWage")      ? limits->minimum
           : streq(section, "MinimumWageNorth") ? limits->minimum_north
                                                : NULL;
}

/* inih wants 0 for a bad line. */
static int take(void *data, const char *section, const char *name, const char *value)
{
    struct parse *parse = data;
    int32_t *table = table_of(parse->limits, section);
    uint64_t year;
    int32_t centavos;
    if (!table)
        err_set(parse->err, ERR_CONFIG, _("there is no section [%s]"), section);
    else if (!str_to_uint(name, FIRST_YEAR + YEARS - 1, &year) || year < FIRST_YEAR)
        err_set(parse->err, ERR_CONFIG, _("'%s' is not a year"), name);
    else if (!money_parse(value, MAX_AMOUNT, &centavos) || centavos == 0)
        err_set(parse->err, ERR_CONFIG, _("'%s' is not an amount in pesos"), value);
    else {
        table[year - FIRST_YEAR] = centavos;
        return 1;
    }
    return 0;
}

int limits_parse(struct limits *limits, const char *name, const char *text, struct err *err)
{
    _cleanup_err_ struct err why = ERR_INIT;
    struct limits read = *limits;
    struct parse parse = {&read, &why};
    int line = ini_parse_string(text, take, &parse);
    if (line == 0) {
        *limits = read;
        return 0;
    }
    if (why.code == ERR_NONE)
        err_set(&why, ERR_CONFIG, _("neither a [Section] nor Key=value"));
    err_prefix(&why, "%s:%d", name, line);
    return err_move(err, &why);
}

/* ---- what holds on a day ---- */

static int32_t of_year(const int32_t *table, int year)
{
    return year >= FIRST_YEAR && year < FIRST_YEAR + YEARS ? table[year - FIRST_YEAR] : 0;
}

static int not_covered(const char *section, int year, struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   _("limits.conf has no [%s] for %d; add that year to /etc/idsed/limits.conf"), section,
                   year);
}

int limits_on(const struct limits *limits, int32_t date, struct sbc_bounds *ret, struct err *err)
{
    int year = date_year(date), year_of_uma = year - (date_month(date) < 2);
    int32_t minimum = of_year(limits->minimum, year), north = of_year(limits->minimum_north, year);
    int32_t uma = year_of_uma < FIRST_UMA_YEAR ? minimum : of_year(limits->uma, year_of_uma);
    if (minimum == 0)
        return not_covered("MinimumWage", year, err);
    if (uma == 0)
        return not_covered("UMA", year_of_uma, err);
    *ret = (struct sbc_bounds){
        .uma = uma,
        .most = UMA_TIMES * uma,
        .minimum = minimum,
        .minimum_north = north > 0 ? north : minimum,
    };
    return 0;
}
