/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"
#include "daemon/attempt.h"
#include "daemon/iface.h"
#include "daemon/texts.h"

/* Manager.AddUser and Manager.Register, User.Update, and the texts that whoever becomes a user accepts. */

enum { USER_NAME_MAX = 100 };

static const char *const legal_names[] = {"privacy", "agreement"};

static int legal_load(const char *name, const char *language, struct text *ret, struct err *err)
{
    _cleanup_free_ char *file = xasprintf("legal/%s", name);
    return text_load(file, language, ret, err);
}

static int legal_texts(struct bus_call *call, struct err *err)
{
    const char *wanted = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &wanted);
    struct bus_writer *w = bus_call_results(call);
    int r = 0;
    bus_open_array(w);
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(legal_names); i++) {
        _cleanup_text_ struct text text = {0};
        r = legal_load(legal_names[i], text_language(wanted), &text, err);
        bus_open_array(w);
        bus_entry_string(w, "name", legal_names[i]);
        bus_entry_string(w, "version", text.head);
        bus_entry_string(w, "text", text.body);
        bus_close(w);
    }
    bus_close(w);
    return r;
}

void user_legal_texts(struct bus_call *call, void *daemon)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = legal_texts(call, &err);
    answer(daemon, call, r, &err);
}

/* ---- adding ---- */

struct user_details {
    const char *names, *first_surname, *second_surname, *privacy, *agreement;
    const char *role;
    bool disabled;
    struct store_user user; /* as it will be; texts are of the message */
};

static const struct bus_option detail_options[] = {
    {"names", "s", offsetof(struct user_details, names)},
    {"first-surname", "s", offsetof(struct user_details, first_surname)},
    {"second-surname", "s", offsetof(struct user_details, second_surname)},
    BUS_OPTION_COMMON,
    {"privacy", "s", offsetof(struct user_details, privacy)}, /* not Update */
    {"agreement", "s", offsetof(struct user_details, agreement)},
    {"role", "s", offsetof(struct user_details, role)}, /* AddUser only */
    {"disabled", "b", offsetof(struct user_details, disabled)},
};
enum { REGISTER_OPTIONS = ELEMENTSOF(detail_options) - 2, UPDATE_OPTIONS = REGISTER_OPTIONS - 2 };

static int check_name(const char *what, const char *name, bool required, struct err *err)
{
    if (required && str_empty(name))
        return err_set(err, ERR_INVALID_USER, _("%s is missing"), what);
    if (name && utf8_length(name) > USER_NAME_MAX)
        return err_set(err, ERR_INVALID_USER, _("%s is longer than %d characters"), what, USER_NAME_MAX);
    for (const char *at = name; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return err_set(err, ERR_INVALID_USER, _("%s has a control character"), what);
    return 0;
}

static int check_accepted(const char *name, const char *given, struct err *err)
{
    _cleanup_text_ struct text text = {0};
    int r = legal_load(name, "es", &text, err);
    if (r >= 0 && !streq_null(text.head, given))
        r = err_set(err, ERR_NOT_ACCEPTED,
                    _("%s: version %s of this text must be accepted; LegalTexts gives it"), name, text.head);
    return r;
}

static int check_details(struct user_details *details, struct err *err)
{
    int role = user_role_from_name(details->role);
    int r = role < 0 ? err_set(err, ERR_INVALID_ARGUMENT,
                               _("role: '%.64s' is none of consulta, operador, administrador"), details->role)
                     : 0;
    if (r >= 0)
        r = check_name("names", details->names, true, err);
    if (r >= 0)
        r = check_name("first-surname", details->first_surname, true, err);
    if (r >= 0)
        r = check_name("second-surname", details->second_surname, false, err);
    if (r >= 0)
        r = check_accepted("privacy", details->privacy, err);
    if (r >= 0)
        r = check_accepted("agreement", details->agreement, err);
    if (r >= 0)
        details->user = (struct store_user){
            .names = (char *)details->names,
            .first_surname = (char *)details->first_surname,
            .second_surname = (char *)str_or_empty(details->second_surname),
            .role = (enum user_role)role,
            .enabled = !details->disabled,
            .privacy_version = (char *)details->privacy,
            .agreement_version = (char *)details->agreement,
        };
    return r;
}

static int add_user(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct user_details *details = attempt->extra;
    struct store_user *user = &details->user;
    int64_t id = 0;
    user->email = attempt->user;
    user->password = attempt->hash;
    user->accepted_us = clock_wall_us(daemon_clock(act->daemon));
    int r = act_write(act);
    if (r >= 0)
        r = store_user_add(act->daemon->store, user, &id, &act->err);
    if (r < 0)
        return r;
    char path[IFACE_PATH_SIZE];
    iface_user_path(id, path);
    bus_write_path(bus_call_results(act->call), path);
    act->detail = xasprintf("{\"role\":\"%s\",\"enabled\":%s,\"privacy\":\"%s\",\"agreement\":\"%s\"}",
                            user_role_name(user->role), user->enabled ? "true" : "false",
                            user->privacy_version, user->agreement_version);
    return 0;
}

/* The arguments of both: the e-mail, the password, the options. */
static int take_arguments(struct attempt *attempt, size_t n_options)
{
    struct user_details *details = attempt->extra = xcalloc(1, sizeof(*details));
    struct act *act = attempt->act;
    const char *email = "";
    struct bus_reader reader;
    details->role = user_role_name(USER_CONSULTA);
    attempt->end = add_user;
    bus_call_arguments(act->call, &reader);
    bus_read_string(&reader, &email);
    bus_read_fd(&reader, &attempt->fresh.fd);
    int r = act_options(act, &reader, detail_options, n_options, details);
    if (r >= 0)
        r = attempt_take_user(attempt, email);
    return r >= 0 ? check_details(details, &act->err) : r;
}

void user_add(struct bus_call *call, void *daemon)
{
    struct attempt *attempt = attempt_new(daemon, call, "user-add");
    attempt_start(attempt, take_arguments(attempt, ELEMENTSOF(detail_options)));
}

void user_register(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct attempt *attempt = attempt_new(daemon, call, "user-register");
    struct err *err = &attempt->act->err;
    attempt->guess = true; /* nobody fills the disk with users, or learns quickly who is one */
    int r = daemon->config.self_registration == SELF_REGISTRATION_OFF
                ? err_set(err, ERR_ACCESS_DENIED,
                          _("People do not register themselves here; an administrator adds them with "
                            "'idsectl user add'"))
                : take_arguments(attempt, REGISTER_OPTIONS);
    if (r >= 0) {
        struct user_details *details = attempt->extra;
        details->user.enabled = daemon->config.self_registration == SELF_REGISTRATION_OPEN;
    }
    attempt_start(attempt, r);
}

/* ---- changing ---- */

/* What was given takes the place of what is there. */
static int apply_name(const char *what, const char *given, bool required, char **name, struct err *err)
{
    int r = given ? check_name(what, given, required, err) : 0;
    if (r >= 0 && given)
        replace_str(name, xstrdup(given));
    return r;
}

void user_update(struct bus_call *call, void *data)
{
    struct user_object *object = data;
    struct store_user *user = &object->user;
    struct act *act = act_new(object->daemon, call, "user-update", "user %s", user->email);
    struct user_details details = {0};
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = act_options(act, &reader, detail_options, UPDATE_OPTIONS, &details);
    if (r >= 0)
        r = apply_name("names", details.names, true, &user->names, &act->err);
    if (r >= 0)
        r = apply_name("first-surname", details.first_surname, true, &user->first_surname, &act->err);
    if (r >= 0)
        r = apply_name("second-surname", details.second_surname, false, &user->second_surname, &act->err);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = store_user_update(object->daemon->store, user, &act->err);
    act_end(act, r);
}
