/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/post.h"

#include "base/file.h"

enum { TIMEOUT_S = 60, RELAY_PASSWORD_MAX = 1024 };

bool post_is_configured(const struct daemon *daemon)
{
    return daemon->config.mail_relay;
}

/* The relay's password, from where the service manager put it or from the file of the configuration; may stay empty. */
static int read_password(const struct config *config, struct buf *ret, struct err *err)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    _cleanup_free_ char *path = config->mail_password_file ? xstrdup(config->mail_password_file)
                                : credentials              ? xasprintf("%s/mail.password", credentials)
                                                           : NULL;
    if (!path || !config->mail_user)
        return 0;
    buf_reserve(ret, RELAY_PASSWORD_MAX + 1);
    int r = file_read(path, RELAY_PASSWORD_MAX, ret, err);
    if (r >= 0 && ret->len > 0)
        ret->data[strcspn(ret->data, "\r\n")] = '\0';
    return r;
}

int post_send(struct daemon *daemon, const char *to, const char *subject, const char *body, mail_fn *fn,
              void *data, struct err *err)
{
    const struct config *config = &daemon->config;
    struct buf password = BUF_INIT;
    int r = read_password(config, &password, err);
    if (r >= 0) {
        const struct mail_relay relay = {
            .url = config->mail_relay,
            .user = config->mail_user,
            .password = password.data,
            .ca_file = config->mail_ca_file,
            .without_tls = config->mail_starttls == MAIL_STARTTLS_NEVER,
            .timeout_us = TIMEOUT_S * US_PER_S,
        };
        const struct mail mail = {
            .from = config->mail_from,
            .to = to,
            .subject = subject,
            .body = body,
            .date_us = clock_wall_us(daemon_clock(daemon)),
        };
        mailer_send(daemon->mailer, &relay, &mail, fn, data);
    }
    buf_wipe_free(&password);
    return r;
}
