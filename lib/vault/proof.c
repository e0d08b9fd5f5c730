/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/proof.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "vault/certificate.h"

enum { CHAIN_MAX = 32 };

DEFINE_CLEANUP(PKCS7 *, pkcs7_cleanup, PKCS7_free)
DEFINE_CLEANUP(BIO *, bio_cleanup, BIO_vfree)

static int not_pkcs7(struct err *err)
{
    ERR_clear_error();
    return err_set(err, ERR_NOT_A_CERTIFICATE,
                   _("this is no PKCS#7 signature by one certificate over content within it"));
}

int signature_read(const void *der, size_t n, const void *content, size_t content_len, struct signature *ret,
                   struct err *err)
{
    const uint8_t *at = der;
    _cleanup_(pkcs7_cleanup) PKCS7 *p7 = n <= LONG_MAX ? d2i_PKCS7(NULL, &at, (long)n) : NULL;
    if (!p7 || at != (const uint8_t *)der + n || !PKCS7_type_is_signed(p7) || PKCS7_get_detached(p7) ||
        !p7->d.sign->contents || !PKCS7_type_is_data(p7->d.sign->contents) || !p7->d.sign->contents->d.data)
        return not_pkcs7(err);
    STACK_OF(X509) *signers = PKCS7_get0_signers(p7, NULL, 0);
    X509 *signer = signers && sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
    sk_X509_free(signers);
    if (!signer)
        return not_pkcs7(err);
    const ASN1_OCTET_STRING *is = p7->d.sign->contents->d.data;
    const size_t is_len = (size_t)ASN1_STRING_length(is);
    *ret = (struct signature){
        .valid = PKCS7_verify(p7, NULL, NULL, NULL, NULL, PKCS7_BINARY | PKCS7_NOVERIFY) == 1,
        .of_this =
            is_len == content_len && (is_len == 0 || memcmp(ASN1_STRING_get0_data(is), content, is_len) == 0),
    };
    ERR_clear_error();
    certificate_read(signer, &ret->signer);
    return 0;
}

void signature_free(struct signature *signature)
{
    credential_info_free(&signature->signer);
}

/* ---- what a server showed ---- */

static X509 *next_certificate(BIO *bio)
{
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    ERR_clear_error();
    return certificate;
}

static char *name_text(const X509_NAME *name)
{
    _cleanup_(bio_cleanup) BIO *bio = BIO_new(BIO_s_mem());
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return xstrdup("");
    char *data = NULL;
    long n = BIO_get_mem_data(bio, &data);
    return utf8_repair(data, (size_t)MAX(n, 0L));
}

static char *server_names(X509 *certificate)
{
    struct buf names = BUF_INIT;
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &type);
        if (type != GEN_DNS)
            continue;
        _cleanup_free_ char *name =
            utf8_repair((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        buf_printf(&names, "%s%s", names.len ? " " : "", name);
    }
    GENERAL_NAMES_free(all);
    ERR_clear_error();
    return buf_steal(&names, NULL);
}

static void describe(X509 *certificate, X509 *next, struct tls_certificate *ret)
{
    struct credential_info info = {0};
    certificate_read(certificate, &info);
    *ret = (struct tls_certificate){
        .subject = name_text(X509_get_subject_name(certificate)),
        .issuer = name_text(X509_get_issuer_name(certificate)),
        .names = server_names(certificate),
        .fingerprint = STEAL(info.fingerprint),
        .not_before_us = info.not_before_us,
        .not_after_us = info.not_after_us,
        .by_next = X509_verify(certificate, X509_get0_pubkey(next ? next : certificate)) == 1,
    };
    ERR_clear_error();
    credential_info_free(&info);
}

int tls_chain_read(const void *pem, size_t n, struct tls_certificate **ret, size_t *ret_n, struct err *err)
{
    _cleanup_(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem, n <= INT_MAX ? (int)n : 0);
    X509 *certificates[CHAIN_MAX] = {NULL};
    size_t count = 0;
    while (count < CHAIN_MAX && (certificates[count] = next_certificate(bio)))
        count++;
    bool all = count > 0 && BIO_pending(bio) == 0;
    struct tls_certificate *chain = all ? xcalloc(count, sizeof(*chain)) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (all)
            describe(certificates[i], i + 1 < count ? certificates[i + 1] : NULL, &chain[i]);
    }
    for (size_t i = 0; i < count; i++)
        X509_free(certificates[i]);
    if (!all)
        return err_set(err, ERR_NOT_A_CERTIFICATE, _("these are no certificates (PEM)"));
    *ret = chain;
    *ret_n = count;
    return 0;
}

void tls_chain_free(struct tls_certificate *chain, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(chain[i].subject);
        free(chain[i].issuer);
        free(chain[i].names);
        free(chain[i].fingerprint);
    }
    free(chain);
}

bool tls_chain_is_for(const void *pem, size_t n, const char *host)
{
    _cleanup_(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem, n <= INT_MAX ? (int)n : 0);
    _cleanup_(certificate_cleanup) X509 *certificate = next_certificate(bio);
    bool fits = certificate && (X509_check_host(certificate, host, 0, 0, NULL) == 1 ||
                                X509_check_ip_asc(certificate, host, 0) == 1);
    ERR_clear_error();
    return fits;
}
