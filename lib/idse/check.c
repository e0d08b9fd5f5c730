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

/* A registro patronal on a date. They are few, and their numbers make the keys below short. */
struct pair {
    uint64_t rp;
    int32_t date; /* 0: free */
    uint32_t number;
};

/*
 * One movement. A million of them are looked up at random, so what counts is how much memory they lie in: the key is all
 * that tells a movement, in 64 bits, and 0 is free.
 */
struct __attribute__((packed)) seen {
    uint64_t key; /* NSS, pair and kind */
    uint32_t line;
};

enum { KIND_BITS = 2, PAIR_BITS = 25 };

struct check {
    const struct check_options *options;
    const struct source *source;
    struct findings *findings;
    struct day days[DAYS];
    struct pair *pairs; /* a hash table */
    size_t n_pairs, cap_pairs;
    struct seen *seen; /* another */
    size_t n_seen, cap_seen;
    unsigned kinds;                 /* those seen so far, as bits */
    char rp[12];                    /* the last one, */
    uint64_t rp_number;             /* as a number */
    int told_limits, told_calendar; /* the year last told of as not covered */
    bool bad;
};

struct check *check_new(const struct check_options *options, const struct source *source,
                        struct findings *findings, size_t expected)
{
    enum { LEAST = 64, MOST = 1 << 21 };
    struct check *check = xcalloc(1, sizeof(*check));
    check->options = options;
    check->source = source;
    check->findings = findings;
    check->cap_pairs = LEAST;
    check->pairs = xcalloc(check->cap_pairs, sizeof(*check->pairs));
    check->cap_seen = CLAMP(expected + expected / 2, (size_t)LEAST, (size_t)MOST);
    check->seen = xcalloc(check->cap_seen, sizeof(*check->seen));
    return check;
}

struct check *check_free(struct check *check)
{
    if (!check)
        return NULL;
    free(check->pairs);
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
static const char *curp_letters(const char *curp, char scratch[19])
{
    size_t n = 0;
    if (strlen(curp) == 18)
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

/* ---- the same movement again, and the order on one day ---- */

/* A number for characters of which all but the first are digits. */
static inline uint64_t number_of(const char *text, size_t n)
{
    uint64_t number = (unsigned char)*text;
    for (size_t i = 1; i < n; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    return number;
}

static inline uint64_t mix(uint64_t key)
{
    key = (key ^ key >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return (key ^ key >> 32) * UINT64_C(0xD6E8FEB86659FD93);
}

/* The top bits of the hash, spread over any number of places. */
static inline size_t place(uint64_t hash, size_t cap)
{
    return (size_t)((hash >> 32) * cap >> 32);
}

static struct pair *pair_slot(struct pair *pairs, size_t cap, uint64_t rp, int32_t date)
{
    for (size_t i = place(mix(rp ^ (uint64_t)(uint32_t)date << 40), cap);; i = i + 1 == cap ? 0 : i + 1)
        if (pairs[i].date == 0 || (pairs[i].rp == rp && pairs[i].date == date))
            return &pairs[i];
}

static void grow_pairs(struct check *check)
{
    size_t cap = check->cap_pairs * 2;
    struct pair *bigger = xcalloc(cap, sizeof(*bigger));
    for (size_t i = 0; i < check->cap_pairs; i++)
        if (check->pairs[i].date)
            *pair_slot(bigger, cap, check->pairs[i].rp, check->pairs[i].date) = check->pairs[i];
    free(check->pairs);
    check->pairs = bigger;
    check->cap_pairs = cap;
}

static uint32_t pair_of(struct check *check, const struct movement *m)
{
    if (memcmp(check->rp, m->rp, sizeof(check->rp)) != 0) {
        memcpy(check->rp, m->rp, sizeof(check->rp));
        check->rp_number = number_of(m->rp, 11);
    }
    struct pair *pair = pair_slot(check->pairs, check->cap_pairs, check->rp_number, m->date);
    if (pair->date)
        return pair->number;
    uint32_t number = (uint32_t)check->n_pairs++;
    *pair = (struct pair){check->rp_number, m->date, number};
    if (check->n_pairs * 2 > check->cap_pairs)
        grow_pairs(check);
    return number;
}

static struct seen *seen_slot(struct seen *seen, size_t cap, uint64_t key)
{
    for (size_t i = place(mix(key), cap);; i = i + 1 == cap ? 0 : i + 1)
        if (seen[i].key == 0 || seen[i].key == key)
            return &seen[i];
}

static void grow_seen(struct check *check)
{
    size_t cap = check->cap_seen * 2;
    struct seen *bigger = xcalloc(cap, sizeof(*bigger));
    for (size_t i = 0; i < check->cap_seen; i++)
        if (check->seen[i].key)
            *seen_slot(bigger, cap, check->seen[i].key) = check->seen[i];
    free(check->seen);
    check->seen = bigger;
    check->cap_seen = cap;
}

/* Never 0, for the first character of an NSS counts with its code. */
static inline uint64_t key_of(struct check *check, const struct movement *m)
{
    uint64_t nss = number_of(m->nss, 11) - (uint64_t)'0' * 10000000000 + 1;
    return (nss << PAIR_BITS | pair_of(check, m)) << KIND_BITS;
}

static enum kind kind_of(enum movement_type type)
{
    return type == MOVEMENT_BAJA        ? KIND_BAJA
           : type == MOVEMENT_REINGRESO ? KIND_REINGRESO
                                        : KIND_MODIFICACION;
}

/* The line of the worker's movement of that kind on the day, or 0. */
static uint32_t line_of(const struct check *check, uint64_t key, enum kind kind)
{
    if (!(check->kinds & 1u << kind))
        return 0;
    return seen_slot(check->seen, check->cap_seen, key | kind)->line;
}

/* The line of what should have come later on the same day, or 0. */
static uint32_t out_of_order(const struct check *check, uint64_t key, enum kind kind)
{
    switch (kind) {
    case KIND_BAJA:
        return line_of(check, key, KIND_REINGRESO);
    case KIND_REINGRESO:
        return line_of(check, key, KIND_MODIFICACION);
    case KIND_MODIFICACION:
        return line_of(check, key, KIND_REINGRESO) ? 0 : line_of(check, key, KIND_BAJA);
    case KINDS:
        break;
    }
    return 0;
}

static void tell_line(struct check *check, enum finding_rule rule, const struct movement *m, uint32_t line)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", line);
    tell(check, rule, m, "nss", m->nss, number);
}

static void check_day(struct check *check, const struct movement *m, uint64_t key)
{
    enum kind kind = kind_of(m->type);
    struct seen *seen = seen_slot(check->seen, check->cap_seen, key | kind);
    if (seen->key) {
        tell_line(check, RULE_MOVEMENT_REPEATED, m, seen->line);
        return;
    }
    *seen = (struct seen){key | kind, source_line(check->source)};
    if (++check->n_seen * 8 > check->cap_seen * 7)
        grow_seen(check);
    uint32_t wrong = out_of_order(check, key, kind);
    if (wrong)
        tell_line(check, RULE_DAY_ORDER, m, wrong);
    check->kinds |= 1u << kind;
}

bool check_movement(struct check *check, const struct movement *m)
{
    uint64_t key = key_of(check, m);
    /* The memory is on its way while everything else is looked at. */
    __builtin_prefetch(&check->seen[place(mix(key | kind_of(m->type)), check->cap_seen)], 1);
    check->bad = false;
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
    check_day(check, m, key);
    return !check->bad;
}
