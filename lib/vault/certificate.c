/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/certificate.h"

#include <limits.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "vault/digest.h"

X509 *certificate_from_der(const void *data, size_t n)
{
    const uint8_t *at = data;
    X509 *certificate = n <= LONG_MAX ? d2i_X509(NULL, &at, (long)n) : NULL;
    if (certificate && at == (const uint8_t *)data + n)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* ---- the subject's attributes ---- */

/* Some tool will print this on a terminal, and a certificate may come from anywhere. */
static char *without_control_characters(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return text;
}

/* For OpenSSL a T61String is Latin-1, whatever the standard says, and that is what SAT writes (Ñ is 0xD1). */
static char *string_to_utf8(const ASN1_STRING *string)
{
    if (ASN1_STRING_type(string) == V_ASN1_UTF8STRING)
        return utf8_repair((const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
    uint8_t *converted = NULL;
    int len = ASN1_STRING_to_UTF8(&converted, string);
    char *text = len < 0 ? NULL : utf8_repair((const char *)converted, (size_t)len);
    OPENSSL_free(converted);
    return text;
}

/* Looked up by its object identifier, since the order of the attributes differs between certificates. */
static char *attribute(X509 *certificate, const char *oid)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int at = X509_NAME_get_index_by_OBJ(subject, object, -1);
    ASN1_OBJECT_free(object);
    if (at < 0)
        return NULL;
    _cleanup_free_ char *text = string_to_utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    const char *trimmed = text ? str_trim(without_control_characters(text)) : "";
    return *trimmed ? xstrdup(trimmed) : NULL;
}

/* x500UniqueIdentifier: "RFC" of a persona física, "RFC / RFC OF THE REPRESENTATIVE" of a persona moral. */
static char *employer_rfc(X509 *certificate)
{
    char *rfc = attribute(certificate, "2.5.4.45");
    if (rfc) {
        rfc[strcspn(rfc, " /")] = '\0';
        str_ascii_upper(rfc);
    }
    return rfc;
}

/* serialNumber: the CURP, behind a slash (with nothing before it) for a persona moral. */
static char *holder_curp(X509 *certificate)
{
    _cleanup_free_ char *text = attribute(certificate, "2.5.4.5");
    char *slash = text ? strrchr(text, '/') : NULL;
    char *curp = slash ? str_trim(slash + 1) : text;
    return str_empty(curp) ? NULL : xstrdup(str_ascii_upper(curp));
}

static char *legal_name(X509 *certificate)
{
    static const char *const oids[] = {"2.5.4.41" /* name */, "2.5.4.10" /* O */, "2.5.4.3" /* CN */};
    char *name = NULL;
    for (size_t i = 0; i < ELEMENTSOF(oids) && !name; i++)
        name = attribute(certificate, oids[i]);
    return name;
}

/* ---- the rest ---- */

/* SAT's serial numbers are 20 ASCII digits as bytes; they are never printed as the number that those bytes
 * make. */
static char *serial_text(const X509 *certificate)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    _cleanup_free_ char *text =
        xstrndup((const char *)ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    if (str_all_digits(text) && strlen(text) == (size_t)ASN1_STRING_length(serial))
        return STEAL(text);
    return hex_encode(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
}

int64_t certificate_time_us(const ASN1_TIME *time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * US_PER_S : 0;
}

static char *fingerprint(X509 *certificate)
{
    uint8_t *der = NULL;
    int len = i2d_X509(certificate, &der);
    char *hex = digest_sha256_hex(der, len > 0 ? (size_t)len : 0);
    OPENSSL_free(der);
    return hex;
}

void certificate_read(X509 *certificate, struct credential_info *ret)
{
    ret->rfc = employer_rfc(certificate);
    ret->curp = holder_curp(certificate);
    ret->name = legal_name(certificate);
    ret->serial = serial_text(certificate);
    ret->fingerprint = fingerprint(certificate);
    ret->not_before_us = certificate_time_us(X509_get0_notBefore(certificate));
    ret->not_after_us = certificate_time_us(X509_get0_notAfter(certificate));
}

bool certificate_is_csd(X509 *certificate)
{
    _cleanup_free_ char *branch = attribute(certificate, "2.5.4.11");
    return branch && X509_get_key_usage(certificate) == (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
}
