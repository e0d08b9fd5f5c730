/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "vault/credential.h"

/* Looking at what was signed and shown, years later and without a key: nothing here trusts or asks anybody. */

/* What a PKCS#7 (DER) says. */
struct signature {
    bool valid;                    /* its signer's certificate, which is in it, verifies it */
    bool of_this;                  /* what it signs are the bytes that were given */
    struct credential_info signer; /* kind and user are not in a certificate */
};
/* ERR_NOT_A_CERTIFICATE for bytes that are no PKCS#7 with content and exactly one signer. */
int signature_read(const void *der, size_t n, const void *content, size_t content_len, struct signature *ret,
                   struct err *err);
void signature_free(struct signature *signature); /* fields only */

/* One certificate of those that a server showed, its own first. */
struct tls_certificate {
    char *subject, *issuer; /* "CN = portal.example, O = …" */
    char *names;            /* the servers that it is for, with blanks between; "" for none */
    char *fingerprint;      /* SHA-256 of the DER, hex */
    int64_t not_before_us, not_after_us;
    bool by_next; /* signed by the one behind it; the last one: by itself */
};
/* ERR_NOT_A_CERTIFICATE for anything but certificates as PEM. */
int tls_chain_read(const void *pem, size_t n, struct tls_certificate **ret, size_t *ret_n, struct err *err);
void tls_chain_free(struct tls_certificate *chain, size_t n);
/* Is the first certificate for this server? */
bool tls_chain_is_for(const void *pem, size_t n, const char *host);
