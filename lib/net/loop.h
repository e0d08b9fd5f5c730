/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"

/*
 * The one loop of a process: a libevent base with what the daemon needs on top. Everything but worker jobs
 * runs on its thread. Callers use libevent's own events on loop_base(); this adds what libevent has not.
 */
struct loop;

struct loop *loop_new(const struct clock *clock); /* NULL when the kernel refuses an epoll descriptor */
struct loop *loop_free(struct loop *loop);        /* timers and the like must be gone */
DEFINE_CLEANUP(struct loop *, loop_cleanup, loop_free)
struct event_base *loop_base(struct loop *loop);
const struct clock *loop_clock(const struct loop *loop);
/* Runs until loop_quit(); returns its status. */
int loop_run(struct loop *loop);
/* No further event is handled but the one that calls this. */
void loop_quit(struct loop *loop, int status);

/* ---- timers that survive suspend: a timerfd on CLOCK_BOOTTIME; libevent's own stand still in suspend ----
 */
struct timer;
typedef void timer_fn(void *data);
struct timer *timer_new(struct loop *loop, timer_fn *fn, void *data);
struct timer *timer_free(struct timer *timer);
DEFINE_CLEANUP(struct timer *, timer_cleanup, timer_free)
/* Fires once at this instant of clock_boot_us(); an instant that is past fires in the next turn. */
void timer_set_boot(struct timer *timer, int64_t at_boot_us);
void timer_stop(struct timer *timer);

/* ---- end of turn: runs fn once after all events of this turn were handled; asking again before it ran is
 * one run ---- */
struct turn_end;
struct turn_end *turn_end_new(struct loop *loop, timer_fn *fn, void *data);
struct turn_end *turn_end_free(struct turn_end *turn_end);
void turn_end_ask(struct turn_end *turn_end);

/* ---- wall-clock jumps: fn is called when the system time was set (TFD_TIMER_CANCEL_ON_SET) ---- */
struct clock_watch;
struct clock_watch *clock_watch_new(struct loop *loop, timer_fn *fn, void *data);
struct clock_watch *clock_watch_free(struct clock_watch *watch);

/* ---- workers: what would block the loop for more than 10 ms ---- */
/*
 * `work` runs in a thread of a small pool, `done` later on the loop. ERR_BUSY when too much is waiting. What is not done
 * when the loop is freed is dropped, and its `done` not called.
 */
typedef void worker_fn(void *data);
int worker_run(struct loop *loop, worker_fn *work, worker_fn *done, void *data, struct err *err);
/* Waits for the work under way and lets nothing more begin, so that who gave it may take it apart before the loop is freed. */
void workers_end(struct loop *loop);
