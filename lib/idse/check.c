/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/check.h"

#include <stdio.h>

#include "idse/date.h"
#include "idse/deadline.h"
#include "idse/contradiction.h"
#include "idse/repeats.h"

/* ---- what one day means for one kind of movement; the movements of a file share few ---- */

struct day {
    int32_t date; /* 0: free */
    enum movement_type type;
    char tipo_salario;
    bool odd;       /* something about the date is to be told */
    bool no_bounds; /* limits are not known */
    struct sbc_bounds bounds;
    bool no_deadline;
    struct deadline deadline;
};

enum { DAYS = 256 };

struct check {
    const struct check_options *options;
    const struct source *source;
    struct findings *findings;
    struct day days[DAYS];
    struct repeats *repeats;
    struct repeat *repeated, *contradicted; /* by line */
    size_t n_repeated, n_contradicted;
    int told_limits, told_calendar; /* the year last told of as not covered */
    bool bad;
};

struct check *check_new(const struct check_options *options, const struct source *source,
                        struct findings *findings, size_t expected)
{
    struct check *check = xcalloc(1, sizeof(*check));
    check->options = options;
    check->source = source;
    check->findings = findings;
    check->repeats = repeats_new(expected);
    return check;
}

struct check *check_free(struct check *check)
{
    if (!check)
        return NULL;
    repeats_free(check->repeats);
    free(check->repeated);
    free(check->contradicted);
    free(check);
    return NULL;
}

static void tell(struct check *check, enum finding_rule rule, const struct movement *m, const char *field,
                 const char *value, const char *detail)
{
    check->bad |= finding_rule_severity(rule) == FINDING_ERROR;
    findings_report(check->findings, rule, source_line(check->source),
                    source_column(check->source, m->type, field), field, value, detail);
}

/* ---- dates ---- */

static bool is_old(int32_t date, int32_t today)
{
    return date < today - 5 * 10000;
}

static bool is_off_bimestre(const struct movement *m)
{
    return m->type == MOVEMENT_MODIFICACION && m->tipo_salario == '1' &&
           m->date != deadline_bimestre(m->date);
}

/* The day that is to be held against the first on which IMSS takes a movement. */
static int32_t day_of_sending(const struct check_options *options)
{
    return MAX(options->today, options->sent);
}

static void look_at_day(struct check *check, const struct movement *m, struct day *day)
{
    const struct check_options *options = check->options;
    *day = (struct day){.date = m->date, .type = m->type, .tipo_salario = m->tipo_salario};
    if (options->limits && m->type != MOVEMENT_BAJA)
        day->no_bounds = limits_on(options->limits, m->date, &day->bounds, NULL) < 0;
    if (!options->calendar)
        return;
    day->no_deadline = deadline_of(options->calendar, m, &day->deadline, NULL) < 0;
    day->odd = day->no_deadline || day_of_sending(options) < day->deadline.first ||
               options->today > day->deadline.last || is_old(m->date, options->today) || is_off_bimestre(m);
}

static const struct day *day_of(struct check *check, const struct movement *m)
{
    size_t at = (size_t)(m->date * 7 + (int)m->type * 31 + m->tipo_salario) % DAYS;
    struct day *day = &check->days[at];
    if (day->date != m->date || day->type != m->type || day->tipo_salario != m->tipo_salario)
        look_at_day(check, m, day);
    return day;
}

static char *late_in_words(const struct deadline *deadline, int32_t today)
{
    char last[DATE_TEXT_SIZE], lenient[DATE_TEXT_SIZE];
    const char *source = deadline_rule_source(deadline->rule);
    int days = date_between(deadline->last, today);
    date_text(deadline->last, last);
    date_text(deadline->last_lenient, lenient);
    if (deadline->last == deadline->last_lenient)
        return xasprintf(_("last day %s (%s), days late: %d"), last, source, days);
    return xasprintf(_("last day %s (%s), or %s if counted from the day after, days late: %d"), last, source,
                     lenient, days);
}

static void tell_late(struct check *check, const struct movement *m, const char *value,
                      const struct deadline *deadline)
{
    int32_t today = check->options->today, effective = deadline_effective(deadline, m, today);
    bool kept = findings_keep(check->findings, RULE_LATE);
    _cleanup_free_ char *detail = kept ? late_in_words(deadline, today) : NULL;
    char day[DATE_TEXT_SIZE];
    tell(check, RULE_LATE, m, "date", value, detail);
    if (effective != m->date)
        tell(check, RULE_LATE_BAJA, m, "date", value, date_text(effective, day));
}

static void check_date(struct check *check, const struct movement *m, const struct day *day)
{
    char value[DATE_TEXT_SIZE], detail[DATE_TEXT_SIZE];
    const struct check_options *options = check->options;
    date_text(m->date, value);
    if (day->no_deadline && check->told_calendar != date_year(m->date)) {
        _cleanup_err_ struct err why = ERR_INIT;
        struct deadline unused;
        deadline_of(options->calendar, m, &unused, &why);
        tell(check, RULE_CALENDAR_UNKNOWN, m, "date", value, err_text(&why));
        check->told_calendar = date_year(m->date);
    }
    if (is_off_bimestre(m))
        tell(check, RULE_SALARIO_BIMESTRE, m, "date", value, date_text(deadline_bimestre(m->date), detail));
    int32_t first = day->no_deadline ? m->date : day->deadline.first;
    if (day_of_sending(options) < first && !options->allow_future)
        tell(check, RULE_DATE_FUTURE, m, "date", value, date_text(first, detail));
    if (is_old(m->date, options->today))
        tell(check, RULE_DATE_OLD, m, "date", value, NULL);
    if (!day->no_deadline && options->today > day->deadline.last)
        tell_late(check, m, value, &day->deadline);
}

int32_t check_deadline(struct check *check, const struct movement *movement)
{
    if (!check->options->calendar)
        return 0;
    const struct day *day = day_of(check, movement);
    return day->no_deadline ? 0 : day->deadline.last;
}

/* ---- the SBC ---- */

static void tell_sbc(struct check *check, enum finding_rule rule, const struct movement *m, int32_t bound)
{
    bool kept = findings_keep(check->findings, rule);
    _cleanup_free_ char *value = kept ? money_text(m->sbc_centavos) : NULL,
                        *detail = kept ? money_text(bound) : NULL;
    tell(check, rule, m, "sbc", value, detail);
}

static void check_sbc(struct check *check, const struct movement *m, const struct day *day)
{
    const struct sbc_bounds *bounds = &day->bounds;
    int32_t least = check->options->north ? bounds->minimum_north : bounds->minimum;
    if (day->no_bounds) {
        _cleanup_err_ struct err why = ERR_INIT;
        struct sbc_bounds unused;
        if (check->told_limits == date_year(m->date))
            return;
        limits_on(check->options->limits, m->date, &unused, &why);
        tell(check, RULE_LIMITS_UNKNOWN, m, "sbc", NULL, err_text(&why));
        check->told_limits = date_year(m->date);
    } else if (m->sbc_centavos > bounds->most)
        tell_sbc(check, RULE_SBC_OVER, m, bounds->most);
    else if (m->sbc_centavos < least)
        tell_sbc(check, m->jornada == '0' ? RULE_SBC_UNDER : RULE_SBC_UNDER_REDUCED, m, least);
}

/* ---- the CURP ---- */

/* One byte for each of the CURP's characters, Ñ as X, which is what other fields have for it here. */
static const char *curp_letters(const char *curp, char scratch[19])
{
    size_t n = 0;
    if (curp[18] == '\0') /* nothing in it has two bytes */
        return curp;
    while (*curp && n < 18) {
        scratch[n++] = (unsigned char)*curp < 0x80 ? *curp : 'X';
        curp += (unsigned char)*curp < 0x80 ? 1 : 2;
    }
    scratch[n] = '\0';
    return scratch;
}

/* Does a word of the name begin with the letter? Articles are words too, so that nobody has to know them all. */
static bool has_initial(const char *name, char letter)
{
    if (*name == letter)
        return true;
    bool begins = true;
    for (; *name; name++) {
        char initial = (unsigned char)*name < 0x80 ? *name : 'X';
        if (begins && initial == letter)
            return true;
        begins = *name == ' ' || *name == '\'' || *name == '-' || *name == '.';
    }
    return false;
}

/* A name that is not there is an X; so is what would have been a rude word, but never in the first place. */
static bool initials_fit(const struct movement *m, const char *curp)
{
    return (has_initial(m->paterno, curp[0]) || !*m->paterno) &&
           (has_initial(m->materno, curp[2]) || (!*m->materno && curp[2] == 'X')) &&
           has_initial(m->nombres, curp[3]);
}

/* The first of the two characters behind the consonants is a digit for those born before 2000. */
static int32_t birth_of(const char *curp)
{
    int year = (curp[4] - '0') * 10 + curp[5] - '0', month = (curp[6] - '0') * 10 + curp[7] - '0';
    bool before_2000 = curp[16] >= '0' && curp[16] <= '9';
    return date_make((before_2000 ? 1900 : 2000) + year, month, (curp[8] - '0') * 10 + curp[9] - '0');
}

static void check_curp(struct check *check, const struct movement *m)
{
    enum { LEAST_AGE = 15 };
    char scratch[19], year[3] = {0};
    if (!*m->curp) {
        tell(check, RULE_CURP_MISSING, m, "curp", NULL, NULL);
        return;
    }
    const char *curp = curp_letters(m->curp, scratch);
    if (curp[4] != m->nss[4] || curp[5] != m->nss[5]) {
        memcpy(year, curp + 4, 2);
        tell(check, RULE_CURP_NSS_YEAR, m, "nss", m->nss, year);
    }
    if (!initials_fit(m, curp))
        tell(check, RULE_CURP_NAMES, m, "curp", m->curp, NULL);
    if (m->date < birth_of(curp) + LEAST_AGE * 10000)
        tell(check, RULE_CURP_AGE, m, "curp", m->curp, NULL);
    if (curp[10] == 'X')
        tell(check, RULE_CURP_SEX, m, "curp", m->curp, NULL);
}

/* ---- all of them ---- */

bool check_movement(struct check *check, const struct movement *m)
{
    check->bad = false;
    repeats_add(check->repeats, m, source_line(check->source));
    const struct day *day = day_of(check, m);
    if (day->odd)
        check_date(check, m, day);
    if (m->type != MOVEMENT_BAJA) {
        if (check->options->limits)
            check_sbc(check, m, day);
        check_curp(check, m);
        if (m->jornada == '1')
            tell(check, RULE_JORNADA_ONE, m, "jornada", "1", NULL);
    }
    return !check->bad;
}

void check_broken(struct check *check, const struct movement *m)
{
    static const char *const of_curp[] = {"curp", "nss", "names"};
    const struct source *source = check->source;
    if (!source_is_right(source, m->type, "date"))
        return; /* all depends on the day */
    const struct day *day = day_of(check, m);
    if (day->odd)
        check_date(check, m, day);
    if (m->type == MOVEMENT_BAJA)
        return;
    if (check->options->limits && source_is_right(source, m->type, "sbc") &&
        source_is_right(source, m->type, "jornada"))
        check_sbc(check, m, day);
    for (size_t i = 0; i < ELEMENTSOF(of_curp); i++)
        if (!source_is_right(source, m->type, of_curp[i]))
            return;
    check_curp(check, m);
}

static void tell_repeat(struct check *check, const struct repeat *repeat)
{
    char other[16];
    snprintf(other, sizeof(other), "%u", repeat->other);
    findings_report(check->findings, repeat->rule, repeat->line,
                    source_column(check->source, repeat->type, "nss"), "nss", repeat->nss, other);
}

void check_finish(struct check *check)
{
    size_t n;
    check->repeated = repeats_find(check->repeats, &n);
    for (size_t i = 0; i < n; i++) {
        tell_repeat(check, &check->repeated[i]);
        if (check->repeated[i].rule == RULE_MOVEMENT_REPEATED)
            check->repeated[check->n_repeated++] = check->repeated[i];
    }
}

bool check_has_repeated(const struct check *check)
{
    return check->n_repeated > 0;
}

void check_contradictions(struct check *check, struct source *again)
{
    free(check->contradicted);
    check->contradicted =
        contradictions_find(check->repeated, check->n_repeated, again, &check->n_contradicted);
    for (size_t i = 0; i < check->n_contradicted; i++)
        tell_repeat(check, &check->contradicted[i]);
}

static int by_line(const void *a, const void *b)
{
    const struct repeat *x = a, *y = b;
    return COMPARE(x->line, y->line);
}

bool check_is_left_out(const struct check *check, uint32_t line)
{
    const struct repeat key = {.line = line};
    return (check->n_repeated > 0 &&
            bsearch(&key, check->repeated, check->n_repeated, sizeof(key), by_line) != NULL) ||
           (check->n_contradicted > 0 &&
            bsearch(&key, check->contradicted, check->n_contradicted, sizeof(key), by_line) != NULL);
}
