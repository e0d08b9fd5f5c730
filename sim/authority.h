/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The practice certification authority: it plays both SAT and IMSS, issues credentials of every kind with
 * their object identifiers and encodings, and keeps the register of who may sign in at the practice portal.
 * Its folder holds ca.pem and ca.key, tls.pem and tls.key, and registry.json; everything but ca.pem has mode
 * 0600.
 */
struct authority;

/* Loads the authority of this folder, making folder, keys and certificates that are missing. ERR_IO,
 * ERR_CONFIG. */
int authority_open(const char *dir, struct authority **ret, struct err *err);
struct authority *authority_free(struct authority *authority);
DEFINE_CLEANUP(struct authority *, authority_cleanup, authority_free)

/* The root that signs everything here: what a PKCS#7 signer must lead to, and what a TLS client has to trust.
 */
X509 *authority_certificate(const struct authority *authority);   /* borrowed */
const char *authority_ca_path(const struct authority *authority); /* of ca.pem */
/* For the server: a certificate for localhost, 127.0.0.1 and ::1, renewed by authority_open() when it runs
 * out. Borrowed. */
X509 *authority_tls_certificate(const struct authority *authority);
EVP_PKEY *authority_tls_key(const struct authority *authority);

/* ---- issuing ---- */
enum authority_kind { AUTHORITY_IMSS = 1, AUTHORITY_EFIRMA = 2, AUTHORITY_CSD = 3 };

/* How the private key (and in a .pfx the certificates) are encrypted; the first is the kind's usual one. */
enum authority_cipher {
    AUTHORITY_CIPHER_USUAL,
    AUTHORITY_CIPHER_AES256,  /* PBES2, and a SHA-256 MAC in a .pfx */
    AUTHORITY_CIPHER_3DES,    /* .pfx: PBES1 3DES; .key: PBES2 3DES, as SAT does it (usual for both) */
    AUTHORITY_CIPHER_RC2_40,  /* .pfx only: certificates RC2-40, key 3DES, SHA-1 MAC, as Windows and Java did
                                 it */
    AUTHORITY_CIPHER_MD5_DES, /* .key only: PBES1 pbeWithMD5AndDES */
};

struct authority_request {
    enum authority_kind kind;
    enum authority_cipher cipher;
    const char *rfc; /* UTF-8, of the employer: 12 characters for a persona moral, 13 for a física */
    const char *representative; /* RFC of a persona moral's representative; NULL for a física */
    const char *curp;           /* of the holder or the representative */
    const char *name;           /* legal name, UTF-8 */
    const char *password;
    int64_t not_before_us, not_after_us; /* both 0: from yesterday, for two years (.pfx) or four (.cer) */
    unsigned
        other_certificates; /* .pfx only: how many strangers' certificates lie in front of the right one */
    EVP_PKEY *key;          /* borrowed; NULL makes a fresh RSA-2048 pair */
    /* Where one can ask whether it was revoked; NULL: it does not say. As openssl.cnf writes the extensions, without the
     * section. */
    const char *responder; /* authorityInfoAccess: "OCSP;URI:http://…" */
    const char *list;      /* crlDistributionPoints: "URI:http://…" */
};

struct authority_credential {
    enum authority_kind kind;
    struct buf certificate; /* the .pfx, or the .cer (DER) */
    struct buf key;         /* the .key (encrypted PKCS#8 DER); empty with a .pfx */
    char *fingerprint;      /* SHA-256 of the certificate's DER, lower-case hex */
    char *serial;           /* its 20 digits */
    char *rfc, *name;
};

int authority_issue(struct authority *authority, const struct authority_request *request,
                    struct authority_credential *ret, struct err *err);
void authority_credential_free(struct authority_credential *credential); /* fields only; wiped */

/* ---- the list of revoked certificates (CRL) ---- */
struct authority_revoked {
    const char *serial; /* 20 digits */
    int64_t since_us;
    int reason; /* CRLReason of RFC 5280; negative: not said */
};

struct authority_list {
    const struct authority_revoked *revoked;
    size_t n_revoked;
    size_t made_up;                         /* so many more, which nobody has */
    int64_t this_update_us, next_update_us; /* both 0: from an hour ago, for a day; next 0: it does not say */
    /* Of the kinds that count for nobody: as openssl.cnf writes the extensions, critical; NULL: not there. */
    const char *scope; /* issuingDistributionPoint, say "indirectCRL:TRUE" or "fullname:URI:http://…" */
    bool is_delta;
    bool is_odd;   /* has something critical that has no place in a list */
    EVP_PKEY *key; /* borrowed; signs it in the authority's place; NULL: nobody does */
    bool pem;      /* else DER */
};

/* Appends the list to `ret`. */
int authority_publish(struct authority *authority, const struct authority_list *list, struct buf *ret,
                      struct err *err);

/* ---- the register of the practice portal ---- */
struct authority_account {
    enum authority_kind kind;
    char *fingerprint;
    char *serial;
    char *user;
    char *rfc, *name;
    char **rps;        /* NULL-terminated; 11 characters each */
    char *salt, *hash; /* of the password: PBKDF2-HMAC-SHA256, hex */
};

/* Registers an issued certificate, or registers it anew, in registry.json. */
int authority_register(struct authority *authority, const struct authority_credential *credential,
                       const char *user, const char *password, const char *const *rps, struct err *err);
/*
 * The account of a certificate by its fingerprint, or NULL when it is not registered. The register is read
 * again when its file has changed, so that another process may register while the portal runs; the account is
 * good until the next call.
 */
const struct authority_account *authority_find(struct authority *authority, const char *fingerprint);
/* The accounts one after the other, NULL behind the last; good until the next authority_find() or
 * authority_register(). */
const struct authority_account *authority_account_at(struct authority *authority, size_t i);
bool authority_account_password(const struct authority_account *account, const char *password);
bool authority_account_has_rp(const struct authority_account *account,
                              const char *rp); /* 10 or 11 characters */

/* SHA-256 of a certificate's DER, lower-case hex; new string. */
char *authority_fingerprint(X509 *certificate);
/* The serial number as receipts print it: its bytes when all are digits, else hex; new string. */
char *authority_serial(const X509 *certificate);

/*
 * Writes the practice credentials into a folder and registers them: imss.pfx with imss.user, imss.password
 * and imss.rp (two registros patronales, one a line), efirma.cer and efirma.key with efirma.user (the RFC),
 * efirma.password and efirma.rp (three). Names are always the same, keys and passwords are random.
 */
int authority_make_practice_set(struct authority *authority, const char *dir, struct err *err);
