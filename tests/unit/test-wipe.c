/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "sim/authority.h"
#include "tests/unit/folder.h"
#include "vault/credential.h"
#include "vault/seal.h"

/*
 * Every block that the program or OpenSSL gives back is searched for secrets before it goes: the linker
 * sends our calls of free() and reallocarray() here (--wrap), and OpenSSL's memory goes through
 * lib/vault's.
 */

#define PASSWORD "secreto2026muylargo"

enum { NEEDLE_PASSWORD, NEEDLE_PRIME, NEEDLE_PRIME_REVERSED, N_NEEDLES };
static const char *const needle_names[N_NEEDLES] = {"the password", "a prime of the key",
                                                    "a prime in OpenSSL's numbers"};
static struct {
    uint8_t data[32];
    size_t len;
} needles[N_NEEDLES];
static bool watching;
static unsigned found[N_NEEDLES], freed;

void __real_free(void *p);
void __wrap_free(void *p);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void __wrap_free(void *p)
{
    for (size_t i = 0; p && watching && i < N_NEEDLES; i++)
        found[i] += memmem(p, malloc_usable_size(p), needles[i].data, needles[i].len) != NULL;
    freed++;
    __real_free(p);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    void *moved = malloc(n * size); /* always moves, as the real one may */
    assert_non_null(moved);
    if (p)
        memcpy(moved, p, MIN(malloc_usable_size(p), n * size));
    __wrap_free(p);
    return moved;
}

/* ---- the tests ---- */

static struct {
    char dir[64];
    struct authority *authority;
    EVP_PKEY *key;
} world;

static void look_for(size_t i, const void *data, size_t n)
{
    assert_in_range(n, 1, sizeof(needles[i].data));
    memcpy(needles[i].data, data, n);
    needles[i].len = n;
}

static int set_up(void **state)
{
    snprintf(world.dir, sizeof(world.dir), "/tmp/idsed-wipe-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    assert_int_equal(authority_open(world.dir, &world.authority, NULL), 0);
    world.key = EVP_RSA_gen(2048);
    BIGNUM *prime = NULL;
    uint8_t bytes[128];
    assert_int_equal(EVP_PKEY_get_bn_param(world.key, OSSL_PKEY_PARAM_RSA_FACTOR1, &prime), 1);
    look_for(NEEDLE_PASSWORD, PASSWORD, strlen(PASSWORD));
    assert_int_equal(BN_bn2binpad(prime, bytes, sizeof(bytes)), sizeof(bytes));
    look_for(NEEDLE_PRIME, bytes, 32);
    assert_int_equal(BN_bn2lebinpad(prime, bytes, sizeof(bytes)), sizeof(bytes));
    look_for(NEEDLE_PRIME_REVERSED, bytes, 32);
    BN_clear_free(prime);
    return 0;
}

static int tear_down(void **state)
{
    authority_free(world.authority);
    EVP_PKEY_free(world.key);
    return folder_remove(world.dir);
}

static struct authority_credential issue(enum authority_kind kind, enum authority_cipher cipher,
                                         const char *password)
{
    const struct authority_request request = {
        .kind = kind,
        .cipher = cipher,
        .rfc = "ZPI990101AA3",
        .representative = "PEXJ850101CC2",
        .curp = "PEXJ850101HDFRXN06",
        .name = "PRACTICA INDUSTRIAL SA DE CV",
        .password = password,
        .key = world.key,
    };
    struct authority_credential issued = {0};
    assert_int_equal(authority_issue(world.authority, &request, &issued, NULL), 0);
    return issued;
}

static int import(const struct authority_credential *issued, struct credential **ret)
{
    const int64_t now_us = clock_wall_us(&clock_system);
    return issued->kind == AUTHORITY_IMSS
               ? credential_import_pfx(issued->certificate.data, issued->certificate.len, "practica01",
                                       PASSWORD, now_us, ret, NULL)
               : credential_import_efirma(issued->certificate.data, issued->certificate.len, issued->key.data,
                                          issued->key.len, NULL, PASSWORD, now_us, ret, NULL);
}

static void watch(void)
{
    memset(found, 0, sizeof(found));
    watching = true;
}

static void assert_nothing_left(void)
{
    watching = false;
    for (size_t i = 0; i < N_NEEDLES; i++)
        if (found[i])
            fail_msg("%s was left in %u freed blocks", needle_names[i], found[i]);
}

static void the_search_finds_what_was_not_wiped(void **state)
{
    watch();
    for (size_t i = 0; i < N_NEEDLES; i++) {
        uint8_t *volatile block = xcalloc(1, 200);
        memcpy(block + 50, needles[i].data, needles[i].len);
        __wrap_free(block);
    }
    watching = false;
    for (size_t i = 0; i < N_NEEDLES; i++)
        assert_int_equal(found[i], 1);
}

static void openssls_memory_is_among_what_is_searched(void **state)
{
    watch();
    freed = 0;
    OPENSSL_free(OPENSSL_malloc(200));
    assert_nothing_left();
    assert_int_equal(freed, 1);
}

static void a_whole_life_leaves_no_secret_in_freed_memory(void **state)
{
    static const struct {
        enum authority_kind kind;
        enum authority_cipher cipher;
    } cases[] = {
        {AUTHORITY_IMSS, AUTHORITY_CIPHER_RC2_40},   {AUTHORITY_IMSS, AUTHORITY_CIPHER_3DES},
        {AUTHORITY_IMSS, AUTHORITY_CIPHER_AES256},   {AUTHORITY_EFIRMA, AUTHORITY_CIPHER_3DES},
        {AUTHORITY_EFIRMA, AUTHORITY_CIPHER_AES256},
    };
    _cleanup_free_ char *key_path = xasprintf("%s/seal.key", world.dir);
    assert_int_equal(seal_make_key(key_path, NULL), 0);
    _cleanup_(seal_cleanup) struct seal *seal = NULL;
    assert_int_equal(seal_open_key(key_path, &seal, NULL), 0);
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct authority_credential issued = issue(cases[i].kind, cases[i].cipher, PASSWORD);
        struct credential *credential = NULL, *loaded = NULL;
        struct buf saved = BUF_INIT, sealed = BUF_INIT, opened = BUF_INIT, signature = BUF_INIT;
        watch();
        assert_int_equal(import(&issued, &credential), 0);
        assert_int_equal(credential_save(credential, &saved, NULL), 0);
        assert_int_equal(seal_close(seal, "certificate/1", saved.data, saved.len, &sealed, NULL), 0);
        assert_int_equal(seal_open(seal, "certificate/1", sealed.data, sealed.len, &opened, NULL), 0);
        assert_int_equal(credential_load(opened.data, opened.len, &loaded, NULL), 0);
        assert_int_equal(credential_sign(loaded, "nonce", 5, &signature, NULL), 0);
        buf_wipe_free(&saved);
        buf_wipe_free(&opened);
        credential_free(credential);
        credential_free(loaded);
        assert_nothing_left();
        buf_free(&sealed);
        buf_free(&signature);
        authority_credential_free(&issued);
    }
}

static void a_refused_import_leaves_no_secret_either(void **state)
{
    struct authority_credential wrong_password = issue(AUTHORITY_IMSS, AUTHORITY_CIPHER_3DES, "otra12345");
    struct authority_credential pfx = issue(AUTHORITY_IMSS, AUTHORITY_CIPHER_3DES, PASSWORD);
    struct authority_credential efirma = issue(AUTHORITY_EFIRMA, AUTHORITY_CIPHER_3DES, PASSWORD);
    struct credential *credential = NULL;
    watch();
    assert_int_equal(import(&wrong_password, &credential), -ERR_WRONG_PASSWORD);
    assert_int_equal(credential_import_pfx(pfx.certificate.data, pfx.certificate.len, "practica01", PASSWORD,
                                           1, &credential, NULL),
                     -ERR_CERTIFICATE_NOT_YET_VALID);
    assert_int_equal(credential_import_efirma(efirma.certificate.data, efirma.certificate.len,
                                              efirma.key.data, efirma.key.len, "OTRO", PASSWORD,
                                              clock_wall_us(&clock_system), &credential, NULL),
                     -ERR_INVALID_CREDENTIAL);
    assert_nothing_left();
    authority_credential_free(&wrong_password);
    authority_credential_free(&pfx);
    authority_credential_free(&efirma);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_finds_what_was_not_wiped),
        cmocka_unit_test(openssls_memory_is_among_what_is_searched),
        cmocka_unit_test(a_whole_life_leaves_no_secret_in_freed_memory),
        cmocka_unit_test(a_refused_import_leaves_no_secret_either),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
