/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/catalogue.h"
#include "idse/finding.h"

static void findings_keep_their_order_and_their_words(void **state)
{
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    assert_null(findings_first_error(&findings));
    findings_add(&findings, "odd", FINDING_WARNING, 3, 7, "nss", "12", "%s is %d", "it", 5);
    findings_report(&findings, RULE_SBC_ZERO, 4, 104, "sbc", "000000", NULL);
    findings_report(&findings, RULE_FILE_EMPTY, 0, 0, NULL, NULL, "so it is");
    assert_int_equal(findings.n, 3);
    assert_string_equal(findings.items[0].text, "it is 5");
    assert_string_equal(findings.items[0].value, "12");
    assert_string_equal(findings.items[1].rule, "sbc-zero");
    assert_int_equal(findings.items[1].severity, FINDING_ERROR);
    assert_null(findings.items[2].value);
    assert_int_equal(findings.warnings, 1);
    assert_int_equal(findings.errors, 2);

    _cleanup_free_ char *first = findings_first_error(&findings);
    assert_string_equal(first, "line 4, column 104: the SBC is zero (\"000000\")");
}

static void findings_are_sorted_as_the_file_is_read(void **state)
{
    static const struct {
        uint32_t line;
        uint16_t column;
        enum finding_rule rule;
    } reported[] = {{0, 0, RULE_CONTROL_MISSING}, {2, 12, RULE_NSS_SHAPE},  {2, 5, RULE_TEXT_CASE},
                    {1, 9, RULE_SBC_ZERO},        {2, 5, RULE_TEXT_ACCENT}, {2, 0, RULE_LINE_BLANK}};
    static const size_t order[] = {3, 5, 2, 4, 1, 0};
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    findings_sort(&findings);
    for (size_t i = 0; i < ELEMENTSOF(reported); i++)
        findings_report(&findings, reported[i].rule, reported[i].line, reported[i].column, NULL, NULL, NULL);
    findings_sort(&findings);
    for (size_t i = 0; i < ELEMENTSOF(order); i++)
        assert_string_equal(findings.items[i].rule, finding_rule_name(reported[order[i]].rule));
}

static void a_rule_that_repeats_is_only_counted_in_the_end(void **state)
{
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    for (uint32_t line = 1; line <= 100000; line++)
        findings_report(&findings, RULE_FILLER_ZEROS, line, 110, "filler", "000000", NULL);
    findings_report(&findings, RULE_NSS_SHAPE, 100001, 12, "nss", "x", NULL);
    assert_int_equal(findings.n, FINDINGS_KEPT_PER_RULE + 1);
    assert_int_equal(findings.notes, 100000);
    assert_int_equal(findings_count(&findings, "filler-zeros"), 100000);
    assert_int_equal(findings_count(&findings, "nss-shape"), 1);
    assert_int_equal(findings_count(&findings, "curp-shape"), 0);
    assert_int_equal(findings.items[FINDINGS_KEPT_PER_RULE].line, 100001);
}

static void nobody_need_listen(void **state)
{
    findings_add(NULL, "odd", FINDING_ERROR, 1, 1, NULL, NULL, "x");
    findings_report(NULL, RULE_NSS_SHAPE, 1, 1, NULL, NULL, NULL);
}

static void rules_have_different_names(void **state)
{
    for (int i = 0; i < _RULE_MAX; i++) {
        assert_true(*finding_rule_text((enum finding_rule)i) != '\0');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(finding_rule_name((enum finding_rule)i),
                                    finding_rule_name((enum finding_rule)j));
    }
    assert_string_equal(finding_severity_name(FINDING_NOTE), "note");
    assert_string_equal(finding_severity_name(FINDING_WARNING), "warning");
    assert_string_equal(finding_severity_name(FINDING_ERROR), "error");
}

static void catalogues_have_both_names(void **state)
{
    const struct catalogue_entry *const all[] = {catalogue_tipo_movimiento, catalogue_tipo_trabajador,
                                                 catalogue_tipo_salario, catalogue_jornada,
                                                 catalogue_causa_baja};
    for (size_t i = 0; i < ELEMENTSOF(all); i++)
        for (const struct catalogue_entry *entry = all[i]; entry->code; entry++) {
            assert_true(*entry->spanish && *entry->english);
            assert_ptr_equal(catalogue_find(all[i], entry->code), entry);
        }
    assert_string_equal(catalogue_find_char(catalogue_causa_baja, 'A')->spanish, "pensión");
    assert_string_equal(catalogue_label(catalogue_find_char(catalogue_tipo_salario, '1')), "variable");
    assert_null(catalogue_find_char(catalogue_tipo_salario, '3'));
    assert_null(catalogue_find_char(catalogue_tipo_salario, '\0'));
    assert_string_equal(catalogue_label(NULL), "");
    _cleanup_free_ char *codes = catalogue_codes(catalogue_tipo_trabajador);
    assert_string_equal(codes, "1, 2, 3, 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_keep_their_order_and_their_words),
        cmocka_unit_test(findings_are_sorted_as_the_file_is_read),
        cmocka_unit_test(a_rule_that_repeats_is_only_counted_in_the_end),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(rules_have_different_names),
        cmocka_unit_test(catalogues_have_both_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
