/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/x509.h>

#include "vault/credential.h"

/* What the import shares with the credential itself; inside lib/vault only. */

DEFINE_CLEANUP(EVP_PKEY *, key_cleanup, EVP_PKEY_free)

X509 *credential_x509(const struct credential *credential); /* the credential's own */

struct der {
    uint8_t *data; /* OpenSSL's memory */
    int len;       /* not above 0 when the encoder failed */
};
/* Overwrites and frees the bytes. */
void der_wipe(struct der *der);

/* The unencrypted PKCS#8 of a key, and the key of such bytes in OpenSSL's default library context. */
struct der der_of_key(const EVP_PKEY *key);
EVP_PKEY *key_from_der(const void *data, size_t n);

/*
 * Puts a credential together and takes over certificate and key, also on failure. ERR_KEY_MISMATCH when they
 * do not belong together. user NULL means the certificate's RFC.
 */
int credential_new(enum credential_kind kind, const char *user, const char *password, X509 *certificate,
                   EVP_PKEY *key, struct credential **ret, struct err *err);
