/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/deadline.h"

#include "base/clock.h"
#include "idse/date.h"

enum { WORKING_DAYS = 5 };

static const struct {
    const char *name, *source, *text;
} rules[_DEADLINE_MAX] = {
#define X(id, name_, source_, text_) [DEADLINE_##id] = {name_, source_, text_},
    DEADLINE_TABLE(X)
#undef X
};

const char *deadline_rule_name(enum deadline_rule rule)
{
    return rules[rule].name;
}

const char *deadline_rule_source(enum deadline_rule rule)
{
    return rules[rule].source;
}

const char *deadline_rule_text(enum deadline_rule rule)
{
    return _(rules[rule].text);
}

int32_t deadline_bimestre(int32_t date)
{
    int month = date_month(date);
    return date_make(date_year(date), month - (month + 1) % 2, 1);
}

static enum deadline_rule rule_of(const struct movement *movement)
{
    switch (movement->type) {
    case MOVEMENT_BAJA:
        return DEADLINE_BAJA;
    case MOVEMENT_REINGRESO:
        return DEADLINE_ALTA;
    case MOVEMENT_MODIFICACION:
    case MOVEMENT_NONE:
        break;
    }
    return movement->tipo_salario == '1'   ? DEADLINE_VARIABLE
           : movement->tipo_salario == '2' ? DEADLINE_MIXTO
                                           : DEADLINE_FIJO;
}

/* The fifth working day counted from `date` on, which is the first of them if it is one. */
static int fifth_from(const struct calendar *calendar, int32_t date, int32_t *ret, struct err *err)
{
    return calendar_add(calendar, date_add(date, -1), WORKING_DAYS, ret, err);
}

static int last_of(const struct calendar *calendar, int32_t date, struct deadline *deadline, struct err *err)
{
    int32_t bimestre = deadline_bimestre(date);
    int r = 0;
    switch (deadline->rule) {
    case DEADLINE_ALTA:
        r = fifth_from(calendar, date, &deadline->last, err);
        return r < 0 ? r : calendar_add(calendar, date, WORKING_DAYS, &deadline->last_lenient, err);
    case DEADLINE_VARIABLE:
        r = fifth_from(calendar, bimestre, &deadline->last, err);
        break;
    case DEADLINE_MIXTO:
        r = date == bimestre ? fifth_from(calendar, date, &deadline->last, err)
                             : calendar_add(calendar, date, WORKING_DAYS, &deadline->last, err);
        break;
    case DEADLINE_FIJO:
    case DEADLINE_BAJA:
    case _DEADLINE_MAX:
        r = calendar_add(calendar, date, WORKING_DAYS, &deadline->last, err);
        break;
    }
    deadline->last_lenient = deadline->last;
    return r;
}

int deadline_of(const struct calendar *calendar, const struct movement *movement, struct deadline *ret,
                struct err *err)
{
    struct deadline deadline = {.rule = rule_of(movement), .first = movement->date};
    int r = last_of(calendar, movement->date, &deadline, err);
    if (r >= 0 && deadline.rule == DEADLINE_ALTA)
        r = calendar_add(calendar, movement->date, -1, &deadline.first, err);
    if (r < 0)
        return r;
    *ret = deadline;
    return 0;
}

bool deadline_recall(struct deadline_memo *memo, const struct movement *movement, struct deadline *ret)
{
    size_t at = (size_t)(movement->date * 7 + (int)movement->type * 31 + movement->tipo_salario);
    struct deadline_known *known = &memo->known[at % ELEMENTSOF(memo->known)];
    if (!memo->calendar)
        return false;
    if (known->date != movement->date || known->type != movement->type ||
        known->tipo_salario != movement->tipo_salario) {
        *known = (struct deadline_known){
            .date = movement->date, .type = movement->type, .tipo_salario = movement->tipo_salario};
        known->covered = deadline_of(memo->calendar, movement, &known->deadline, NULL) >= 0;
    }
    if (known->covered)
        *ret = known->deadline;
    return known->covered;
}

int32_t deadline_effective(const struct deadline *deadline, const struct movement *movement, int32_t received)
{
    bool ends_with_the_day = movement->causa_baja == '4' || movement->causa_baja == 'A';
    if (movement->type != MOVEMENT_BAJA || received <= deadline->last || ends_with_the_day)
        return movement->date;
    return date_add(received, 1);
}

void last_days_add(struct last_days *all, int32_t day)
{
    size_t at = all->n;
    while (at > 0 && all->days[at - 1] > day)
        at--;
    if (at > 0 && all->days[at - 1] == day)
        return;
    all->days = xreallocarray(all->days, all->n + 1, sizeof(*all->days));
    memmove(&all->days[at + 1], &all->days[at], (all->n - at) * sizeof(*all->days));
    all->days[at] = day;
    all->n++;
}

void last_days_free(struct last_days *all)
{
    free(all->days);
    *all = (struct last_days){0};
}

int32_t last_days_first(const struct last_days *all)
{
    return all->n > 0 ? all->days[0] : 0;
}

int32_t last_days_from(const struct last_days *all, int32_t today)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->days[i] >= today)
            return all->days[i];
    return 0;
}

bool deadline_is_sent_late(int32_t last, int64_t not_before_us)
{
    return last > 0 && not_before_us > 0 && time_to_date(not_before_us) > last;
}

int32_t deadline_stage_horizon(const struct calendar *calendar, int32_t today)
{
    int32_t last = today;
    if (calendar_add(calendar, today, 3, &last, NULL) < 0)
        last = date_add(today, 3); /* nothing is known of it, so no deadline is, either */
    return date_add(last, 1);
}

int deadline_days_left(const struct calendar *calendar, int32_t last, int32_t today)
{
    int n = 0;
    for (int32_t day = MIN(last, today); day < MAX(last, today);) {
        day = date_add(day, 1);
        n += calendar_is_working_day(calendar, day);
    }
    return today > last ? -MAX(n, 1) : today < last ? MAX(n, 1) : 0;
}

enum deadline_stage deadline_stage(const struct calendar *calendar, int32_t last, int32_t today)
{
    int32_t one = today, three = today;
    if (today > last)
        return DEADLINE_STAGE_OVER;
    if (today == last)
        return DEADLINE_STAGE_TODAY;
    if (calendar_add(calendar, today, 1, &one, NULL) < 0 ||
        calendar_add(calendar, today, 3, &three, NULL) < 0)
        return DEADLINE_STAGE_FAR;
    return last <= one ? DEADLINE_STAGE_1_DAY : last <= three ? DEADLINE_STAGE_3_DAYS : DEADLINE_STAGE_FAR;
}
