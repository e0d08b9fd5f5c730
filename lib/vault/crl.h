/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "vault/revocation.h"

/*
 * The list of revoked certificates that an authority publishes (CRL, RFC 5280). Only a list counts that is whole: what
 * changes another one (delta), tells of certificates of other authorities (indirect) or of some certificates or reasons
 * only (partial) is refused, for somebody could be missing on it. Reading a long one takes its time: not on a loop.
 */
struct crl;

/* DER or PEM. ERR_FAILED, saying why it does not count; `now_us` (wall clock) judges its dates. */
int crl_open(const void *data, size_t n, int64_t now_us, struct crl **ret, struct err *err);
struct crl *crl_free(struct crl *crl);
DEFINE_CLEANUP(struct crl *, crl_cleanup, crl_free)

/* Until when it holds, by its own word; wall clock. */
int64_t crl_next_update_us(const struct crl *crl);

/* What it says of a certificate; ERR_FAILED unless the authority of that certificate signed it, for that certificate too. */
int crl_look(struct crl *crl, const struct revocation_question *question, struct revocation_verdict *ret,
             struct err *err);
