/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

struct engine;

/*
 * Work of the engine that belongs to no visit, step by step, each in a turn of its own. A member of whatever the work is
 * about; it is in use between task_begin() and task_end().
 */
struct task;
typedef void task_fn(struct task *task);
struct task {
    struct engine *engine;
    struct task *next;
    task_fn *fn;         /* what comes next … */
    bool ready;          /* … which may be this turn */
    struct tick *commit; /* what was written last is not on disk yet */
};

void task_begin(struct task *task, struct engine *engine);
/* Nothing of it is called any more. May be called within a step, and twice. */
void task_end(struct task *task);
/* Goes on with fn, in a turn of its own, once everything written so far is on disk. */
void task_next(struct task *task, task_fn *fn);
/* Runs a step of each task that is ready. */
void tasks_go_on(struct engine *engine);
