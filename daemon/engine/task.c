/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "task.h"

#include "internal.h"

/* A commit that a task waits for; it outlives a task that ends meanwhile. */
struct tick {
    struct engine *engine;
    struct task *task; /* NULL: it has ended */
};

void task_begin(struct task *task, struct engine *engine)
{
    *task = (struct task){.engine = engine, .next = engine->tasks};
    engine->tasks = task;
}

static void set_ready(struct task *task, bool ready)
{
    task->engine->n_ready += (unsigned)ready - (unsigned)task->ready;
    task->ready = ready;
}

void task_end(struct task *task)
{
    if (!task->engine)
        return;
    struct task **at = &task->engine->tasks;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    set_ready(task, false);
    if (task->commit)
        task->commit->task = NULL;
    *task = (struct task){0};
}

static void committed(void *data, const struct err *commit_err)
{
    struct tick *tick = data;
    struct engine *engine = tick->engine;
    struct task *task = tick->task;
    free(tick);
    if (commit_err) {
        struct err err = {.code = commit_err->code, .text = xstrdup(commit_err->text)};
        engine_fatal(engine, &err);
        err_clear(&err);
    } else if (task) {
        task->commit = NULL;
        set_ready(task, true);
        engine_poke(engine);
    }
}

void task_next(struct task *task, task_fn *fn)
{
    struct tick *tick = xmalloc(sizeof(*tick));
    *tick = (struct tick){.engine = task->engine, .task = task};
    task->fn = fn;
    task->commit = tick;
    store_after_commit(task->engine->store, committed, tick);
}

void tasks_go_on(struct engine *engine)
{
    struct task *next;
    for (struct task *task = engine->tasks; task; task = next) {
        next = task->next;
        if (!task->ready)
            continue;
        set_ready(task, false);
        task->fn(task);
    }
}
