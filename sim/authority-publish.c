/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "sim/authority-private.h"

/* The list of revoked certificates, right or wrong in whatever way is asked for. */

static bool set_time(X509_CRL *crl, int (*set)(X509_CRL *, const ASN1_TIME *), int64_t us)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(us / US_PER_S));
    bool ok = time && set(crl, time) == 1;
    ASN1_TIME_free(time);
    return ok;
}

static bool add_reason(X509_REVOKED *entry, int reason)
{
    ASN1_ENUMERATED *number = ASN1_ENUMERATED_new();
    bool ok = number && ASN1_ENUMERATED_set(number, reason) == 1 &&
              X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, number, 0, X509V3_ADD_DEFAULT) == 1;
    ASN1_ENUMERATED_free(number);
    return ok;
}

static bool add_entry(X509_CRL *crl, const struct authority_revoked *revoked)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    BIGNUM *number = BN_bin2bn((const uint8_t *)revoked->serial, (int)strlen(revoked->serial), NULL);
    ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    ASN1_TIME *since = ASN1_TIME_set(NULL, (time_t)(revoked->since_us / US_PER_S));
    bool ok = entry && serial && since && X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
              X509_REVOKED_set_revocationDate(entry, since) == 1 &&
              (revoked->reason < 0 || add_reason(entry, revoked->reason)) &&
              X509_CRL_add0_revoked(crl, entry) == 1;
    if (!ok)
        X509_REVOKED_free(entry);
    BN_free(number);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(since);
    return ok;
}

static bool add_entries(X509_CRL *crl, const struct authority_list *list, int64_t now_us)
{
    bool ok = true;
    for (size_t i = 0; ok && i < list->made_up; i++) {
        _cleanup_free_ char *serial = xasprintf("4%019zu", i);
        ok = add_entry(crl, &(struct authority_revoked){serial, now_us - US_PER_DAY, -1});
    }
    for (size_t i = 0; ok && i < list->n_revoked; i++)
        ok = add_entry(crl, &list->revoked[i]);
    return ok;
}

static bool add_extension(X509_CRL *crl, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, crl, 0);
    _cleanup_free_ char *critical = xasprintf("critical,%s", value);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, critical);
    bool ok = extension && X509_CRL_add_ext(crl, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_base(X509_CRL *crl)
{
    ASN1_INTEGER *base = ASN1_INTEGER_new();
    bool ok = base && ASN1_INTEGER_set(base, 1) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, X509V3_ADD_DEFAULT) == 1;
    ASN1_INTEGER_free(base);
    return ok;
}

static bool fill(struct authority *authority, const struct authority_list *list, X509_CRL *crl)
{
    const int64_t now_us = clock_wall_us(&clock_system);
    const bool usual = list->this_update_us == 0 && list->next_update_us == 0;
    const int64_t this_us = usual ? now_us - US_PER_HOUR : list->this_update_us;
    const int64_t next_us = usual ? now_us + US_PER_DAY : list->next_update_us;
    return X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
           X509_CRL_set_issuer_name(crl, X509_get_subject_name(authority->ca)) == 1 &&
           set_time(crl, X509_CRL_set1_lastUpdate, this_us) &&
           (next_us == 0 || set_time(crl, X509_CRL_set1_nextUpdate, next_us)) &&
           add_entries(crl, list, now_us) &&
           (!list->scope || add_extension(crl, NID_issuing_distribution_point, list->scope)) &&
           (!list->is_delta || add_base(crl)) &&
           (!list->is_odd || add_extension(crl, NID_basic_constraints, "CA:TRUE")) &&
           X509_CRL_sort(crl) == 1 &&
           X509_CRL_sign(crl, list->key ? list->key : authority->ca_key, EVP_sha256()) > 0;
}

int authority_publish(struct authority *authority, const struct authority_list *list, struct buf *ret,
                      struct err *err)
{
    X509_CRL *crl = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = crl && bio && fill(authority, list, crl) &&
              (list->pem ? PEM_write_bio_X509_CRL(bio, crl) : i2d_X509_CRL_bio(bio, crl)) == 1;
    char *data = NULL;
    const long n = ok ? BIO_get_mem_data(bio, &data) : 0;
    buf_add(ret, data, n > 0 ? (size_t)n : 0);
    X509_CRL_free(crl);
    BIO_free(bio);
    return n > 0 ? 0 : authority_fail(err, _("publishing the list of revoked certificates"));
}
