/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "sim/authority-private.h"

int authority_fail(struct err *err, const char *what)
{
    char reason[256];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
    ERR_clear_error();
    return err_set(err, ERR_FAILED, "%s: %s", what, reason);
}

int authority_lock(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    int r = err_set_errno(err, ERR_IO, errno, "%s", dir);
    if (fd >= 0)
        close(fd);
    return r;
}

/* ---- making certificates ---- */

/* Twenty ASCII digits as bytes, as SAT's are; the leading 3 marks what is not for production. */
static bool set_serial(X509 *certificate)
{
    uint64_t random;
    random_bytes(&random, sizeof(random));
    _cleanup_free_ char *digits = xasprintf("300010000%011llu", (unsigned long long)(random % 100000000000));
    BIGNUM *number = BN_bin2bn((const uint8_t *)digits, 20, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct certificate_extension *extensions)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    for (; extensions->value; extensions++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, extensions->nid, extensions->value);
        bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!ok)
            return false;
    }
    return true;
}

X509 *certificate_make(const struct certificate_plan *plan, X509 *issuer, EVP_PKEY *issuer_key)
{
    _cleanup_(x509_cleanup) X509 *certificate = X509_new();
    X509_NAME *issuer_name = issuer ? X509_get_subject_name(issuer) : plan->subject;
    if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
        X509_set_subject_name(certificate, plan->subject) == 1 &&
        X509_set_issuer_name(certificate, issuer_name) == 1 && X509_set_pubkey(certificate, plan->key) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(plan->not_before_us / US_PER_S)) &&
        ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(plan->not_after_us / US_PER_S)) &&
        add_extensions(certificate, issuer ? issuer : certificate, plan->extensions) &&
        X509_sign(certificate, issuer_key, EVP_sha256()) > 0)
        return STEAL(certificate);
    return NULL;
}

bool subject_add(X509_NAME *subject, const char *oid, int type, const void *data, size_t n)
{
    return X509_NAME_add_entry_by_txt(subject, oid, type, data, (int)n, -1, 0) == 1;
}

static X509_NAME *own_name(const char *common_name)
{
    static const char organisation[] = "Portal de practica idse-sim";
    X509_NAME *name = X509_NAME_new();
    if (!name || !subject_add(name, "C", MBSTRING_UTF8, "MX", 2) ||
        !subject_add(name, "O", MBSTRING_UTF8, organisation, strlen(organisation)) ||
        !subject_add(name, "CN", MBSTRING_UTF8, common_name, strlen(common_name))) {
        X509_NAME_free(name);
        return NULL;
    }
    return name;
}

/* ---- the folder's own keys and certificates ---- */

/* Reads one PEM file of the folder; what is not wanted is NULL. 0 also when it is not there. */
static int load_pem(const char *path, X509 **ret_certificate, EVP_PKEY **ret_key, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return 0;
    if (!file)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    bool ok;
    if (ret_certificate)
        ok = (*ret_certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL;
    else
        ok = (*ret_key = PEM_read_PrivateKey(file, NULL, NULL, NULL)) != NULL;
    fclose(file);
    ERR_clear_error();
    return ok ? 0
              : err_set(err, ERR_CONFIG, _("%s is damaged; remove the folder to start with a new authority"),
                        path);
}

static int save_pem(const char *path, X509 *certificate, EVP_PKEY *key, struct err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && (certificate ? PEM_write_bio_X509(bio, certificate)
                                  : PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    char *data = NULL;
    long n = ok ? BIO_get_mem_data(bio, &data) : 0;
    int r = n > 0 ? file_replace(path, certificate ? 0644 : 0600, data, (size_t)n, err)
                  : authority_fail(err, path);
    BIO_free(bio);
    return r;
}

struct pair {
    X509 **certificate;
    EVP_PKEY **key;
    const char *certificate_path, *key_path;
};

static int load_pair(const struct pair *pair, struct err *err)
{
    int r = load_pem(pair->key_path, NULL, pair->key, err);
    if (r >= 0)
        r = load_pem(pair->certificate_path, pair->certificate, NULL, err);
    return r;
}

static int make_pair(const struct pair *pair, struct certificate_plan *plan, const char *name, X509 *issuer,
                     EVP_PKEY *issuer_key, struct err *err)
{
    X509_free(*pair->certificate);
    plan->key = *pair->key;
    plan->subject = own_name(name);
    *pair->certificate = plan->key && plan->subject
                             ? certificate_make(plan, issuer, issuer_key ? issuer_key : plan->key)
                             : NULL;
    X509_NAME_free(plan->subject);
    if (!*pair->certificate)
        return authority_fail(err, pair->certificate_path);
    int r = save_pem(pair->key_path, NULL, *pair->key, err);
    return r < 0 ? r : save_pem(pair->certificate_path, *pair->certificate, NULL, err);
}

static int open_ca(struct authority *authority, struct err *err)
{
    static const struct certificate_extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {0, NULL},
    };
    _cleanup_free_ char *key_path = xasprintf("%s/ca.key", authority->dir);
    const struct pair pair = {&authority->ca, &authority->ca_key, authority->ca_path, key_path};
    int r = load_pair(&pair, err);
    if (r < 0 || (authority->ca && authority->ca_key))
        return r;
    if (!authority->ca_key)
        authority->ca_key = EVP_RSA_gen(2048);
    /* Good at all times: expired and future credentials must fail for their own dates, not for the root's. */
    struct certificate_plan plan = {.not_before_us = time_from_date(20000101, 0),
                                    .not_after_us = time_from_date(20991231, 0),
                                    .extensions = extensions};
    return make_pair(&pair, &plan, "AC de practica", NULL, NULL, err);
}

static bool tls_is_good(const struct authority *authority)
{
    return authority->tls && authority->tls_key &&
           X509_check_private_key(authority->tls, authority->tls_key) == 1 &&
           X509_verify(authority->tls, authority->ca_key) == 1 &&
           X509_cmp_current_time(X509_get0_notBefore(authority->tls)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(authority->tls)) > 0;
}

static int open_tls(struct authority *authority, struct err *err)
{
    static const struct certificate_extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"},
        {NID_authority_key_identifier, "keyid"},
        {0, NULL},
    };
    _cleanup_free_ char *certificate_path = xasprintf("%s/tls.pem", authority->dir);
    _cleanup_free_ char *key_path = xasprintf("%s/tls.key", authority->dir);
    const struct pair pair = {&authority->tls, &authority->tls_key, certificate_path, key_path};
    int r = load_pair(&pair, err);
    if (r < 0 || tls_is_good(authority))
        return r;
    ERR_clear_error();
    if (!authority->tls_key)
        authority->tls_key = EVP_EC_gen("P-256");
    const int64_t now_us = clock_wall_us(&clock_system);
    struct certificate_plan plan = {.not_before_us = now_us - US_PER_DAY,
                                    .not_after_us = now_us + 730 * US_PER_DAY,
                                    .extensions = extensions};
    return make_pair(&pair, &plan, "localhost", authority->ca, authority->ca_key, err);
}

int authority_open(const char *dir, struct authority **ret, struct err *err)
{
    int r = file_make_dirs(dir, 0700, err);
    if (r < 0)
        return r;
    _cleanup_close_ int lock = authority_lock(dir, err);
    if (lock < 0)
        return lock;
    _cleanup_(authority_cleanup) struct authority *authority = xcalloc(1, sizeof(*authority));
    authority->dir = xstrdup(dir);
    authority->ca_path = xasprintf("%s/ca.pem", dir);
    authority->register_path = xasprintf("%s/registry.json", dir);
    if ((r = open_ca(authority, err)) < 0 || (r = open_tls(authority, err)) < 0 ||
        (r = register_load(authority, err)) < 0)
        return r;
    *ret = STEAL(authority);
    return 0;
}

struct authority *authority_free(struct authority *authority)
{
    if (!authority)
        return NULL;
    register_free(authority);
    free(authority->dir);
    free(authority->ca_path);
    free(authority->register_path);
    X509_free(authority->ca);
    X509_free(authority->tls);
    EVP_PKEY_free(authority->ca_key);
    EVP_PKEY_free(authority->tls_key);
    free(authority);
    return NULL;
}

X509 *authority_certificate(const struct authority *authority)
{
    return authority->ca;
}

const char *authority_ca_path(const struct authority *authority)
{
    return authority->ca_path;
}

X509 *authority_tls_certificate(const struct authority *authority)
{
    return authority->tls;
}

EVP_PKEY *authority_tls_key(const struct authority *authority)
{
    return authority->tls_key;
}

char *authority_fingerprint(X509 *certificate)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    return X509_digest(certificate, EVP_sha256(), sum, &n) == 1 ? hex_encode(sum, n) : xstrdup("");
}

char *authority_serial(const X509 *certificate)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const size_t n = (size_t)ASN1_STRING_length(serial);
    _cleanup_free_ char *digits = xstrndup((const char *)ASN1_STRING_get0_data(serial), n);
    if (strlen(digits) == n && str_all_digits(digits))
        return STEAL(digits);
    return hex_encode(ASN1_STRING_get0_data(serial), n);
}
