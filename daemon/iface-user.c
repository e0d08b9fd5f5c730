/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "daemon/attempt.h"
#include "daemon/iface.h"
#include "daemon/sessions.h"

static struct act *new_act(struct bus_call *call, const struct user_object *object, const char *verb)
{
    return act_new(object->daemon, call, verb, "user %s", object->user.email);
}

/* Rights that somebody had a moment ago must not live on in a session. */
static int save(struct act *act, struct store_user *user)
{
    int r = store_user_update(act->daemon->store, user, &act->err);
    if (r >= 0)
        sessions_end_user(act->daemon->sessions, user->id);
    return r;
}

static void set_enabled(struct bus_call *call, struct user_object *object, const char *verb, bool enabled)
{
    struct act *act = new_act(call, object, verb);
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0 && object->user.enabled != enabled) {
        object->user.enabled = enabled;
        r = save(act, &object->user);
    }
    act_end(act, r);
}

static void method_enable(struct bus_call *call, void *object)
{
    set_enabled(call, object, "user-enable", true);
}

static void method_disable(struct bus_call *call, void *object)
{
    set_enabled(call, object, "user-disable", false);
}

static void method_set_role(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    struct user_object *object = data;
    struct act *act = new_act(call, object, "user-role");
    const char *name = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &name);
    int r = act_options(act, &reader, options, ELEMENTSOF(options), NULL);
    int role = user_role_from_name(name);
    if (r >= 0 && role < 0)
        r = err_set(&act->err, ERR_INVALID_ARGUMENT,
                    _("role: '%.64s' is none of consulta, operador, administrador"), name);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0) {
        act->detail = xasprintf("{\"role\":\"%s\"}", name);
        object->user.role = (enum user_role)role;
        r = save(act, &object->user);
    }
    act_end(act, r);
}

static int store_password(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct store_user user = {0};
    int r = act_write(act);
    if (r >= 0)
        r = store_user_find(act->daemon->store, attempt->user, &user, &act->err);
    if (r > 0) {
        replace_str(&user.password, STEAL(attempt->hash));
        replace_str(&user.code, NULL);
        r = save(act, &user);
    }
    store_user_free(&user);
    return r;
}

static void method_set_password(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    struct user_object *object = data;
    struct attempt *attempt = attempt_new(object->daemon, call, "user-password");
    attempt->end = store_password;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_fd(&reader, &attempt->fresh.fd);
    int r = attempt_take_user(attempt, object->user.email);
    if (r >= 0)
        r = act_options(attempt->act, &reader, options, ELEMENTSOF(options), NULL);
    attempt_start(attempt, r);
}

/* ---- properties ---- */

static void get_role(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, user_role_name(((struct user_object *)object)->user.role));
}

#define USER(field) offsetof(struct user_object, user.field)

/* Nothing of them is announced: signals go to all of the group, and who the users are is for those who manage them. */
static const struct bus_property properties[] = {
    {"Id", "t", BUS_EMITS_CONST, NULL, USER(id)},
    {"Email", "s", BUS_EMITS_CONST, NULL, USER(email)},
    {"Names", "s", BUS_EMITS_NOTHING, NULL, USER(names)},
    {"FirstSurname", "s", BUS_EMITS_NOTHING, NULL, USER(first_surname)},
    {"SecondSurname", "s", BUS_EMITS_NOTHING, NULL, USER(second_surname)},
    {"Role", "s", BUS_EMITS_NOTHING, get_role},
    {"Enabled", "b", BUS_EMITS_NOTHING, NULL, USER(enabled)},
    {"Added", "t", BUS_EMITS_CONST, NULL, USER(added_us)},
    {"LastLogin", "t", BUS_EMITS_NOTHING, NULL, USER(login_us)},
    {"Accepted", "t", BUS_EMITS_NOTHING, NULL, USER(accepted_us)},
    {"PrivacyVersion", "s", BUS_EMITS_NOTHING, NULL, USER(privacy_version)},
    {"AgreementVersion", "s", BUS_EMITS_NOTHING, NULL, USER(agreement_version)},
    {0},
};

static const struct bus_method methods[] = {
    {"Enable", "a{sv}", "", "options", ACTION_USERS, method_enable},
    {"Disable", "a{sv}", "", "options", ACTION_USERS, method_disable},
    {"Update", "a{sv}", "", "options", ACTION_USERS, user_update},
    {"SetRole", "sa{sv}", "", "role options", ACTION_USERS, method_set_role},
    {"SetPassword", "ha{sv}", "", "password options", ACTION_USERS, method_set_password},
    {0},
};

const struct bus_interface user_interface = {
    .name = "mx.idsed1.User",
    .methods = methods,
    .properties = properties,
    .read_action = ACTION_USERS,
};

/* ---- the node ---- */

static void release(void *data)
{
    struct user_object *object = data;
    store_user_free(&object->user);
    free(object);
}

static void *find(void *data, const char *name)
{
    int64_t id = iface_object_id(name);
    struct user_object *object = xcalloc(1, sizeof(*object));
    object->daemon = data;
    if (id > 0 && store_user_get(object->daemon->store, id, &object->user, NULL) >= 0)
        return object;
    release(object);
    return NULL;
}

static const struct bus_interface *const interfaces[] = {&user_interface, NULL};

/* Without a list: users stand in no introspection and not among the managed objects, which all see who see lots. */
const struct bus_node user_node = {
    .path = IFACE_ROOT "/user",
    .interfaces = interfaces,
    .find = find,
    .release = release,
    .missing = ERR_UNKNOWN_USER,
};

static int list_users(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_user *users = NULL;
    size_t n = 0;
    int r = store_user_list(daemon->store, &users, &n, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        struct user_object object = {.daemon = daemon, .user = users[i]};
        bus_write_properties(w, &user_interface, &object, NULL);
    }
    bus_close(w);
    store_users_free(users, n);
    return 0;
}

void user_list(struct bus_call *call, void *daemon)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = list_users(daemon, call, &err);
    answer(daemon, call, r, &err);
}
