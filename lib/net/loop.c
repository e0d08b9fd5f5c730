/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    PRIORITIES = 3,        /* libevent gives every new event the middle one */
    PRIORITY_TURN_END = 2, /* runs when nothing of the others is left */

    /* After so many callbacks, or so long, the kernel is asked again: events that re-activate themselves, as the slices of
     * bulk work do, keep nobody waiting for more than one of them. */
    TURN_CALLBACKS = 64,
    TURN_CALLBACKS_MS = 2,
    TURN_END_LATEST_MS = 10, /* under unbroken load a turn is declared over after this time */

    WORKER_THREADS = 3, /* a backup and a bundle take seconds, and leave one for what people wait for */
    WORKER_QUEUE_MAX = 64,
};

struct job {
    worker_fn *work;
    worker_fn *done;
    void *data;
    struct job *next;
};

struct job_queue {
    struct job *first, **last;
};

/* The thread pool; everything from `mutex` to `stopping` is shared and locked. */
struct workers {
    pthread_t threads[WORKER_THREADS];
    int n_threads; /* started at the first job */
    int event_fd;
    struct event *event;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct job_queue waiting, finished;
    size_t n_open; /* waiting, at work or finished, but not yet reported */
    bool stopping;
};

struct loop {
    struct event_base *base;
    const struct clock *clock;
    int status;
    struct workers workers;
};

/* ---- the loop ---- */

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_O1); /* which only epoll has */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    const struct timeval interval = {.tv_usec = TURN_CALLBACKS_MS * 1000};
    event_config_set_max_dispatch_interval(config, &interval, TURN_CALLBACKS, 0);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base)
        event_base_priority_init(base, PRIORITIES);
    return base;
}

static struct event *new_event(struct loop *loop, int fd, short what, event_callback_fn fn, void *data)
{
    struct event *event = event_new(loop->base, fd, what, fn, data);
    if (!event)
        abort(); /* out of memory, or a mistake in the arguments */
    return event;
}

static void workers_init(struct workers *workers);
static void workers_stop(struct workers *workers);

struct loop *loop_new(const struct clock *clock)
{
    struct event_base *base = new_base();
    if (!base)
        return NULL;
    struct loop *loop = xcalloc(1, sizeof(*loop));
    loop->base = base;
    loop->clock = clock;
    workers_init(&loop->workers);
    return loop;
}

struct loop *loop_free(struct loop *loop)
{
    if (!loop)
        return NULL;
    workers_stop(&loop->workers);
    event_base_free(loop->base);
    free(loop);
    return NULL;
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

const struct clock *loop_clock(const struct loop *loop)
{
    return loop->clock;
}

int loop_run(struct loop *loop)
{
    loop->status = 0;
    if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        return -1;
    return loop->status;
}

void loop_quit(struct loop *loop, int status)
{
    loop->status = status;
    event_base_loopbreak(loop->base);
}

/* ---- timers ---- */

struct timer {
    struct loop *loop;
    struct event *event;
    int fd;
    timer_fn *fn;
    void *data;
};

static void timer_fired(evutil_socket_t fd, short what, void *data)
{
    struct timer *timer = data;
    uint64_t count;
    /* Nothing to read: it was stopped or set anew by an event that ran before in this turn. */
    if (read(fd, &count, sizeof(count)) == sizeof(count))
        timer->fn(timer->data);
}

struct timer *timer_new(struct loop *loop, timer_fn *fn, void *data)
{
    struct timer *timer = xcalloc(1, sizeof(*timer));
    *timer = (struct timer){.loop = loop, .fn = fn, .data = data};
    timer->fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer->fd < 0)
        abort(); /* a daemon whose timers silently never fire would be worse */
    timer->event = new_event(loop, timer->fd, EV_READ | EV_PERSIST, timer_fired, timer);
    event_add(timer->event, NULL);
    return timer;
}

struct timer *timer_free(struct timer *timer)
{
    if (!timer)
        return NULL;
    event_free(timer->event);
    close(timer->fd);
    free(timer);
    return NULL;
}

void timer_set_boot(struct timer *timer, int64_t at_boot_us)
{
    /* Relative, so that the loop's own clock decides what "now" is; the kernel counts suspended time all the
     * same. */
    int64_t delay_us = at_boot_us - clock_boot_us(timer->loop->clock);
    struct itimerspec spec = {.it_value = {.tv_nsec = 1}}; /* zero would disarm it */
    if (delay_us > 0)
        spec.it_value =
            (struct timespec){.tv_sec = delay_us / US_PER_S, .tv_nsec = delay_us % US_PER_S * 1000};
    timerfd_settime(timer->fd, 0, &spec, NULL);
}

void timer_stop(struct timer *timer)
{
    timerfd_settime(timer->fd, 0, &(struct itimerspec){0}, NULL);
}

/* ---- end of turn ---- */

struct turn_end {
    struct event *event; /* activated, never added */
    struct event *latest;
    bool asked;
    timer_fn *fn;
    void *data;
};

static void turn_ended(evutil_socket_t fd, short what, void *data)
{
    struct turn_end *turn_end = data;
    event_del(turn_end->latest);
    event_del(turn_end->event);
    turn_end->asked = false;
    turn_end->fn(turn_end->data);
}

struct turn_end *turn_end_new(struct loop *loop, timer_fn *fn, void *data)
{
    struct turn_end *turn_end = xcalloc(1, sizeof(*turn_end));
    *turn_end = (struct turn_end){.fn = fn, .data = data};
    turn_end->latest = new_event(loop, -1, 0, turn_ended, turn_end);
    turn_end->event = new_event(loop, -1, 0, turn_ended, turn_end);
    event_priority_set(turn_end->event, PRIORITY_TURN_END);
    return turn_end;
}

struct turn_end *turn_end_free(struct turn_end *turn_end)
{
    if (!turn_end)
        return NULL;
    event_free(turn_end->latest);
    event_free(turn_end->event);
    free(turn_end);
    return NULL;
}

void turn_end_ask(struct turn_end *turn_end)
{
    if (turn_end->asked)
        return;
    turn_end->asked = true;
    event_active(turn_end->event, EV_TIMEOUT, 0);
    event_add(turn_end->latest, &(struct timeval){.tv_usec = TURN_END_LATEST_MS * 1000});
}

/* ---- wall-clock jumps ---- */

struct clock_watch {
    struct event *event;
    int fd;
    timer_fn *fn;
    void *data;
};

static void clock_watch_arm(struct clock_watch *watch)
{
    /* An instant that never comes; only the setting of the clock ends the wait. */
    struct itimerspec spec = {.it_value = {.tv_sec = INT64_C(1) << 33}};
    timerfd_settime(watch->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}

static void clock_was_set(evutil_socket_t fd, short what, void *data)
{
    struct clock_watch *watch = data;
    uint64_t count;
    bool set = read(fd, &count, sizeof(count)) < 0 && errno == ECANCELED;
    clock_watch_arm(watch);
    if (set)
        watch->fn(watch->data);
}

struct clock_watch *clock_watch_new(struct loop *loop, timer_fn *fn, void *data)
{
    struct clock_watch *watch = xcalloc(1, sizeof(*watch));
    *watch = (struct clock_watch){.fn = fn, .data = data};
    watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->fd < 0)
        abort();
    watch->event = new_event(loop, watch->fd, EV_READ | EV_PERSIST, clock_was_set, watch);
    clock_watch_arm(watch);
    event_add(watch->event, NULL);
    return watch;
}

struct clock_watch *clock_watch_free(struct clock_watch *watch)
{
    if (!watch)
        return NULL;
    event_free(watch->event);
    close(watch->fd);
    free(watch);
    return NULL;
}

/* ---- workers ---- */

static void queue_init(struct job_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_put(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

static struct job *queue_take(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (job) {
        queue->first = job->next;
        if (!queue->first)
            queue->last = &queue->first;
    }
    return job;
}

static void *worker_thread(void *data)
{
    struct workers *workers = data;
    pthread_mutex_lock(&workers->mutex);
    while (!workers->stopping) {
        struct job *job = queue_take(&workers->waiting);
        if (!job) {
            pthread_cond_wait(&workers->wake, &workers->mutex);
            continue;
        }
        pthread_mutex_unlock(&workers->mutex);
        job->work(job->data);
        pthread_mutex_lock(&workers->mutex);
        queue_put(&workers->finished, job);
        eventfd_write(workers->event_fd, 1);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

static struct job *workers_take_finished(struct workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    struct job *job = queue_take(&workers->finished);
    if (job)
        workers->n_open--;
    pthread_mutex_unlock(&workers->mutex);
    return job;
}

static void workers_finished(evutil_socket_t fd, short what, void *data)
{
    struct workers *workers = data;
    eventfd_t count;
    eventfd_read(fd, &count);
    for (struct job *job; (job = workers_take_finished(workers));) {
        struct job done = *job;
        free(job);
        done.done(done.data);
    }
}

static void workers_init(struct workers *workers)
{
    workers->event_fd = -1;
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->wake, NULL);
    queue_init(&workers->waiting);
    queue_init(&workers->finished);
}

static int workers_start(struct loop *loop, struct err *err)
{
    struct workers *workers = &loop->workers;
    if (workers->event_fd < 0) {
        workers->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (workers->event_fd < 0)
            return err_set_errno(err, ERR_FAILED, errno, "eventfd");
        workers->event = new_event(loop, workers->event_fd, EV_READ | EV_PERSIST, workers_finished, workers);
        event_add(workers->event, NULL);
    }
    /* Signals are for the loop's thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = 0;
    while (r == 0 && workers->n_threads < WORKER_THREADS) {
        r = pthread_create(&workers->threads[workers->n_threads], NULL, worker_thread, workers);
        if (r == 0)
            workers->n_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return workers->n_threads > 0 ? 0 : err_set_errno(err, ERR_BUSY, r, _("starting a worker thread"));
}

static void queue_drop(struct job_queue *queue)
{
    for (struct job *job; (job = queue_take(queue));)
        free(job);
}

static void workers_join(struct workers *workers)
{
    if (workers->stopping)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < workers->n_threads; i++)
        pthread_join(workers->threads[i], NULL);
}

static void workers_stop(struct workers *workers)
{
    workers_join(workers);
    queue_drop(&workers->waiting);
    queue_drop(&workers->finished);
    if (workers->event)
        event_free(workers->event);
    cleanup_close(&workers->event_fd);
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->mutex);
}

void workers_end(struct loop *loop)
{
    workers_join(&loop->workers);
}

int worker_run(struct loop *loop, worker_fn *work, worker_fn *done, void *data, struct err *err)
{
    struct workers *workers = &loop->workers;
    if (workers->stopping)
        return err_set(err, ERR_BUSY, _("the program is ending"));
    if (workers->n_threads < WORKER_THREADS) {
        int r = workers_start(loop, err);
        if (r < 0)
            return r;
    }
    pthread_mutex_lock(&workers->mutex);
    bool full = workers->n_open >= WORKER_QUEUE_MAX;
    if (!full) {
        struct job *job = xmalloc(sizeof(*job));
        *job = (struct job){.work = work, .done = done, .data = data};
        queue_put(&workers->waiting, job);
        workers->n_open++;
        pthread_cond_signal(&workers->wake);
    }
    pthread_mutex_unlock(&workers->mutex);
    return full ? err_set(err, ERR_BUSY, _("%d jobs are waiting already"), WORKER_QUEUE_MAX) : 0;
}
