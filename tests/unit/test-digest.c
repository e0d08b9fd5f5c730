/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "vault/digest.h"

/* FIPS 180-2, appendix B. */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void a_digest_is_sha256(void **state)
{
    _cleanup_free_ char *hex = digest_sha256_hex("abc", 3);
    assert_string_equal(hex, abc);
    uint8_t sum[DIGEST_SHA256_SIZE], expected[DIGEST_SHA256_SIZE];
    digest_sha256("abc", 3, sum);
    assert_true(hex_decode(abc, expected, sizeof(expected)));
    assert_memory_equal(sum, expected, sizeof(sum));
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    struct digest *digest = digest_new();
    digest_add(digest, "a", 1);
    digest_add(digest, "", 0);
    digest_add(digest, "bc", 2);
    _cleanup_free_ char *hex = digest_end_hex(digest);
    assert_string_equal(hex, abc);
}

static void nothing_has_a_digest_too(void **state)
{
    _cleanup_free_ char *hex = digest_sha256_hex(NULL, 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_null(digest_free(NULL));
    _cleanup_(digest_cleanup) struct digest *abandoned = digest_new(); /* the leak checker holds this */
    digest_add(abandoned, "abc", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_sha256),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(nothing_has_a_digest_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
