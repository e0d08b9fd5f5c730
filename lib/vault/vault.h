/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* OpenSSL, behind a few words: digests, sealing, credentials, PKCS#7. All of it is safe in a worker thread. */

enum { DIGEST_SHA256_SIZE = 32 };
void digest_sha256(const void *data, size_t n, uint8_t ret[DIGEST_SHA256_SIZE]);
char *digest_sha256_hex(const void *data, size_t n); /* new string */
/* In steps, for what does not lie in one piece. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *data, size_t n);
char *digest_end_hex(struct digest *digest); /* frees it */

/* ---- sealing: AES-256-GCM under the machine's key, the record's own name as associated data ---- */
struct seal;
enum { SEAL_KEY_SIZE = 32 };
/* From a key file of exactly SEAL_KEY_SIZE bytes, mode not wider than 0600 unless in $CREDENTIALS_DIRECTORY. */
int seal_open_key(const char *path, struct seal **ret, struct err *err);
/* Makes a key file that does not exist yet, mode 0600; never overwrites. */
int seal_make_key(const char *path, struct err *err);
struct seal *seal_free(struct seal *seal);
DEFINE_CLEANUP(struct seal *, seal_cleanup, seal_free)
/* `record` names the record ("certificate/7"): a sealed value moved to another record does not open. */
int seal_close(const struct seal *seal, const char *record, const void *plain, size_t n, struct buf *ret, struct err *err);
/* ERR_SEAL_BROKEN for the wrong key, record or any changed bit. Wipe *ret with buf_wipe_free(). */
int seal_open(const struct seal *seal, const char *record, const void *sealed, size_t n, struct buf *ret,
              struct err *err);

/* ---- credentials ---- */
enum credential_kind { CREDENTIAL_IMSS = 1, CREDENTIAL_EFIRMA = 2 };

/* A certificate with its opened private key, user and password; memory is wiped by credential_free(). */
struct credential;

/* What a certificate says about itself; strings owned, UTF-8, NULL when absent. */
struct credential_info {
    enum credential_kind kind;
    char *user;
    char *rfc;  /* employer's: text of 2.5.4.45 before the first blank */
    char *curp; /* of the holder or the representative */
    char *name; /* legal name */
    char *serial; /* 20 ASCII digits, or the hexadecimal number of another issuer's certificate */
    char *fingerprint; /* SHA-256 of the DER, hex */
    int64_t not_before_us, not_after_us;
};
void credential_info_free(struct credential_info *info); /* fields only */

/*
 * Reads what the person handed over. Errors, each its own: ERR_WRONG_PASSWORD, ERR_NOT_A_CERTIFICATE, ERR_NOT_A_KEY,
 * ERR_KEY_MISMATCH, ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_NOT_YET_VALID, ERR_CERTIFICATE_IS_CSD,
 * ERR_UNSUPPORTED_CIPHER, ERR_INVALID_CREDENTIAL (a rule of users and passwords; the text names it).
 * `now_us` judges the validity. user: required for a .pfx; for an e.firma NULL or its RFC.
 */
int credential_import_pfx(const void *pfx, size_t n, const char *user, const char *password, int64_t now_us,
                          struct credential **ret, struct err *err);
int credential_import_efirma(const void *cer, size_t cer_len, const void *key, size_t key_len, const char *user,
                             const char *password, int64_t now_us, struct credential **ret, struct err *err);
struct credential *credential_free(struct credential *credential);
DEFINE_CLEANUP(struct credential *, credential_cleanup, credential_free)

const struct credential_info *credential_info(const struct credential *credential);
const char *credential_password(const struct credential *credential); /* for the login form only */
const char *credential_user(const struct credential *credential);
/* The names that the login form's file fields carry: "CERT.pfx" twice, or "CERT.cer" and "CERT.key". */
const char *credential_certificate_name(const struct credential *credential);
const char *credential_key_name(const struct credential *credential);

/* To and from the bytes that are sealed into the store; `ret` holds secrets: buf_wipe_free(). No validity check. */
int credential_save(const struct credential *credential, struct buf *ret, struct err *err);
int credential_load(const void *data, size_t n, struct credential **ret, struct err *err);

/*
 * PKCS#7 signedData over the bytes exactly as given: content embedded, SHA-256, signer certificate included, no signed
 * attributes (as the portal's login script makes it). DER is appended to ret.
 */
int credential_sign(const struct credential *credential, const void *data, size_t n, struct buf *ret, struct err *err);
