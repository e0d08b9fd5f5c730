/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "sim/authority.h"
#include "tests/unit/folder.h"

static struct {
    char dir[64], state[96], credentials[96];
    struct authority *authority;
} world;

static int set_up(void **state)
{
    snprintf(world.dir, sizeof(world.dir), "/tmp/idsed-authority-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    snprintf(world.state, sizeof(world.state), "%s/state", world.dir);
    snprintf(world.credentials, sizeof(world.credentials), "%s/credentials", world.dir);
    return authority_open(world.state, &world.authority, NULL);
}

static int tear_down(void **state)
{
    authority_free(world.authority);
    return folder_remove(world.dir);
}

static struct authority *reopened(void)
{
    struct authority *authority = NULL;
    assert_int_equal(authority_open(world.state, &authority, NULL), 0);
    return authority;
}

static mode_t mode_of(const char *dir, const char *name)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void an_authority_is_the_same_when_opened_again(void **state)
{
    _cleanup_(authority_cleanup) struct authority *again = reopened();
    assert_int_equal(X509_cmp(authority_certificate(world.authority), authority_certificate(again)), 0);
    assert_int_equal(X509_cmp(authority_tls_certificate(world.authority), authority_tls_certificate(again)),
                     0);
    assert_int_equal(EVP_PKEY_eq(authority_tls_key(world.authority), authority_tls_key(again)), 1);
    assert_int_equal(mode_of(world.state, "ca.key"), 0600);
    assert_int_equal(mode_of(world.state, "tls.key"), 0600);
    assert_int_equal(mode_of(world.dir, "state"), 0700);
}

static void a_damaged_folder_is_reported_and_kept(void **state)
{
    _cleanup_free_ char *dir = xasprintf("%s/damaged", world.dir), *path = xasprintf("%s/ca.key", dir);
    assert_int_equal(file_make_dirs(dir, 0700, NULL), 0);
    assert_int_equal(file_replace(path, 0600, "rubbish", 7, NULL), 0);
    struct authority *authority = NULL;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(authority_open(dir, &authority, &err), -ERR_CONFIG);
    assert_non_null(strstr(err_text(&err), path));
    _cleanup_buf_ struct buf kept = BUF_INIT;
    assert_int_equal(file_read(path, 100, &kept, NULL), 0);
    assert_string_equal(kept.data, "rubbish");
}

static void the_tls_certificate_is_for_loopback_only(void **state)
{
    X509 *tls = authority_tls_certificate(world.authority);
    assert_int_equal(X509_check_host(tls, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(tls, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(tls, "::1", 0), 1);
    assert_int_equal(X509_check_host(tls, "idse.imss.gob.mx", 0, 0, NULL), 0);
    assert_int_equal(X509_check_private_key(tls, authority_tls_key(world.authority)), 1);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_load_file(store, authority_ca_path(world.authority)), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, tls, NULL), 1);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    assert_int_equal(X509_verify_cert(ctx), 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
}

static char *read_text(const char *name)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", world.credentials, name);
    struct buf text = BUF_INIT;
    assert_int_equal(file_read(path, 10000, &text, NULL), 0);
    assert_int_equal(mode_of(world.credentials, name), 0600);
    return buf_steal(&text, NULL);
}

/* domain: letters as A=10 … Z=35, then Luhn; written here again, since this is what the set must hold to. */
static bool rp_is_good(const char *rp)
{
    char digits[32] = "";
    for (const char *c = rp; *c; c++)
        snprintf(digits + strlen(digits), sizeof(digits) - strlen(digits), "%d",
                 *c >= 'A' ? *c - 'A' + 10 : *c - '0');
    int sum = 0, n = (int)strlen(digits);
    for (int i = 0; i < n; i++) {
        int digit = (digits[n - 1 - i] - '0') * (1 + i % 2);
        sum += digit / 10 + digit % 10;
    }
    return strlen(rp) == 11 && sum % 10 == 0;
}

static const struct authority_account *account_of(const char *user)
{
    const struct authority_account *account;
    for (size_t i = 0; (account = authority_account_at(world.authority, i)); i++)
        if (streq(account->user, user))
            return account;
    fail_msg("%s is not registered", user);
    abort();
}

static void check_practice(const char *base, const char *certificate, size_t n_rps)
{
    _cleanup_free_ char *user_file = xasprintf("%s.user", base),
                        *password_file = xasprintf("%s.password", base);
    _cleanup_free_ char *rp_file = xasprintf("%s.rp", base);
    _cleanup_free_ char *user = read_text(user_file), *password = read_text(password_file),
                        *rps = read_text(rp_file);
    assert_in_range(strlen(password), 8, 20);
    _cleanup_free_ char *bytes = read_text(certificate);
    assert_int_equal(bytes[0], 0x30); /* DER */
    const struct authority_account *account = account_of(user);
    assert_ptr_equal(authority_find(world.authority, account->fingerprint), account);
    assert_true(authority_account_password(account, password));
    size_t n = 0;
    char *rest = rps;
    for (char *rp; (rp = strsep(&rest, "\n")); n++) {
        assert_true(rp_is_good(rp));
        assert_true(rp[0] == 'Z' || rp[0] == 'Y');
        assert_true(authority_account_has_rp(account, rp));
        rp[10] = '\0';
        assert_true(authority_account_has_rp(account, rp));
        rp[9] = '\0';
        assert_false(authority_account_has_rp(account, rp));
    }
    assert_int_equal(n, n_rps);
    assert_false(authority_account_has_rp(account, "Z9999999999"));
}

static void the_practice_set_is_whole_and_registered(void **state)
{
    assert_int_equal(authority_make_practice_set(world.authority, world.credentials, NULL), 0);
    check_practice("imss", "imss.pfx", 2);
    check_practice("efirma", "efirma.cer", 3);
    _cleanup_free_ char *key = read_text("efirma.key"), *user = read_text("efirma.user");
    assert_string_equal(user, "ZPE990101BB5");
}

static void no_password_lies_in_the_register(void **state)
{
    assert_int_equal(mode_of(world.state, "registry.json"), 0600);
    _cleanup_free_ char *path = xasprintf("%s/registry.json", world.state);
    _cleanup_buf_ struct buf text = BUF_INIT;
    assert_int_equal(file_read(path, 100000, &text, NULL), 0);
    _cleanup_free_ char *imss = read_text("imss.password"), *efirma = read_text("efirma.password");
    assert_null(strstr(text.data, imss));
    assert_null(strstr(text.data, efirma));
    assert_non_null(strstr(text.data, "practica01"));
}

static struct authority_credential issue(const struct authority_request *request)
{
    struct authority_credential issued = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    if (authority_issue(world.authority, request, &issued, &err) < 0)
        fail_msg("%s", err_text(&err));
    return issued;
}

static const struct authority_request efirma = {
    .kind = AUTHORITY_EFIRMA,
    .rfc = "ÑOXA850101GG4",
    .curp = "PEXJ850101HDFRXN06",
    .name = "ÑOÑO AGÜERO",
    .password = "secreto2026",
};

static void what_another_process_registers_is_found_at_once(void **state)
{
    static const char *const rps[] = {"Z9900001108", NULL}, *const fewer[] = {NULL};
    _cleanup_(authority_cleanup) struct authority *other = reopened();
    _cleanup_(authority_credential_free) struct authority_credential issued = issue(&efirma);
    assert_null(authority_find(world.authority, issued.fingerprint));
    assert_int_equal(authority_register(other, &issued, efirma.rfc, "secreto2026", rps, NULL), 0);
    const struct authority_account *account = authority_find(world.authority, issued.fingerprint);
    assert_non_null(account);
    assert_int_equal(account->kind, AUTHORITY_EFIRMA);
    assert_string_equal(account->rfc, efirma.rfc);
    assert_string_equal(account->serial, issued.serial);
    assert_true(authority_account_password(account, "secreto2026"));
    assert_false(authority_account_password(account, "secreto2027"));
    assert_false(authority_account_password(account, ""));

    /* Registered anew: the same account with another password, and no registro patronal. */
    assert_int_equal(authority_register(world.authority, &issued, efirma.rfc, "distinto2026", fewer, NULL),
                     0);
    account = authority_find(other, issued.fingerprint);
    assert_true(authority_account_password(account, "distinto2026"));
    assert_false(authority_account_has_rp(account, "Z9900001108"));
    assert_non_null(authority_account_at(other, 2));
    assert_null(authority_account_at(other, 3));
}

static void a_broken_register_is_refused_and_a_running_portal_keeps_the_old_one(void **state)
{
    _cleanup_free_ char *path = xasprintf("%s/registry.json", world.state);
    _cleanup_buf_ struct buf good = BUF_INIT;
    assert_int_equal(file_read(path, 100000, &good, NULL), 0);
    static const char *const broken[] = {"",
                                         "{",
                                         "[]",
                                         "{\"accounts\":[{}]}",
                                         "{\"accounts\":{}}",
                                         "{\"accounts\":[{\"kind\":\"imss\",\"rps\":[1]}]}"};
    for (size_t i = 0; i < ELEMENTSOF(broken); i++) {
        assert_int_equal(file_replace(path, 0600, broken[i], strlen(broken[i]), NULL), 0);
        struct authority *authority = NULL;
        assert_int_equal(authority_open(world.state, &authority, NULL), -ERR_CONFIG);
        assert_null(authority_find(world.authority, "none"));
        assert_non_null(authority_account_at(world.authority, 0));
    }
    assert_int_equal(file_replace(path, 0600, good.data, good.len, NULL), 0);
    _cleanup_(authority_cleanup) struct authority *again = reopened();
}

static void a_cipher_that_a_kind_never_has_is_refused(void **state)
{
    struct authority_request request = efirma;
    struct authority_credential issued = {0};
    request.cipher = AUTHORITY_CIPHER_RC2_40;
    assert_int_equal(authority_issue(world.authority, &request, &issued, NULL), -ERR_INVALID_ARGUMENT);
    request.kind = AUTHORITY_IMSS;
    request.cipher = AUTHORITY_CIPHER_MD5_DES;
    assert_int_equal(authority_issue(world.authority, &request, &issued, NULL), -ERR_INVALID_ARGUMENT);
}

static X509 *parse(const struct authority_credential *issued)
{
    const uint8_t *at = (const uint8_t *)issued->certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)issued->certificate.len);
    assert_non_null(certificate);
    return certificate;
}

static void a_certificate_has_the_serial_and_encodings_of_sat(void **state)
{
    _cleanup_(authority_credential_free) struct authority_credential issued = issue(&efirma);
    X509 *certificate = parse(&issued);
    _cleanup_free_ char *serial = authority_serial(certificate);
    assert_string_equal(serial, issued.serial);
    assert_int_equal(strlen(serial), 20);
    assert_true(str_all_digits(serial));
    int at = X509_NAME_get_index_by_NID(X509_get_subject_name(certificate), NID_x500UniqueIdentifier, -1);
    const ASN1_STRING *rfc =
        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(certificate), at));
    assert_int_equal(ASN1_STRING_type(rfc), V_ASN1_T61STRING);
    assert_int_equal(ASN1_STRING_get0_data(rfc)[0], 0xD1);
    assert_int_equal(X509_verify(certificate, X509_get0_pubkey(authority_certificate(world.authority))), 1);
    X509_free(certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_authority_is_the_same_when_opened_again),
        cmocka_unit_test(a_damaged_folder_is_reported_and_kept),
        cmocka_unit_test(the_tls_certificate_is_for_loopback_only),
        cmocka_unit_test(the_practice_set_is_whole_and_registered),
        cmocka_unit_test(no_password_lies_in_the_register),
        cmocka_unit_test(what_another_process_registers_is_found_at_once),
        cmocka_unit_test(a_broken_register_is_refused_and_a_running_portal_keeps_the_old_one),
        cmocka_unit_test(a_cipher_that_a_kind_never_has_is_refused),
        cmocka_unit_test(a_certificate_has_the_serial_and_encodings_of_sat),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
