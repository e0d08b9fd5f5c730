/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/expiry.h"

#include <stdio.h>

#include "daemon/notices.h"
#include "idse/expiry.h"

/* ---- one certificate ---- */

static char *sentence(const struct store_certificate *row, enum expiry_stage stage, int days)
{
    long long id = row->id;
    const char *name = str_or_empty(row->name);
    _cleanup_free_ char *when = time_format_short(row->not_after_us);
    if (stage == EXPIRY_OVER)
        return xasprintf(
            _("Certificate %lld (%s) expired on %s, so its lots are held. Store the renewed one: "
              "idsectl cert replace %lld"),
            id, name, when, id);
    if (stage == EXPIRY_TODAY)
        return xasprintf(_("Certificate %lld (%s) expires today, at %s. Store the renewed one: "
                           "idsectl cert replace %lld"),
                         id, name, when, id);
    if (stage == EXPIRY_1_DAY)
        return xasprintf(_("Certificate %lld (%s) expires tomorrow, at %s. Store the renewed one: "
                           "idsectl cert replace %lld"),
                         id, name, when, id);
    return xasprintf(_("Certificate %lld (%s) expires in %d days, on %s. Renew it, and store the new one: "
                       "idsectl cert replace %lld"),
                     id, name, days, when, id);
}

/* The stage that people were warned of last. */
static int read_warned(struct store *store, const char *name, int *ret, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(store, name, &value, err);
    *ret = r > 0 ? atoi(value) : EXPIRY_FAR;
    return r < 0 ? r : 0;
}

/* Everything that a warning is. */
static int warn(struct daemon *daemon, const struct store_certificate *row, enum expiry_stage stage, int days,
                struct err *err)
{
    _cleanup_free_ char *text = sentence(row, stage, days);
    notices_certificate_expiring(daemon->notices, row->id, days, text);
    long long id = row->id;
    _cleanup_free_ char *when = time_format_short(row->not_after_us);
    _cleanup_free_ char *subject =
        xasprintf(stage == EXPIRY_OVER ? _("IDSE: certificate %lld (%s) expired on %s")
                                       : _("IDSE: certificate %lld (%s) expires on %s"),
                  id, str_or_empty(row->name), when);
    reminder_mail(daemon, 1u << USER_ADMINISTRADOR, subject, text);
    return stage == EXPIRY_OVER ? engine_certificate_changed(daemon->engine, row->id, err) : 0;
}

static int look(struct daemon *daemon, const struct store_certificate *row, int64_t now_us, struct err *err)
{
    int warned;
    enum expiry_stage stage = expiry_stage(row->not_after_us, now_us);
    _cleanup_free_ char *name = xasprintf("expiry.%lld", (long long)row->id);
    _cleanup_free_ char *value = xasprintf("%d", (int)stage);
    int r = read_warned(daemon->store, name, &warned, err);
    if (r < 0 || (int)stage <= warned)
        return r;
    r = store_value_set(daemon->store, name, value, err);
    return r < 0 ? r : warn(daemon, row, stage, expiry_days(row->not_after_us, now_us), err);
}

/* ---- all of them ---- */

int expiry_look(struct daemon *daemon, int64_t now_us, int64_t *ret_next_us, struct err *err)
{
    struct store_certificate *rows = NULL;
    size_t n = 0;
    int64_t next_us = INT64_MAX;
    int r = store_certificate_list(daemon->store, false, &rows, &n, err);
    for (size_t i = 0; i < n; i++) {
        int64_t its_next_us = expiry_next_us(rows[i].not_after_us, now_us);
        if (its_next_us)
            next_us = MIN(next_us, its_next_us);
        if (r >= 0)
            r = look(daemon, &rows[i], now_us, err);
    }
    *ret_next_us = next_us;
    store_certificates_free(rows, n);
    return r;
}
