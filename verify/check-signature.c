/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/examine.h"

#include "base/clock.h"

/* The employer's signature, the certificate that made it, and the certificates that the portal showed. */

/* Of one that never ended, since idsed died in it, nobody knows; its lot may be found at the portal. */
static bool may_have_sent(const json_t *attempt)
{
    return json_is_true(json_object_get(attempt, "sent")) || !*text_of(attempt, "ended");
}

/* ---- the signature ---- */

static enum verdict read_signature(struct examination *e, const char *file, struct buf *text)
{
    _cleanup_buf_ struct buf der = BUF_INIT;
    _cleanup_err_ struct err err = ERR_INIT;
    struct signature signature = {0};
    if (bundle_read(e->bundle, file, &der, &err) < 0 ||
        signature_read(der.data, der.len, str_or_empty(e->records.data), e->records.len, &signature, &err) <
            0)
        return said(VERDICT_FAILED, text, "%s: %s", file, err_text(&err));
    e->signatures = xreallocarray(e->signatures, e->n_signatures + 1, sizeof(*e->signatures));
    e->signatures[e->n_signatures++] = signature;
    if (!signature.valid)
        return said(VERDICT_FAILED, text, _("%s: the signature is not valid."), file);
    if (!signature.of_this)
        return said(VERDICT_FAILED, text, _("%s signs other bytes than records.txt."), file);
    return VERDICT_OK;
}

enum verdict check_signature(struct examination *e, struct buf *text)
{
    const json_t *documents = json_object_get(e->lot, "documents");
    enum verdict verdict = VERDICT_OK;
    for (size_t i = 0; i < json_array_size(documents) && verdict == VERDICT_OK; i++) {
        const json_t *document = json_array_get(documents, i);
        if (streq(text_of(document, "kind"), document_kind_name(DOCUMENT_SIGNATURE)))
            verdict = read_signature(e, text_of(document, "file"), text);
    }
    if (verdict != VERDICT_OK)
        return verdict;
    if (e->n_signatures == 0)
        return said(VERDICT_NOT_CHECKED, text, _("The lot was not signed, or its signature was not kept."));
    return said(VERDICT_OK, text,
                _("The signature (PKCS#7, SHA-256) is valid, and it is over exactly the bytes of "
                  "records.txt."));
}

/* ---- who signed ---- */

static const json_t *certificate_of(const struct examination *e, int64_t id)
{
    const json_t *certificates = json_object_get(e->lot, "certificates");
    for (size_t i = 0; i < json_array_size(certificates); i++)
        if (number_of(json_array_get(certificates, i), "id") == id)
            return json_array_get(certificates, i);
    return NULL;
}

static const struct signature *signature_of(const struct examination *e, const json_t *certificate)
{
    for (size_t i = 0; i < e->n_signatures; i++)
        if (streq_null(e->signatures[i].signer.fingerprint,
                       json_string_value(json_object_get(certificate, "fingerprint"))))
            return &e->signatures[i];
    return NULL;
}

/* An attempt that may have sent something had a signature by its certificate, which was valid then. */
static enum verdict check_attempt(const struct examination *e, const json_t *attempt, struct buf *text)
{
    const json_t *certificate = certificate_of(e, number_of(attempt, "certificate"));
    const struct signature *signature = certificate ? signature_of(e, certificate) : NULL;
    if (!signature)
        return said(VERDICT_FAILED, text, _("The certificate of attempt %lld made none of the signatures."),
                    (long long)number_of(attempt, "id"));
    const struct credential_info *signer = &signature->signer;
    int64_t at = instant_of(attempt, "started");
    if (!streq_null(signer->serial, json_string_value(json_object_get(certificate, "serial"))))
        return said(VERDICT_FAILED, text,
                    _("lot.json has another serial number (%s) than the certificate that signed (%s)."),
                    text_of(certificate, "serial"), str_or_empty(signer->serial));
    if (at < signer->not_before_us || at > signer->not_after_us) {
        _cleanup_free_ char *when = time_format_short(at);
        return said(VERDICT_FAILED, text,
                    _("The certificate %s was not valid when attempt %lld was made (%s)."),
                    str_or_empty(signer->serial), (long long)number_of(attempt, "id"), when);
    }
    return VERDICT_OK;
}

enum verdict check_signer(struct examination *e, struct buf *text)
{
    const json_t *attempts = json_object_get(e->lot, "attempts");
    size_t n = 0;
    if (e->n_signatures == 0)
        return said(VERDICT_NOT_CHECKED, text, _("There is no signature."));
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        if (!may_have_sent(json_array_get(attempts, i)))
            continue;
        enum verdict verdict = check_attempt(e, json_array_get(attempts, i), text);
        if (verdict != VERDICT_OK)
            return verdict;
        n++;
    }
    const struct credential_info *signer = &e->signatures[e->n_signatures - 1].signer;
    if (n == 0)
        return said(VERDICT_NOT_CHECKED, text, _("Nothing was sent with it."));
    return said(VERDICT_OK, text,
                _("Signed by %s (RFC %s) with certificate %s, which was valid at that time."),
                str_or_empty(signer->name), str_or_empty(signer->rfc), str_or_empty(signer->serial));
}

/* ---- what the portal showed ---- */

/* The server that the attempt spoke to: the first URL in its transcript. */
static char *host_of(struct examination *e, const json_t *attempt)
{
    static const char scheme[] = "https://";
    _cleanup_buf_ struct buf transcript = BUF_INIT;
    if (bundle_read(e->bundle, text_of(attempt, "transcript"), &transcript, NULL) < 0)
        return NULL;
    const char *at = strstr(transcript.data, scheme);
    if (!at)
        return NULL;
    at += strlen(scheme);
    if (*at == '[')
        return xstrndup(at + 1, strcspn(at + 1, "]"));
    return xstrndup(at, strcspn(at, ":/ \r\n"));
}

static enum verdict check_chain(struct examination *e, const json_t *attempt, struct buf *text)
{
    const char *file = text_of(attempt, "tls");
    _cleanup_buf_ struct buf pem = BUF_INIT;
    _cleanup_err_ struct err err = ERR_INIT;
    struct tls_certificate *chain = NULL;
    size_t n = 0;
    if (bundle_read(e->bundle, file, &pem, &err) < 0 ||
        tls_chain_read(pem.data, pem.len, &chain, &n, &err) < 0)
        return said(VERDICT_FAILED, text, "%s: %s", file, err_text(&err));
    int64_t at = instant_of(attempt, "started");
    _cleanup_free_ char *host = host_of(e, attempt);
    enum verdict verdict = VERDICT_OK;
    for (size_t i = 0; i < n && verdict == VERDICT_OK; i++)
        if (at < chain[i].not_before_us || at > chain[i].not_after_us)
            verdict = said(VERDICT_FAILED, text, _("%s: '%s' was not valid at the time of the attempt."),
                           file, chain[i].subject);
        else if (i + 1 < n && !chain[i].by_next)
            verdict = said(VERDICT_FAILED, text, _("%s: '%s' is not signed by the certificate behind it."),
                           file, chain[i].subject);
    if (verdict == VERDICT_OK && host && !tls_chain_is_for(pem.data, pem.len, host))
        verdict = said(VERDICT_FAILED, text,
                       _("%s: the first certificate is not for %s, to which the lot was sent."), file, host);
    if (verdict == VERDICT_OK)
        said(verdict, text,
             _("The portal (%s) showed a certificate in its name, valid at that time: %s, issued by %s."),
             host ? host : "?", chain[0].subject, chain[0].issuer);
    tls_chain_free(chain, n);
    return verdict;
}

enum verdict check_tls(struct examination *e, struct buf *text)
{
    const json_t *attempts = json_object_get(e->lot, "attempts");
    size_t n = 0, without = 0;
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        if (*text_of(attempt, "tls")) {
            enum verdict verdict = check_chain(e, attempt, text);
            if (verdict != VERDICT_OK)
                return verdict;
            n++;
        } else
            without += may_have_sent(attempt);
    }
    if (n == 0)
        return said(VERDICT_NOT_CHECKED, text, _("No attempt recorded the portal's TLS certificate."));
    if (without > 0)
        return said(
            VERDICT_NOT_CHECKED, text,
            dngettext(IDSED_TEXTDOMAIN,
                      "%zu attempt did not record the portal's TLS certificate; the others are right.",
                      "%zu attempts did not record the portal's TLS certificate; the others are right.",
                      without),
            without);
    return VERDICT_OK;
}
