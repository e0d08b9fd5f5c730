/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/password.h"
#include "client/remote.h"
#include "client/session.h"
#include "client/terminal.h"
#include "client/verbs.h"

/* ---- secrets, which travel in memory files ---- */

/* Takes the secret over and wipes it. */
static int secret_fd(char *secret, int *ret_fd, struct err *err)
{
    int fd = file_sealed_memory("idsectl-password", secret, strlen(secret), err);
    wipe_free_str(secret);
    if (fd < 0)
        return fd;
    *ret_fd = fd;
    return 0;
}

static int known_secret(const char *file, const char *prompt, int *ret_fd, struct err *err)
{
    char *secret = NULL;
    int r = file ? password_read(file, &secret, err) : password_ask(prompt, &secret, err);
    return r < 0 ? r : secret_fd(secret, ret_fd, err);
}

/* A code is letters and digits; nobody fails for having typed small ones. */
static int code_secret(const struct invocation *inv, int *ret_fd, struct err *err)
{
    const char *file = inv->value[OPT_CODE_FILE];
    char *code = NULL;
    int r = file ? password_read(file, &code, err) : password_ask(_("Code:"), &code, err);
    return r < 0 ? r : secret_fd(str_ascii_upper(code), ret_fd, err);
}

/* A new password: what is typed without being seen is typed twice. */
static int new_password(const struct invocation *inv, int *ret_fd, struct err *err)
{
    const char *file = inv->value[OPT_PASSWORD_FILE];
    char *password = NULL, *again = NULL;
    if (file)
        return known_secret(file, NULL, ret_fd, err);
    int r = password_ask(_("New password:"), &password, err);
    if (r >= 0)
        r = password_ask(_("The same again:"), &again, err);
    if (r >= 0 && !streq(password, again))
        r = err_set(err, ERR_WEAK_PASSWORD, _("The two passwords are not the same."));
    wipe_free_str(again);
    if (r < 0) {
        wipe_free_str(password);
        return r;
    }
    return secret_fd(password, ret_fd, err);
}

/* ---- the texts that a user accepts ---- */

static int fetch_texts(struct invocation *inv, json_t **ret, struct err *err)
{
    struct bus_writer w;
    _cleanup_json_ json_t *reply = NULL;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "LegalTexts", "s", &w);
    /* TRANSLATORS: the code of the language that you translate to; "es" or "en". */
    bus_write_string(&w, _("en"));
    int r = remote_call(inv->remote, &w, REMOTE_SHORT, "aa{sv}", &reply, err);
    if (r >= 0)
        *ret = json_incref(json_array_get(reply, 0));
    return r;
}

static void print_texts(const json_t *texts)
{
    size_t i;
    const json_t *text;
    json_array_foreach (texts, i, text)
        printf("%s\n(%s %s)\n\n", row_text(text, "text"), row_text(text, "name"), row_text(text, "version"));
}

static int accept_texts(struct invocation *inv, json_t **ret, struct err *err)
{
    if (!inv->value[OPT_ACCEPT] && !terminal_interactive())
        return err_set(
            err, ERR_USAGE,
            _("The privacy notice and the service agreement ('idsectl user texts') must be accepted; give "
              "--accept when they are."));
    int r = fetch_texts(inv, ret, err);
    if (r < 0 || inv->value[OPT_ACCEPT])
        return r;
    print_texts(*ret);
    if (!terminal_confirm(_("Are the privacy notice and the service agreement accepted?")))
        return err_set(err, ERR_NOT_ACCEPTED, "%s", err_sentence(ERR_NOT_ACCEPTED));
    return 0;
}

int verb_user_texts(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *texts = NULL;
    int r = fetch_texts(inv, &texts, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_JSON])
        output_print_json(STEAL(texts));
    else
        print_texts(texts);
    return 0;
}

/* ---- add and list ---- */

static void write_given(struct bus_writer *w, const struct invocation *inv, const enum opt *options, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (inv->value[options[i]])
            bus_entry_string(w, option_table[options[i]].name, inv->value[options[i]]);
}

/* Names, and what only a new user is told. */
static const enum opt details[] = {OPT_NAMES, OPT_FIRST_SURNAME, OPT_SECOND_SURNAME, OPT_ROLE};
enum { NAMES_OF_DETAILS = ELEMENTSOF(details) - 1 };

static void write_details(struct bus_writer *w, const struct invocation *inv, const json_t *texts)
{
    size_t i;
    const json_t *text;
    write_given(w, inv, details, ELEMENTSOF(details));
    json_array_foreach (texts, i, text)
        bus_entry_string(w, row_text(text, "name"), row_text(text, "version"));
    if (inv->value[OPT_DISABLED])
        bus_entry_bool(w, "disabled", true);
}

static int send_user(struct invocation *inv, int password, const json_t *texts, struct err *err)
{
    struct bus_writer w;
    const char *method = inv->value[OPT_REGISTER] ? "Register" : "AddUser";
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, method, "sha{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    bus_write_fd(&w, password);
    remote_open_options(&w);
    write_details(&w, inv, texts);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_LONG, "o", NULL, err);
}

int verb_user_add(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *texts = NULL;
    _cleanup_close_ int password = -1;
    if (!inv->value[OPT_NAMES] || !inv->value[OPT_FIRST_SURNAME])
        return err_set(err, ERR_USAGE, _("Who is it? Give --names=NAMES and --first-surname=NAME."));
    int r = accept_texts(inv, &texts, err);
    if (r >= 0)
        r = new_password(inv, &password, err);
    if (r >= 0)
        r = send_user(inv, password, texts, err);
    if (r >= 0 && inv->value[OPT_REGISTER])
        output_note(
            inv, _("%s is registered. An administrator may have to enable it first; then: idsectl login %s"),
            inv->args[0], inv->args[0]);
    else if (r >= 0)
        output_note(inv, _("The user %s is added."), inv->args[0]);
    return r;
}

static int fetch_users(struct invocation *inv, json_t **ret, struct err *err)
{
    return remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListUsers", "aa{sv}", ret, err);
}

int verb_user_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = fetch_users(inv, &rows, err);
    if (r >= 0)
        output_list(inv, user_kind, rows, _("No user yet; add one with 'idsectl user add'."));
    return r;
}

/* ---- changing one ---- */

static int user_path(struct invocation *inv, const char *email, char **ret, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    _cleanup_free_ char *folded = email_fold(email);
    int r = fetch_users(inv, &rows, err);
    if (r < 0)
        return r;
    size_t i;
    const json_t *row;
    json_array_foreach (rows, i, row)
        if (folded && streq(row_text(row, "Email"), folded)) {
            *ret = xasprintf(REMOTE_ROOT "/user/%llu", (unsigned long long)row_number(row, "Id"));
            return 0;
        }
    return err_set(err, ERR_UNKNOWN_USER, _("There is no user %s"), email);
}

static int act_on_user(struct invocation *inv, const char *method, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = user_path(inv, inv->args[0], &path, err);
    return r < 0 ? r : remote_act(inv->remote, path, REMOTE_USER, method, err);
}

int verb_user_enable(struct invocation *inv, struct err *err)
{
    int r = act_on_user(inv, "Enable", err);
    if (r >= 0)
        output_note(inv, _("%s may log in."), inv->args[0]);
    return r;
}

int verb_user_disable(struct invocation *inv, struct err *err)
{
    int r = act_on_user(inv, "Disable", err);
    if (r >= 0)
        output_note(inv, _("%s may not log in any more."), inv->args[0]);
    return r;
}

int verb_user_set(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = user_path(inv, inv->args[0], &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_USER, "Update", "a{sv}", &w);
    remote_open_options(&w);
    write_given(&w, inv, details, NAMES_OF_DETAILS);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("The names of %s are changed."), inv->args[0]);
    return r;
}

int verb_user_role(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = user_path(inv, inv->args[0], &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_USER, "SetRole", "sa{sv}", &w);
    bus_write_string(&w, inv->args[1]);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("%s has the role %s."), inv->args[0], inv->args[1]);
    return r;
}

/* ---- passwords ---- */

/* With the old password, or with a code; both methods take the same. */
static int prove_and_set(struct invocation *inv, struct err *err)
{
    bool code = inv->value[OPT_CODE] || inv->value[OPT_CODE_FILE];
    _cleanup_close_ int given = -1, password = -1;
    int r = code ? code_secret(inv, &given, err)
                 : known_secret(inv->value[OPT_OLD_PASSWORD_FILE], _("Present password:"), &given, err);
    if (r >= 0)
        r = new_password(inv, &password, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, code ? "ResetPassword" : "ChangePassword",
                 "shha{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    bus_write_fd(&w, given);
    bus_write_fd(&w, password);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_LONG, NULL, NULL, err);
}

static int set_as_administrator(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_close_ int password = -1;
    int r = user_path(inv, inv->args[0], &path, err);
    if (r >= 0)
        r = new_password(inv, &password, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_USER, "SetPassword", "ha{sv}", &w);
    bus_write_fd(&w, password);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_LONG, NULL, NULL, err);
}

int verb_user_passwd(struct invocation *inv, struct err *err)
{
    int r = inv->value[OPT_ADMIN] ? set_as_administrator(inv, err) : prove_and_set(inv, err);
    if (r >= 0)
        output_note(inv, _("The password of %s is changed, and its sessions have ended."), inv->args[0]);
    return r;
}

/* The only enabled user needs no name. */
static int one_user(struct invocation *inv, char **ret, struct err *err)
{
    _cleanup_json_ json_t *manager = NULL;
    if (inv->n_args > 0) {
        *ret = xstrdup(inv->args[0]);
        return 0;
    }
    if (remote_properties(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, &manager, NULL) < 0 ||
        str_empty(row_text(manager, "DefaultUser")))
        return err_set(err, ERR_USAGE, _("Which user? Give its e-mail: idsectl %s EMAIL"), inv->verb->name);
    *ret = xstrdup(row_text(manager, "DefaultUser"));
    return 0;
}

int verb_user_recover(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *user = NULL;
    int r = one_user(inv, &user, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "RecoverPassword", "sa{sv}", &w);
    bus_write_string(&w, user);
    remote_open_options(&w);
    bus_entry_string(&w, "language", _("en"));
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_LONG, NULL, NULL, err);
    if (r >= 0)
        output_note(inv,
                    _("A code was mailed to %s. It is valid for 30 minutes: idsectl user passwd %s --code"),
                    user, user);
    return r;
}

/* ---- login and logout ---- */

static void tell_uncertified(const struct invocation *inv, const json_t *rps)
{
    size_t i;
    const json_t *rp;
    json_array_foreach (rps, i, rp)
        output_warn(
            inv,
            _("%s has no certificate, so on-line services are not available for it; see 'idsectl cert add'."),
            str_or_empty(json_string_value(rp)));
}

int verb_login(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *user = NULL, *prompt = NULL;
    _cleanup_close_ int password = -1;
    _cleanup_json_ json_t *reply = NULL;
    int r = one_user(inv, &user, err);
    if (r < 0)
        return r;
    prompt = xasprintf(_("Password of %s:"), user);
    r = known_secret(inv->value[OPT_PASSWORD_FILE], prompt, &password, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Login", "sha{sv}", &w);
    bus_write_string(&w, user);
    bus_write_fd(&w, password);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_LONG, "sosas", &reply, err);
    if (r >= 0)
        r = session_keep(json_string_value(json_array_get(reply, 0)), err);
    if (r < 0)
        return r;
    output_note(inv, _("Logged in as %s (%s)."), user, json_string_value(json_array_get(reply, 2)));
    tell_uncertified(inv, json_array_get(reply, 3));
    return 0;
}

int verb_logout(struct invocation *inv, struct err *err)
{
    int r = remote_act(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Logout", err);
    session_forget();
    if (r >= 0)
        output_note(inv, _("Logged out."));
    return r;
}
