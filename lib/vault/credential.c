/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/credential.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/text.h"
#include "vault/certificate.h"
#include "vault/credential-private.h"

struct credential {
    struct credential_info info;
    char *password;
    X509 *certificate;
    EVP_PKEY *key;
};

static const struct {
    const char *name, *certificate_file, *key_file;
} kinds[] = {
    [CREDENTIAL_IMSS] = {"imss", "CERT.pfx", "CERT.pfx"},
    [CREDENTIAL_EFIRMA] = {"efirma", "CERT.cer", "CERT.key"},
};

const char *credential_kind_name(enum credential_kind kind)
{
    return kinds[kind].name;
}

/* ---- life and fields ---- */

int credential_new(enum credential_kind kind, const char *user, const char *password, X509 *certificate,
                   EVP_PKEY *key, struct credential **ret, struct err *err)
{
    _cleanup_(credential_cleanup) struct credential *credential = xcalloc(1, sizeof(*credential));
    credential->certificate = certificate;
    credential->key = key;
    certificate_read(certificate, &credential->info);
    credential->info.kind = kind;
    credential->info.user = xstrdup(user ? user : credential->info.rfc);
    credential->password = xstrdup(password);
    bool match = X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    if (!match)
        return err_set(
            err, ERR_KEY_MISMATCH,
            _("the private key does not belong to the certificate with serial number %s; give the two files "
              "that were issued together"),
            credential->info.serial);
    *ret = STEAL(credential);
    return 0;
}

void credential_info_free(struct credential_info *info)
{
    free(info->user);
    free(info->rfc);
    free(info->curp);
    free(info->name);
    free(info->serial);
    free(info->fingerprint);
    *info = (struct credential_info){0};
}

struct credential *credential_free(struct credential *credential)
{
    if (!credential)
        return NULL;
    credential_info_free(&credential->info);
    wipe_free_str(credential->password);
    X509_free(credential->certificate);
    EVP_PKEY_free(credential->key);
    free(credential);
    return NULL;
}

const struct credential_info *credential_info(const struct credential *credential)
{
    return &credential->info;
}

X509 *credential_x509(const struct credential *credential)
{
    return credential->certificate;
}

const char *credential_password(const struct credential *credential)
{
    return credential->password;
}

const char *credential_user(const struct credential *credential)
{
    return credential->info.user;
}

bool credential_same(const struct credential *a, const struct credential *b)
{
    return a->info.kind == b->info.kind && streq(a->info.fingerprint, b->info.fingerprint) &&
           streq(a->info.user, b->info.user) && streq(a->password, b->password);
}

const char *credential_certificate_name(const struct credential *credential)
{
    return kinds[credential->info.kind].certificate_file;
}

const char *credential_key_name(const struct credential *credential)
{
    return kinds[credential->info.kind].key_file;
}

/* ---- as bytes: version, kind, then four fields, each behind its length in four bytes, high byte first ----
 */

enum { SAVE_VERSION = 1 };
enum { FIELD_USER, FIELD_PASSWORD, FIELD_CERTIFICATE, FIELD_KEY, N_FIELDS };

struct field {
    const uint8_t *data;
    size_t len;
};

int credential_save(const struct credential *credential, struct buf *ret, struct err *err)
{
    _cleanup_(der_wipe) struct der key = der_of_key(credential->key);
    _cleanup_(der_wipe) struct der certificate = {0};
    certificate.len = i2d_X509(credential->certificate, &certificate.data);
    ERR_clear_error();
    if (key.len <= 0 || certificate.len <= 0)
        return err_set(err, ERR_FAILED, _("the certificate could not be encoded"));
    const struct field fields[N_FIELDS] = {
        [FIELD_USER] = {(const uint8_t *)credential->info.user, strlen(credential->info.user)},
        [FIELD_PASSWORD] = {(const uint8_t *)credential->password, strlen(credential->password)},
        [FIELD_CERTIFICATE] = {certificate.data, (size_t)certificate.len},
        [FIELD_KEY] = {key.data, (size_t)key.len},
    };
    size_t total = 2;
    for (size_t i = 0; i < N_FIELDS; i++)
        total += 4 + fields[i].len;
    buf_reserve(ret, total); /* all at once: growing would leave the key behind in freed memory */
    buf_add_char(ret, SAVE_VERSION);
    buf_add_char(ret, (char)credential->info.kind);
    for (size_t i = 0; i < N_FIELDS; i++) {
        const size_t n = fields[i].len;
        buf_add(ret, (const uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
                4);
        buf_add(ret, fields[i].data, n);
    }
    return 0;
}

static bool split_fields(const uint8_t *at, size_t left, struct field *ret)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (left < 4)
            return false;
        const size_t n = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
        if (left - 4 < n)
            return false;
        ret[i] = (struct field){at + 4, n};
        at += 4 + n;
        left -= 4 + n;
    }
    return left == 0;
}

static char *field_text(const struct field *field)
{
    const char *text = (const char *)field->data;
    return field->len > 0 && utf8_valid(text, field->len) ? xstrndup(text, field->len) : NULL;
}

int credential_load(const void *data, size_t n, struct credential **ret, struct err *err)
{
    const uint8_t *bytes = data;
    struct field fields[N_FIELDS];
    const char *damaged = _("the stored credential is damaged; register the certificate again");
    if (n < 2 || bytes[0] != SAVE_VERSION || (bytes[1] != CREDENTIAL_IMSS && bytes[1] != CREDENTIAL_EFIRMA) ||
        !split_fields(bytes + 2, n - 2, fields))
        return err_set(err, ERR_SEAL_BROKEN, "%s", damaged);
    _cleanup_free_ char *user = field_text(&fields[FIELD_USER]);
    _cleanup_wipe_ char *password = field_text(&fields[FIELD_PASSWORD]);
    _cleanup_(certificate_cleanup) X509 *certificate =
        certificate_from_der(fields[FIELD_CERTIFICATE].data, fields[FIELD_CERTIFICATE].len);
    _cleanup_(key_cleanup) EVP_PKEY *key = key_from_der(fields[FIELD_KEY].data, fields[FIELD_KEY].len);
    ERR_clear_error();
    if (!user || !password || !certificate || !key ||
        credential_new(bytes[1], user, password, STEAL(certificate), STEAL(key), ret, NULL) < 0)
        return err_set(err, ERR_SEAL_BROKEN, "%s", damaged);
    return 0;
}

/* ---- signing ---- */

int credential_sign(const struct credential *credential, const void *data, size_t n, struct buf *ret,
                    struct err *err)
{
    const int flags = PKCS7_BINARY | PKCS7_NOATTR;
    BIO *content = n <= INT_MAX ? BIO_new_mem_buf(data, (int)n) : NULL;
    PKCS7 *p7 = content ? PKCS7_sign(NULL, NULL, NULL, content, flags | PKCS7_PARTIAL) : NULL;
    struct der der = {0};
    if (p7 && PKCS7_sign_add_signer(p7, credential->certificate, credential->key, EVP_sha256(), flags) &&
        PKCS7_final(p7, content, flags) == 1)
        der.len = i2d_PKCS7(p7, &der.data);
    int r = 0;
    if (der.len > 0)
        buf_add(ret, der.data, (size_t)der.len);
    else
        r = err_set(err, ERR_FAILED, _("signing with the certificate %s failed"), credential->info.serial);
    OPENSSL_free(der.data);
    PKCS7_free(p7);
    BIO_free(content);
    ERR_clear_error();
    return r;
}
