/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/revocation.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "vault/certificate.h"
#include "vault/credential-private.h"
#include "vault/revocation-private.h"

struct revocation_question {
    X509 *certificate;
    STACK_OF(X509) * issuers;
    X509 *issuer;           /* one of them */
    char *responder, *list; /* where; NULL when the certificate does not say */
    OCSP_CERTID *id;        /* of the request, which owns it */
    OCSP_REQUEST *request;
    uint8_t *der; /* OpenSSL's memory */
    int der_len;
};

const char *revocation_name(enum revocation revocation)
{
    static const char *const names[] = {
        [REVOCATION_UNKNOWN] = "unknown", [REVOCATION_GOOD] = "good", [REVOCATION_REVOKED] = "revoked"};
    return names[revocation];
}

const char *revocation_reason_text(int reason)
{
    switch (reason) {
    case CRL_REASON_KEY_COMPROMISE:
        return _("its key is known to somebody else");
    case CRL_REASON_CA_COMPROMISE:
    case CRL_REASON_AA_COMPROMISE:
        return _("the key of its authority is known to somebody else");
    case CRL_REASON_AFFILIATION_CHANGED:
        return _("what it says of its holder has changed");
    case CRL_REASON_SUPERSEDED:
        return _("another one took its place");
    case CRL_REASON_CESSATION_OF_OPERATION:
        return _("it is no longer used");
    case CRL_REASON_CERTIFICATE_HOLD:
        return _("it is suspended");
    case CRL_REASON_PRIVILEGE_WITHDRAWN:
        return _("its holder lost the right to it");
    default: /* unspecified, or a number that nobody defined */
        return _("no reason is given");
    }
}

struct revocation_question *revocation_question_free(struct revocation_question *question)
{
    if (!question)
        return NULL;
    sk_X509_pop_free(question->issuers, X509_free);
    OCSP_REQUEST_free(question->request);
    OPENSSL_free(question->der);
    X509_free(question->certificate);
    free(question->responder);
    free(question->list);
    free(question);
    return NULL;
}

/* ---- the question ---- */

static STACK_OF(X509) * read_issuers(const void *pem, size_t n)
{
    STACK_OF(X509) *issuers = sk_X509_new_null();
    BIO *bio = n <= INT_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
    for (X509 *one; bio && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL));)
        sk_X509_push(issuers, one);
    BIO_free(bio);
    ERR_clear_error(); /* the end of the file is an error to it */
    return issuers;
}

static X509 *find_issuer(STACK_OF(X509) * issuers, X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(issuers); i++) {
        X509 *issuer = sk_X509_value(issuers, i);
        if (X509_check_issued(issuer, certificate) == X509_V_OK &&
            X509_verify(certificate, X509_get0_pubkey(issuer)) == 1)
            return issuer;
    }
    ERR_clear_error();
    return NULL;
}

static char *find_responder(X509 *certificate)
{
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(certificate);
    char *url = NULL;
    for (int i = 0; !url && i < sk_OPENSSL_STRING_num(urls); i++) {
        const char *one = sk_OPENSSL_STRING_value(urls, i);
        if (str_starts(one, "http://") || str_starts(one, "https://"))
            url = xstrdup(one);
    }
    X509_email_free(urls);
    return url;
}

static bool encode(struct revocation_question *question)
{
    question->request = OCSP_REQUEST_new();
    OCSP_CERTID *id =
        OCSP_cert_to_id(EVP_sha1(), question->certificate, /* the one hash that every responder knows */
                        question->issuer);
    if (!question->request || !id || !OCSP_request_add0_id(question->request, id)) {
        OCSP_CERTID_free(id);
        return false;
    }
    question->id = id;
    OCSP_request_add1_nonce(question->request, NULL, -1);
    question->der_len = i2d_OCSP_REQUEST(question->request, &question->der);
    return question->der_len > 0;
}

int revocation_question_new(const struct credential *credential, const void *issuers, size_t n,
                            struct revocation_question **ret, struct err *err)
{
    _cleanup_(revocation_question_cleanup) struct revocation_question *question =
        xcalloc(1, sizeof(*question));
    question->certificate = credential_x509(credential);
    X509_up_ref(question->certificate);
    question->issuers = read_issuers(issuers, n);
    question->responder = find_responder(question->certificate);
    question->list = crl_find_url(question->certificate);
    if (!question->responder && !question->list)
        return err_set(err, ERR_NOT_A_CERTIFICATE,
                       _("the certificate does not say where its state can be asked"));
    question->issuer = find_issuer(question->issuers, question->certificate);
    if (!question->issuer)
        return err_set(err, ERR_NOT_A_CERTIFICATE,
                       _("the authority that issued it is not in [Certificates] IssuersFile"));
    if (question->responder && !encode(question)) {
        ERR_clear_error();
        return err_set(err, ERR_FAILED, _("the question could not be encoded"));
    }
    *ret = STEAL(question);
    return 0;
}

X509 *revocation_certificate(const struct revocation_question *question)
{
    return question->certificate;
}

X509 *revocation_issuer(const struct revocation_question *question)
{
    return question->issuer;
}

const char *revocation_responder(const struct revocation_question *question)
{
    return question->responder;
}

const char *revocation_list(const struct revocation_question *question)
{
    return question->list;
}

void revocation_request(const struct revocation_question *question, const void **ret, size_t *ret_n)
{
    *ret = question->der;
    *ret_n = (size_t)question->der_len;
}

/* ---- the answer ---- */

/* Signed by the authority, or by somebody to whom it gave that right. */
static bool is_signed(const struct revocation_question *question, OCSP_BASICRESP *basic)
{
    X509_STORE *store = X509_STORE_new();
    for (int i = 0; store && i < sk_X509_num(question->issuers); i++)
        X509_STORE_add_cert(store, sk_X509_value(question->issuers, i));
    if (store)
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    bool good = store && OCSP_basic_verify(basic, question->issuers, store, 0) == 1;
    X509_STORE_free(store);
    return good;
}

/* NULL and *ret, or why it does not count. */
static const char *judge(const struct revocation_question *question, OCSP_BASICRESP *basic,
                         struct revocation_verdict *ret)
{
    int status, reason;
    ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
    if (!is_signed(question, basic))
        return _("its answer is not signed by the authority");
    if (OCSP_check_nonce(question->request, basic) == 0)
        return _("its answer is to another question");
    if (!OCSP_resp_find_status(basic, question->id, &status, &reason, &revoked, &this_update, &next_update))
        return _("its answer is about another certificate");
    if (!OCSP_check_validity(this_update, next_update, REVOCATION_CLOCKS_APART_S, -1))
        return _("its answer is too old");
    const bool is_revoked = status == V_OCSP_CERTSTATUS_REVOKED;
    *ret = (struct revocation_verdict){
        .state = is_revoked                         ? REVOCATION_REVOKED
                 : status == V_OCSP_CERTSTATUS_GOOD ? REVOCATION_GOOD
                                                    : REVOCATION_UNKNOWN,
        .said_us = certificate_time_us(this_update),
        .since_us = is_revoked ? certificate_time_us(revoked) : 0,
        .reason = is_revoked ? reason : REVOCATION_NO_REASON,
    };
    return NULL;
}

int revocation_answer(const struct revocation_question *question, const void *answer, size_t n,
                      struct revocation_verdict *ret, struct err *err)
{
    const uint8_t *at = answer;
    OCSP_RESPONSE *response = n <= LONG_MAX ? d2i_OCSP_RESPONSE(NULL, &at, (long)n) : NULL;
    OCSP_BASICRESP *basic = NULL;
    const char *why = _("its answer is not understood");
    if (response && OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        why = _("it refuses to answer");
    else if (response && (basic = OCSP_response_get1_basic(response)))
        why = judge(question, basic, ret);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return why ? err_set(err, ERR_FAILED, "%s: %s", question->responder, why) : 0;
}
