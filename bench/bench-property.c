/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a property of the daemon, one call at a time, against the same call to the bare echo service. The daemon is on
 * the system bus; the echo service answers to the same name, so it has a second bus with the same rules to itself. Both
 * are asked in turns over connections of one process.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "bus/client.h"
#include "tests/support/private-bus.h"

enum { ROUNDS = 15, READS = 1000 };

/* Returns when it serves. */
static pid_t start_echo(const char *program, const char *address)
{
    int ready[2];
    char c;
    if (pipe(ready) < 0)
        measure_fail("pipe", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
        dup2(ready[1], STDOUT_FILENO);
        close(ready[0]);
        close(ready[1]);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    if (pid < 0 || read(ready[0], &c, 1) != 1)
        measure_fail(program, "it did not start");
    close(ready[0]);
    return pid;
}

static double read_property(struct bus_client *client)
{
    _cleanup_err_ struct err err = ERR_INIT;
    double start = measure_now_s();
    for (unsigned i = 0; i < READS; i++) {
        _cleanup_message_ DBusMessage *reply = NULL;
        struct bus_reader r;
        measure_must(
            bus_client_get(client, "/mx/idsed1", "mx.idsed1.Manager", "Version", "s", &reply, &r, &err), &err,
            "Version");
    }
    return measure_now_s() - start;
}

static struct bus_client *connect_to(const char *address)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct bus_client *client = NULL;
    measure_must(bus_client_open(address, "mx.idsed1", &client, &err), &err, "bus");
    read_property(client); /* warm */
    return client;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench-property ECHO-SERVICE\n");
        return EXIT_FAILURE;
    }
    struct private_bus bus;
    private_bus_start(&bus);
    pid_t echo = start_echo(argv[1], bus.address);
    struct bus_client *ours = connect_to(NULL), *bare = connect_to(bus.address);
    struct measure measure = {0};
    for (int i = 0; i < ROUNDS; i++) {
        double baseline = read_property(bare);
        measure_note(&measure, read_property(ours), baseline);
    }
    bus_client_close(ours);
    bus_client_close(bare);
    kill(echo, SIGTERM);
    waitpid(echo, NULL, 0);
    private_bus_stop(&bus);
    measure_print_cost("property", &measure, READS, "µs a read", "µs from a bare libdbus service");
    return EXIT_SUCCESS;
}
