/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "vault/credential.h"

/* Asking the authority of a certificate whether it was revoked (OCSP, RFC 6960). Nothing here speaks to the network. */
enum revocation { REVOCATION_UNKNOWN, REVOCATION_GOOD, REVOCATION_REVOKED, _REVOCATION_MAX };
const char *revocation_name(enum revocation revocation); /* "unknown", "good", "revoked"; stable */

/*
 * The question about one certificate. `issuers` is PEM: the authorities whose word counts, that of the certificate among
 * them. ERR_NOT_A_CERTIFICATE when the certificate names no responder, its authority is not among them, or they are none.
 */
struct revocation_question;
int revocation_question_new(const struct credential *credential, const void *issuers, size_t n,
                            struct revocation_question **ret, struct err *err);
struct revocation_question *revocation_question_free(struct revocation_question *question);
DEFINE_CLEANUP(struct revocation_question *, revocation_question_cleanup, revocation_question_free)
/* Where to post it (http or https), and its bytes: application/ocsp-request. */
const char *revocation_url(const struct revocation_question *question);
void revocation_request(const struct revocation_question *question, const void **ret, size_t *ret_n);
/*
 * What an answer says; only one counts that is signed by that authority, about that certificate, for that question and
 * fresh. ERR_FAILED, saying why not.
 */
int revocation_answer(const struct revocation_question *question, const void *answer, size_t n,
                      enum revocation *ret, struct err *err);
