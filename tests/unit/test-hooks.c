/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/hooks.h"

/* A folder with a hook, and a listener in the place of systemd's socket. */
struct world {
    char folder[64], hook[96], socket[96];
    int listener;
    struct loop *loop;
    struct hooks *hooks;
};

static void listen_at(struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, world->socket);
    world->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(world->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(world->listener, 8), 0);
}

static int setup(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    strcpy(world->folder, "/tmp/idsed-hooks.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->hook, sizeof(world->hook), "%s/10-hook", world->folder);
    snprintf(world->socket, sizeof(world->socket), "%s/.socket", world->folder);
    close(open(world->hook, O_CREAT | O_WRONLY, 0755));
    listen_at(world);
    world->loop = loop_new(&clock_system);
    world->hooks = hooks_new(world->loop, world->folder, world->socket);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    hooks_free(world->hooks);
    loop_free(world->loop);
    close(world->listener);
    unlink(world->socket);
    unlink(world->hook);
    rmdir(world->folder);
    free(world);
    return 0;
}

static void tell_lot(struct world *world, int64_t lot)
{
    hooks_tell(world->hooks, &(struct hook_event){.event = "lot-state", .lot = lot, .state = "accepted"});
}

/* The connection of the next event and all it brings; negative when there is none. */
static int take(struct world *world, char *ret, size_t size)
{
    int fd = accept4(world->listener, NULL, NULL, 0);
    if (fd < 0)
        return fd;
    size_t n = 0;
    for (ssize_t got; (got = read(fd, ret + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    ret[n] = '\0';
    return fd;
}

/* The unit has ended; the daemon hears of it. */
static void end(struct world *world, int fd)
{
    close(fd);
    event_base_loop(loop_base(world->loop), EVLOOP_ONCE);
}

static void an_event_is_environment_and_json(void **state)
{
    struct world *world = *state;
    char text[4096];
    const int days = -2;
    hooks_tell(world->hooks, &(struct hook_event){.event = "certificate-expiring",
                                                  .rp = "Z9900001108",
                                                  .certificate = 7,
                                                  .days = &days,
                                                  .text = "uno\nIDSE_LOT=9 \"ñ\""});
    int fd = take(world, text, sizeof(text));
    assert_true(fd >= 0);
    assert_non_null(strstr(text, "IDSE_EVENT=certificate-expiring\n"));
    assert_non_null(
        strstr(text, "IDSE_RP=Z9900001108\nIDSE_CERT=7\nIDSE_DAYS=-2\nIDSE_TEXT=uno IDSE_LOT=9 \"ñ\"\n\n{"));
    assert_null(strstr(text, "\nIDSE_LOT="));
    json_t *event = json_loads(strstr(text, "\n\n") + 2, 0, NULL);
    assert_non_null(event);
    assert_string_equal(json_string_value(json_object_get(event, "text")), "uno\nIDSE_LOT=9 \"ñ\"");
    assert_int_equal(json_integer_value(json_object_get(event, "days")), -2);
    assert_int_equal(json_integer_value(json_object_get(event, "certificate")), 7);
    assert_null(json_object_get(event, "lot"));
    json_decref(event);
    end(world, fd);
}

static void the_next_waits_for_the_end_of_the_one_before(void **state)
{
    struct world *world = *state;
    char text[4096];
    for (int64_t lot = 1; lot <= 3; lot++)
        tell_lot(world, lot);
    for (int64_t lot = 1; lot <= 3; lot++) {
        char line[32];
        int fd = take(world, text, sizeof(text));
        snprintf(line, sizeof(line), "IDSE_LOT=%lld\n", (long long)lot);
        assert_true(fd >= 0);
        assert_non_null(strstr(text, line));
        assert_int_equal(take(world, text, sizeof(text)), -1);
        end(world, fd);
    }
    assert_int_equal(take(world, text, sizeof(text)), -1);
}

static void too_many_are_dropped_and_the_first_stay(void **state)
{
    struct world *world = *state;
    char text[4096];
    for (int64_t lot = 1; lot <= HOOKS_WAITING_MAX + 50; lot++)
        tell_lot(world, lot);
    int n = 0;
    for (int fd; (fd = take(world, text, sizeof(text))) >= 0; n++)
        end(world, fd);
    assert_int_equal(n, HOOKS_WAITING_MAX + 1); /* one was under way */
    assert_non_null(strstr(text, "IDSE_LOT=1001\n"));
}

static void without_a_program_nothing_is_told(void **state)
{
    struct world *world = *state;
    char text[4096];
    unlink(world->hook);
    tell_lot(world, 1);
    assert_int_equal(take(world, text, sizeof(text)), -1);
}

static void without_the_socket_it_goes_on(void **state)
{
    struct world *world = *state;
    char text[4096];
    close(world->listener);
    unlink(world->socket);
    tell_lot(world, 1);
    listen_at(world);
    tell_lot(world, 2);
    int fd = take(world, text, sizeof(text));
    assert_true(fd >= 0);
    assert_non_null(strstr(text, "IDSE_LOT=2\n"));
    end(world, fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_is_environment_and_json, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_waits_for_the_end_of_the_one_before, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_are_dropped_and_the_first_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_program_nothing_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(without_the_socket_it_goes_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
