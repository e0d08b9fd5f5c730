/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "base/clock.h"
#include "sim/authority.h"
#include "tests/unit/folder.h"
#include "vault/proof.h"

static struct {
    char dir[64];
    struct authority *authority;
    struct credential *credential;
} world;

static int set_up(void **state)
{
    const struct authority_request request = {.kind = AUTHORITY_IMSS,
                                              .rfc = "ZPI990101AA3",
                                              .representative = "PEXJ850101CC2",
                                              .curp = "PEXJ850101HDFRXN06",
                                              .name = "PRACTICA INDUSTRIAL SA DE CV",
                                              .password = "secreto2026"};
    struct authority_credential issued = {0};
    snprintf(world.dir, sizeof(world.dir), "/tmp/idsed-proof-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    assert_int_equal(authority_open(world.dir, &world.authority, NULL), 0);
    assert_int_equal(authority_issue(world.authority, &request, &issued, NULL), 0);
    assert_int_equal(credential_import_pfx(issued.certificate.data, issued.certificate.len, "practica01",
                                           "secreto2026", clock_wall_us(&clock_system), &world.credential,
                                           NULL),
                     0);
    authority_credential_free(&issued);
    return 0;
}

static int tear_down(void **state)
{
    credential_free(world.credential);
    authority_free(world.authority);
    return folder_remove(world.dir);
}

static void sign(const char *text, struct buf *ret)
{
    assert_int_equal(credential_sign(world.credential, text, strlen(text), ret, NULL), 0);
}

/* ---- signatures ---- */

static void a_signature_tells_who_signed_what(void **state)
{
    _cleanup_buf_ struct buf der = BUF_INIT;
    struct signature signature;
    sign("records", &der);
    assert_int_equal(signature_read(der.data, der.len, "records", 7, &signature, NULL), 0);
    assert_true(signature.valid && signature.of_this);
    assert_string_equal(signature.signer.serial, credential_info(world.credential)->serial);
    assert_string_equal(signature.signer.fingerprint, credential_info(world.credential)->fingerprint);
    assert_string_equal(signature.signer.rfc, "ZPI990101AA3");
    signature_free(&signature);
    assert_int_equal(signature_read(der.data, der.len, "recordz", 7, &signature, NULL), 0);
    assert_true(signature.valid && !signature.of_this);
    signature_free(&signature);
    assert_int_equal(signature_read(der.data, der.len, "record", 6, &signature, NULL), 0);
    assert_false(signature.of_this);
    signature_free(&signature);
}

/* No byte of it can be changed without showing: it is no PKCS#7 any more, not valid, by another, or over something else. */
static void a_changed_signature_shows(void **state)
{
    _cleanup_buf_ struct buf der = BUF_INIT;
    sign("records", &der);
    unsigned unnoticed = 0;
    for (size_t i = 0; i < der.len; i += 7) {
        struct signature signature;
        der.data[i] ^= 0x10;
        if (signature_read(der.data, der.len, "records", 7, &signature, NULL) >= 0) {
            unnoticed += signature.valid && signature.of_this &&
                         streq(signature.signer.fingerprint, credential_info(world.credential)->fingerprint);
            signature_free(&signature);
        }
        der.data[i] ^= 0x10;
        assert_int_equal(ERR_peek_error(), 0);
    }
    assert_in_range(unnoticed, 0, 8); /* of 200: versions and parameters of algorithms, which nothing signs */
}

static void what_is_no_signature_is_refused(void **state)
{
    _cleanup_buf_ struct buf der = BUF_INIT;
    struct signature signature;
    sign("records", &der);
    for (size_t n = 0; n < der.len; n += 11)
        assert_int_equal(signature_read(der.data, n, "records", 7, &signature, NULL), -ERR_NOT_A_CERTIFICATE);
    buf_add_char(&der, 'x');
    assert_int_equal(signature_read(der.data, der.len, "records", 7, &signature, NULL),
                     -ERR_NOT_A_CERTIFICATE);
    assert_int_equal(signature_read("", 0, "records", 7, &signature, NULL), -ERR_NOT_A_CERTIFICATE);
}

/* ---- certificates of a server ---- */

static void add_pem(struct buf *buf, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    long n = BIO_get_mem_data(bio, &data);
    buf_add(buf, data, (size_t)n);
    BIO_free(bio);
}

static void a_chain_tells_names_dates_and_links(void **state)
{
    _cleanup_buf_ struct buf pem = BUF_INIT;
    struct tls_certificate *chain;
    size_t n;
    add_pem(&pem, authority_tls_certificate(world.authority));
    add_pem(&pem, authority_certificate(world.authority));
    assert_int_equal(tls_chain_read(pem.data, pem.len, &chain, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_true(chain[0].by_next && chain[1].by_next);
    assert_non_null(strstr(chain[0].subject, "localhost"));
    assert_string_equal(chain[0].issuer, chain[1].subject);
    assert_string_equal(chain[0].names, "localhost");
    assert_true(chain[0].not_before_us < chain[0].not_after_us);
    tls_chain_free(chain, n);
    assert_true(tls_chain_is_for(pem.data, pem.len, "localhost"));
    assert_true(tls_chain_is_for(pem.data, pem.len, "127.0.0.1"));
    assert_false(tls_chain_is_for(pem.data, pem.len, "idse.example"));
}

static void a_chain_in_the_wrong_order_shows(void **state)
{
    _cleanup_buf_ struct buf pem = BUF_INIT;
    struct tls_certificate *chain;
    size_t n;
    add_pem(&pem, authority_certificate(world.authority));
    add_pem(&pem, authority_tls_certificate(world.authority));
    assert_int_equal(tls_chain_read(pem.data, pem.len, &chain, &n, NULL), 0);
    assert_false(chain[0].by_next);
    tls_chain_free(chain, n);
    assert_int_equal(tls_chain_read("no certificate", 14, &chain, &n, NULL), -ERR_NOT_A_CERTIFICATE);
    assert_int_equal(tls_chain_read(pem.data, pem.len / 3, &chain, &n, NULL), -ERR_NOT_A_CERTIFICATE);
    assert_false(tls_chain_is_for("", 0, "localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_tells_who_signed_what),
        cmocka_unit_test(a_changed_signature_shows),
        cmocka_unit_test(what_is_no_signature_is_refused),
        cmocka_unit_test(a_chain_tells_names_dates_and_links),
        cmocka_unit_test(a_chain_in_the_wrong_order_shows),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
