/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "vault/password.h"

static void a_hash_opens_with_its_password_only(void **state)
{
    _cleanup_free_ char *hash = password_hash("Caballo-correcto 7 ñ");
    assert_true(password_verify(hash, "Caballo-correcto 7 ñ"));
    assert_false(password_verify(hash, "Caballo-correcto 7 n"));
    assert_false(password_verify(hash, "caballo-correcto 7 ñ"));
    assert_false(password_verify(hash, ""));
    assert_null(strstr(hash, "Caballo"));
}

static void equal_passwords_have_different_hashes(void **state)
{
    _cleanup_free_ char *one = password_hash("Caballo-correcto 7"),
                        *other = password_hash("Caballo-correcto 7");
    assert_string_not_equal(one, other);
}

/* N=1024, r=8, p=16, password "password", salt of 16 bytes; from another implementation, Python's hashlib. */
static void a_hash_is_scrypt_with_the_parameters_it_names(void **state)
{
    static const char known[] = "scrypt:1024:8:16:000102030405060708090a0b0c0d0e0f:"
                                "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007";
    static const char other[] = "scrypt:2048:8:16:000102030405060708090a0b0c0d0e0f:"
                                "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007";
    assert_true(password_verify(known, "password"));
    assert_false(password_verify(known, "Password"));
    assert_false(password_verify(other, "password"));
}

static void nobodys_hash_never_opens(void **state)
{
    assert_false(password_verify(NULL, "Caballo-correcto 7"));
    assert_false(password_verify(NULL, ""));
}

static void a_hash_that_is_none_never_opens(void **state)
{
    static const char *const damaged[] = {
        "",
        "scrypt",
        "scrypt:32768:8:1:00:00",
        "scrypt:32767:8:1:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
        "scrypt:0:8:1:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
        "scrypt:9999999:8:1:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
        "scrypt:1024:99:16:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
        "scrypt:1024:8:0:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
        "scrypt:1024:8:16:000102030405060708090a0b0c0d0e0f:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007x",
        "scrypt:1024:8:16:000102030405060708090a0b0c0d0e0:"
        "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007",
    };
    for (size_t i = 0; i < ELEMENTSOF(damaged); i++) {
        assert_false(password_verify(damaged[i], "password"));
        assert_true(password_is_stale(damaged[i]));
    }
}

static void a_hash_with_lower_parameters_is_stale(void **state)
{
    _cleanup_free_ char *hash = password_hash("Caballo-correcto 7");
    assert_true(str_starts(hash, "scrypt:32768:8:1:"));
    assert_false(password_is_stale(hash));
    assert_true(password_is_stale("scrypt:16384:8:1:000102030405060708090a0b0c0d0e0f:"
                                  "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007"));
    assert_false(password_is_stale("scrypt:65536:8:2:000102030405060708090a0b0c0d0e0f:"
                                   "e20f368ecfc124b3b6f7db47b7d7538b95883eeab5e9d71720a2381f59086007"));
}

static void refused(const char *password, const char *word)
{
    static const char common[] = "# aquí\ncontraseña1\nQwertyuiop12\n";
    _cleanup_err_ struct err err = ERR_INIT;
    assert_true(password_check(password, "ana.lopez@ejemplo.mx", common, &err) < 0);
    assert_int_equal(err.code, ERR_WEAK_PASSWORD);
    if (!strstr(err_text(&err), word))
        fail_msg("'%s': %s", password, err_text(&err));
}

static void each_rule_is_named_by_its_error(void **state)
{
    char long_one[300];
    memset(long_one, 'x', sizeof(long_one) - 1);
    long_one[0] = 'y';
    long_one[sizeof(long_one) - 1] = '\0';
    refused("", "at least 10");
    refused("123456789", "at least 10");
    refused("ñññññññññ", "at least 10"); /* nine, though eighteen bytes */
    refused(long_one, "at most 255");
    refused("\xff\xfe largo de verdad", "UTF-8");
    refused("Ana.Lopez@Ejemplo.MX", "e-mail");
    refused("Contraseña1", "commonest");
    refused("qwertyuiop12", "commonest");
    refused("aaaaaaaaaaaa", "commonest");
    refused("1234567890", "commonest");
    refused("zyxwvutsrqp", "commonest");
}

static void a_good_one_passes(void **state)
{
    static const char *const good[] = {"Caballo-correcto 7", "ññññññññña", "contraseña1 y más", "# aquí más"};
    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        assert_int_equal(password_check(good[i], "ana@ejemplo.mx", "contraseña1\n", NULL), 0);
    assert_int_equal(password_check(good[0], NULL, NULL, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_opens_with_its_password_only),
        cmocka_unit_test(equal_passwords_have_different_hashes),
        cmocka_unit_test(a_hash_is_scrypt_with_the_parameters_it_names),
        cmocka_unit_test(nobodys_hash_never_opens),
        cmocka_unit_test(a_hash_that_is_none_never_opens),
        cmocka_unit_test(a_hash_with_lower_parameters_is_stale),
        cmocka_unit_test(each_rule_is_named_by_its_error),
        cmocka_unit_test(a_good_one_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
