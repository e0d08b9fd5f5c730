/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auth.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/act.h"

enum {
    ASK_MS = 25000,
    ASK_PERSON_MS = 300000,  /* somebody is typing a password */
    ALLOW_INTERACTION = 1,   /* AllowUserInteraction of polkit's CheckAuthorization */
    RECORDS_PER_MINUTE = 60, /* of denials, one by one; nobody fills the disk by being refused */
};

struct auth {
    struct store *store;
    const struct clock *clock;
    struct sessions *sessions;
    struct bus_server *server;
    struct minute {
        int64_t since_us; /* boot clock: when the counting began */
        unsigned records;
    } denials, untried;
    unsigned uncounted; /* refusals that were left out since the last record */
};

struct question {
    struct auth *auth;
    struct bus_call *call;
    const char *action; /* of the static method table */
};

struct auth *auth_new(struct store *store, const struct clock *clock, struct sessions *sessions)
{
    struct auth *auth = xcalloc(1, sizeof(*auth));
    auth->store = store;
    auth->clock = clock;
    auth->sessions = sessions;
    return auth;
}

struct auth *auth_free(struct auth *auth)
{
    free(auth);
    return NULL;
}

void auth_set_server(struct auth *auth, struct bus_server *server)
{
    auth->server = server;
}

/* ---- denial ---- */

static bool fits_in_minute(struct auth *auth, struct minute *minute)
{
    int64_t now_us = clock_boot_us(auth->clock);
    if (now_us - minute->since_us >= US_PER_MIN)
        *minute = (struct minute){.since_us = now_us};
    if (minute->records < RECORDS_PER_MINUTE) {
        minute->records++;
        return true;
    }
    auth->uncounted++;
    return false;
}

bool auth_may_record_untried(struct auth *auth)
{
    return fits_in_minute(auth, &auth->untried);
}

static void audit_denial(struct auth *auth, const struct bus_call *call, const char *action)
{
    if (!fits_in_minute(auth, &auth->denials))
        return;
    char who[ACT_WHO_SIZE];
    struct session session = {0};
    sessions_find(auth->sessions, call, &session, NULL);
    act_who(bus_call_uid(call), session.email, who);
    _cleanup_free_ char *detail = auth->uncounted ? xasprintf("{\"unrecorded\":%u}", auth->uncounted) : NULL;
    auth->uncounted = 0;
    const struct store_audit record = {
        .who = who,
        .action = (char *)action,
        .object = (char *)bus_call_path(call),
        .outcome = (char *)err_dbus_name(ERR_ACCESS_DENIED),
        .detail = detail,
    };
    _cleanup_err_ struct err err = ERR_INIT;
    if (store_audit_add(auth->store, &record, &err) < 0)
        log_error("%s", err_text(&err));
}

static void deny(struct auth *auth, struct bus_call *call, const char *action, const char *why)
{
    if (bus_call_is_wish(call)) {
        bus_call_go_without(call);
        return;
    }
    _cleanup_err_ struct err err = ERR_INIT;
    err_set(&err, ERR_ACCESS_DENIED,
            _("This needs the authorisation %s: %s. A session of a user with the role %s has it too; see "
              "'idsectl login'"),
            action, why, user_role_name(sessions_least_role(action)));
    audit_denial(auth, call, action);
    bus_call_fail(&call, &err);
}

/* ---- polkit ---- */

static void judge(struct question *question, DBusMessage *reply)
{
    struct bus_reader body, result;
    bool authorized = false, challenge = false;
    bus_reader_init(&body, reply);
    bool readable = dbus_message_has_signature(reply, "(bba{ss})") && bus_read_enter(&body, &result) &&
                    bus_read_bool(&result, &authorized) && bus_read_bool(&result, &challenge);
    if (readable && authorized)
        bus_call_allow(question->call);
    else if (readable && challenge)
        deny(question->auth, question->call, question->action,
             _("a password has to be given; call from a terminal, or let an administrator allow it with a "
               "polkit "
               "rule"));
    else if (readable)
        deny(question->auth, question->call, question->action,
             _("polkit refuses it; an administrator can allow it with a polkit rule"));
    else
        deny(question->auth, question->call, question->action, _("polkit's answer is not understood"));
}

static void on_reply(void *data, DBusMessage *reply)
{
    struct question *question = data;
    if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_ERROR) {
        judge(question, reply);
        return;
    }
    const char *name = dbus_message_get_error_name(reply);
    _cleanup_err_ struct err err = ERR_INIT;
    if (streq(name, DBUS_ERROR_SERVICE_UNKNOWN) || streq(name, DBUS_ERROR_NAME_HAS_NO_OWNER)) {
        deny(question->auth, question->call, question->action,
             _("polkit is not running, so only root is served"));
        return;
    }
    bus_err_from_message(reply, &err);
    deny(question->auth, question->call, question->action, err_text(&err));
}

static DBusMessage *new_question(const struct bus_call *call, const char *action, bool interactive)
{
    DBusMessage *message =
        dbus_message_new_method_call("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    if (!message)
        abort();
    struct bus_writer w;
    bus_writer_init(&w, message, "(sa{sv})sa{ss}us");
    bus_open_struct(&w); /* the subject */
    bus_write_string(&w, "system-bus-name");
    bus_open_array(&w);
    bus_entry_string(&w, "name", bus_call_sender(call));
    bus_close(&w);
    bus_close(&w);
    bus_write_string(&w, action);
    bus_open_array(&w); /* details */
    bus_close(&w);
    bus_write_u32(&w, interactive ? ALLOW_INTERACTION : 0);
    bus_write_string(&w, ""); /* nothing to cancel it by */
    message = NULL;
    bus_writer_finish(&w, &message, NULL);
    return message;
}

void auth_check(struct auth *auth, struct bus_call *call, const char *action)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct session session;
    int r = sessions_find(auth->sessions, call, &session, &err);
    if (r < 0) {
        bus_call_fail(&call, &err);
        return;
    }
    if (bus_call_uid(call) == 0 || (r > 0 && sessions_role_may(session.role, action))) {
        bus_call_allow(call);
        return;
    }
    bool interactive =
        bus_call_interactive(call) && !bus_call_is_wish(call); /* nobody is asked for what can be left out */
    DBusMessage *message = new_question(call, action, interactive);
    struct question *question = xcalloc(1, sizeof(*question));
    *question = (struct question){.auth = auth, .call = call, .action = action};
    bus_server_ask(auth->server, message, interactive ? ASK_PERSON_MS : ASK_MS, on_reply, question, free);
}
