/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "net/loop.h"

/* Mail: plain text messages in UTF-8, handed to a relay over TLS. */
struct mail {
    const char *from, *to; /* addresses, ASCII */
    const char *subject;   /* UTF-8, one line */
    const char *body;      /* UTF-8, lines ending in LF */
    int64_t date_us;       /* wall clock */
};

/*
 * The message as it travels (RFC 5322): CRLF, lines within 76 characters, the subject in encoded words (RFC 2047) when it is
 * not ASCII, the body quoted-printable, a Message-ID from the sender's domain. Control characters in the subject become
 * blanks, so that it stays one header.
 */
void mail_format(const struct mail *mail, struct buf *ret);

struct mail_relay {
    const char *url;             /* smtp://HOST:PORT or smtps://HOST:PORT */
    const char *user, *password; /* NULL: no login */
    const char *ca_file;         /* NULL: the system's authorities */
    bool without_tls; /* smtp:// in the clear, for a relay on this machine; otherwise STARTTLS or nothing */
    int64_t timeout_us;
};

/* How it ended, once, on the loop; err is ERR_NONE when the relay took it. */
typedef void mail_fn(void *data, const struct err *err);
/* Everything is copied. What is under way when the mailer is freed is given up, and its fn not called. */
struct mailer;
struct mailer *mailer_new(struct loop *loop);
struct mailer *mailer_free(struct mailer *mailer);
DEFINE_CLEANUP(struct mailer *, mailer_cleanup, mailer_free)
void mailer_send(struct mailer *mailer, const struct mail_relay *relay, const struct mail *mail, mail_fn *fn,
                 void *data);
