/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"
#include "net/mail.h"

/* Mail through the relay of the configuration. */

bool post_is_configured(const struct daemon *daemon);
/*
 * Hands a message over; `fn` is called once, as that of mailer_send(), unless this fails. It leaves with a later turn of the
 * loop, when what was written in this one is on disk.
 */
int post_send(struct daemon *daemon, const char *to, const char *subject, const char *body, mail_fn *fn,
              void *data, struct err *err);
