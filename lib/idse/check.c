/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/check.h"

#include <stdio.h>

#include "idse/date.h"
#include "idse/deadline.h"

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

/* ---- what a worker does on one day, to see repeated movements and their order ---- */

enum kind { KIND_BAJA, KIND_REINGRESO, KIND_MODIFICACION, KINDS };

struct seen {
    uint64_t who; /* NSS and date */
    uint64_t rp;
    uint32_t lines[KINDS]; /* of the movements of each kind, 0 for none */
};

struct check {
    const struct check_options *options;
    const struct source *source;
    struct findings *findings;
    struct day days[DAYS];
    struct seen *seen;
    size_t n_seen, cap_seen;        /* cap is a power of two */
    char rp[12];                    /* the last one, */
    uint64_t rp_number;             /* as a number */
    int told_limits, told_calendar; /* the year last told of as not covered */
    bool bad;
};

static struct seen *make_seen(size_t *cap, size_t expected)
{
    *cap = 64;
    while (*cap < expected + expected / 3)
        *cap *= 2;
    return xcalloc(*cap, sizeof(struct seen));
}

struct check *check_new(const struct check_options *options, const struct source *source,
                        struct findings *findings, size_t expected)
{
    struct check *check = xcalloc(1, sizeof(*check));
    check->options = options;
    check->source = source;
    check->findings = findings;
    check->seen = make_seen(&check->cap_seen, MIN(expected, (size_t)1 << 20));
    return check;
}

struct check *check_free(struct check *check)
{
    if (!check)
        return NULL;
    free(check->seen);
    free(check);
    return NULL;
}

static struct finding *tell(struct check *check, enum finding_rule rule, const struct movement *m,
                            const char *field, const char *value, const char *detail)
{
    check->bad |= finding_rule_severity(rule) == FINDING_ERROR;
    return findings_report(check->findings, rule, source_line(check->source),
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

static void look_at_day(struct check *check, const struct movement *m, struct day *day)
{
    const struct check_options *options = check->options;
    *day = (struct day){.date = m->date, .type = m->type, .tipo_salario = m->tipo_salario};
    if (options->limits && m->type != MOVEMENT_BAJA)
        day->no_bounds = limits_on(options->limits, m->date, &day->bounds, NULL) < 0;
    if (!options->calendar)
        return;
    day->no_deadline = deadline_of(options->calendar, m, &day->deadline, NULL) < 0;
    day->odd = day->no_deadline || options->today < day->deadline.first ||
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

static void tell_late(struct check *check, const struct movement *m, const struct deadline *deadline)
{
    int32_t today = check->options->today, effective = deadline_effective(deadline, m, today);
    char last[DATE_TEXT_SIZE], lenient[DATE_TEXT_SIZE], value[DATE_TEXT_SIZE], day[DATE_TEXT_SIZE];
    const char *source = deadline_rule_source(deadline->rule);
    date_text(deadline->last, last);
    date_text(deadline->last_lenient, lenient);
    date_text(m->date, value);
    int days = date_between(deadline->last, today);
    _cleanup_free_ char *detail =
        deadline->last == deadline->last_lenient
            ? xasprintf(_("last day %s (%s), days late: %d"), last, source, days)
            : xasprintf(_("last day %s (%s), or %s if counted from the day after, days late: %d"), last,
                        source, lenient, days);
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
    if (options->today < first && !options->allow_future)
        tell(check, RULE_DATE_FUTURE, m, "date", value, date_text(first, detail));
    if (is_old(m->date, options->today))
        tell(check, RULE_DATE_OLD, m, "date", value, NULL);
    if (!day->no_deadline && options->today > day->deadline.last)
        tell_late(check, m, &day->deadline);
}

/* ---- the SBC ---- */

static void tell_sbc(struct check *check, enum finding_rule rule, const struct movement *m, int32_t bound)
{
    _cleanup_free_ char *value = money_text(m->sbc_centavos), *detail = money_text(bound);
    struct finding *finding = tell(check, rule, m, "sbc", value, detail);
    if (rule == RULE_SBC_OVER)
        finding_propose(finding, detail);
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
static void curp_letters(const char *curp, char ret[19])
{
    size_t n = 0;
    while (*curp && n < 18) {
        ret[n++] = (unsigned char)*curp < 0x80 ? *curp : 'X';
        curp += (unsigned char)*curp < 0x80 ? 1 : 2;
    }
    ret[n] = '\0';
}

/* Does a word of the name begin with the letter? Articles are words too, so that nobody has to know them all. */
static bool has_initial(const char *name, char letter)
{
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
    char curp[19], year[3] = {0};
    if (!*m->curp) {
        tell(check, RULE_CURP_MISSING, m, "curp", NULL, NULL);
        return;
    }
    curp_letters(m->curp, curp);
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

/* ---- the same movement again, and the order on one day ---- */

/* A number for characters of which all but the first are digits. */
static uint64_t number_of(const char *text)
{
    uint64_t number = (unsigned char)*text;
    while (*++text)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static struct seen *seen_slot(struct seen *slots, size_t cap, uint64_t who, uint64_t rp)
{
    uint64_t hash = (who ^ rp * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xD6E8FEB86659FD93);
    for (size_t i = (size_t)(hash ^ hash >> 32);; i++) {
        struct seen *slot = &slots[i & (cap - 1)];
        if (slot->who == 0 || (slot->who == who && slot->rp == rp))
            return slot;
    }
}

static void grow_seen(struct check *check)
{
    size_t cap;
    struct seen *bigger = make_seen(&cap, check->cap_seen * 3 / 2);
    for (size_t i = 0; i < check->cap_seen; i++)
        if (check->seen[i].who)
            *seen_slot(bigger, cap, check->seen[i].who, check->seen[i].rp) = check->seen[i];
    free(check->seen);
    check->seen = bigger;
    check->cap_seen = cap;
}

static struct seen *see(struct check *check, const struct movement *m)
{
    enum { DATE_BITS = 25 }; /* 20991231 has as many */
    if (check->n_seen * 4 >= check->cap_seen * 3)
        grow_seen(check);
    if (memcmp(check->rp, m->rp, sizeof(check->rp)) != 0) {
        memcpy(check->rp, m->rp, sizeof(check->rp));
        check->rp_number = number_of(m->rp);
    }
    uint64_t who = number_of(m->nss) << DATE_BITS | (uint32_t)m->date;
    struct seen *seen = seen_slot(check->seen, check->cap_seen, who, check->rp_number);
    check->n_seen += seen->who == 0;
    seen->who = who;
    seen->rp = check->rp_number;
    return seen;
}

static enum kind kind_of(enum movement_type type)
{
    return type == MOVEMENT_BAJA        ? KIND_BAJA
           : type == MOVEMENT_REINGRESO ? KIND_REINGRESO
                                        : KIND_MODIFICACION;
}

/* The line of what should have come later on the same day, or 0. */
static uint32_t out_of_order(const uint32_t *lines, enum kind kind)
{
    switch (kind) {
    case KIND_BAJA:
        return lines[KIND_REINGRESO];
    case KIND_REINGRESO:
        return lines[KIND_MODIFICACION];
    case KIND_MODIFICACION:
        return lines[KIND_REINGRESO] ? 0 : lines[KIND_BAJA];
    case KINDS:
        break;
    }
    return 0;
}

static void check_day(struct check *check, const struct movement *m)
{
    struct seen *seen = see(check, m);
    enum kind kind = kind_of(m->type);
    uint32_t line = source_line(check->source), before = seen->lines[kind];
    uint32_t wrong = out_of_order(seen->lines, kind);
    char number[16];
    if (before) {
        snprintf(number, sizeof(number), "%u", before);
        tell(check, RULE_MOVEMENT_REPEATED, m, "nss", m->nss, number);
        return;
    }
    seen->lines[kind] = line;
    if (wrong) {
        snprintf(number, sizeof(number), "%u", wrong);
        tell(check, RULE_DAY_ORDER, m, "nss", m->nss, number);
    }
}

bool check_movement(struct check *check, const struct movement *m)
{
    check->bad = false;
    check_day(check, m);
    if (check->bad)
        return false;
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
