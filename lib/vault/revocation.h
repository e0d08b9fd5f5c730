/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "vault/credential.h"

/*
 * Asking the authority of a certificate whether it was revoked: its responder (OCSP, RFC 6960) here, the list that it
 * publishes in vault/crl.h. Nothing here speaks to the network.
 */
enum revocation { REVOCATION_UNKNOWN, REVOCATION_GOOD, REVOCATION_REVOKED, _REVOCATION_MAX };
const char *revocation_name(enum revocation revocation); /* "unknown", "good", "revoked"; stable */

enum { REVOCATION_NO_REASON = -1 };

/* What an authority says of a certificate. */
struct revocation_verdict {
    enum revocation state;
    int64_t said_us;  /* wall clock: of the answer, or of the list */
    int64_t since_us; /* wall clock: when it was revoked */
    int reason;       /* CRLReason of RFC 5280, or REVOCATION_NO_REASON */
};
const char *revocation_reason_text(int reason); /* a few words for people */

/*
 * The question about one certificate. `issuers` is PEM: the authorities whose word counts, that of the certificate among
 * them. ERR_NOT_A_CERTIFICATE when the certificate names neither a responder nor a list that counts, its authority is not
 * among them, or they are none. Never changes once made, so threads may share it.
 */
struct revocation_question;
int revocation_question_new(const struct credential *credential, const void *issuers, size_t n,
                            struct revocation_question **ret, struct err *err);
struct revocation_question *revocation_question_free(struct revocation_question *question);
DEFINE_CLEANUP(struct revocation_question *, revocation_question_cleanup, revocation_question_free)

/* Where its responder is, and where its list (http or https); NULL when the certificate does not say; one of them it does. */
const char *revocation_responder(const struct revocation_question *question);
const char *revocation_list(const struct revocation_question *question);

/* What to post to the responder: application/ocsp-request. */
void revocation_request(const struct revocation_question *question, const void **ret, size_t *ret_n);
/*
 * What its answer says; only one counts that is signed by that authority, about that certificate, for that question and
 * fresh. ERR_FAILED, saying why not.
 */
int revocation_answer(const struct revocation_question *question, const void *answer, size_t n,
                      struct revocation_verdict *ret, struct err *err);
