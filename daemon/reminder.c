/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/reminder.h"

#include "base/log.h"
#include "daemon/post.h"

struct reminder {
    struct daemon *daemon;
    reminder_fn *look;
    struct timer *timer;
    int64_t next_boot_us; /* INT64_MAX: none */
};

static void look_at(struct reminder *reminder, int64_t at_boot_us)
{
    reminder->next_boot_us = at_boot_us;
    timer_set_boot(reminder->timer, at_boot_us);
}

static void look(void *data)
{
    struct reminder *reminder = data;
    const struct clock *clock = daemon_clock(reminder->daemon);
    _cleanup_err_ struct err err = ERR_INIT;
    int64_t now_us = clock_wall_us(clock), next_us = INT64_MAX;
    reminder->next_boot_us = INT64_MAX;
    if (reminder->look(reminder->daemon, now_us, &next_us, &err) < 0)
        log_error("%s", err_text(&err));
    if (next_us != INT64_MAX)
        look_at(reminder, clock_boot_us(clock) + next_us - now_us);
}

struct reminder *reminder_new(struct daemon *daemon, reminder_fn *fn)
{
    struct reminder *reminder = xcalloc(1, sizeof(*reminder));
    reminder->daemon = daemon;
    reminder->look = fn;
    reminder->timer = timer_new(daemon->loop, look, reminder);
    reminder_ask(reminder);
    return reminder;
}

struct reminder *reminder_free(struct reminder *reminder)
{
    if (reminder)
        timer_free(reminder->timer);
    free(reminder);
    return NULL;
}

void reminder_ask(struct reminder *reminder)
{
    look_at(reminder, clock_boot_us(daemon_clock(reminder->daemon)));
}

void reminder_ask_by(struct reminder *reminder, int64_t at_us)
{
    const struct clock *clock = daemon_clock(reminder->daemon);
    int64_t at_boot_us = clock_boot_us(clock) + MAX(at_us - clock_wall_us(clock), INT64_C(0));
    if (at_boot_us < reminder->next_boot_us)
        look_at(reminder, at_boot_us);
}

/* ---- mail ---- */

static void mailed(void *data, const struct err *err)
{
    if (err->code != ERR_NONE)
        log_warning(_("A reminder was not mailed: %s"), err_text(err));
}

/* Whoever gets none has the signal and the journal still. */
void reminder_mail(struct daemon *daemon, unsigned roles, const char *subject, const char *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_user *users = NULL;
    size_t n = 0;
    int r = post_is_configured(daemon) ? store_user_list(daemon->store, &users, &n, &err) : 0;
    _cleanup_free_ char *body = xasprintf("%s\n", text);
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (users[i].enabled && (roles >> users[i].role & 1))
            r = post_send(daemon, users[i].email, subject, body, mailed, NULL, &err);
    if (r < 0)
        mailed(NULL, &err);
    store_users_free(users, n);
}
