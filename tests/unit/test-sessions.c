/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "daemon/iface.h"
#include "daemon/sessions.h"

/* Calls made of memory, in the place of those of the bus. */
struct bus_call {
    uid_t uid;
    const char *connection, *token;
};

uid_t bus_call_uid(const struct bus_call *call)
{
    return call->uid;
}

const char *bus_call_sender(const struct bus_call *call)
{
    return call->connection;
}

const char *bus_call_option(const struct bus_call *call, const char *key)
{
    return streq(key, "session") ? str_or_empty(call->token) : "";
}

static int64_t now_us;
static const int64_t idle_us = 30 * US_PER_MIN;
static struct sessions *sessions;

static int64_t read_clock(const struct clock *clock)
{
    return now_us;
}

static const struct clock held = {.wall_us = read_clock, .boot_us = read_clock};
static const struct store_user ana = {.id = 1, .email = (char *)"ana@ejemplo.mx", .role = USER_OPERADOR};
static const struct store_user eva = {.id = 2, .email = (char *)"eva@ejemplo.mx", .role = USER_CONSULTA};

static int make(void **state)
{
    now_us = US_PER_HOUR;
    sessions = sessions_new(&held, &idle_us);
    return 0;
}

static int drop(void **state)
{
    sessions = sessions_free(sessions);
    return 0;
}

/* 1, 0 or the error's code, negative. */
static int find(uid_t uid, const char *connection, const char *token, struct session *ret)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = sessions_find(sessions, &(struct bus_call){uid, connection, token}, ret, &err);
    if (r < 0)
        assert_int_equal(err.code, ERR_SESSION_ENDED);
    return r < 0 ? -1 : r;
}

static void the_connection_that_opened_it_is_in_it(void **state)
{
    struct session session = {0};
    _cleanup_free_ char *token = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    assert_int_equal(find(7, ":1.1", NULL, &session), 1);
    assert_int_equal(session.user, 1);
    assert_int_equal(session.role, USER_OPERADOR);
    assert_string_equal(session.email, "ana@ejemplo.mx");
    assert_int_equal(find(7, ":1.2", NULL, NULL), 0);
}

static void the_token_opens_it_for_the_same_uid_only(void **state)
{
    _cleanup_free_ char *token = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    _cleanup_free_ char *other = sessions_open(sessions, &(struct bus_call){7, ":1.3"}, &ana);
    assert_int_equal(strlen(token), 64);
    assert_string_not_equal(token, other);
    assert_int_equal(find(7, ":1.2", token, NULL), 1);
    assert_int_equal(find(8, ":1.2", token, NULL), -1);
    assert_int_equal(find(0, ":1.2", token, NULL), -1);
    token[0] = token[0] == '0' ? '1' : '0';
    assert_int_equal(find(7, ":1.2", token, NULL), -1);
}

static void a_connection_is_in_the_session_that_it_used_last(void **state)
{
    struct session session = {0};
    const struct bus_call call = {7, ":1.2"};
    _cleanup_free_ char *first = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    _cleanup_free_ char *second = sessions_open(sessions, &call, &eva);
    assert_int_equal(sessions_use(sessions, &call, first, &session, NULL), 0);
    assert_int_equal(session.user, ana.id);
    assert_int_equal(find(7, ":1.2", NULL, &session), 1);
    assert_int_equal(session.user, ana.id);
    assert_int_equal(find(7, ":1.9", second, &session), 1); /* which lives on */
    assert_int_equal(session.user, eva.id);
    assert_true(sessions_use(sessions, &(struct bus_call){8, ":1.8"}, first, &session, NULL) < 0);
}

static void it_ends_when_nothing_is_done_with_it(void **state)
{
    _cleanup_free_ char *token = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    for (int i = 0; i < 3; i++) {
        now_us += idle_us - 1;
        assert_int_equal(find(7, ":1.1", NULL, NULL), 1);
    }
    now_us += idle_us;
    assert_int_equal(find(7, ":1.1", NULL, NULL), 0);
    assert_int_equal(find(7, ":1.1", token, NULL), -1);
}

static void one_that_is_used_does_not_keep_another_alive(void **state)
{
    _cleanup_free_ char *idle = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    _cleanup_free_ char *used = sessions_open(sessions, &(struct bus_call){7, ":1.2"}, &ana);
    now_us += idle_us / 2;
    assert_int_equal(find(7, ":1.2", NULL, NULL), 1);
    now_us += idle_us / 2;
    assert_int_equal(find(7, ":1.1", NULL, NULL), 0);
    assert_int_equal(find(7, ":1.2", NULL, NULL), 1);
}

static void it_can_be_closed_and_a_users_all_be_ended(void **state)
{
    const struct bus_call call = {7, ":1.1"};
    _cleanup_free_ char *one = sessions_open(sessions, &call, &ana);
    _cleanup_free_ char *two = sessions_open(sessions, &(struct bus_call){7, ":1.2"}, &ana);
    _cleanup_free_ char *three = sessions_open(sessions, &(struct bus_call){8, ":1.3"}, &ana);
    _cleanup_free_ char *hers = sessions_open(sessions, &(struct bus_call){7, ":1.4"}, &eva);
    assert_int_equal(sessions_close(sessions, &call, NULL), 0);
    assert_true(sessions_close(sessions, &call, NULL) < 0);
    assert_int_equal(find(7, ":1.2", NULL, NULL), 1);
    sessions_end_user(sessions, ana.id);
    assert_int_equal(find(7, ":1.2", NULL, NULL), 0);
    assert_int_equal(find(8, ":1.3", three, NULL), -1);
    assert_int_equal(find(7, ":1.4", NULL, NULL), 1);
}

static void nobody_makes_it_grow_for_ever(void **state)
{
    _cleanup_free_ char *kept = sessions_open(sessions, &(struct bus_call){8, ":1.0"}, &eva);
    _cleanup_free_ char *first = sessions_open(sessions, &(struct bus_call){7, ":1.1"}, &ana);
    for (int i = 0; i < 100; i++)
        free(sessions_open(sessions, &(struct bus_call){7, ":1.2"}, &ana));
    assert_int_equal(find(7, ":1.9", first, NULL), -1);
    assert_int_equal(find(8, ":1.0", kept, NULL), 1); /* another uid's */
    for (int i = 0; i < 200; i++) {
        _cleanup_free_ char *connection = xasprintf(":2.%d", i);
        struct session session;
        assert_int_equal(sessions_use(sessions, &(struct bus_call){8, connection}, kept, &session, NULL), 0);
    }
    assert_int_equal(find(8, ":2.199", NULL, NULL), 1);
    assert_int_equal(find(8, ":2.0", NULL, NULL), 0);
}

static void roles_stand_for_actions(void **state)
{
    static const struct {
        const char *action;
        enum user_role least;
    } table[] = {
        {ACTION_READ, USER_CONSULTA},       {ACTION_SUBMIT, USER_OPERADOR},
        {ACTION_CONTROL, USER_OPERADOR},    {ACTION_CREDENTIALS, USER_ADMINISTRADOR},
        {ACTION_USERS, USER_ADMINISTRADOR},
    };
    for (size_t i = 0; i < ELEMENTSOF(table); i++) {
        for (int role = USER_CONSULTA; role < _USER_ROLE_MAX; role++)
            assert_int_equal(sessions_role_may((enum user_role)role, table[i].action),
                             role >= (int)table[i].least);
        assert_int_equal(sessions_least_role(table[i].action), table[i].least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_connection_that_opened_it_is_in_it, make, drop),
        cmocka_unit_test_setup_teardown(the_token_opens_it_for_the_same_uid_only, make, drop),
        cmocka_unit_test_setup_teardown(a_connection_is_in_the_session_that_it_used_last, make, drop),
        cmocka_unit_test_setup_teardown(it_ends_when_nothing_is_done_with_it, make, drop),
        cmocka_unit_test_setup_teardown(one_that_is_used_does_not_keep_another_alive, make, drop),
        cmocka_unit_test_setup_teardown(it_can_be_closed_and_a_users_all_be_ended, make, drop),
        cmocka_unit_test_setup_teardown(nobody_makes_it_grow_for_ever, make, drop),
        cmocka_unit_test(roles_stand_for_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
