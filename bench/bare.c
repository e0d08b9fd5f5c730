/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/bare.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "tests/support/private-bus.h"

struct bare {
    struct private_bus bus;
    pid_t echo;
    struct bus_client *client;
};

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

double bare_read(struct bus_client *client, unsigned reads)
{
    _cleanup_err_ struct err err = ERR_INIT;
    double start = measure_now_s();
    for (unsigned i = 0; i < reads; i++) {
        _cleanup_message_ DBusMessage *reply = NULL;
        struct bus_reader r;
        measure_must(
            bus_client_get(client, "/mx/idsed1", "mx.idsed1.Manager", "Version", "s", &reply, &r, &err), &err,
            "Version");
    }
    return measure_now_s() - start;
}

struct bus_client *bare_connect(const char *address)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct bus_client *client = NULL;
    measure_must(bus_client_open(address, "mx.idsed1", &client, &err), &err, "bus");
    bare_read(client, 1000); /* warm */
    return client;
}

struct bare *bare_start(const char *echo_program)
{
    struct bare *bare = xcalloc(1, sizeof(*bare));
    private_bus_start(&bare->bus);
    bare->echo = start_echo(echo_program, bare->bus.address);
    bare->client = bare_connect(bare->bus.address);
    return bare;
}

void bare_stop(struct bare *bare)
{
    bus_client_close(bare->client);
    kill(bare->echo, SIGTERM);
    waitpid(bare->echo, NULL, 0);
    private_bus_stop(&bare->bus);
    free(bare);
}

struct bus_client *bare_client(struct bare *bare)
{
    return bare->client;
}
