/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/crl.h"

#include <ctype.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "vault/certificate.h"
#include "vault/revocation-private.h"

struct crl {
    X509_CRL *list;
    ISSUING_DIST_POINT *scope; /* NULL: of everything that its authority issued */
    X509 *signer;              /* authority that was found to have signed it */
    int64_t this_update_us, next_update_us;
};

/* ---- where it is ---- */

/* A whole list, of the authority itself: the other kinds do not count here. */
static bool is_whole(const DIST_POINT *point)
{
    return !point->CRLissuer && !point->reasons && point->distpoint && point->distpoint->type == 0;
}

static char *http_url(const GENERAL_NAMES *names)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI)
            continue;
        const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
        const char *text = (const char *)ASN1_STRING_get0_data(uri);
        if (strlen(text) == (size_t)ASN1_STRING_length(uri) &&
            (str_starts(text, "http://") || str_starts(text, "https://")))
            return xstrdup(text);
    }
    return NULL;
}

char *crl_find_url(X509 *certificate)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    char *url = NULL;
    for (int i = 0; !url && i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);
        if (is_whole(point))
            url = http_url(point->distpoint->name.fullname);
    }
    CRL_DIST_POINTS_free(points);
    ERR_clear_error();
    return url;
}

/* ---- reading it ---- */

static X509_CRL *decode(const void *data, size_t n)
{
    const char *text = data;
    const uint8_t *at = data;
    size_t blank = 0;
    while (blank < n && isspace((unsigned char)text[blank]))
        blank++;
    if (n - blank > 5 && memcmp(text + blank, "-----", 5) == 0) {
        BIO *bio = n <= INT_MAX ? BIO_new_mem_buf(data, (int)n) : NULL;
        X509_CRL *list = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
        BIO_free(bio);
        return list;
    }
    X509_CRL *list = n <= LONG_MAX ? d2i_X509_CRL(NULL, &at, (long)n) : NULL;
    if (list && at == (const uint8_t *)data + n)
        return list;
    X509_CRL_free(list);
    return NULL;
}

static bool has_unknown_critical(const STACK_OF(X509_EXTENSION) * extensions, const int *known, size_t n)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(extensions, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        bool is_known = false;
        for (size_t k = 0; k < n; k++)
            is_known |= known[k] == nid;
        if (X509_EXTENSION_get_critical(extension) && !is_known)
            return true;
    }
    return false;
}

/* RFC 5280, 5.2 and 5.3: a list with something critical that we do not know says nothing of any certificate. */
static bool is_understood(X509_CRL *list)
{
    static const int of_list[] = {NID_issuing_distribution_point, NID_authority_key_identifier,
                                  NID_crl_number};
    static const int of_entry[] = {NID_crl_reason, NID_invalidity_date};
    if (has_unknown_critical(X509_CRL_get0_extensions(list), of_list, ELEMENTSOF(of_list)))
        return false;
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++)
        if (has_unknown_critical(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(entries, i)), of_entry,
                                 ELEMENTSOF(of_entry)))
            return false;
    return true;
}

/* NULL, or why what it covers does not count. */
static const char *judge_scope(struct crl *crl)
{
    int critical = -1; /* -1: the extension is not there */
    crl->scope = X509_CRL_get_ext_d2i(crl->list, NID_issuing_distribution_point, &critical, NULL);
    if (!crl->scope && critical != -1)
        return _("its list of revoked certificates is not understood");
    if (X509_CRL_get_ext_by_NID(crl->list, NID_delta_crl, -1) >= 0)
        return _("its list has only what changed since another one (delta), which does not count here");
    if (crl->scope && crl->scope->indirectCRL > 0)
        return _("its list is of several authorities (indirect), which does not count here");
    if (crl->scope && (crl->scope->onlyCA > 0 || crl->scope->onlyattr > 0 || crl->scope->onlysomereasons))
        return _("its list has only some certificates or reasons, which does not count here");
    if (!is_understood(crl->list))
        return _("its list demands something that idsed does not know");
    return NULL;
}

/* NULL, or why its dates are not those of a list that holds now. */
static const char *judge_dates(struct crl *crl, int64_t now_us)
{
    const int64_t apart_us = REVOCATION_CLOCKS_APART_S * US_PER_S;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->list);
    crl->this_update_us = certificate_time_us(X509_CRL_get0_lastUpdate(crl->list));
    crl->next_update_us = next ? certificate_time_us(next) : 0;
    if (crl->this_update_us > now_us + apart_us)
        return _("its list is dated in the future; is the clock of this machine right?");
    if (!next)
        return _("its list does not say until when it holds");
    if (crl->next_update_us < now_us - apart_us)
        return _("its list is too old; the authority has not published the next one");
    return NULL;
}

int crl_open(const void *data, size_t n, int64_t now_us, struct crl **ret, struct err *err)
{
    _cleanup_(crl_cleanup) struct crl *crl = xcalloc(1, sizeof(*crl));
    crl->list = decode(data, n);
    const char *why =
        crl->list ? judge_scope(crl) : _("what it publishes is no list of revoked certificates (CRL)");
    if (!why)
        why = judge_dates(crl, now_us);
    ERR_clear_error();
    if (why)
        return err_set(err, ERR_FAILED, "%s", why);
    *ret = STEAL(crl);
    return 0;
}

struct crl *crl_free(struct crl *crl)
{
    if (!crl)
        return NULL;
    X509_CRL_free(crl->list);
    ISSUING_DIST_POINT_free(crl->scope);
    X509_free(crl->signer);
    free(crl);
    return NULL;
}

int64_t crl_next_update_us(const struct crl *crl)
{
    return crl->next_update_us;
}

/* ---- one certificate ---- */

/* The signature is over all of it, so it is verified once for all certificates of an authority. */
static bool is_signed_by(struct crl *crl, X509 *issuer)
{
    if (crl->signer && X509_cmp(crl->signer, issuer) == 0)
        return true;
    bool good = X509_NAME_cmp(X509_CRL_get_issuer(crl->list), X509_get_subject_name(issuer)) == 0 &&
                (X509_get_key_usage(issuer) & KU_CRL_SIGN) &&
                X509_CRL_verify(crl->list, X509_get0_pubkey(issuer)) == 1;
    if (good) {
        X509_free(crl->signer);
        X509_up_ref(issuer);
        crl->signer = issuer;
    }
    return good;
}

static bool names_meet(const GENERAL_NAMES *some, const GENERAL_NAMES *others)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(some); i++)
        for (int k = 0; k < sk_GENERAL_NAME_num(others); k++)
            if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(some, i), sk_GENERAL_NAME_value(others, k)) == 0)
                return true;
    return false;
}

/* An authority may have several lists, each of the certificates that name it. */
static bool is_the_list_of(const struct crl *crl, X509 *certificate)
{
    if (!crl->scope || !crl->scope->distpoint)
        return true;
    if (crl->scope->distpoint->type != 0)
        return false;
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    bool meet = false;
    for (int i = 0; !meet && i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);
        meet = is_whole(point) &&
               names_meet(point->distpoint->name.fullname, crl->scope->distpoint->name.fullname);
    }
    CRL_DIST_POINTS_free(points);
    return meet;
}

static int reason_of(X509_REVOKED *entry)
{
    ASN1_ENUMERATED *number = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    int reason = number ? (int)ASN1_ENUMERATED_get(number) : REVOCATION_NO_REASON;
    ASN1_ENUMERATED_free(number);
    return reason;
}

int crl_look(struct crl *crl, const struct revocation_question *question, struct revocation_verdict *ret,
             struct err *err)
{
    X509 *certificate = revocation_certificate(question);
    const char *why = NULL;
    if (!is_signed_by(crl, revocation_issuer(question)))
        why = _("its list is not signed by the authority");
    else if (!is_the_list_of(crl, certificate))
        why = _("its list is of other certificates");
    X509_REVOKED *entry = NULL;
    bool listed = !why && X509_CRL_get0_by_cert(crl->list, &entry, certificate) == 1;
    if (!why)
        *ret = (struct revocation_verdict){
            .state = listed ? REVOCATION_REVOKED : REVOCATION_GOOD,
            .said_us = crl->this_update_us,
            .since_us = listed ? certificate_time_us(X509_REVOKED_get0_revocationDate(entry)) : 0,
            .reason = listed ? reason_of(entry) : REVOCATION_NO_REASON,
        };
    ERR_clear_error();
    return why ? err_set(err, ERR_FAILED, "%s", why) : 0;
}
