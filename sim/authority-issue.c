/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "sim/authority-private.h"

/* What differs between the kinds of certificate. */
static const struct {
    const char *key_usage;
    const char *branch; /* OU; only a CSD has one */
    int years;
} kinds[] = {
    [AUTHORITY_IMSS] = {"digitalSignature,nonRepudiation,dataEncipherment,keyAgreement", NULL, 2},
    [AUTHORITY_EFIRMA] = {"digitalSignature,nonRepudiation,dataEncipherment,keyAgreement", NULL, 4},
    [AUTHORITY_CSD] = {"digitalSignature,nonRepudiation", "Sucursal 1", 4},
};

/* The .pfx forms: how certificates and key are encrypted, and the digest of the MAC. */
static const struct {
    int certificates, key;
    const EVP_MD *(*mac)(void);
} pfx_ciphers[] = {
    [AUTHORITY_CIPHER_USUAL] = {NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_sha1},
    [AUTHORITY_CIPHER_AES256] = {NID_aes_256_cbc, NID_aes_256_cbc, EVP_sha256},
    [AUTHORITY_CIPHER_3DES] = {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                               EVP_sha1},
    [AUTHORITY_CIPHER_RC2_40] = {NID_pbe_WithSHA1And40BitRC2_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                 EVP_sha1},
};

/* ---- OpenSSL with the old ciphers, for as long as one file is made ---- */

struct old_ciphers {
    OSSL_LIB_CTX *ctx;
    OSSL_PROVIDER *providers[2];
};

static struct old_ciphers old_ciphers_open(void)
{
    struct old_ciphers old = {.ctx = OSSL_LIB_CTX_new()};
    old.providers[0] = OSSL_PROVIDER_load(old.ctx, "default");
    old.providers[1] = OSSL_PROVIDER_load(old.ctx, "legacy");
    return old;
}

static void old_ciphers_close(struct old_ciphers *old)
{
    for (size_t i = 0; i < ELEMENTSOF(old->providers); i++)
        if (old->providers[i])
            OSSL_PROVIDER_unload(old->providers[i]);
    OSSL_LIB_CTX_free(old->ctx);
}

/* ---- the certificate ---- */

/* An identifier as SAT encodes it: PrintableString, but Ñ makes it a T61String that holds Latin-1, and & a
 * UTF8String. */
static bool add_identifier(X509_NAME *subject, const char *oid, const char *text)
{
    struct buf latin1 = BUF_INIT;
    int type = strchr(text, '&') ? V_ASN1_UTF8STRING : V_ASN1_PRINTABLESTRING;
    for (const char *at = text; *at;) {
        uint32_t c = utf8_next(&at);
        if (c > 0x7F)
            type = V_ASN1_T61STRING;
        buf_add_char(&latin1, (char)cp1252_from_unicode(c));
    }
    bool ok = subject_add(subject, oid, type, latin1.data, latin1.len);
    buf_free(&latin1);
    return ok;
}

static bool add_text(X509_NAME *subject, const char *oid, const char *text)
{
    return subject_add(subject, oid, V_ASN1_UTF8STRING, text, strlen(text));
}

static X509_NAME *make_subject(const struct authority_request *request)
{
    X509_NAME *subject = X509_NAME_new();
    const char *representative = request->representative;
    _cleanup_free_ char *unique =
        representative ? xasprintf("%s / %s", request->rfc, representative) : xstrdup(request->rfc);
    _cleanup_free_ char *curp = xasprintf("%s%s", representative ? " / " : "", request->curp);
    const char *branch = kinds[request->kind].branch;
    if (subject && add_text(subject, "2.5.4.3", request->name) &&
        add_text(subject, "2.5.4.41", request->name) && add_text(subject, "2.5.4.10", request->name) &&
        subject_add(subject, "C", V_ASN1_PRINTABLESTRING, "MX", 2) &&
        add_identifier(subject, "2.5.4.45", unique) && add_identifier(subject, "2.5.4.5", curp) &&
        (!branch || add_text(subject, "2.5.4.11", branch)))
        return subject;
    X509_NAME_free(subject);
    return NULL;
}

static X509 *make_certificate(struct authority *authority, const struct authority_request *request,
                              EVP_PKEY *key)
{
    struct certificate_extension extensions[6] = {
        {NID_basic_constraints, "CA:FALSE"},
        {NID_key_usage, kinds[request->kind].key_usage},
        {NID_ext_key_usage, "emailProtection,clientAuth"},
    };
    size_t n = 3;
    if (request->responder)
        extensions[n++] = (struct certificate_extension){NID_info_access, request->responder};
    if (request->list)
        extensions[n++] = (struct certificate_extension){NID_crl_distribution_points, request->list};
    const int64_t now_us = clock_wall_us(&clock_system);
    const bool usual = request->not_before_us == 0 && request->not_after_us == 0;
    X509_NAME *subject = make_subject(request);
    struct certificate_plan plan = {
        .subject = subject,
        .key = key,
        .not_before_us = usual ? now_us - US_PER_DAY : request->not_before_us,
        .not_after_us =
            usual ? now_us + kinds[request->kind].years * 365 * US_PER_DAY : request->not_after_us,
        .extensions = extensions,
    };
    X509 *certificate = subject ? certificate_make(&plan, authority->ca, authority->ca_key) : NULL;
    X509_NAME_free(subject);
    return certificate;
}

/* ---- the files ---- */

/* Takes over what an i2d function allocated. */
static int add_der(struct buf *buf, uint8_t *der, int n, const char *what, struct err *err)
{
    if (n <= 0)
        return authority_fail(err, what);
    buf_add(buf, der, (size_t)n);
    OPENSSL_clear_free(der, (size_t)n);
    return 0;
}

static int encode_certificate(X509 *certificate, struct buf *ret, struct err *err)
{
    uint8_t *der = NULL;
    int n = i2d_X509(certificate, &der);
    return add_der(ret, der, n, _("encoding the certificate"), err);
}

/* The scheme of a .key; SAT's is PBES2 with 2048 rounds of HMAC-SHA1 and Triple DES. */
static X509_ALGOR *key_scheme(enum authority_cipher cipher)
{
    enum { ROUNDS = 2048 };
    uint8_t salt[8];
    random_bytes(salt, sizeof(salt));
    switch (cipher) {
    case AUTHORITY_CIPHER_USUAL:
    case AUTHORITY_CIPHER_3DES:
        return PKCS5_pbe2_set_iv(EVP_des_ede3_cbc(), ROUNDS, salt, sizeof(salt), NULL, NID_hmacWithSHA1);
    case AUTHORITY_CIPHER_AES256:
        return PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, salt, sizeof(salt), NULL, NID_hmacWithSHA256);
    case AUTHORITY_CIPHER_MD5_DES:
        return PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, ROUNDS, salt, sizeof(salt));
    case AUTHORITY_CIPHER_RC2_40:
        return NULL;
    }
    return NULL;
}

static int encode_key(const struct authority_request *request, EVP_PKEY *key, struct buf *ret,
                      struct err *err)
{
    _cleanup_(old_ciphers_close) struct old_ciphers old = old_ciphers_open();
    X509_ALGOR *scheme = key_scheme(request->cipher);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    X509_SIG *sig = scheme && info ? PKCS8_set0_pbe_ex(request->password, (int)strlen(request->password),
                                                       info, scheme, old.ctx, NULL)
                                   : NULL;
    if (!sig)
        X509_ALGOR_free(scheme);
    uint8_t *der = NULL;
    int n = sig ? i2d_X509_SIG(sig, &der) : 0;
    X509_SIG_free(sig);
    PKCS8_PRIV_KEY_INFO_free(info);
    return add_der(ret, der, n, _("encrypting the private key"), err);
}

/* Certificates that have nothing to do with the key, as a keystore collects them. */
static bool add_strangers(struct authority *authority, const struct authority_request *request,
                          STACK_OF(PKCS12_SAFEBAG) * *bags)
{
    struct authority_request other = *request;
    other.rfc = "XEXX010101000";
    other.representative = NULL;
    other.name = "OTRA PERSONA";
    bool ok = true;
    for (unsigned i = 0; ok && i < request->other_certificates; i++) {
        _cleanup_(pkey_cleanup) EVP_PKEY *key = EVP_EC_gen("P-256");
        _cleanup_(x509_cleanup) X509 *certificate = key ? make_certificate(authority, &other, key) : NULL;
        ok = certificate && PKCS12_add_cert(bags, certificate);
    }
    return ok;
}

static PKCS12 *make_pfx(struct authority *authority, const struct authority_request *request,
                        X509 *certificate, EVP_PKEY *key, OSSL_LIB_CTX *ctx)
{
    enum { ROUNDS = 2048 };
    const int nid_certificates = pfx_ciphers[request->cipher].certificates,
              nid_key = pfx_ciphers[request->cipher].key;
    STACK_OF(PKCS12_SAFEBAG) *certificates = NULL, *keys = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    PKCS12 *pfx = NULL;
    if (add_strangers(authority, request, &certificates) && PKCS12_add_cert(&certificates, certificate) &&
        PKCS12_add_safe_ex(&safes, certificates, nid_certificates, ROUNDS, request->password, ctx, NULL) &&
        PKCS12_add_key_ex(&keys, key, KEY_SIG, ROUNDS, nid_key, request->password, ctx, NULL) &&
        PKCS12_add_safe_ex(&safes, keys, -1, 0, NULL, ctx, NULL))
        pfx = PKCS12_add_safes_ex(safes, 0, ctx, NULL);
    if (pfx && PKCS12_set_mac(pfx, request->password, -1, NULL, 0, ROUNDS,
                              pfx_ciphers[request->cipher].mac()) != 1) {
        PKCS12_free(pfx);
        pfx = NULL;
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(certificates, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
    return pfx;
}

static int encode_pfx(struct authority *authority, const struct authority_request *request, X509 *certificate,
                      EVP_PKEY *key, struct buf *ret, struct err *err)
{
    _cleanup_(old_ciphers_close) struct old_ciphers old = old_ciphers_open();
    PKCS12 *pfx = make_pfx(authority, request, certificate, key, old.ctx);
    uint8_t *der = NULL;
    int n = pfx ? i2d_PKCS12(pfx, &der) : 0;
    PKCS12_free(pfx);
    return add_der(ret, der, n, _("making the .pfx file"), err);
}

/* ---- a whole credential ---- */

static bool cipher_fits(const struct authority_request *request)
{
    return request->kind == AUTHORITY_IMSS ? request->cipher != AUTHORITY_CIPHER_MD5_DES
                                           : request->cipher != AUTHORITY_CIPHER_RC2_40;
}

int authority_issue(struct authority *authority, const struct authority_request *request,
                    struct authority_credential *ret, struct err *err)
{
    if (!cipher_fits(request))
        return err_set(err, ERR_INVALID_ARGUMENT, _("this kind of file is never encrypted with that cipher"));
    _cleanup_(pkey_cleanup) EVP_PKEY *fresh = request->key ? NULL : EVP_RSA_gen(2048);
    EVP_PKEY *key = request->key ? request->key : fresh;
    _cleanup_(x509_cleanup) X509 *certificate = key ? make_certificate(authority, request, key) : NULL;
    if (!certificate)
        return authority_fail(err, _("issuing a certificate"));
    struct authority_credential credential = {
        .kind = request->kind,
        .fingerprint = authority_fingerprint(certificate),
        .serial = authority_serial(certificate),
        .rfc = xstrdup(request->rfc),
        .name = xstrdup(request->name),
    };
    int r;
    if (request->kind == AUTHORITY_IMSS)
        r = encode_pfx(authority, request, certificate, key, &credential.certificate, err);
    else if ((r = encode_certificate(certificate, &credential.certificate, err)) >= 0)
        r = encode_key(request, key, &credential.key, err);
    if (r < 0)
        authority_credential_free(&credential);
    else
        *ret = credential;
    return r;
}

void authority_credential_free(struct authority_credential *credential)
{
    buf_wipe_free(&credential->certificate);
    buf_wipe_free(&credential->key);
    free(credential->fingerprint);
    free(credential->serial);
    free(credential->rfc);
    free(credential->name);
    *credential = (struct authority_credential){0};
}
