/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/attempt.h"

#include <stdio.h>

#include "base/data.h"
#include "base/text.h"
#include "daemon/throttle.h"
#include "vault/password.h"

enum {
    SECRET_MAX = 1024,
    PATIENCE_S = 60, /* who would have to wait longer is told so at once */
};

struct attempt *attempt_new(struct daemon *daemon, struct bus_call *call, const char *verb)
{
    struct attempt *attempt = xcalloc(1, sizeof(*attempt));
    attempt->act = act_new(daemon, call, verb, "user");
    attempt->given = attempt->fresh = INPUT_INIT;
    attempt->given_name = "password";
    LIST_INSERT_HEAD(&daemon->attempts, attempt, link);
    return attempt;
}

int attempt_take_user(struct attempt *attempt, const char *email)
{
    struct act *act = attempt->act;
    attempt->user = email_fold(email);
    if (!attempt->user)
        return err_set(&act->err, ERR_INVALID_USER, _("'%.64s' is not an e-mail address"), email);
    replace_str(&act->object, xasprintf("user %s", attempt->user));
    return 0;
}

/* The one way out. */
void attempt_finish(struct attempt *attempt, int r)
{
    LIST_REMOVE(attempt, link);
    input_close(&attempt->given);
    input_close(&attempt->fresh);
    buf_wipe_free(&attempt->given_bytes);
    buf_wipe_free(&attempt->fresh_bytes);
    timer_free(attempt->timer);
    act_end(attempt->act, r);
    free(attempt->user);
    wipe_free_str(attempt->known);
    wipe_free_str(attempt->hash);
    wipe_free_str(attempt->secret);
    free(attempt->common);
    free(attempt->extra);
    free(attempt);
}

/* ---- in a worker ---- */

static void work(void *data)
{
    struct attempt *attempt = data;
    struct err *err = &attempt->act->err;
    int r = 0;
    if (attempt->given.fd >= 0 && (r = input_read_secret(&attempt->given, &attempt->given_bytes, err)) >= 0)
        attempt->right = password_verify(attempt->known, attempt->given_bytes.data);
    if (r >= 0 && attempt->fresh.fd >= 0)
        r = input_read_secret(&attempt->fresh, &attempt->fresh_bytes, err);
    bool go_on = r >= 0 && (attempt->right || attempt->given.fd < 0);
    if (go_on && attempt->fresh.fd >= 0) {
        r = password_check(attempt->fresh_bytes.data, attempt->user, attempt->common, err);
        attempt->hash = r >= 0 ? password_hash(attempt->fresh_bytes.data) : NULL;
    } else if (go_on && attempt->secret)
        attempt->hash = password_hash(attempt->secret);
    else if (go_on && attempt->known && password_is_stale(attempt->known))
        attempt->hash = password_hash(attempt->given_bytes.data);
    attempt->result = r;
}

static void worked(void *data)
{
    struct attempt *attempt = data;
    int r = attempt->result;
    if (r >= 0)
        r = attempt->end(attempt);
    if (attempt->right)
        attempt_undo_guess(attempt);
    if (r == ATTEMPT_PENDING)
        attempt->pending = true;
    else
        attempt_finish(attempt, r);
}

void attempts_stop(struct daemon *daemon)
{
    struct attempt *attempt = LIST_FIRST(&daemon->attempts), *next;
    for (; attempt; attempt = next) {
        next = LIST_NEXT(attempt, link);
        if (attempt->timer || attempt->pending)
            attempt_finish(attempt, err_set(&attempt->act->err, ERR_BUSY, _("The daemon is stopping")));
    }
}

static void turn_came(void *data)
{
    struct attempt *attempt = data;
    struct act *act = attempt->act;
    int r = 0;
    attempt->timer = timer_free(attempt->timer);
    act->untried = false;
    if (bus_call_is_orphan(act->call)) /* nobody waits for the answer */
        r = err_set(&act->err, ERR_BUSY, "%s", err_sentence(ERR_BUSY));
    if (r >= 0 && attempt->look)
        r = attempt->look(attempt);
    if (r >= 0)
        r = worker_run(act->daemon->loop, work, worked, attempt, &act->err);
    if (r < 0)
        attempt_finish(attempt, r);
}

/* ---- taking turns ---- */

static char *caller_key(const struct attempt *attempt)
{
    return xasprintf("uid %u", (unsigned)bus_call_uid(attempt->act->call));
}

void attempt_undo_guess(struct attempt *attempt)
{
    struct throttle *throttle = attempt->act->daemon->throttle;
    if (!attempt->guess)
        return;
    _cleanup_free_ char *caller = caller_key(attempt);
    throttle_undo(throttle, caller);
    throttle_forget(throttle, attempt->user);
    attempt->guess = false;
}

static int take_turn(struct attempt *attempt, int64_t *ret_wait_us)
{
    struct throttle *throttle = attempt->act->daemon->throttle;
    _cleanup_free_ char *caller = caller_key(attempt);
    int64_t wait_us = MAX(throttle_wait_us(throttle, caller), throttle_wait_us(throttle, attempt->user));
    if (wait_us > PATIENCE_S * US_PER_S) {
        const int64_t seconds = (wait_us + US_PER_S - 1) / US_PER_S;
        attempt->guess = false;
        return err_set(&attempt->act->err, ERR_TOO_MANY_ATTEMPTS,
                       dngettext(IDSED_TEXTDOMAIN,
                                 "There were too many wrong attempts; try again in %lld second",
                                 "There were too many wrong attempts; try again in %lld seconds",
                                 (unsigned long)seconds),
                       (long long)seconds);
    }
    throttle_count(throttle, caller);
    throttle_count(throttle, attempt->user);
    *ret_wait_us = wait_us;
    return 0;
}

static int check_input(struct input *input, const char *what, struct err *err)
{
    if (input->fd < 0)
        return 0;
    return input_check(input, SECRET_MAX, err) < 0 ? err_prefix(err, "%s", what) : 0;
}

/* The list that is shipped, and the administrator's own behind it. */
static int read_common(struct attempt *attempt)
{
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = data_read("common-passwords.txt", &shipped, &local, &attempt->act->err);
    if (r < 0)
        return r;
    buf_add_char(&shipped, '\n');
    buf_add_str(&shipped, str_or_empty(local.data));
    attempt->common = buf_steal(&shipped, NULL);
    return 0;
}

void attempt_start(struct attempt *attempt, int r)
{
    struct act *act = attempt->act;
    int64_t wait_us = 0;
    act->untried = attempt->guess; /* until its turn comes */
    if (r >= 0)
        r = check_input(&attempt->given, attempt->given_name, &act->err);
    if (r >= 0)
        r = check_input(&attempt->fresh, "password", &act->err);
    if (r >= 0 && attempt->fresh.fd >= 0)
        r = read_common(attempt);
    if (r >= 0 && attempt->guess)
        r = take_turn(attempt, &wait_us);
    if (r < 0) {
        attempt_finish(attempt, r);
        return;
    }
    attempt->timer = timer_new(act->daemon->loop, turn_came, attempt);
    timer_set_boot(attempt->timer, clock_boot_us(daemon_clock(act->daemon)) + wait_us);
}
