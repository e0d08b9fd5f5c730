/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/attempt.h"
#include "daemon/iface.h"
#include "daemon/post.h"
#include "daemon/sessions.h"
#include "daemon/texts.h"

/* Manager.RecoverPassword, which mails a one-time code, and Manager.ResetPassword, which takes it. */

enum {
    CODE_MINUTES = 30,
    CODE_TRIES = 5,
    CODE_LETTERS = 12, /* of 32: 60 bits */
};

/* Without the letters and digits that people mix up, in groups of four. */
static char *new_code(void)
{
    static const char letters[33] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    uint8_t random[CODE_LETTERS];
    random_bytes(random, sizeof(random));
    char *code = xcalloc(1, CODE_LETTERS + CODE_LETTERS / 4), *at = code;
    for (size_t i = 0; i < CODE_LETTERS; i++) {
        if (i > 0 && i % 4 == 0)
            *at++ = '-';
        *at++ = letters[random[i] % 32];
    }
    explicit_bzero(random, sizeof(random));
    return code;
}

/* ---- mailing it ---- */

static int require_relay(const struct daemon *daemon, struct err *err)
{
    return post_is_configured(daemon)
               ? 0
               : err_set(err, ERR_MAIL_NOT_CONFIGURED,
                         _("There is no mail relay to send the code through. Set Relay= and From= in [Mail] "
                           "of idsed.conf, "
                           "or let an administrator set a new password with 'idsectl user passwd --admin'"));
}

static int load_message(const char *language, const char *code, const struct store_user *user,
                        struct text *ret, struct err *err)
{
    _cleanup_free_ char *minutes = xasprintf("%d", CODE_MINUTES);
    const char *const words[] = {"name", user->names, "email", user->email, "code",
                                 code,   "minutes",   minutes, NULL};
    struct text template = {0};
    int r = text_load("mail/recovery", language, &template, err);
    if (r >= 0) {
        ret->head = text_fill(template.head, words);
        ret->body = text_fill(template.body, words);
    }
    text_free(&template);
    return r;
}

static void mailed(void *data, const struct err *err)
{
    struct attempt *attempt = data;
    attempt_finish(attempt,
                   err->code == ERR_NONE ? 0 : err_set(&attempt->act->err, err->code, "%s", err_text(err)));
}

static int mail_code(struct attempt *attempt, const struct store_user *user)
{
    struct err *err = &attempt->act->err;
    struct text text = {0};
    int r = load_message(text_language(attempt->extra), attempt->secret, user, &text, err);
    if (r >= 0)
        r = post_send(attempt->act->daemon, user->email, text.head, text.body, mailed, attempt, err);
    text.body = wipe_free_str(text.body);
    text_free(&text);
    return r < 0 ? r : ATTEMPT_PENDING;
}

/* ---- RecoverPassword ---- */

static int store_code(struct attempt *attempt, struct store_user *user)
{
    struct act *act = attempt->act;
    struct store *store = act->daemon->store;
    replace_str(&user->code, STEAL(attempt->hash));
    user->code_until_us = clock_wall_us(daemon_clock(act->daemon)) + CODE_MINUTES * US_PER_MIN;
    user->code_tries = CODE_TRIES;
    return store_user_update(store, user, &act->err);
}

/* The code was made and hashed for unknown users too: the work is the same. */
static int end_recover(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct store_user user = {0};
    int r = store_user_find(act->daemon->store, attempt->user, &user, &act->err);
    if (r == 0)
        r = err_set(&act->err, ERR_UNKNOWN_USER, _("There is no user %s"), attempt->user);
    if (r >= 0 && !user.enabled)
        r = err_set(&act->err, ERR_USER_DISABLED,
                    _("The user %s is disabled; an administrator can enable it"), user.email);
    if (r >= 0)
        r = store_code(attempt, &user);
    if (r >= 0)
        r = mail_code(attempt, &user);
    store_user_free(&user);
    return r;
}

void user_recover_password(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {{"language", "s", 0}, BUS_OPTION_COMMON};
    struct daemon *daemon = data;
    struct attempt *attempt = attempt_new(daemon, call, "recover-password");
    const char *email = "", *language = "";
    struct bus_reader reader;
    attempt->guess = true; /* never taken back: it tells who is a user, and fills mailboxes */
    attempt->secret = new_code();
    attempt->end = end_recover;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &email);
    int r = act_options(attempt->act, &reader, options, ELEMENTSOF(options), &language);
    attempt->extra = xstrdup(language);
    if (r >= 0)
        r = attempt_take_user(attempt, email);
    if (r >= 0)
        r = require_relay(daemon, &attempt->act->err);
    attempt_start(attempt, r);
}

/* ---- ResetPassword ---- */

static bool code_is_open(const struct store_user *user, int64_t now_us)
{
    return user->enabled && user->code && user->code_tries > 0 && now_us < user->code_until_us;
}

static int wrong_code(struct err *err)
{
    return err_set(err, ERR_WRONG_CODE,
                   _("The code is not right, was used, or is older than %d minutes; 'idsectl user recover' "
                     "sends a new one"),
                   CODE_MINUTES);
}

/* The try is taken off before it is judged, so that many at once are no more than five. */
static int look_up_code(struct attempt *attempt)
{
    struct daemon *daemon = attempt->act->daemon;
    struct err *err = &attempt->act->err;
    struct store_user user = {0};
    int r = store_user_find(daemon->store, attempt->user, &user, err);
    if (r > 0 && code_is_open(&user, clock_wall_us(daemon_clock(daemon)))) {
        attempt->known = xstrdup(user.code);
        user.code_tries--;
        r = store_user_update(daemon->store, &user, err);
    }
    store_user_free(&user);
    return r;
}

static int end_reset(struct attempt *attempt)
{
    struct act *act = attempt->act;
    struct daemon *daemon = act->daemon;
    struct store_user user = {0};
    if (!attempt->right)
        return wrong_code(&act->err);
    int r = act_write(act);
    if (r >= 0)
        r = store_user_find(daemon->store, attempt->user, &user, &act->err);
    if (r >= 0 && !streq_null(user.code, attempt->known)) /* another call used it up meanwhile */
        r = wrong_code(&act->err);
    if (r >= 0) {
        replace_str(&user.password, STEAL(attempt->hash));
        replace_str(&user.code, NULL);
        r = store_user_update(daemon->store, &user, &act->err);
    }
    if (r >= 0)
        sessions_end_user(daemon->sessions, user.id);
    store_user_free(&user);
    return r;
}

void user_reset_password(struct bus_call *call, void *daemon)
{
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    struct attempt *attempt = attempt_new(daemon, call, "reset-password");
    const char *email = "";
    struct bus_reader reader;
    attempt->guess = true;
    attempt->look = look_up_code;
    attempt->end = end_reset;
    attempt->given_name = "code";
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &email);
    bus_read_fd(&reader, &attempt->given.fd);
    bus_read_fd(&reader, &attempt->fresh.fd);
    int r = act_options(attempt->act, &reader, options, ELEMENTSOF(options), NULL);
    if (r >= 0)
        r = attempt_take_user(attempt, email);
    attempt_start(attempt, r);
}
