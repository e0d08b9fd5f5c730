/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/loop.h"

/* What ran, in order; a test compares the whole word. */
static char order[64];
static struct loop *loop;

static void note(char c)
{
    size_t n = strlen(order);
    assert_true(n + 1 < sizeof(order));
    order[n] = c;
    order[n + 1] = '\0';
}

static int fresh_loop(void **state)
{
    order[0] = '\0';
    loop = loop_new(&clock_system);
    return loop ? 0 : -1;
}

static int drop_loop(void **state)
{
    loop = loop_free(loop);
    return 0;
}

static void quit(void *data)
{
    note('q');
    loop_quit(loop, 7);
}

static void note_char(void *data)
{
    note(*(char *)data);
}

static void timers_fire_in_the_order_of_their_instants(void **state)
{
    struct timer *later = timer_new(loop, quit, NULL);
    struct timer *sooner = timer_new(loop, note_char, (char[]){'s'});
    struct timer *stopped = timer_new(loop, note_char, (char[]){'x'});
    struct timer *past = timer_new(loop, note_char, (char[]){'p'});
    int64_t now_us = clock_boot_us(&clock_system);
    timer_set_boot(later, now_us + 30 * US_PER_MS);
    timer_set_boot(sooner, now_us + 10 * US_PER_MS);
    timer_set_boot(stopped, now_us + 5 * US_PER_MS);
    timer_set_boot(past, now_us - US_PER_S);
    timer_stop(stopped);
    assert_int_equal(loop_run(loop), 7);
    assert_string_equal(order, "psq");
    timer_free(later);
    timer_free(sooner);
    timer_free(stopped);
    timer_free(past);
}

static struct turn_end *turn_end;

static void ready(evutil_socket_t fd, short what, void *data)
{
    eventfd_t count;
    eventfd_read(fd, &count);
    note('e');
    turn_end_ask(turn_end);
    turn_end_ask(turn_end);
}

static void turn_over(void *data)
{
    note('t');
    loop_quit(loop, 0);
}

static void the_end_of_a_turn_comes_once_after_all_its_events(void **state)
{
    int fds[3];
    struct event *events[3];
    turn_end = turn_end_new(loop, turn_over, NULL);
    for (int i = 0; i < 3; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        events[i] = event_new(loop_base(loop), fds[i], EV_READ | EV_PERSIST, ready, NULL);
        event_add(events[i], NULL);
    }
    loop_run(loop);
    assert_string_equal(order, "eeet");
    for (int i = 0; i < 3; i++) {
        event_free(events[i]);
        close(fds[i]);
    }
    turn_end = turn_end_free(turn_end);
}

static struct event *busy;
static unsigned long busy_runs;

static void always_busy(evutil_socket_t fd, short what, void *data)
{
    if (busy_runs++ == 0)
        turn_end_ask(turn_end);
    event_active(busy, EV_READ, 0);
}

static void a_turn_ends_even_when_an_event_never_rests(void **state)
{
    turn_end = turn_end_new(loop, turn_over, NULL);
    busy_runs = 0;
    busy = event_new(loop_base(loop), -1, 0, always_busy, NULL);
    event_active(busy, EV_READ, 0);
    loop_run(loop);
    assert_string_equal(order, "t");
    event_free(busy);
    turn_end = turn_end_free(turn_end);
}

struct sum {
    int value;
    pthread_t thread;
};

static int sums_done;

static void work(void *data)
{
    struct sum *sum = data;
    sum->value *= 2;
    sum->thread = pthread_self();
}

static void work_done(void *data)
{
    struct sum *sum = data;
    assert_false(pthread_equal(sum->thread, pthread_self()));
    if (++sums_done == 10)
        loop_quit(loop, 0);
}

static void workers_work_in_a_thread_and_report_on_the_loop(void **state)
{
    struct sum sums[10];
    sums_done = 0;
    for (int i = 0; i < 10; i++) {
        sums[i].value = i;
        assert_int_equal(worker_run(loop, work, work_done, &sums[i], NULL), 0);
    }
    loop_run(loop);
    for (int i = 0; i < 10; i++)
        assert_int_equal(sums[i].value, 2 * i);
}

static void wait_at_gate(void *data)
{
    eventfd_t count;
    eventfd_read(*(int *)data, &count);
}

static void nothing_done(void *data)
{
}

static void too_many_jobs_are_refused(void **state)
{
    int gate = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
    _cleanup_err_ struct err err = ERR_INIT;
    int taken = 0;
    while (worker_run(loop, wait_at_gate, nothing_done, &gate, &err) >= 0) {
        taken++;
        assert_true(taken < 100000);
    }
    assert_int_equal(err.code, ERR_BUSY);
    assert_true(taken >= 2);
    eventfd_write(gate, (eventfd_t)taken);
    drop_loop(state); /* waits for what is at work */
    close(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_fire_in_the_order_of_their_instants, fresh_loop, drop_loop),
        cmocka_unit_test_setup_teardown(the_end_of_a_turn_comes_once_after_all_its_events, fresh_loop,
                                        drop_loop),
        cmocka_unit_test_setup_teardown(a_turn_ends_even_when_an_event_never_rests, fresh_loop, drop_loop),
        cmocka_unit_test_setup_teardown(workers_work_in_a_thread_and_report_on_the_loop, fresh_loop,
                                        drop_loop),
        cmocka_unit_test_setup_teardown(too_many_jobs_are_refused, fresh_loop, drop_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
