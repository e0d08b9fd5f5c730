/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/lot.h"

/* Certificates. The row of one that was removed stays, for the history speaks of it. */
struct store;

enum certificate_kind { CERTIFICATE_IMSS = 1, CERTIFICATE_EFIRMA = 2 };
struct store_certificate {
    int64_t id;
    enum certificate_kind kind;
    char *user;
    char *rfc, *curp, *name, *serial; /* as the certificate has them; may be NULL */
    char *fingerprint;                /* SHA-256 of the DER, hex */
    int64_t not_before_us, not_after_us;
    void *sealed; /* the vault's record: key, certificate and password */
    size_t sealed_len;
    int64_t added_us, removed_us;
    enum lot_hold hold; /* certificate-rejected or certificate-expired: not to be tried until somebody acts */
    char *hold_text;    /* what the portal said */
    int64_t last_login_us; /* last login that worked */
    int64_t replaces;      /* the certificate whose place it takes at its first login; 0 = none */
};
void store_certificate_free(struct store_certificate *certificate);
/* ret_id is chosen before sealing, since it is the seal's associated data: reserve it first. */
int store_certificate_reserve(struct store *store, int64_t *ret_id, struct err *err);
int store_certificate_add(struct store *store, const struct store_certificate *certificate, struct err *err);
int store_certificate_update(struct store *store, const struct store_certificate *certificate,
                             struct err *err);
/* Marks it removed, wipes the sealed bytes, unbinds its RPs; the row stays for history. */
int store_certificate_remove(struct store *store, int64_t id, struct err *err);
/* Gives all RPs of `old` to `heir` and removes `old`. */
int store_certificate_succeed(struct store *store, int64_t old, int64_t heir, struct err *err);
int store_certificate_get(struct store *store, int64_t id, struct store_certificate *ret, struct err *err);
/* Without `removed`, only those in use; sealed bytes are not loaded. */
int store_certificate_list(struct store *store, bool removed, struct store_certificate **ret, size_t *ret_n,
                           struct err *err);
void store_certificates_free(struct store_certificate *certificates, size_t n);
