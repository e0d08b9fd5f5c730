/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/attempt.h"
#include "daemon/iface.h"
#include "daemon/sessions.h"

/* Manager.Login, Logout, UseSession and ChangePassword. */

static int no_options(struct act *act, struct bus_reader *reader)
{
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    return act_options(act, reader, options, ELEMENTSOF(options), NULL);
}

/* The user whose password is asked for, as the store has it now: 1, or 0. */
static int look_up_password(struct attempt *attempt)
{
    struct store_user user = {0};
    int r = store_user_find(attempt->act->daemon->store, attempt->user, &user, &attempt->act->err);
    if (r > 0)
        attempt->known = STEAL(user.password);
    store_user_free(&user);
    return r;
}

/*
 * The user that proved to be one, for the end of an attempt, inside its write. One sentence for a wrong user and for a
 * wrong password; that a user is disabled is told to nobody but itself.
 */
static int proven_user(struct attempt *attempt, struct store_user *ret)
{
    struct act *act = attempt->act;
    if (!attempt->right)
        return err_set(&act->err, ERR_WRONG_LOGIN, "%s", err_sentence(ERR_WRONG_LOGIN));
    int r = act_write(act);
    if (r >= 0)
        r = store_user_find(act->daemon->store, attempt->user, ret, &act->err);
    if (r < 0)
        return r;
    /* Another call may have changed the password while this one was proven. */
    if (r == 0 || !streq_null(ret->password, attempt->known))
        return err_set(&act->err, ERR_WRONG_LOGIN, "%s", err_sentence(ERR_WRONG_LOGIN));
    if (!ret->enabled)
        return err_set(&act->err, ERR_USER_DISABLED,
                       _("The user %s is disabled; an administrator can enable it"), ret->email);
    return 0;
}

/* ---- Login ---- */

/* Registros patronales that nothing can be sent for. */
static int write_uncertified(struct act *act, struct bus_writer *w)
{
    struct store_rp *rps = NULL;
    size_t n = 0;
    int r = store_rp_list(act->daemon->store, &rps, &n, &act->err);
    if (r < 0)
        return r;
    bus_open_array(w);
    for (size_t i = 0; i < n; i++)
        if (rps[i].certificate == 0)
            bus_write_string(w, rps[i].rp);
    bus_close(w);
    store_rps_free(rps, n);
    return 0;
}

static int open_session(struct act *act, const struct store_user *user)
{
    struct bus_writer *w = bus_call_results(act->call);
    char path[IFACE_PATH_SIZE];
    char *token = sessions_open(act->daemon->sessions, act->call, user);
    bus_write_string(w, token);
    wipe_free_str(token);
    iface_user_path(user->id, path);
    bus_write_path(w, path);
    bus_write_string(w, user_role_name(user->role));
    act_who(bus_call_uid(act->call), user->email, act->who);
    return write_uncertified(act, w);
}

static int end_login(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct store_user user = {0};
    int r = proven_user(attempt, &user);
    if (r >= 0) {
        user.login_us = clock_wall_us(daemon_clock(act->daemon));
        if (attempt->hash)
            replace_str(&user.password, STEAL(attempt->hash));
        r = store_user_update(act->daemon->store, &user, &act->err);
    }
    if (r >= 0)
        r = open_session(act, &user);
    store_user_free(&user);
    return r;
}

void user_login(struct bus_call *call, void *daemon)
{
    struct attempt *attempt = attempt_new(daemon, call, "login");
    const char *email = "";
    struct bus_reader reader;
    attempt->guess = true;
    attempt->look = look_up_password;
    attempt->end = end_login;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &email);
    bus_read_fd(&reader, &attempt->given.fd);
    int r = no_options(attempt->act, &reader);
    if (r >= 0)
        r = attempt_take_user(attempt, email);
    attempt_start(attempt, r);
}

/* ---- the session ---- */

void user_logout(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct act *act = act_new(daemon, call, "logout", "user");
    struct session session = {0};
    int r = sessions_find(daemon->sessions, call, &session, &act->err);
    act->untried = r <= 0;
    if (r > 0)
        replace_str(&act->object, xasprintf("user %s", session.email));
    if (r >= 0)
        r = iface_no_options(act);
    if (r >= 0)
        r = sessions_close(daemon->sessions, call, &act->err);
    act_end(act, r);
}

void user_use_session(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    _cleanup_err_ struct err err = ERR_INIT;
    struct session session = {0};
    const char *token = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &token);
    int r = sessions_use(daemon->sessions, call, token, &session, &err);
    if (r >= 0) {
        struct bus_writer *w = bus_call_results(call);
        bus_write_string(w, session.email);
        bus_write_string(w, user_role_name(session.role));
    }
    answer(daemon, call, r, &err);
}

/* ---- ChangePassword ---- */

static int end_change(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct store_user user = {0};
    int r = proven_user(attempt, &user);
    if (r >= 0) {
        replace_str(&user.password, STEAL(attempt->hash));
        r = store_user_update(act->daemon->store, &user, &act->err);
    }
    if (r >= 0)
        sessions_end_user(act->daemon->sessions, user.id);
    store_user_free(&user);
    return r;
}

void user_change_password(struct bus_call *call, void *daemon)
{
    struct attempt *attempt = attempt_new(daemon, call, "change-password");
    const char *email = "";
    struct bus_reader reader;
    attempt->guess = true;
    attempt->look = look_up_password;
    attempt->end = end_change;
    attempt->given_name = "old_password";
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &email);
    bus_read_fd(&reader, &attempt->given.fd);
    bus_read_fd(&reader, &attempt->fresh.fd);
    int r = no_options(attempt->act, &reader);
    if (r >= 0)
        r = attempt_take_user(attempt, email);
    attempt_start(attempt, r);
}
