/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/service.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

enum { MAX_HELD = BUS_MAX_CALLS };

struct lot {
    char *state;
    uint64_t id;
    bool held;
};

struct service {
    struct bus_server *server;
    struct loop *loop;
    char *text;
    uint64_t count;
    uint32_t faults;
    struct bus_call *held[MAX_HELD];
    size_t n_held;
    struct bus_call *asked[MAX_HELD]; /* wait for leave, which comes with LetGo */
    size_t n_asked;
    struct bus_call *undecided[MAX_HELD]; /* wait for leave, which comes in the next turn */
    size_t n_undecided;
    struct event *decide, *term, *usr1;
};

/* ---- the manager ---- */

static void echo(struct bus_call *call, void *object)
{
    struct bus_reader r;
    const char *text = "";
    bus_call_arguments(call, &r);
    bus_read_string(&r, &text);
    bus_write_string(bus_call_results(call), text);
    bus_call_reply(&call);
}

static void count(struct bus_call *call, void *object)
{
    struct service *service = object;
    service->count++;
    bus_call_reply(&call);
}

static void hold_call(struct bus_call *call, void *object)
{
    struct service *service = object;
    bus_write_u32(bus_call_results(call), (uint32_t)service->n_held); /* written now, sent later */
    service->held[service->n_held++] = call;
}

static void answer_held(struct service *service)
{
    while (service->n_held > 0)
        bus_call_reply(&service->held[--service->n_held]);
    while (service->n_asked > 0)
        bus_call_allow(service->asked[--service->n_asked]);
}

/* How many calls were held, and how many of their callers are gone. */
static void let_go(struct bus_call *call, void *object)
{
    struct service *service = object;
    uint32_t orphans = 0;
    for (size_t i = 0; i < service->n_held; i++)
        orphans += bus_call_is_orphan(service->held[i]);
    for (size_t i = 0; i < service->n_asked; i++)
        orphans += bus_call_is_orphan(service->asked[i]);
    bus_write_u32(bus_call_results(call), (uint32_t)(service->n_held + service->n_asked));
    bus_write_u32(bus_call_results(call), orphans);
    answer_held(service);
    bus_call_reply(&call);
}

static void reply_twice(struct bus_call *call, void *object)
{
    bus_write_string(bus_call_results(call), "once");
    bus_call_reply(&call);
    bus_call_reply(&call);
    bus_call_fail(&call, &(struct err){.code = ERR_BUSY});
}

static void reply_wrongly(struct bus_call *call, void *object)
{
    bus_open_array(bus_call_results(call));
    bus_write_u32(bus_call_results(call), 1);
    bus_call_reply(&call);
}

static void announce(struct bus_call *call, void *object)
{
    struct service *service = object;
    struct bus_writer w;
    bus_signal_begin("/mx/idsed1", &service_manager, "Announced", &w);
    bus_write_path(&w, "/mx/idsed1/lot/7");
    bus_signal_send(service->server, &w);
    for (int i = 0; i < 3; i++) {
        service->count++;
        bus_server_changed(service->server, "/mx/idsed1", &service_manager, "Count");
    }
    bus_server_changed(service->server, "/mx/idsed1", &service_manager, "Stale");
    bus_server_changed(service->server, "/mx/idsed1", &service_manager, "Silent");
    bus_server_changed(service->server, "/mx/idsed1/lot/7", &service_lot, "State");
    bus_server_changed(service->server, "/mx/idsed1/lot/4711", &service_lot, "State"); /* there is none */
    bus_server_added(service->server, "/mx/idsed1/lot/8");
    bus_server_removed(service->server, "/mx/idsed1/lot/3");
    bus_call_reply(&call);
}

static void file_size(struct bus_call *call, void *object)
{
    struct bus_reader r;
    struct stat st = {0};
    _cleanup_close_ int fd = -1;
    bus_call_arguments(call, &r);
    if (bus_read_fd(&r, &fd))
        fstat(fd, &st);
    bus_write_u64(bus_call_results(call), (uint64_t)st.st_size);
    bus_call_reply(&call);
}

static void give_file(struct bus_call *call, void *object)
{
    _cleanup_close_ int fd = file_sealed_memory("test", "12345", 5, NULL);
    bus_write_fd(bus_call_results(call), fd);
    bus_call_reply(&call);
}

static void open_fds(struct bus_call *call, void *object)
{
    uint32_t n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    bus_write_u32(bus_call_results(call), n);
    bus_call_reply(&call);
}

static void caller(struct bus_call *call, void *object)
{
    bus_write_u32(bus_call_results(call), bus_call_uid(call));
    bus_write_bool(bus_call_results(call), bus_call_interactive(call));
    bus_call_reply(&call);
}

struct wishes {
    const char *name;
};
static const struct bus_option wishes_table[] = {{"name", "s", offsetof(struct wishes, name)},
                                                 BUS_OPTION_COMMON};

static void wish(struct bus_call *call, void *object)
{
    struct bus_reader r;
    struct wishes wishes = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    bus_call_arguments(call, &r);
    if (bus_read_options(&r, wishes_table, ELEMENTSOF(wishes_table), &wishes, NULL, &err) < 0)
        bus_call_fail(&call, &err);
    else
        bus_call_reply(&call);
}

static void get_pairs(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_open_array(w);
    bus_open_struct(w);
    bus_write_string(w, "a");
    bus_write_u64(w, 1);
    bus_close(w);
    bus_close(w);
}

const struct bus_interface service_manager = {
    .name = "mx.idsed1.Manager",
    .methods = (const struct bus_method[]){{"Echo", "s", "s", "text text", NULL, echo},
                                           {"Count", "", "", "", NULL, count},
                                           {"HoldCall", "", "u", "number", NULL, hold_call},
                                           {"LetGo", "", "uu", "held orphans", NULL, let_go},
                                           {"ReplyTwice", "", "s", "text", NULL, reply_twice},
                                           {"ReplyWrongly", "", "as", "texts", NULL, reply_wrongly},
                                           {"Announce", "", "", "", NULL, announce},
                                           {"FileSize", "h", "t", "file size", NULL, file_size},
                                           {"GiveFile", "", "h", "file", NULL, give_file},
                                           {"OpenFds", "", "u", "number", NULL, open_fds},
                                           {"Caller", "a{sv}", "ub", "options uid interactive", "test.later",
                                            caller},
                                           {"Never", "", "", "", "test.never", count},
                                           {"Undecided", "", "", "", "test.undecided", count},
                                           {"Wish", "a{sv}", "", "options", NULL, wish},
                                           {0}},
    .properties =
        (const struct bus_property[]){
            {"Text", "s", BUS_EMITS_CONST, NULL, offsetof(struct service, text)},
            {"Count", "t", BUS_EMITS_CHANGE, NULL, offsetof(struct service, count)},
            {"Faults", "u", BUS_EMITS_NOTHING, NULL, offsetof(struct service, faults)},
            {"Stale", "t", BUS_EMITS_INVALIDATION, NULL, offsetof(struct service, count)},
            {"Silent", "t", BUS_EMITS_NOTHING, NULL, offsetof(struct service, count)},
            {"Pairs", "a(st)", BUS_EMITS_CHANGE, get_pairs},
            {0}},
    .signals = (const struct bus_signal[]){{"Announced", "o", "lot"}, {0}},
};

/* An interface that our policy does not open. */
static const struct bus_interface service_foreign = {
    .name = "com.example.Foreign",
    .methods = (const struct bus_method[]){{"Echo", "s", "s", "text text", NULL, echo}, {0}},
};

/* ---- lots 1 to 9 ---- */

static void lot_id(struct bus_call *call, void *object)
{
    const struct lot *lot = object;
    bus_write_u64(bus_call_results(call), lot->id);
    bus_write_string(bus_call_results(call), bus_call_object_name(call));
    bus_call_reply(&call);
}

/* Gives more to who may do `action`, too; with `must` nothing to others. */
static void lot_more(struct bus_call *call, void *object)
{
    const struct lot *lot = object;
    struct bus_reader r;
    const char *action = "";
    bool must = false, may = true;
    bus_call_arguments(call, &r);
    bus_read_string(&r, &action);
    bus_read_bool(&r, &must);
    if (must ? !bus_call_must(call, action) : !bus_call_may(call, action, &may))
        return;
    bus_write_bool(bus_call_results(call), may);
    bus_write_u64(bus_call_results(call), lot->id);
    bus_call_reply(&call);
}

const struct bus_interface service_lot = {
    .name = "mx.idsed1.Lot",
    .methods = (const struct bus_method[]){{"WhichOne", "", "ts", "id name", "test.later", lot_id},
                                           {"More", "sb", "bt", "action must may id", "test.later", lot_more},
                                           {0}},
    .properties =
        (const struct bus_property[]){{"Id", "t", BUS_EMITS_CONST, NULL, offsetof(struct lot, id)},
                                      {"State", "s", BUS_EMITS_CHANGE, NULL, offsetof(struct lot, state)},
                                      {"Held", "b", BUS_EMITS_CHANGE, NULL, offsetof(struct lot, held)},
                                      {0}},
    .read_action = "test.later",
};

static void *lot_find(void *data, const char *name)
{
    if (name[0] < '1' || name[0] > '9' || name[1])
        return NULL;
    struct lot *lot = xcalloc(1, sizeof(*lot));
    *lot = (struct lot){.id = (uint64_t)(name[0] - '0'), .state = xstrdup("queued")};
    return lot;
}

static void lot_release(void *object)
{
    struct lot *lot = object;
    free(lot->state);
    free(lot);
}

static void lot_list(void *data, struct bus_list *list)
{
    bus_list_add(list, "7");
    bus_list_add(list, "8");
    bus_list_add(list, "not/a/name");
}

static const struct bus_node manager_node = {
    .path = "/mx/idsed1",
    .interfaces = (const struct bus_interface *const[]){&service_manager, &service_foreign, NULL},
    .object_manager = true,
};

static const struct bus_node lot_node = {
    .path = "/mx/idsed1/lot",
    .interfaces = (const struct bus_interface *const[]){&service_lot, NULL},
    .find = lot_find,
    .release = lot_release,
    .list = lot_list,
    .missing = ERR_UNKNOWN_LOT,
};

/* ---- deciding, in a later turn ---- */

static void decide(evutil_socket_t fd, short what, void *data)
{
    struct service *service = data;
    while (service->n_undecided > 0)
        bus_call_allow(service->undecided[--service->n_undecided]);
}

static void authorize(void *data, struct bus_call *call, const char *action)
{
    struct service *service = data;
    if (streq(action, "test.never") && bus_call_is_wish(call))
        bus_call_go_without(call);
    else if (streq(action, "test.never"))
        bus_call_fail(&call, &(struct err){.code = ERR_ACCESS_DENIED});
    else if (streq(action, "test.undecided"))
        service->asked[service->n_asked++] = call;
    else {
        service->undecided[service->n_undecided++] = call;
        event_active(service->decide, EV_TIMEOUT, 0);
    }
}

/* ---- the process ---- */

static void fault(void *data, const char *text)
{
    struct service *service = data;
    service->faults++;
}

static void stop(evutil_socket_t fd, short what, void *data)
{
    struct service *service = data;
    loop_quit(service->loop, 0);
}

static void answer(evutil_socket_t fd, short what, void *data)
{
    answer_held(data);
}

static int serve(const char *address, int ready)
{
    struct service service = {.text = (char *)"a text", .count = 5};
    _cleanup_err_ struct err err = ERR_INIT;
    service.loop = loop_new(&clock_system);
    service.decide = event_new(loop_base(service.loop), -1, 0, decide, &service);
    service.term = evsignal_new(loop_base(service.loop), SIGTERM, stop, &service);
    event_add(service.term, NULL);
    service.usr1 = evsignal_new(loop_base(service.loop), SIGUSR1, answer, &service);
    event_add(service.usr1, NULL);
    const struct bus_server_options options = {
        .loop = service.loop, .address = address, .authorize = authorize, .fault = fault, .data = &service};
    int status = EXIT_FAILURE;
    if (bus_server_open(&options, &service.server, &err) == 0) {
        bus_server_add(service.server, &manager_node, &service);
        bus_server_add(service.server, &lot_node, &service);
        if (bus_server_own_name(service.server, "mx.idsed1", &err) == 0 && write(ready, "", 1) == 1)
            status = loop_run(service.loop);
    }
    if (err.code != ERR_NONE)
        fprintf(stderr, "service: %s\n", err_text(&err));
    bus_server_close(service.server);
    answer_held(&service); /* what was held outlives the server, and nobody hears the answer */
    event_free(service.decide);
    event_free(service.term);
    event_free(service.usr1);
    loop_free(service.loop);
    dbus_shutdown();
    return status;
}

int service_wait(pid_t pid)
{
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

pid_t service_start(const char *address)
{
    int ready[2];
    char c;
    if (pipe(ready) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ready[0]);
        exit(serve(address, ready[1]));
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) != 1) {
        service_wait(pid);
        pid = -1;
    }
    close(ready[0]);
    return pid;
}

int service_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    return service_wait(pid);
}
