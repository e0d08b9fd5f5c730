/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole process, from its start to its end, against another one, in turns: bench-process NAME OURS… -- BASELINE…. What
 * they print goes nowhere; both must succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

enum { ROUNDS = 15, RUNS = 20 };

static double run(char *const *command, const posix_spawn_file_actions_t *quiet)
{
    double start = measure_now_s();
    for (int i = 0; i < RUNS; i++) {
        pid_t pid;
        int status, r = posix_spawnp(&pid, command[0], quiet, NULL, command, environ);
        if (r != 0)
            measure_fail(command[0], strerror(r));
        if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            measure_fail(command[0], "it failed");
    }
    return measure_now_s() - start;
}

int main(int argc, char **argv)
{
    int middle = 2;
    while (middle < argc && !streq(argv[middle], "--"))
        middle++;
    if (middle == 2 || middle + 1 >= argc) {
        fprintf(stderr, "usage: bench-process NAME OURS… -- BASELINE…\n");
        return EXIT_FAILURE;
    }
    argv[middle] = NULL;
    char *const *ours = argv + 2, *const *baseline = argv + middle + 1;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    struct measure measure = {0};
    run(ours, &quiet); /* warm */
    for (int i = 0; i < ROUNDS; i++) {
        double bare = run(baseline, &quiet);
        measure_note(&measure, run(ours, &quiet), bare);
    }
    posix_spawn_file_actions_destroy(&quiet);
    _cleanup_free_ char *unit = xasprintf("µs for %s", baseline[0]);
    measure_print_cost(argv[1], &measure, RUNS, "µs a run", unit);
    return EXIT_SUCCESS;
}
