/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/risk.h"

static const struct risk_facts well = {.certified = true, .certificate_days = 300};

static void nothing_is_pressing_where_all_is_well(void **state)
{
    assert_int_equal(risk_of(&well), RISK_NONE);
    assert_string_equal(risk_name(RISK_NONE), "");
    assert_string_equal(risk_text(RISK_NONE), "");
}

static void each_trouble_has_its_name_and_a_greater_one_hides_it(void **state)
{
    static const enum risk order[] = {
        RISK_PAUSED,         RISK_CERTIFICATE_ENDS, RISK_REJECTED, RISK_HELD,      RISK_FAILED,
        RISK_NO_CERTIFICATE, RISK_QUARANTINED,      RISK_DUE,      RISK_UNCERTAIN, RISK_LATE};
    struct risk_facts facts = well;
    for (size_t i = 0; i < ELEMENTSOF(order); i++) {
        struct risk_facts alone = well;
        for (struct risk_facts *f = &facts;; f = &alone) {
            f->paused |= order[i] == RISK_PAUSED;
            f->certified &= order[i] != RISK_NO_CERTIFICATE;
            if (order[i] == RISK_CERTIFICATE_ENDS)
                f->certificate_days = RISK_CERTIFICATE_DAYS;
            f->rejected += order[i] == RISK_REJECTED;
            f->failed += order[i] == RISK_FAILED;
            f->held += order[i] == RISK_HELD;
            f->quarantined += order[i] == RISK_QUARANTINED;
            f->due += order[i] == RISK_DUE;
            f->uncertain += order[i] == RISK_UNCERTAIN;
            f->late += order[i] == RISK_LATE;
            assert_int_equal(risk_of(f), order[i]);
            if (f == &alone)
                break;
        }
        assert_true(*risk_name(order[i]) && *risk_text(order[i]));
        assert_int_equal(risk_from_name(risk_name(order[i])), order[i]);
    }
}

static void a_certificate_is_pressing_before_it_ends(void **state)
{
    struct risk_facts facts = well;
    facts.certificate_days = RISK_CERTIFICATE_DAYS + 1;
    assert_int_equal(risk_of(&facts), RISK_NONE);
    facts.certificate_days = 0;
    assert_int_equal(risk_of(&facts), RISK_CERTIFICATE_ENDS);
    facts.certificate_days = -1;
    assert_int_equal(risk_of(&facts), RISK_NO_CERTIFICATE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_pressing_where_all_is_well),
        cmocka_unit_test(each_trouble_has_its_name_and_a_greater_one_hides_it),
        cmocka_unit_test(a_certificate_is_pressing_before_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
