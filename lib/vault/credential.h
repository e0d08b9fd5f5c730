/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* What signs in at the portal: a certificate with its opened private key, user and password. */
enum credential_kind { CREDENTIAL_IMSS = 1, CREDENTIAL_EFIRMA = 2 };
const char *credential_kind_name(enum credential_kind kind); /* "imss", "efirma"; stable */

/* Never changes once made, so threads may share it; credential_free() wipes it. */
struct credential;

/* What a certificate says about itself; strings owned, UTF-8, NULL when absent. */
struct credential_info {
    enum credential_kind kind;
    char *user;
    char *rfc;         /* employer's: text of 2.5.4.45 before the first blank */
    char *curp;        /* of the holder or the representative */
    char *name;        /* legal name */
    char *serial;      /* 20 ASCII digits, or the hexadecimal number of another issuer's certificate */
    char *fingerprint; /* SHA-256 of the DER, hex */
    int64_t not_before_us, not_after_us; /* wall clock */
};
void credential_info_free(struct credential_info *info); /* fields only */

enum {
    CREDENTIAL_FILE_MAX = 64 * 1024
}; /* no .pfx, .cer or .key comes near; a larger one is ERR_TOO_LARGE */

/*
 * Reads what the person handed over. Errors, each its own: ERR_WRONG_PASSWORD, ERR_NOT_A_CERTIFICATE,
 * ERR_NOT_A_KEY, ERR_KEY_MISMATCH, ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_NOT_YET_VALID,
 * ERR_CERTIFICATE_IS_CSD, ERR_UNSUPPORTED_CIPHER, ERR_INVALID_CREDENTIAL (a rule of users and passwords; the
 * text names it), ERR_TOO_LARGE. `now_us` judges the validity. user: required for a .pfx; for an e.firma NULL
 * or its RFC.
 */
int credential_import_pfx(const void *pfx, size_t n, const char *user, const char *password, int64_t now_us,
                          struct credential **ret, struct err *err);
int credential_import_efirma(const void *cer, size_t cer_len, const void *key, size_t key_len,
                             const char *user, const char *password, int64_t now_us, struct credential **ret,
                             struct err *err);
struct credential *credential_free(struct credential *credential);
DEFINE_CLEANUP(struct credential *, credential_cleanup, credential_free)

/* What it says of itself, without secrets; both live as long as the credential. */
const struct credential_info *credential_info(const struct credential *credential);
const char *credential_password(const struct credential *credential); /* for the login form only */
const char *credential_user(const struct credential *credential);     /* as the portal's login form has it */
/* The same certificate, with the same user and password? */
bool credential_same(const struct credential *a, const struct credential *b);
/* The names that the login form's file fields carry: "CERT.pfx" twice, or "CERT.cer" and "CERT.key". */
const char *credential_certificate_name(const struct credential *credential);
const char *credential_key_name(const struct credential *credential);

/*
 * To and from the bytes that are sealed into the store; `ret` holds secrets: give it empty, buf_wipe_free()
 * it. Loading does not judge the validity; bytes that credential_save() did not make are ERR_SEAL_BROKEN.
 */
int credential_save(const struct credential *credential, struct buf *ret, struct err *err);
int credential_load(const void *data, size_t n, struct credential **ret, struct err *err);

/*
 * PKCS#7 signedData over the bytes exactly as given: content embedded, SHA-256, signer certificate included,
 * no signed attributes (as the portal's login script makes it). DER is appended to ret.
 */
int credential_sign(const struct credential *credential, const void *data, size_t n, struct buf *ret,
                    struct err *err);
