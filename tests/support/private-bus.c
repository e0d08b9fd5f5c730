/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/private-bus.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static const char config[] =
    "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN'\n"
    "  'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
    "<busconfig>\n"
    "  <type>system</type>\n"
    "  <auth>EXTERNAL</auth>\n"
    "  <listen>%s</listen>\n"
    "  <policy context='default'>\n"
    "    <allow user='*'/>\n"
    "    <deny own='*'/>\n"
    "    <deny send_type='method_call'/>\n"
    "    <allow send_type='signal'/>\n"
    "    <allow send_requested_reply='true' send_type='method_return'/>\n"
    "    <allow send_requested_reply='true' send_type='error'/>\n"
    "    <allow receive_type='method_call'/>\n"
    "    <allow receive_type='method_return'/>\n"
    "    <allow receive_type='error'/>\n"
    "    <allow receive_type='signal'/>\n"
    "    <allow send_destination='org.freedesktop.DBus'/>\n"
    "  </policy>\n"
    "  <limit name='max_replies_per_connection'>100000</limit>\n"
    "  <include>%s</include>\n"
    "</busconfig>\n";

static void must(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

void private_bus_start(struct private_bus *bus)
{
    const char *policy = getenv("IDSED_BUS_POLICY");
    _cleanup_free_ char *text = NULL, *path = NULL;
    int ready[2];
    char c;
    must(policy != NULL, "IDSED_BUS_POLICY");
    strcpy(bus->folder, "/tmp/idsed-bus-XXXXXX");
    must(mkdtemp(bus->folder) && chmod(bus->folder, 0755) == 0, "folder of the bus");
    snprintf(bus->address, sizeof(bus->address), "unix:path=%s/socket", bus->folder);
    text = xasprintf(config, bus->address, policy);
    path = xasprintf("%s/config", bus->folder);
    must(file_replace(path, 0644, text, strlen(text), NULL) == 0 && pipe(ready) == 0,
         "configuration of the bus");
    bus->pid = fork();
    must(bus->pid >= 0, "fork");
    if (bus->pid == 0) {
        _cleanup_free_ char *config_file = xasprintf("--config-file=%s", path);
        _cleanup_free_ char *print = xasprintf("--print-address=%d", ready[1]);
        close(ready[0]);
        execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", config_file, print, (char *)NULL);
        perror("dbus-daemon");
        _exit(127);
    }
    close(ready[1]);
    must(read(ready[0], &c, 1) == 1, "dbus-daemon did not start");
    close(ready[0]);
}

void private_bus_stop(struct private_bus *bus)
{
    if (bus->pid > 0) {
        kill(bus->pid, SIGTERM);
        waitpid(bus->pid, NULL, 0);
        bus->pid = 0;
    }
    static const char *const files[] = {"socket", "config"};
    for (size_t i = 0; i < ELEMENTSOF(files); i++) {
        _cleanup_free_ char *path = xasprintf("%s/%s", bus->folder, files[i]);
        unlink(path);
    }
    rmdir(bus->folder);
}
