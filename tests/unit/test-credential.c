/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sim/authority.h"
#include "tests/unit/folder.h"
#include "vault/credential.h"

/* The practice authority issues all credentials here; it shares no line with the code under test. */

#define USER     "practica01"
#define PASSWORD "secreto2026"
#define RFC      "ZPI990101AA3"

static struct {
    char dir[64];
    struct authority *authority;
    EVP_PKEY *key, *other_key; /* made once: they take their time */
    int64_t now_us;
} world;

static const struct authority_request imss = {
    .kind = AUTHORITY_IMSS,
    .rfc = RFC,
    .representative = "PEXJ850101CC2",
    .curp = "PEXJ850101HDFRXN06",
    .name = "PRACTICA INDUSTRIAL SA DE CV",
    .password = PASSWORD,
};

static struct authority_request efirma_request(void)
{
    struct authority_request request = imss;
    request.kind = AUTHORITY_EFIRMA;
    return request;
}

static int set_up(void **state)
{
    snprintf(world.dir, sizeof(world.dir), "/tmp/idsed-credential-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    assert_int_equal(authority_open(world.dir, &world.authority, NULL), 0);
    world.key = EVP_RSA_gen(2048);
    world.other_key = EVP_RSA_gen(2048);
    world.now_us = clock_wall_us(&clock_system);
    return 0;
}

static int tear_down(void **state)
{
    authority_free(world.authority);
    EVP_PKEY_free(world.key);
    EVP_PKEY_free(world.other_key);
    return folder_remove(world.dir);
}

#define _cleanup_issued_ _cleanup_(authority_credential_free)

static struct authority_credential issue(struct authority_request request)
{
    struct authority_credential issued = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (!request.key)
        request.key = world.key;
    if (authority_issue(world.authority, &request, &issued, &err) < 0)
        fail_msg("issuing: %s", err_text(&err));
    return issued;
}

/* What an import gives: a credential, or an error. */
struct result {
    struct credential *credential;
    struct err err;
};

static void result_free(struct result *result)
{
    credential_free(result->credential);
    err_clear(&result->err);
}
#define _cleanup_result_ _cleanup_(result_free)

static struct result import_pfx_as(const struct authority_credential *issued, const char *user,
                                   const char *password)
{
    struct result result = {0};
    int r = credential_import_pfx(issued->certificate.data, issued->certificate.len, user, password,
                                  world.now_us, &result.credential, &result.err);
    assert_int_equal(r, -(int)result.err.code);
    assert_true((r == 0) == (result.credential != NULL));
    assert_int_equal(ERR_peek_error(), 0); /* nothing stays in OpenSSL's queue for the next to stumble over */
    return result;
}

static struct result import_pfx(const struct authority_credential *issued)
{
    return import_pfx_as(issued, USER, PASSWORD);
}

static struct result import_efirma_bytes(const struct buf *cer, const struct buf *key, const char *user,
                                         const char *password)
{
    struct result result = {0};
    int r = credential_import_efirma(cer->data, cer->len, key->data, key->len, user, password, world.now_us,
                                     &result.credential, &result.err);
    assert_int_equal(r, -(int)result.err.code);
    assert_true((r == 0) == (result.credential != NULL));
    assert_int_equal(ERR_peek_error(), 0);
    return result;
}

static struct result import_efirma(const struct authority_credential *issued)
{
    return import_efirma_bytes(&issued->certificate, &issued->key, NULL, PASSWORD);
}

static void assert_refused(const struct result *result, enum err_code code, const char *says)
{
    if (result->err.code != code)
        fail_msg("expected %s, got %s: %s", err_dbus_name(code), err_dbus_name(result->err.code),
                 err_text(&result->err));
    if (says && !strstr(err_text(&result->err), says))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&result->err), says);
    assert_null(strstr(err_text(&result->err), PASSWORD));
}

static const struct credential_info *assert_opened(const struct result *result)
{
    if (!result->credential)
        fail_msg("refused: %s", err_text(&result->err));
    return credential_info(result->credential);
}

/* ---- what opens ---- */

static void a_pfx_opens_whatever_its_cipher(void **state)
{
    static const enum authority_cipher ciphers[] = {AUTHORITY_CIPHER_AES256, AUTHORITY_CIPHER_3DES,
                                                    AUTHORITY_CIPHER_RC2_40};
    for (size_t i = 0; i < ELEMENTSOF(ciphers); i++) {
        struct authority_request request = imss;
        request.cipher = ciphers[i];
        _cleanup_issued_ struct authority_credential issued = issue(request);
        _cleanup_result_ struct result result = import_pfx(&issued);
        const struct credential_info *info = assert_opened(&result);
        assert_int_equal(info->kind, CREDENTIAL_IMSS);
        assert_string_equal(info->user, USER);
        assert_string_equal(info->fingerprint, issued.fingerprint);
        assert_string_equal(credential_user(result.credential), USER);
        assert_string_equal(credential_password(result.credential), PASSWORD);
        assert_string_equal(credential_certificate_name(result.credential), "CERT.pfx");
        assert_string_equal(credential_key_name(result.credential), "CERT.pfx");
    }
}

static void old_ciphers_are_not_left_open_behind_an_import(void **state)
{
    struct authority_request request = imss;
    request.cipher = AUTHORITY_CIPHER_RC2_40;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_pfx(&issued);
    assert_opened(&result);
    const uint8_t *at = (const uint8_t *)issued.certificate.data;
    PKCS12 *pfx = d2i_PKCS12(NULL, &at, (long)issued.certificate.len);
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    assert_int_equal(PKCS12_parse(pfx, PASSWORD, &key, &certificate, NULL), 0);
    PKCS12_free(pfx);
    ERR_clear_error();
}

static void an_efirma_opens_whatever_its_cipher(void **state)
{
    static const enum authority_cipher ciphers[] = {AUTHORITY_CIPHER_AES256, AUTHORITY_CIPHER_3DES,
                                                    AUTHORITY_CIPHER_MD5_DES};
    for (size_t i = 0; i < ELEMENTSOF(ciphers); i++) {
        struct authority_request request = efirma_request();
        request.cipher = ciphers[i];
        _cleanup_issued_ struct authority_credential issued = issue(request);
        _cleanup_result_ struct result result = import_efirma(&issued);
        const struct credential_info *info = assert_opened(&result);
        assert_int_equal(info->kind, CREDENTIAL_EFIRMA);
        assert_string_equal(info->user, RFC);
        assert_string_equal(credential_certificate_name(result.credential), "CERT.cer");
        assert_string_equal(credential_key_name(result.credential), "CERT.key");
    }
}

static void among_several_certificates_the_keys_own_is_taken(void **state)
{
    struct authority_request request = imss;
    request.other_certificates = 3;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_pfx(&issued);
    assert_string_equal(assert_opened(&result)->fingerprint, issued.fingerprint);
}

/* ---- what a certificate says ---- */

static void a_persona_moral_is_read_by_employer_and_representative(void **state)
{
    struct authority_request request = efirma_request();
    request.not_before_us = INT64_C(1700000000) * US_PER_S;
    request.not_after_us = world.now_us / US_PER_S * US_PER_S + US_PER_DAY;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_efirma(&issued);
    const struct credential_info *info = assert_opened(&result);
    assert_string_equal(info->rfc, RFC);
    assert_string_equal(info->curp, "PEXJ850101HDFRXN06");
    assert_string_equal(info->name, "PRACTICA INDUSTRIAL SA DE CV");
    assert_int_equal(strlen(info->serial), 20);
    assert_int_equal(strspn(info->serial, "0123456789"), 20);
    assert_string_equal(info->serial, issued.serial);
    assert_true(info->not_before_us == request.not_before_us);
    assert_true(info->not_after_us == request.not_after_us);
}

static void identifiers_are_read_in_every_encoding(void **state)
{
    static const struct {
        const char *rfc, *representative, *name;
    } cases[] = {
        {"PEXJ850101CC2", NULL, "JUAN PÉREZ XÓCHITL"}, /* persona física */
        {"ÑOXA850101GG4", NULL, "ÑOÑO AGÜERO"},        /* T61String, byte 0xD1 */
        {"ÑAÑ990101EE1", "ÑOXA850101GG4", "ÑANDÚ SA DE CV"},
        {"Z&P990101FF8", "PEXJ850101CC2", "ZETA & PE SC"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct authority_request request = efirma_request();
        request.rfc = cases[i].rfc;
        request.representative = cases[i].representative;
        request.name = cases[i].name;
        _cleanup_issued_ struct authority_credential issued = issue(request);
        if (strstr(request.rfc, "Ñ"))
            assert_non_null(memchr(issued.certificate.data, 0xD1, issued.certificate.len));
        _cleanup_result_ struct result result = import_efirma(&issued);
        const struct credential_info *info = assert_opened(&result);
        assert_string_equal(info->rfc, request.rfc);
        assert_string_equal(info->user, request.rfc);
        assert_string_equal(info->curp, request.curp);
        assert_string_equal(info->name, request.name);
    }
}

static void latin1_in_a_t61string_is_a_single_byte(void **state)
{
    struct authority_request request = efirma_request();
    request.rfc = "ÑOXA850101GG4";
    request.representative = NULL;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    /* 0x14 is T61String, 13 bytes long */
    assert_non_null(memmem(issued.certificate.data, issued.certificate.len, "\x14\x0D\xD1OXA850101GG4", 15));
}

/* Another issuer's: a serial number of two bytes, a name in UTF-16 with an escape sequence, nothing else. */
static X509 *foreign_certificate(void)
{
    static const uint8_t name[] = {0, 'A', 0, 0x1B, 0, '[', 0, 0xD1};
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x31AB);
    X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_BMPSTRING, name, sizeof(name), -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, world.key);
    assert_true(X509_sign(certificate, world.key, EVP_sha256()) > 0);
    return certificate;
}

static struct authority_credential pfx_of(EVP_PKEY *key, X509 *certificate, bool mac)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    if (certificate)
        assert_non_null(PKCS12_add_cert(&bags, certificate));
    if (key)
        assert_non_null(PKCS12_add_key(&bags, key, 0, 1, NID_aes_256_cbc, PASSWORD));
    assert_int_equal(PKCS12_add_safe(&safes, bags, -1, 0, NULL), 1);
    PKCS12 *p12 = PKCS12_add_safes(safes, 0);
    if (mac)
        assert_int_equal(PKCS12_set_mac(p12, PASSWORD, -1, NULL, 0, 1, EVP_sha256()), 1);
    uint8_t *der = NULL;
    int n = i2d_PKCS12(p12, &der);
    struct authority_credential pfx = {0};
    buf_add(&pfx.certificate, der, (size_t)n);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return pfx;
}

static void a_foreign_certificate_is_read_as_far_as_it_goes(void **state)
{
    X509 *certificate = foreign_certificate();
    _cleanup_issued_ struct authority_credential pfx = pfx_of(world.key, certificate, true);
    X509_free(certificate);
    _cleanup_result_ struct result result = import_pfx(&pfx);
    const struct credential_info *info = assert_opened(&result);
    assert_string_equal(info->serial, "31ab");
    assert_string_equal(info->name, "A [Ñ");
    assert_null(info->rfc);
    assert_null(info->curp);
    assert_string_equal(info->user, USER);
}

/* ---- what does not open ---- */

static void a_wrong_password_is_told_apart(void **state)
{
    static const enum authority_cipher pfx[] = {AUTHORITY_CIPHER_AES256, AUTHORITY_CIPHER_3DES,
                                                AUTHORITY_CIPHER_RC2_40};
    for (size_t i = 0; i < ELEMENTSOF(pfx); i++) {
        struct authority_request request = imss;
        request.cipher = pfx[i];
        _cleanup_issued_ struct authority_credential issued = issue(request);
        _cleanup_result_ struct result result = import_pfx_as(&issued, USER, "Secreto2026");
        assert_refused(&result, ERR_WRONG_PASSWORD, "password");
    }
    static const enum authority_cipher keys[] = {AUTHORITY_CIPHER_AES256, AUTHORITY_CIPHER_3DES,
                                                 AUTHORITY_CIPHER_MD5_DES};
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        struct authority_request request = efirma_request();
        request.cipher = keys[i];
        _cleanup_issued_ struct authority_credential issued = issue(request);
        /* More than one: with one wrong password in 256 the padding happens to be right. */
        for (char c = 'a'; c <= 'z'; c++) {
            const char password[] = {'s', 'e', 'c', 'r', 'e', 't', 'o', c, '\0'};
            _cleanup_result_ struct result result =
                import_efirma_bytes(&issued.certificate, &issued.key, NULL, password);
            assert_refused(&result, ERR_WRONG_PASSWORD, "password");
        }
    }
}

static void replace_bytes(struct buf *buf, const char *old, const char *new, size_t n)
{
    char *at = memmem(buf->data, buf->len, old, n);
    assert_non_null(at);
    memcpy(at, new, n);
}

static void an_unknown_cipher_is_told_apart(void **state)
{
    _cleanup_issued_ struct authority_credential key = issue(efirma_request());
    /* des-ede3-cbc, 1.2.840.113549.3.7, becomes 1.2.840.113549.3.99 */
    replace_bytes(&key.key, "\x2A\x86\x48\x86\xF7\x0D\x03\x07", "\x2A\x86\x48\x86\xF7\x0D\x03\x63", 8);
    _cleanup_result_ struct result efirma = import_efirma(&key);
    assert_refused(&efirma, ERR_UNSUPPORTED_CIPHER, "AES");

    struct authority_request request = imss;
    request.cipher = AUTHORITY_CIPHER_RC2_40;
    _cleanup_issued_ struct authority_credential pfx = issue(request);
    /* pbeWithSHA1And40BitRC2-CBC, 1.2.840.113549.1.12.1.6, becomes …1.99; then the MAC is made to agree */
    replace_bytes(&pfx.certificate, "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x06",
                  "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x63", 10);
    _cleanup_result_ struct result unsealed = import_pfx(&pfx);
    assert_refused(&unsealed, ERR_WRONG_PASSWORD, NULL);
    const uint8_t *at = (const uint8_t *)pfx.certificate.data;
    PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)pfx.certificate.len);
    assert_int_equal(PKCS12_set_mac(p12, PASSWORD, -1, NULL, 0, 1, EVP_sha1()), 1);
    uint8_t *der = NULL;
    int n = i2d_PKCS12(p12, &der);
    buf_reset(&pfx.certificate);
    buf_add(&pfx.certificate, der, (size_t)n);
    OPENSSL_free(der);
    PKCS12_free(p12);
    _cleanup_result_ struct result result = import_pfx(&pfx);
    assert_refused(&result, ERR_UNSUPPORTED_CIPHER, "AES");
}

static void a_key_that_asks_for_endless_work_is_refused(void **state)
{
    _cleanup_issued_ struct authority_credential issued = issue(efirma_request());
    const uint8_t *at = (const uint8_t *)issued.key.data;
    X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)issued.key.len);
    X509_ALGOR *algor;
    ASN1_OCTET_STRING *bytes;
    X509_SIG_getm(sig, &algor, &bytes);
    X509_ALGOR *endless = PKCS5_pbe2_set_iv(EVP_des_ede3_cbc(), 2000000000, NULL, 8, NULL, NID_hmacWithSHA1);
    assert_int_equal(X509_ALGOR_copy(algor, endless), 1);
    X509_ALGOR_free(endless);
    uint8_t *der = NULL;
    int n = i2d_X509_SIG(sig, &der);
    struct buf key = {.data = (char *)der, .len = (size_t)n};
    _cleanup_result_ struct result result = import_efirma_bytes(&issued.certificate, &key, NULL, PASSWORD);
    assert_refused(&result, ERR_UNSUPPORTED_CIPHER, NULL);
    OPENSSL_free(der);
    X509_SIG_free(sig);
}

static void swapped_and_foreign_files_are_named_for_what_they_are(void **state)
{
    _cleanup_issued_ struct authority_credential pfx = issue(imss), efirma = issue(efirma_request());
    _cleanup_result_ struct result swapped =
        import_efirma_bytes(&efirma.key, &efirma.certificate, NULL, PASSWORD);
    assert_refused(&swapped, ERR_NOT_A_CERTIFICATE, "private key of an e.firma");
    _cleanup_result_ struct result twice =
        import_efirma_bytes(&efirma.certificate, &efirma.certificate, NULL, PASSWORD);
    assert_refused(&twice, ERR_NOT_A_KEY, "it is a certificate");
    _cleanup_result_ struct result as_cer =
        import_efirma_bytes(&pfx.certificate, &efirma.key, NULL, PASSWORD);
    assert_refused(&as_cer, ERR_NOT_A_CERTIFICATE, ".pfx");
    _cleanup_result_ struct result as_pfx = import_pfx(&efirma);
    assert_refused(&as_pfx, ERR_NOT_A_CERTIFICATE, ".cer");

    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(world.key);
    uint8_t *der = NULL;
    int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    struct buf plain = {.data = (char *)der, .len = (size_t)n};
    _cleanup_result_ struct result unencrypted =
        import_efirma_bytes(&efirma.certificate, &plain, NULL, PASSWORD);
    assert_refused(&unencrypted, ERR_NOT_A_KEY, "without a password");
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);

    char text[] = "-----BEGIN CERTIFICATE-----\n";
    struct buf pem = {.data = text, .len = strlen(text)}, empty = {.data = text, .len = 0};
    _cleanup_result_ struct result of_pem = import_efirma_bytes(&pem, &efirma.key, NULL, PASSWORD);
    assert_refused(&of_pem, ERR_NOT_A_CERTIFICATE, "PEM");
    _cleanup_result_ struct result of_empty =
        import_efirma_bytes(&efirma.certificate, &empty, NULL, PASSWORD);
    assert_refused(&of_empty, ERR_NOT_A_KEY, "empty");
}

static void garbage_and_giants_are_refused(void **state)
{
    _cleanup_issued_ struct authority_credential efirma = issue(efirma_request());
    _cleanup_buf_ struct buf garbage = BUF_INIT;
    random_bytes(buf_reserve(&garbage, CREDENTIAL_FILE_MAX + 1), CREDENTIAL_FILE_MAX + 1);
    garbage.data[0] = 0x55; /* no DER begins so */
    garbage.len = CREDENTIAL_FILE_MAX;
    struct authority_credential pfx = {.certificate = garbage};
    _cleanup_result_ struct result as_pfx = import_pfx(&pfx);
    assert_refused(&as_pfx, ERR_NOT_A_CERTIFICATE, "damaged");
    _cleanup_result_ struct result as_cer = import_efirma_bytes(&garbage, &efirma.key, NULL, PASSWORD);
    assert_refused(&as_cer, ERR_NOT_A_CERTIFICATE, "damaged");
    _cleanup_result_ struct result as_key =
        import_efirma_bytes(&efirma.certificate, &garbage, NULL, PASSWORD);
    assert_refused(&as_key, ERR_NOT_A_KEY, "damaged");
    garbage.len = CREDENTIAL_FILE_MAX + 1;
    _cleanup_result_ struct result giant = import_efirma_bytes(&efirma.certificate, &garbage, NULL, PASSWORD);
    assert_refused(&giant, ERR_TOO_LARGE, NULL);
}

static void a_truncated_file_never_opens(void **state)
{
    _cleanup_issued_ struct authority_credential pfx = issue(imss), efirma = issue(efirma_request());
    /* Copies of exact size, so that the sanitizer sees a read behind the end. */
    for (size_t n = 0; n < pfx.certificate.len; n += 13) {
        struct authority_credential cut = {
            .certificate = {.data = xmemdup(pfx.certificate.data, n), .len = n}};
        _cleanup_result_ struct result result = import_pfx(&cut);
        assert_refused(&result, ERR_NOT_A_CERTIFICATE, NULL);
        authority_credential_free(&cut);
    }
    for (size_t n = 0; n < efirma.certificate.len; n += 13) {
        _cleanup_buf_ struct buf cut = {.data = xmemdup(efirma.certificate.data, n), .len = n};
        _cleanup_result_ struct result result = import_efirma_bytes(&cut, &efirma.key, NULL, PASSWORD);
        assert_refused(&result, ERR_NOT_A_CERTIFICATE, NULL);
    }
    for (size_t n = 0; n < efirma.key.len; n += 13) {
        _cleanup_buf_ struct buf cut = {.data = xmemdup(efirma.key.data, n), .len = n};
        _cleanup_result_ struct result result =
            import_efirma_bytes(&efirma.certificate, &cut, NULL, PASSWORD);
        assert_refused(&result, ERR_NOT_A_KEY, NULL);
    }
    buf_add_char(&efirma.certificate, '\n');
    _cleanup_result_ struct result longer = import_efirma(&efirma);
    assert_refused(&longer, ERR_NOT_A_CERTIFICATE, NULL);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    struct authority_request request = efirma_request();
    _cleanup_issued_ struct authority_credential mine = issue(request);
    request.key = world.other_key;
    _cleanup_issued_ struct authority_credential other = issue(request);
    _cleanup_result_ struct result result =
        import_efirma_bytes(&mine.certificate, &other.key, NULL, PASSWORD);
    assert_refused(&result, ERR_KEY_MISMATCH, mine.serial);
}

static void a_pfx_without_key_certificate_or_mac_is_refused(void **state)
{
    X509 *certificate = authority_certificate(world.authority);
    const struct {
        EVP_PKEY *key;
        X509 *certificate;
        bool mac;
        enum err_code code;
    } cases[] = {
        {NULL, certificate, true, ERR_NOT_A_KEY},
        {world.key, NULL, true, ERR_NOT_A_CERTIFICATE},
        {world.key, certificate, true, ERR_KEY_MISMATCH},
        {world.key, certificate, false, ERR_NOT_A_CERTIFICATE},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_issued_ struct authority_credential pfx =
            pfx_of(cases[i].key, cases[i].certificate, cases[i].mac);
        _cleanup_result_ struct result result = import_pfx(&pfx);
        assert_refused(&result, cases[i].code, NULL);
    }
}

static void a_csd_is_refused(void **state)
{
    struct authority_request request = efirma_request();
    request.kind = AUTHORITY_CSD;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_efirma(&issued);
    assert_refused(&result, ERR_CERTIFICATE_IS_CSD, "e.firma");
}

static void validity_is_judged_with_its_dates(void **state)
{
    const int64_t may = time_from_date(20240510, 720), june = time_from_date(20240610, 720);
    const int64_t later = time_from_date(20900102, 720), latest = time_from_date(20900203, 720);
    for (int i = 0; i < 2; i++) {
        struct authority_request request = i ? imss : efirma_request();
        request.not_before_us = may;
        request.not_after_us = june;
        _cleanup_issued_ struct authority_credential old = issue(request);
        _cleanup_result_ struct result expired = i ? import_pfx(&old) : import_efirma(&old);
        assert_refused(&expired, ERR_CERTIFICATE_EXPIRED, "2024-06-10 12:00");
        assert_refused(&expired, ERR_CERTIFICATE_EXPIRED, "2024-05-10 12:00");
        request.not_before_us = later;
        request.not_after_us = latest;
        _cleanup_issued_ struct authority_credential young = issue(request);
        _cleanup_result_ struct result early = i ? import_pfx(&young) : import_efirma(&young);
        assert_refused(&early, ERR_CERTIFICATE_NOT_YET_VALID, "2090-01-02 12:00");
    }
}

static void rules_of_user_and_password_are_named(void **state)
{
    _cleanup_issued_ struct authority_credential pfx = issue(imss), efirma = issue(efirma_request());
    static const struct {
        const char *user, *password, *says;
    } imss_cases[] = {
        {NULL, PASSWORD, "user"},
        {"", PASSWORD, "user"},
        {"siete77", PASSWORD, "8 to 20"},
        {"a23456789012345678901", PASSWORD, "8 to 20"},
        {"practica-01", PASSWORD, "letters and digits"},
        {"práctica01", PASSWORD, "letters and digits"},
        {USER, "", "password"},
        {USER, "siete77", "8 to 20"},
        {USER, "a23456789012345678901", "8 to 20"},
        {USER, "con espacio", "letters and digits"},
        {USER, USER, "differ"},
    };
    for (size_t i = 0; i < ELEMENTSOF(imss_cases); i++) {
        _cleanup_result_ struct result result =
            import_pfx_as(&pfx, imss_cases[i].user, imss_cases[i].password);
        assert_refused(&result, ERR_INVALID_CREDENTIAL, imss_cases[i].says);
    }
    char long_password[257] = {0};
    memset(long_password, 'x', 256);
    const struct {
        const char *user, *password, *says;
    } efirma_cases[] = {
        {NULL, "siete77", "8 to 255"},
        {NULL, long_password, "8 to 255"},
        {"PEXJ850101CC2", PASSWORD, RFC},
        {"", PASSWORD, RFC},
    };
    for (size_t i = 0; i < ELEMENTSOF(efirma_cases); i++) {
        _cleanup_result_ struct result result = import_efirma_bytes(
            &efirma.certificate, &efirma.key, efirma_cases[i].user, efirma_cases[i].password);
        assert_refused(&result, ERR_INVALID_CREDENTIAL, efirma_cases[i].says);
    }
    _cleanup_result_ struct result lower =
        import_efirma_bytes(&efirma.certificate, &efirma.key, "zpi990101aa3", PASSWORD);
    assert_string_equal(assert_opened(&lower)->user, RFC);
}

static void a_certificate_without_rfc_is_no_efirma(void **state)
{
    struct authority_request request = efirma_request();
    request.rfc = "ZPI";
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_efirma(&issued);
    assert_refused(&result, ERR_NOT_A_CERTIFICATE, "RFC");
}

/* ---- saving, loading ---- */

static void a_saved_credential_loads_as_it_was(void **state)
{
    _cleanup_issued_ struct authority_credential pfx = issue(imss), efirma = issue(efirma_request());
    for (int i = 0; i < 2; i++) {
        _cleanup_result_ struct result result = i ? import_pfx(&pfx) : import_efirma(&efirma);
        const struct credential_info *a = assert_opened(&result);
        _cleanup_(buf_wipe_free) struct buf saved = BUF_INIT, again = BUF_INIT;
        assert_int_equal(credential_save(result.credential, &saved, NULL), 0);
        _cleanup_(credential_cleanup) struct credential *loaded = NULL;
        assert_int_equal(credential_load(saved.data, saved.len, &loaded, NULL), 0);
        const struct credential_info *b = credential_info(loaded);
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->user, b->user);
        assert_string_equal(a->rfc, b->rfc);
        assert_string_equal(a->fingerprint, b->fingerprint);
        assert_string_equal(credential_password(loaded), PASSWORD);
        assert_int_equal(credential_save(loaded, &again, NULL), 0);
        assert_int_equal(saved.len, again.len);
        assert_memory_equal(saved.data, again.data, saved.len);
    }
}

static void an_expired_credential_still_loads(void **state)
{
    struct authority_request request = efirma_request();
    request.not_before_us = world.now_us - 20 * US_PER_DAY;
    request.not_after_us = world.now_us - 10 * US_PER_DAY;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    struct credential *credential = NULL, *loaded = NULL;
    assert_int_equal(credential_import_efirma(issued.certificate.data, issued.certificate.len,
                                              issued.key.data, issued.key.len, NULL, PASSWORD,
                                              world.now_us - 15 * US_PER_DAY, &credential, NULL),
                     0);
    _cleanup_(buf_wipe_free) struct buf saved = BUF_INIT;
    assert_int_equal(credential_save(credential, &saved, NULL), 0);
    assert_int_equal(credential_load(saved.data, saved.len, &loaded, NULL), 0);
    assert_true(credential_info(loaded)->not_after_us < world.now_us);
    credential_free(credential);
    credential_free(loaded);
}

static void loads_or_is_broken(const char *data, size_t n)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *exact = xmemdup(data, n);
    _cleanup_(credential_cleanup) struct credential *credential = NULL;
    int r = credential_load(exact, n, &credential, &err);
    assert_true(r == 0 ? credential != NULL : r == -ERR_SEAL_BROKEN && credential == NULL);
}

static void hostile_bytes_do_not_load(void **state)
{
    _cleanup_issued_ struct authority_credential issued = issue(efirma_request());
    _cleanup_result_ struct result result = import_efirma(&issued);
    assert_opened(&result);
    _cleanup_(buf_wipe_free) struct buf saved = BUF_INIT;
    assert_int_equal(credential_save(result.credential, &saved, NULL), 0);
    struct credential *credential = NULL;
    for (size_t n = 0; n < saved.len; n += n < 64 ? 1 : 17) {
        _cleanup_free_ char *cut = xmemdup(saved.data, n);
        assert_int_equal(credential_load(cut, n, &credential, NULL), -ERR_SEAL_BROKEN);
    }
    for (size_t i = 0; i < saved.len; i += i < 64 ? 1 : 11) {
        saved.data[i] ^= (char)0xFF;
        loads_or_is_broken(saved.data, saved.len);
        saved.data[i] ^= (char)0xFF;
    }
    buf_add_char(&saved, 'x');
    assert_int_equal(credential_load(saved.data, saved.len, &credential, NULL), -ERR_SEAL_BROKEN);
    /* lengths that run over the end, by little and by much */
    static const uint8_t lengths[] = {5, 6, 7, 8, 9, 0xFF};
    for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
        const uint8_t fill = lengths[i] == 0xFF ? 0xFF : 0;
        const uint8_t bytes[] = {1, CREDENTIAL_EFIRMA, fill, fill, fill, lengths[i], 'a', 'b', 'c', 'd'};
        _cleanup_free_ char *exact = xmemdup(bytes, sizeof(bytes));
        assert_int_equal(credential_load(exact, sizeof(bytes), &credential, NULL), -ERR_SEAL_BROKEN);
    }
    assert_null(credential);
}

/* ---- signing ---- */

/* The nonce is signed as it came: no end of line is added, changed or taken away. */
static const char nonce[] = "20261101\r\n\n 0123456789abcdef\t\xF1";

static PKCS7 *sign(const struct credential *credential, struct buf *ret_der)
{
    assert_int_equal(credential_sign(credential, nonce, sizeof(nonce) - 1, ret_der, NULL), 0);
    const uint8_t *at = (const uint8_t *)ret_der->data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)ret_der->len);
    assert_non_null(p7);
    assert_ptr_equal(at, ret_der->data + ret_der->len);
    return p7;
}

static void a_signature_has_the_portals_form(void **state)
{
    _cleanup_issued_ struct authority_credential issued = issue(efirma_request());
    _cleanup_result_ struct result result = import_efirma(&issued);
    assert_opened(&result);
    _cleanup_buf_ struct buf der = BUF_INIT;
    PKCS7 *p7 = sign(result.credential, &der);
    assert_true(PKCS7_type_is_signed(p7));
    assert_false(PKCS7_is_detached(p7));
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 1);
    _cleanup_free_ char *fingerprint = authority_fingerprint(sk_X509_value(p7->d.sign->cert, 0));
    assert_string_equal(fingerprint, issued.fingerprint);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(p7)), 1);
    PKCS7_SIGNER_INFO *signer = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);
    assert_int_equal(sk_X509_ATTRIBUTE_num(PKCS7_get_signed_attributes(signer)),
                     -1); /* not even an empty set */
    assert_int_equal(OBJ_obj2nid(signer->digest_alg->algorithm), NID_sha256);
    PKCS7_free(p7);
}

static void openssls_api_verifies_a_signature(void **state)
{
    struct authority_request request = imss;
    request.cipher = AUTHORITY_CIPHER_RC2_40;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    _cleanup_result_ struct result result = import_pfx(&issued);
    assert_opened(&result);
    _cleanup_buf_ struct buf der = BUF_INIT;
    PKCS7 *p7 = sign(result.credential, &der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, authority_certificate(world.authority));
    BIO *content = BIO_new(BIO_s_mem());
    assert_int_equal(PKCS7_verify(p7, NULL, store, NULL, content, 0), 1);
    char *data = NULL;
    assert_int_equal(BIO_get_mem_data(content, &data), sizeof(nonce) - 1);
    assert_memory_equal(data, nonce, sizeof(nonce) - 1);
    BIO_free(content);

    char *inside = memmem(der.data, der.len, nonce, sizeof(nonce) - 1);
    assert_non_null(inside);
    inside[0] ^= 1;
    const uint8_t *at = (const uint8_t *)der.data;
    PKCS7 *forged = d2i_PKCS7(NULL, &at, (long)der.len);
    assert_int_equal(PKCS7_verify(forged, NULL, store, NULL, NULL, 0), 0);
    ERR_clear_error();
    PKCS7_free(forged);
    PKCS7_free(p7);
    X509_STORE_free(store);
}

static void openssls_command_verifies_a_signature(void **state)
{
    _cleanup_issued_ struct authority_credential issued = issue(efirma_request());
    _cleanup_result_ struct result result = import_efirma(&issued);
    assert_opened(&result);
    _cleanup_buf_ struct buf der = BUF_INIT, content = BUF_INIT;
    PKCS7_free(sign(result.credential, &der));
    _cleanup_free_ char *p7_path = xasprintf("%s/nonce.p7m", world.dir);
    _cleanup_free_ char *content_path = xasprintf("%s/nonce.txt", world.dir);
    assert_int_equal(file_replace(p7_path, 0600, der.data, der.len, NULL), 0);
    _cleanup_free_ char *command =
        xasprintf("openssl smime -verify -binary -inform DER -in %s -CAfile %s -out %s 2>/dev/null", p7_path,
                  authority_ca_path(world.authority), content_path);
    assert_int_equal(system(command), 0);
    assert_int_equal(file_read(content_path, 1000, &content, NULL), 0);
    assert_int_equal(content.len, sizeof(nonce) - 1);
    assert_memory_equal(content.data, nonce, sizeof(nonce) - 1);
    der.data[der.len - 1] ^= 1;
    assert_int_equal(file_replace(p7_path, 0600, der.data, der.len, NULL), 0);
    assert_int_not_equal(system(command), 0);
}

/* ---- threads ---- */

struct job {
    const struct authority_credential *issued;
    bool ok;
};

static void *import_and_sign(void *data)
{
    struct job *job = data;
    struct credential *credential = NULL;
    _cleanup_buf_ struct buf der = BUF_INIT;
    job->ok = credential_import_pfx(job->issued->certificate.data, job->issued->certificate.len, USER,
                                    PASSWORD, world.now_us, &credential, NULL) == 0 &&
              credential_sign(credential, nonce, sizeof(nonce) - 1, &der, NULL) == 0;
    credential_free(credential);
    return NULL;
}

static void imports_run_side_by_side(void **state)
{
    struct authority_request request = imss;
    request.cipher = AUTHORITY_CIPHER_RC2_40;
    _cleanup_issued_ struct authority_credential issued = issue(request);
    pthread_t threads[4];
    struct job jobs[ELEMENTSOF(threads)];
    for (size_t i = 0; i < ELEMENTSOF(threads); i++) {
        jobs[i] = (struct job){.issued = &issued};
        assert_int_equal(pthread_create(&threads[i], NULL, import_and_sign, &jobs[i]), 0);
    }
    for (size_t i = 0; i < ELEMENTSOF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(jobs[i].ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pfx_opens_whatever_its_cipher),
        cmocka_unit_test(old_ciphers_are_not_left_open_behind_an_import),
        cmocka_unit_test(an_efirma_opens_whatever_its_cipher),
        cmocka_unit_test(among_several_certificates_the_keys_own_is_taken),
        cmocka_unit_test(a_persona_moral_is_read_by_employer_and_representative),
        cmocka_unit_test(identifiers_are_read_in_every_encoding),
        cmocka_unit_test(latin1_in_a_t61string_is_a_single_byte),
        cmocka_unit_test(a_foreign_certificate_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_wrong_password_is_told_apart),
        cmocka_unit_test(an_unknown_cipher_is_told_apart),
        cmocka_unit_test(a_key_that_asks_for_endless_work_is_refused),
        cmocka_unit_test(swapped_and_foreign_files_are_named_for_what_they_are),
        cmocka_unit_test(garbage_and_giants_are_refused),
        cmocka_unit_test(a_truncated_file_never_opens),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(a_pfx_without_key_certificate_or_mac_is_refused),
        cmocka_unit_test(a_csd_is_refused),
        cmocka_unit_test(validity_is_judged_with_its_dates),
        cmocka_unit_test(rules_of_user_and_password_are_named),
        cmocka_unit_test(a_certificate_without_rfc_is_no_efirma),
        cmocka_unit_test(a_saved_credential_loads_as_it_was),
        cmocka_unit_test(an_expired_credential_still_loads),
        cmocka_unit_test(hostile_bytes_do_not_load),
        cmocka_unit_test(a_signature_has_the_portals_form),
        cmocka_unit_test(openssls_api_verifies_a_signature),
        cmocka_unit_test(openssls_command_verifies_a_signature),
        cmocka_unit_test(imports_run_side_by_side),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
