/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "idse/outcome.h"

/* Attempts to send a lot. */
struct store;

struct store_attempt {
    int64_t id, lot, certificate;
    int64_t started_us, ended_us; /* ended 0: never closed (the daemon died) */
    enum outcome_reason reason;
    char *text;
    bool sent;
};
void store_attempts_free(struct store_attempt *attempts, size_t n);
int store_attempt_begin(struct store *store, int64_t lot, int64_t certificate, int64_t *ret_id,
                        struct err *err);
/*
 * Closes it, with its transcript (secrets already blanked) and the certificates that the portal showed (PEM); either may be
 * NULL. It is entered into the history with the hashes of both.
 */
int store_attempt_end(struct store *store, const struct store_attempt *attempt, const struct buf *transcript,
                      const struct buf *tls_chain, struct err *err);
int store_attempt_list(struct store *store, int64_t lot, struct store_attempt **ret, size_t *ret_n,
                       struct err *err);
int store_attempt_transcript(struct store *store, int64_t id, struct buf *ret, struct err *err);
int store_attempt_tls_chain(struct store *store, int64_t id, struct buf *ret,
                            struct err *err); /* nothing, if none was seen */
