/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "base/clock.h"
#include "sim/authority.h"

/* Shared by the files of the practice authority only. */

struct authority {
    char *dir, *ca_path, *register_path;
    X509 *ca, *tls;
    EVP_PKEY *ca_key, *tls_key;
    struct authority_account *accounts;
    size_t n_accounts;
    struct stat register_seen; /* what the register's file looked like when it was read */
};

DEFINE_CLEANUP(X509 *, x509_cleanup, X509_free)
DEFINE_CLEANUP(EVP_PKEY *, pkey_cleanup, EVP_PKEY_free)

/* Fails with OpenSSL's own reason in the text. */
int authority_fail(struct err *err, const char *what);
/* A lock over the folder against other processes, until the descriptor is closed; negative on failure. */
int authority_lock(const char *dir, struct err *err);

/* What makes one certificate. */
struct certificate_plan {
    X509_NAME *subject; /* borrowed */
    EVP_PKEY *key;      /* borrowed */
    int64_t not_before_us, not_after_us;
    const struct certificate_extension {
        int nid;
        const char *value; /* as openssl.cnf writes it; NULL ends the list */
    } * extensions;
};
/* Signed by `issuer` (itself when NULL) with issuer_key; NULL when OpenSSL fails. */
X509 *certificate_make(const struct certificate_plan *plan, X509 *issuer, EVP_PKEY *issuer_key);
/* UTF-8 text as one attribute; false when OpenSSL fails. */
bool subject_add(X509_NAME *subject, const char *oid, int type, const void *data, size_t n);

/* The register's file: 0, also when there is none yet. */
int register_load(struct authority *authority, struct err *err);
void register_free(struct authority *authority);
