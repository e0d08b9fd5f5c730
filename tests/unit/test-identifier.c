/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/text.h"
#include "idse/identifier.h"

static void the_nss_digit_is_luhns(void **state)
{
    assert_int_equal(nss_check_digit("9902850001"), '7');
    assert_int_equal(nss_verdict("99028500017"), IDENTIFIER_OK);
    assert_int_equal(nss_verdict("12345678903"), IDENTIFIER_OK);
    assert_int_equal(nss_verdict("99028500018"), IDENTIFIER_CHECK_DIGIT);
    assert_int_equal(nss_verdict("9902850001"), IDENTIFIER_SHAPE);
    assert_int_equal(nss_verdict("990285000170"), IDENTIFIER_SHAPE);
    assert_int_equal(nss_verdict("9902850001Ñ"), IDENTIFIER_SHAPE);
    assert_int_equal(nss_check_digit("99028"), 0);
    assert_int_equal(nss_check_digit("99028X0001"), 0);
}

static void the_curp_digit_counts_the_enye(void **state)
{
    assert_int_equal(curp_check_digit("PEXJ850101HDFRXN0"), '6');
    const char *const good[] = {"HEGG560427MVZRRL04", "BOXW310820HNERXN09", "XEXX010101HNEXXXA4"};
    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        assert_int_equal(curp_verdict(good[i]), IDENTIFIER_OK);
    assert_int_equal(curp_verdict("PEXJ850101HDFRXN09"), IDENTIFIER_CHECK_DIGIT);
    /* Ñ is 24, P is 26: 36 less than 2394 */
    assert_int_equal(curp_check_digit("ÑEXJ850101HDFRXN0"), '2');
    assert_int_equal(curp_verdict("PEÑJ850101HDFRXN06"), IDENTIFIER_OK);
}

static void a_curp_has_its_shape(void **state)
{
    const char *const bad[] = {
        "",
        "PEXJ850101HDFRXN0",   /* short */
        "PEXJ851301HDFRXN06",  /* month 13 */
        "PEXJ850230HDFRXN06",  /* 30 February */
        "PEXJ850101QDFRXN06",  /* sex */
        "PEXJ850101HZZRXN06",  /* no such state */
        "PEXJ850101HDFRXN0A",  /* its digit is a digit */
        "pexj850101hdfrxn06",  /* lower case */
        "PE#J850101HDFRXN06",  /* what stands for Ñ in a file */
        "PEXJ850101HDFRXN06 ", /* long */
        "\xFF",
    };
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        assert_int_equal(curp_verdict(bad[i]), IDENTIFIER_SHAPE);
}

static void the_rfc_digit_knows_and_and_enye(void **state)
{
    const char *const good[] = {"EKU9003173C9", "GODE561231GR8", "H&E951128469", "OÑO120726RX3",
                                "XEXX010101000"};
    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        assert_int_equal(rfc_verdict(good[i]), IDENTIFIER_OK);
    assert_int_equal(rfc_check_digit("EKU9003173C9"), '9');
    assert_int_equal(rfc_verdict("XAXX010101000"), IDENTIFIER_CHECK_DIGIT); /* in daily use all the same */
    assert_int_equal(rfc_verdict("AAA010101AAA"), IDENTIFIER_CHECK_DIGIT);
    assert_int_equal(rfc_verdict("EKU9013173C9"), IDENTIFIER_SHAPE);
    assert_int_equal(rfc_verdict("EK9003173C9"), IDENTIFIER_SHAPE);
    assert_int_equal(rfc_verdict("EKU9003173CB"), IDENTIFIER_SHAPE);
    assert_int_equal(rfc_check_digit("EKU900317"), 0);
}

static void the_digit_of_a_registro_patronal_counts_letters_as_two(void **state)
{
    assert_int_equal(rp_check_digit("Z990000110"), '8');
    assert_int_equal(rp_verdict("Z9900001108"), IDENTIFIER_OK);
    assert_int_equal(rp_verdict("Y1234567890"), IDENTIFIER_CHECK_DIGIT);
    assert_int_equal(rp_verdict("B5510768108"), IDENTIFIER_CHECK_DIGIT);
    assert_int_equal(rp_verdict("99028500017"),
                     IDENTIFIER_OK); /* the first may be a digit: then it is Luhn alone */
    assert_int_equal(rp_verdict("Z990000110"), IDENTIFIER_SHAPE);
    assert_int_equal(rp_verdict("ZZ900001108"), IDENTIFIER_SHAPE);
    assert_int_equal(rp_verdict("z9900001108"), IDENTIFIER_SHAPE);
}

/* Every single wrong digit must show, or the rule is not the one that it says. */
static void one_wrong_digit_is_always_seen(void **state)
{
    for (size_t i = 0; i < 11; i++)
        for (char c = '0'; c <= '9'; c++) {
            char nss[] = "99028500017";
            if (nss[i] == c)
                continue;
            nss[i] = c;
            assert_int_equal(nss_verdict(nss), IDENTIFIER_CHECK_DIGIT);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nss_digit_is_luhns),
        cmocka_unit_test(the_curp_digit_counts_the_enye),
        cmocka_unit_test(a_curp_has_its_shape),
        cmocka_unit_test(the_rfc_digit_knows_and_and_enye),
        cmocka_unit_test(the_digit_of_a_registro_patronal_counts_letters_as_two),
        cmocka_unit_test(one_wrong_digit_is_always_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
