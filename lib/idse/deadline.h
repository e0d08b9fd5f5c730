/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/calendar.h"
#include "idse/movement.h"

/*
 * When a movement must have reached IMSS. Pure functions over the calendar; dates are yyyymmdd in Mexico's civil time.
 *
 * What changes a salary by a collective contract has thirty natural days from the day it was signed (LSS 34, last part). The
 * record says neither that it is so nor when that was: such a movement gets the stricter date of its salary type.
 *
 * DEADLINE_TABLE(X): X(id, name, source, text)
 */
#define DEADLINE_TABLE(X)                                                                                    \
    X(ALTA, "alta", "LSS 15-I; RACERF 45", N_("five working days from the start of work"))                   \
    X(FIJO, "salario-fijo", "LSS 34-I", N_("five working days from the day after the change"))               \
    X(VARIABLE, "salario-variable", "LSS 34-II; RACERF 53",                                                  \
      N_("the first five working days of January, March, May, July, September or November"))                 \
    X(MIXTO, "salario-mixto", "LSS 34-III",                                                                  \
      N_("five working days for the fixed part, those that open the bimestre for the variable one"))         \
    X(BAJA, "baja", "LSS 15-I; RACERF 57", N_("five working days from the day after"))

enum deadline_rule {
#define X(id, name, source, text) DEADLINE_##id,
    DEADLINE_TABLE(X)
#undef X
        _DEADLINE_MAX
};

const char *deadline_rule_name(enum deadline_rule rule);   /* "alta": stable */
const char *deadline_rule_source(enum deadline_rule rule); /* "LSS 15-I; RACERF 45" */
const char *deadline_rule_text(enum deadline_rule rule);   /* translated */

struct deadline {
    enum deadline_rule rule;
    int32_t
        first; /* the first day that IMSS takes it: for an alta the working day before, else the day itself */
    /*
     * The last legal day in the stricter reading, which is the one to keep: an alta's five days begin with the day of
     * the start itself.
     */
    int32_t last;
    int32_t
        last_lenient; /* with the count from the day after, as for all others; the same where there is one reading */
};

/*
 * When people are told of what has not reached IMSS: three working days before the last day, one before, on the day, and when
 * it is over.
 */
enum deadline_stage {
    DEADLINE_STAGE_FAR = 0,
    DEADLINE_STAGE_3_DAYS = 1,
    DEADLINE_STAGE_1_DAY = 2,
    DEADLINE_STAGE_TODAY = 3,
    DEADLINE_STAGE_OVER = 4,
};

enum { DEADLINE_UNKNOWN = -1 }; /* in place of a last day: it is still to be worked out */

/* Different last days, ascending. {0} is none. */
struct last_days {
    int32_t *days;
    size_t n;
};
void last_days_add(struct last_days *all, int32_t day);
void last_days_free(struct last_days *all); /* fields only */
/* The earliest; 0: there is none. */
int32_t last_days_first(const struct last_days *all);
/* The first that is not over on `today`; 0: there is none. */
int32_t last_days_from(const struct last_days *all, int32_t today);

/* The stage of a last day, seen on `today`; DEADLINE_STAGE_FAR where the calendar does not tell. */
enum deadline_stage deadline_stage(const struct calendar *calendar, int32_t last, int32_t today);
/*
 * The working days after `today` up to the last day: 3, 1 and 0 as the stages begin, less where one begins late. Negative when
 * it is over: how many working days have begun since, but at least one.
 */
int deadline_days_left(const struct calendar *calendar, int32_t last, int32_t today);
/* The first last day that is still DEADLINE_STAGE_FAR on `today`: what comes before it has reached a stage. */
int32_t deadline_stage_horizon(const struct calendar *calendar, int32_t today);

/* Is what is not sent before this instant (0: as soon as may be) sent when its last day is over? Not where no day is known. */
bool deadline_is_sent_late(int32_t last, int64_t not_before_us);

/* ERR_CONFIG when the calendar does not cover the days. */
int deadline_of(const struct calendar *calendar, const struct movement *movement, struct deadline *ret,
                struct err *err);
/*
 * The same for many, of which few differ in what a deadline hangs on: {.calendar = …} at first. False when the calendar is
 * NULL or does not cover the days.
 */
struct deadline_memo {
    const struct calendar *calendar;
    struct deadline_known {
        int32_t date; /* 0: nothing is here */
        enum movement_type type;
        char tipo_salario;
        bool covered;
        struct deadline deadline;
    } known[64];
};
bool deadline_recall(struct deadline_memo *memo, const struct movement *movement, struct deadline *ret);
/*
 * The day on which IMSS counts a movement as effective that it receives on `received`: the movement's own, but a late
 * baja only ends the day after it was received, unless it is for death or pension (LSS 37).
 */
int32_t deadline_effective(const struct deadline *deadline, const struct movement *movement,
                           int32_t received);
/* The first day of the bimestre of a variable salary that `date` is in: of its month, or of the one before. */
int32_t deadline_bimestre(int32_t date);
