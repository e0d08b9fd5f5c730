/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/clock.h"
#include "base/util.h"

/* Who is logged in, and the nonces that were given out to be signed. Kept in memory: a restart ends every session. */
struct sessions;

/* Sessions end after `idle_us` without a request. */
struct sessions *sessions_new(const struct clock *clock, int64_t idle_us);
struct sessions *sessions_free(struct sessions *sessions);

/* The value of a session cookie: 32 hex digits; new string. */
char *session_id_new(void);
/* Logs the cookie in under a certificate; a login that the cookie had before ends. */
void session_begin(struct sessions *sessions, const char *id, const char *fingerprint);
/* The certificate's fingerprint, which counts as activity; NULL when nobody is logged in under this cookie. */
const char *session_touch(struct sessions *sessions, const char *id);
void session_end(struct sessions *sessions, const char *id);

/* A fresh nonce; good until it is used, or for five minutes. */
const char *nonce_issue(struct sessions *sessions);
/* True once for each nonce that was issued and is not too old. */
bool nonce_use(struct sessions *sessions, const char *nonce);
