/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "circuit.h"
#include "crash.h"
#include "engine.h"
#include "schedule.h"
#include "task.h"

/* What the files of the engine share. */

/* See fence.c. */
struct fence {
    bool closed;       /* nothing is said to the portal */
    int64_t since_us;  /* wall clock */
    int64_t copied_us; /* when the copy was made; 0 = not known */
    char *host;        /* where; "" = not known */
};

struct engine {
    struct store *store;
    struct portal *portal;
    const struct clock *clock;
    struct engine_config config;
    struct engine_host host;
    struct schedule schedule;
    struct circuit circuit;
    struct fence fence;
    struct task *tasks;
    struct engine_import *imports;   /* receipts that people brought */
    struct engine_import *importing; /* the one that is at its lot */
    struct engine_reindex *reindex;  /* under way; NULL: none */
    unsigned n_visits;
    unsigned n_ready; /* visits and tasks that go on when it is woken */
    bool poked;       /* it will be woken at once */
    bool stopping;
    int64_t clock_off_us; /* by so much this clock is ahead of the portal's, as was last seen */
    int64_t clock_look_us, clock_looked_us; /* the portal's is looked at then, boot clock; and was last */
};

/* Who the engine is in the audit and in holds. */
#define ENGINE_WHO       "idsed"
#define ENGINE_WHO_PAUSE "pause" /* sets the hold "operator" of a paused registration's lots */

static inline int64_t engine_wall_us(const struct engine *engine)
{
    return clock_wall_us(engine->clock);
}
static inline int64_t engine_boot_us(const struct engine *engine)
{
    return clock_boot_us(engine->clock);
}

/* A fault of the store: told to the host, which ends the process. Takes what err holds. */
void engine_fatal(struct engine *engine, struct err *err);
/* Asks to be woken at once. */
void engine_poke(struct engine *engine);
/* Works out when to wake next. */
void engine_rearm(struct engine *engine);
/* Tells a person. `what` is a word of lib/base/log-events.h; lot or certificate 0: of none. */
void engine_tell(struct engine *engine, int64_t lot, int64_t certificate, const char *what, const char *text);

/* ---- lots (lots.c) ---- */
#define _cleanup_lot_ _cleanup_(store_lot_free)
/*
 * Applies an event to a loaded lot, its movements and dates included, without writing the row. 1 and the
 * actions to take, 0 when the event does not apply in this state, negative for a fault.
 */
int lot_apply(struct engine *engine, struct store_lot *lot, enum lot_event event, unsigned *ret_actions,
              struct err *err);
/* Writes the row, enters the lot into the schedule and tells the host: the end of every change. */
int lot_save(struct engine *engine, struct store_lot *lot, struct err *err);
/* The same of a row that is written already. */
int lot_enter(struct engine *engine, const struct store_lot *lot, struct err *err);
/* Enters the lot as it is into the schedule, or takes it out. */
int lot_schedule(struct engine *engine, const struct store_lot *lot, struct err *err);
/* When the next step is due, counted from now, by the lot's failures in a row. */
void lot_back_off(struct engine *engine, struct store_lot *lot, int64_t floor_us);
/* … by its age since reception. */
void lot_poll_later(struct engine *engine, struct store_lot *lot);
void lot_set_error(struct store_lot *lot, enum outcome_reason reason, const char *text);
void lot_set_hold(struct engine *engine, struct store_lot *lot, enum lot_hold hold, const char *text,
                  const char *who);
/*
 * Holds a lot until a person has looked at what was found. One that a person holds already keeps that hold, and its next
 * step waits for the same release.
 */
void lot_hold_for(struct engine *engine, struct store_lot *lot, enum lot_hold hold, const char *text);
/* Was its hold set by a person? */
bool lot_held_by_people(const struct store_lot *lot);

/* ---- holds (judge.c) ---- */
/* Works out the hold of a loaded lot from what stands in its way now; the holds that people set stay. */
int judge_lot(struct engine *engine, struct store_lot *lot, struct err *err);
/* Marks every job of a certificate (0: of all) and judges the first of them now, the others in the turns that
 * follow. */
int judge_again(struct engine *engine, int64_t certificate, struct err *err);
/* Judges some of those that are marked. */
int judge_some(struct engine *engine, struct err *err);

/* ---- restored copies (fence.c) ---- */
int fence_load(struct engine *engine, struct err *err);
void fence_free(struct fence *fence); /* fields only */
/* ERR_RESTORED_COPY while the fence is closed. */
int fence_check(const struct engine *engine, struct err *err);
/* Makes a loaded lot that is queued uncertain while the fence is closed, without writing the row. */
int fence_doubt(struct engine *engine, struct store_lot *lot, struct err *err);
/* ---- the order of sending (order.c) ---- */
/* Sorts lots that are sent in one visit: what is due first goes first, but behind the older ones that it waits for. */
int order_lots(struct engine *engine, int64_t *lots, size_t n, struct err *err);
/* Does the loaded lot wait for an older one? 1 or 0. */
int order_waits(struct engine *engine, const struct store_lot *lot, struct err *err);
/*
 * The lots that may wait for this one, which has another state or hold than the schedule knows; none where that costs no look.
 * New array.
 */
int order_behind(struct engine *engine, const struct store_lot *lot, int64_t **ret, size_t *ret_n,
                 struct err *err);
/* What these wait for has changed: those that wait no more are due. */
int order_look_again(struct engine *engine, const int64_t *lots, size_t n, struct err *err);
/* A lot was published: younger ones that were taken in meanwhile wait for it. */
int order_published(struct engine *engine, int64_t lot, struct err *err);
/* Tells people when the loaded lot cannot be sent because an older one waits for a person. */
int order_tell(struct engine *engine, const struct store_lot *lot, struct err *err);
/* … when the loaded lot, which was just held, makes others wait. */
int order_tell_held(struct engine *engine, const struct store_lot *lot, struct err *err);

/* ---- the portal's clock beside ours (portal-clock.c) ---- */
int portal_clock_load(struct engine *engine, struct err *err);
int portal_clock_note(struct engine *engine, const struct portal_answer *answer, struct err *err);
/* Looks at the portal's clock soon, with a request of its own. */
void portal_clock_ask(struct engine *engine);
/* When it is to be looked at, on the boot clock; SCHEDULE_NEVER as long as all is well. */
int64_t portal_clock_due_us(const struct engine *engine);
/* Looks at it, if that is due. */
void portal_clock_look(struct engine *engine);

/* ---- certificates that replace others (trial.c) ---- */
/* Finds out whether the certificate is on trial now. */
int trial_look(struct engine *engine, int64_t certificate, struct err *err);
/* It has logged in: takes the other's place. */
int trial_pass(struct engine *engine, struct identity *identity, struct err *err);

/* ---- lots known from a constancia alone (heir.c) ---- */
/* May two instants of reception, 0 where one is not known, be the same? Clocks differ, and documents may round. */
static inline bool lot_same_reception(int64_t a_us, int64_t b_us)
{
    return a_us == 0 || b_us == 0 || llabs(a_us - b_us) <= US_PER_DAY;
}
/*
 * The lot has its number of the portal, and its records are known: what is known of that number from a constancia alone
 * gives way to it, documents and all.
 */
int lot_inherit(struct engine *engine, const struct store_lot *lot, struct err *err);

/* ---- receipts that people bring (import.c) ---- */
/* Is the lot's receipt being imported? Visits leave it alone meanwhile. */
bool import_has(const struct engine *engine, int64_t lot);
/* Somebody may have let go of the lot that an import waits for. */
void imports_try_again(struct engine *engine);

/* ---- the index held against what it is an index of (reindex.c); the same two ---- */
bool reindex_has(const struct engine *engine, int64_t lot);
void reindex_try_again(struct engine *engine);

/* ---- visits (visit.c) ---- */
struct visit;
void visit_start(struct engine *engine, struct identity *identity);
int visit_start_test(struct engine *engine, struct identity *identity, engine_test_fn *fn, void *data,
                     struct err *err);
/* Gives a test's answer once what was learned from it is on disk. */
void visit_tell_test(struct engine *engine, engine_test_fn *fn, void *data, enum outcome_reason reason,
                     const char *text);
/* Is the lot at hand in a visit? */
bool visits_have(const struct engine *engine, int64_t lot);
/* Goes on with the visits whose writes are on disk. */
void visits_go_on(struct engine *engine);
void visit_free(struct visit *visit);
