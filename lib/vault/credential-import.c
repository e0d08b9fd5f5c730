/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/credential.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "base/clock.h"
#include "base/text.h"
#include "vault/certificate.h"
#include "vault/credential-private.h"

/*
 * Repeated hashing slows down who guesses a password; a file may ask for two thousand million rounds, and
 * then it slows down us. Files seen in use ask for at most some hundred thousand.
 */
enum { MAX_ROUNDS = 5000000 };

/* ---- old ciphers: a library context of its own, gone when the import is done ---- */

struct lenient {
    OSSL_LIB_CTX *ctx;
    OSSL_PROVIDER *usual, *legacy;
};

static struct lenient lenient_open(void)
{
    struct lenient lenient = {.ctx = OSSL_LIB_CTX_new()};
    if (!lenient.ctx)
        abort(); /* out of memory */
    lenient.usual = OSSL_PROVIDER_load(lenient.ctx, "default");
    /* Without the legacy provider's file the old ciphers are reported as unsupported, and the rest works. */
    lenient.legacy = OSSL_PROVIDER_load(lenient.ctx, "legacy");
    ERR_clear_error();
    return lenient;
}

static void lenient_close(struct lenient *lenient)
{
    if (lenient->legacy)
        OSSL_PROVIDER_unload(lenient->legacy);
    if (lenient->usual)
        OSSL_PROVIDER_unload(lenient->usual);
    OSSL_LIB_CTX_free(lenient->ctx);
    ERR_clear_error();
}

/* Empties OpenSSL's queue of this thread: did an algorithm fail that it does not know or does not have? */
static bool queue_says_unsupported(void)
{
    bool unsupported = false;
    for (unsigned long e; (e = ERR_get_error()) != 0;) {
        const int reason = ERR_GET_REASON(e);
        unsupported |= reason == ERR_R_UNSUPPORTED || reason == ERR_R_FETCH_FAILED;
        if (ERR_GET_LIB(e) == ERR_LIB_EVP)
            unsupported |= reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER ||
                           reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNSUPPORTED_PRF ||
                           reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
                           reason == EVP_R_UNKNOWN_CIPHER || reason == EVP_R_UNKNOWN_DIGEST;
        if (ERR_GET_LIB(e) == ERR_LIB_PKCS12)
            unsupported |= reason == PKCS12_R_UNKNOWN_DIGEST_ALGORITHM;
    }
    return unsupported;
}

static int refuse_cipher(struct err *err)
{
    return err_set(
        err, ERR_UNSUPPORTED_CIPHER,
        _("the file is encrypted in a way that this OpenSSL does not support; export it again with AES or "
          "Triple DES, or ask for a new certificate"));
}

static int refuse_password(struct err *err)
{
    return err_set(
        err, ERR_WRONG_PASSWORD,
        _("the password does not open the private key; check capital letters and the keyboard's layout"));
}

/* ---- what a file is, for the text of a refusal ---- */

/* Each reads one structure of its form; true when the file is that and nothing behind it. */

static bool is_encrypted_key(const void *data, size_t n)
{
    const uint8_t *at = data;
    X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)n);
    const bool is = sig && at == (const uint8_t *)data + n;
    X509_SIG_free(sig);
    return is;
}

static bool is_plain_key(const void *data, size_t n)
{
    _cleanup_(key_cleanup) EVP_PKEY *key = key_from_der(data, n);
    return key;
}

static bool is_certificate(const void *data, size_t n)
{
    _cleanup_(certificate_cleanup) X509 *certificate = certificate_from_der(data, n);
    return certificate;
}

static bool is_pfx(const void *data, size_t n)
{
    const uint8_t *at = data;
    PKCS12 *pfx = d2i_PKCS12(NULL, &at, (long)n);
    const bool is = pfx && at == (const uint8_t *)data + n;
    PKCS12_free(pfx);
    return is;
}

static bool is_pem(const void *data, size_t n)
{
    static const char begin[] = "-----BEGIN";
    return n >= sizeof(begin) - 1 && memcmp(data, begin, sizeof(begin) - 1) == 0;
}

static bool is_empty(const void *data, size_t n)
{
    return n == 0;
}

static const char *what_it_is(const void *data, size_t n)
{
    static const struct {
        bool (*test)(const void *data, size_t n);
        const char *text;
    } forms[] = {
        {is_empty, N_("it is empty")},
        {is_certificate, N_("it is a certificate (.cer)")},
        {is_encrypted_key, N_("it is a private key of an e.firma (.key)")},
        {is_plain_key, N_("it is a private key without a password")},
        {is_pfx, N_("it is an IMSS certificate with its key (.pfx)")},
        {is_pem, N_("it is PEM text; give the file as it was issued")},
    };
    for (size_t i = 0; i < ELEMENTSOF(forms); i++)
        if (forms[i].test(data, n))
            return _(forms[i].text);
    return _("it is damaged, cut off, or something else altogether");
}

static int refuse_form(struct err *err, enum err_code code, const char *expected, const void *data, size_t n)
{
    int r = err_set(err, code, "%s: %s", expected, what_it_is(data, n));
    ERR_clear_error();
    return r;
}

static int check_size(size_t n, struct err *err)
{
    if (n <= CREDENTIAL_FILE_MAX)
        return 0;
    return err_set(err, ERR_TOO_LARGE, _("a certificate or key has at most %d bytes, this file has %zu"),
                   CREDENTIAL_FILE_MAX, n);
}

/* ---- rules ---- */

static bool letters_and_digits(const char *text, size_t least, size_t most)
{
    const size_t n = strlen(text);
    return n >= least && n <= most &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

static int check_imss_rules(const char *user, const char *password, struct err *err)
{
    if (str_empty(user))
        return err_set(
            err, ERR_INVALID_CREDENTIAL,
            _("an IMSS certificate needs the user that was chosen for it, 8 to 20 letters and digits "
              "(idsectl: --user=TEXT)"));
    if (!letters_and_digits(user, 8, 20))
        return err_set(err, ERR_INVALID_CREDENTIAL,
                       _("the user of an IMSS certificate has 8 to 20 characters, only letters and digits"));
    if (!letters_and_digits(password, 8, 20))
        return err_set(
            err, ERR_INVALID_CREDENTIAL,
            _("the password of an IMSS certificate has 8 to 20 characters, only letters and digits"));
    if (streq(user, password))
        return err_set(err, ERR_INVALID_CREDENTIAL,
                       _("user and password of an IMSS certificate must differ"));
    return 0;
}

static int check_efirma_password(const char *password, struct err *err)
{
    if (utf8_valid(password, strlen(password)) && utf8_length(password) >= 8 && utf8_length(password) <= 255)
        return 0;
    return err_set(err, ERR_INVALID_CREDENTIAL, _("the password of an e.firma has 8 to 255 characters"));
}

/* The portal knows an e.firma's user by the RFC, so the certificate has to have one. */
static int check_efirma_rfc(const struct credential_info *info, const char *user, struct err *err)
{
    const size_t n = info->rfc ? utf8_length(info->rfc) : 0;
    if (n != 12 && n != 13)
        return err_set(
            err, ERR_NOT_A_CERTIFICATE,
            _("the certificate names no RFC, so it is not an e.firma; give the .cer file issued by SAT"));
    _cleanup_free_ char *given = user ? str_ascii_upper(xstrdup(user)) : NULL;
    if (given && !streq(given, info->rfc))
        return err_set(err, ERR_INVALID_CREDENTIAL,
                       _("the user of an e.firma is the certificate's RFC, here %s"), info->rfc);
    return 0;
}

static int check_validity(const struct credential_info *info, int64_t now_us, struct err *err)
{
    _cleanup_free_ char *from = time_format_short(info->not_before_us),
                        *to = time_format_short(info->not_after_us);
    if (now_us > info->not_after_us)
        return err_set(
            err, ERR_CERTIFICATE_EXPIRED,
            _("the certificate %s expired on %s (it was valid from %s); renew it and register the new one"),
            info->serial, to, from);
    if (now_us < info->not_before_us)
        return err_set(
            err, ERR_CERTIFICATE_NOT_YET_VALID,
            _("the certificate %s is valid from %s to %s, so not yet; wait for that day, or check this "
              "machine's clock"),
            info->serial, from, to);
    return 0;
}

/* ---- .pfx ---- */

static bool too_many_rounds(const ASN1_INTEGER *rounds)
{
    int64_t n = 1; /* the default, when the field is left out */
    return rounds && (ASN1_INTEGER_get_int64(&n, rounds) != 1 || n < 1 || n > MAX_ROUNDS);
}

/* The MAC over all of the file is what tells a wrong password from everything else. */
static int check_mac(PKCS12 *pfx, const char *password, struct err *err)
{
    if (!PKCS12_mac_present(pfx))
        return err_set(err, ERR_NOT_A_CERTIFICATE,
                       _("the .pfx file is not protected by a password; export it again with one"));
    const ASN1_INTEGER *rounds = NULL;
    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, pfx);
    if (too_many_rounds(rounds))
        return refuse_cipher(err);
    if (PKCS12_verify_mac(pfx, password, -1) == 1)
        return 0;
    return queue_says_unsupported() ? refuse_cipher(err) : refuse_password(err);
}

/* Opens it within `ctx`. A .pfx may hold the certificates of others: PKCS12_parse() picks the one that fits
 * the key. */
static int pfx_open(OSSL_LIB_CTX *ctx, const void *data, size_t n, const char *password, EVP_PKEY **ret_key,
                    X509 **ret_certificate, struct err *err)
{
    const uint8_t *at = data;
    PKCS12 *pfx = PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
    STACK_OF(X509) *others = NULL;
    int r;
    if (!d2i_PKCS12(&pfx, &at, (long)n) || at != (const uint8_t *)data + n)
        r = refuse_form(err, ERR_NOT_A_CERTIFICATE, _("the file is not an IMSS certificate (.pfx)"), data, n);
    else if ((r = check_mac(pfx, password, err)) < 0)
        ;
    else if (PKCS12_parse(pfx, password, ret_key, ret_certificate, &others) != 1)
        r = queue_says_unsupported()
                ? refuse_cipher(err)
                : err_set(err, ERR_NOT_A_CERTIFICATE,
                          _("the password is right, but the .pfx file is damaged inside"));
    else if (!*ret_key)
        r = err_set(err, ERR_NOT_A_KEY,
                    _("the .pfx file holds no private key; export it again together with its key"));
    else if (!*ret_certificate && others)
        r = err_set(err, ERR_KEY_MISMATCH, _("no certificate in the .pfx file belongs to its private key"));
    else if (!*ret_certificate)
        r = err_set(err, ERR_NOT_A_CERTIFICATE, _("the .pfx file holds a private key, but no certificate"));
    sk_X509_pop_free(others, X509_free);
    PKCS12_free(pfx);
    return r;
}

/* ---- e.firma ---- */

static int check_key_rounds(const X509_SIG *sig, struct err *err)
{
    const X509_ALGOR *algor;
    const ASN1_OBJECT *object;
    const void *value;
    int type;
    X509_SIG_get0(sig, &algor, NULL);
    X509_ALGOR_get0(&object, &type, &value, algor);
    if (type != V_ASN1_SEQUENCE)
        return 0;
    bool refuse = false;
    if (OBJ_obj2nid(object) == NID_pbes2) {
        PBE2PARAM *scheme = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBE2PARAM));
        PBKDF2PARAM *kdf = NULL;
        if (scheme && OBJ_obj2nid(scheme->keyfunc->algorithm) == NID_id_pbkdf2)
            kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc->parameter);
        refuse = kdf && too_many_rounds(kdf->iter);
        PBKDF2PARAM_free(kdf);
        PBE2PARAM_free(scheme);
    } else {
        PBEPARAM *scheme = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBEPARAM));
        refuse = scheme && too_many_rounds(scheme->iter);
        PBEPARAM_free(scheme);
    }
    ERR_clear_error();
    return refuse ? refuse_cipher(err) : 0;
}

/*
 * There is no MAC here: a wrong password shows as padding or a structure that is none. So what is not an
 * unknown algorithm is a wrong password.
 */
static int key_decrypt(OSSL_LIB_CTX *ctx, const X509_SIG *sig, const char *password, EVP_PKEY **ret,
                       struct err *err)
{
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt_ex(sig, password, (int)strlen(password), ctx, NULL);
    if (!info)
        return queue_says_unsupported() ? refuse_cipher(err) : refuse_password(err);
    *ret = EVP_PKCS82PKEY_ex(info, ctx, NULL);
    PKCS8_PRIV_KEY_INFO_free(info);
    return *ret ? 0 : err_set(err, ERR_NOT_A_KEY, _("the file holds a key of a kind that cannot sign here"));
}

static int key_open(OSSL_LIB_CTX *ctx, const void *data, size_t n, const char *password, EVP_PKEY **ret,
                    struct err *err)
{
    const uint8_t *at = data;
    X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)n);
    int r;
    if (!sig || at != (const uint8_t *)data + n)
        r = refuse_form(err, ERR_NOT_A_KEY,
                        _("the file is not the encrypted private key of an e.firma (.key)"), data, n);
    else if ((r = check_key_rounds(sig, err)) >= 0)
        r = key_decrypt(ctx, sig, password, ret, err);
    X509_SIG_free(sig);
    return r;
}

/* ---- both ---- */

/* Keys and certificates cling to the library context that read them; these replace them by copies in the
 * default one. */
static int key_to_default(EVP_PKEY **key, struct err *err)
{
    _cleanup_(der_wipe) struct der der = der_of_key(*key);
    EVP_PKEY_free(*key);
    *key = der.len > 0 ? key_from_der(der.data, (size_t)der.len) : NULL;
    ERR_clear_error();
    return *key ? 0 : err_set(err, ERR_NOT_A_KEY, _("the file holds a key of a kind that cannot sign here"));
}

static int certificate_to_default(X509 **certificate, struct err *err)
{
    _cleanup_(der_wipe) struct der der = {0};
    der.len = i2d_X509(*certificate, &der.data);
    X509_free(*certificate);
    *certificate = der.len > 0 ? certificate_from_der(der.data, (size_t)der.len) : NULL;
    ERR_clear_error();
    return *certificate ? 0
                        : err_set(err, ERR_NOT_A_CERTIFICATE, _("the .pfx file holds a damaged certificate"));
}

int credential_import_pfx(const void *pfx, size_t n, const char *user, const char *password, int64_t now_us,
                          struct credential **ret, struct err *err)
{
    int r = check_imss_rules(user, password, err);
    if (r < 0 || (r = check_size(n, err)) < 0)
        return r;
    ERR_clear_error();
    _cleanup_(lenient_close) struct lenient lenient = lenient_open();
    _cleanup_(key_cleanup) EVP_PKEY *key = NULL;
    _cleanup_(certificate_cleanup) X509 *certificate = NULL;
    r = pfx_open(lenient.ctx, pfx, n, password, &key, &certificate, err);
    if (r < 0 || (r = key_to_default(&key, err)) < 0 || (r = certificate_to_default(&certificate, err)) < 0)
        return r;
    _cleanup_(credential_cleanup) struct credential *credential = NULL;
    r = credential_new(CREDENTIAL_IMSS, user, password, STEAL(certificate), STEAL(key), &credential, err);
    if (r < 0 || (r = check_validity(credential_info(credential), now_us, err)) < 0)
        return r;
    *ret = STEAL(credential);
    return 0;
}

int credential_import_efirma(const void *cer, size_t cer_len, const void *key_data, size_t key_len,
                             const char *user, const char *password, int64_t now_us, struct credential **ret,
                             struct err *err)
{
    int r = check_efirma_password(password, err);
    if (r < 0 || (r = check_size(cer_len, err)) < 0 || (r = check_size(key_len, err)) < 0)
        return r;
    ERR_clear_error();
    _cleanup_(certificate_cleanup) X509 *certificate = certificate_from_der(cer, cer_len);
    if (!certificate)
        return refuse_form(err, ERR_NOT_A_CERTIFICATE,
                           _("the file is not the certificate of an e.firma (.cer)"), cer, cer_len);
    if (certificate_is_csd(certificate))
        return err_set(
            err, ERR_CERTIFICATE_IS_CSD,
            _("this is a certificado de sello digital (CSD), which the portal does not accept; give the "
              "e.firma of the employer or the representative"));
    _cleanup_(lenient_close) struct lenient lenient = lenient_open();
    _cleanup_(key_cleanup) EVP_PKEY *key = NULL;
    r = key_open(lenient.ctx, key_data, key_len, password, &key, err);
    if (r < 0 || (r = key_to_default(&key, err)) < 0)
        return r;
    _cleanup_(credential_cleanup) struct credential *credential = NULL;
    r = credential_new(CREDENTIAL_EFIRMA, NULL, password, STEAL(certificate), STEAL(key), &credential, err);
    if (r < 0 || (r = check_efirma_rfc(credential_info(credential), user, err)) < 0 ||
        (r = check_validity(credential_info(credential), now_us, err)) < 0)
        return r;
    *ret = STEAL(credential);
    return 0;
}
