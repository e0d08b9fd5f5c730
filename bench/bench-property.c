/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a property of the daemon, one call at a time, against the same call to the bare echo service, in turns.
 */
#include <stdio.h>

#include "bench/bare.h"
#include "bench/measure.h"

enum { ROUNDS = 15, READS = 1000 };

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench-property ECHO-SERVICE\n");
        return EXIT_FAILURE;
    }
    struct bare *bare = bare_start(argv[1]);
    struct bus_client *ours = bare_connect(NULL);
    struct measure measure = {0};
    for (int i = 0; i < ROUNDS; i++) {
        double baseline = bare_read(bare_client(bare), READS);
        measure_note(&measure, bare_read(ours, READS), baseline);
    }
    bus_client_close(ours);
    bare_stop(bare);
    measure_print_cost("property", &measure, READS, "µs a read", "µs from a bare libdbus service");
    return EXIT_SUCCESS;
}
