/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/data.h"
#include "base/text.h"
#include "idse/intake.h"
#include "idse/law.h"
#include "tests/synthetic.h"

enum { TODAY = 20260923 }; /* a Wednesday */

#define ALTA MOVEMENT_REINGRESO
#define MOD  MOVEMENT_MODIFICACION
#define BAJA MOVEMENT_BAJA

static struct law law;

static int set_up(void **state)
{
    return law_load(data_read, &law, NULL);
}

static int tear_down(void **state)
{
    law_free(&law);
    return 0;
}

/* Nothing is wrong with it. */
static struct movement clean(enum movement_type type)
{
    struct movement m = {.type = type, .date = 20260921, .rp = "Z9900001108", .nss = "99028500017"};
    strcpy(m.paterno, "PEREZ");
    strcpy(m.materno, "X");
    strcpy(m.nombres, "JUAN");
    strcpy(m.guia, "06400");
    if (type == MOVEMENT_BAJA) {
        m.causa_baja = '2';
        return m;
    }
    m.sbc_centavos = 45050;
    m.tipo_salario = m.jornada = '0';
    strcpy(m.curp, "PEXJ850101HDFRXN06");
    if (type == MOVEMENT_REINGRESO) {
        m.tipo_trabajador = '1';
        strcpy(m.umf, "001");
    }
    return m;
}

static int check_all(const struct movement *movements, size_t n, struct check_options options,
                     struct intake *ret)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    for (size_t i = 0; i < n; i++)
        record_write(&file, &movements[i], ENYE_LATIN1);
    record_write_control(&file, n, "06400");
    options.limits = law.limits;
    options.calendar = law.calendar;
    if (options.today == 0)
        options.today = TODAY;
    const struct intake_options all = {.any_rp = true, .check = options};
    return intake_read(file.data, file.len, &all, ret, NULL);
}

/* What is expected of a file: so many findings of the rule, the last of them there. */
static void assert_found(const struct movement *movements, size_t n, struct check_options options,
                         const char *rule, unsigned line, unsigned column)
{
    _cleanup_(intake_free) struct intake intake;
    int r = check_all(movements, n, options, &intake);
    const struct finding *found = NULL;
    for (size_t i = 0; i < intake.findings.n; i++)
        if (rule && streq(intake.findings.items[i].rule, rule))
            found = &intake.findings.items[i];
        else if (intake.findings.items[i].severity != FINDING_NOTE && !rule)
            fail_msg("found %s: %s", intake.findings.items[i].rule, intake.findings.items[i].text);
    assert_int_equal(r, intake.findings.errors ? -ERR_INVALID_FILE : 0);
    if (!rule)
        return;
    if (!found)
        fail_msg("%s was not found", rule);
    assert_int_equal(found->line, line);
    assert_int_equal(found->column, column);
}

/* ---- one movement: what is changed in it, and what is found then ---- */

#define CHANGE(name, body)                                                                                   \
    static void name(struct movement *m)                                                                     \
    {                                                                                                        \
        body;                                                                                                \
    }
CHANGE(nothing, (void)m)
CHANGE(sbc_at_the_cap, m->sbc_centavos = 293275)
CHANGE(sbc_over_the_cap, m->sbc_centavos = 293276)
CHANGE(sbc_minimum, m->sbc_centavos = 31504)
CHANGE(sbc_under, m->sbc_centavos = 31503)
CHANGE(sbc_under_reduced, m->sbc_centavos = 31503; m->jornada = '3')
CHANGE(in_january, m->date = 20260131; m->sbc_centavos = 282851)
CHANGE(in_february, m->date = 20260201; m->sbc_centavos = 282851)
CHANGE(in_2015, m->date = 20151230)
CHANGE(in_2014, m->date = 20141230)
CHANGE(first_day_covered, m->date = 20160104; m->sbc_centavos = 182600)
CHANGE(first_day_over, m->date = 20160104; m->sbc_centavos = 182601)
CHANGE(tomorrow, m->date = 20260924)
CHANGE(the_day_after_tomorrow, m->date = 20260925)
CHANGE(on_the_last_day, m->date = 20260917)
CHANGE(late_by_a_day, m->date = 20260915)
CHANGE(baja_late, m->date = 20260911)
CHANGE(death_late, m->date = 20260911; m->causa_baja = '4')
CHANGE(long_ago, m->date = 20210922)
CHANGE(five_years_ago, m->date = 20210923)
CHANGE(variable_first, m->tipo_salario = '1'; m->date = 20260901)
CHANGE(variable_off, m->tipo_salario = '1'; m->date = 20260902)
CHANGE(no_curp, *m->curp = '\0')
CHANGE(other_year, strcpy(m->nss, "99028600016"); m->nss[10] = nss_check_digit(m->nss))
CHANGE(other_name, strcpy(m->nombres, "PEDRO"))
CHANGE(second_name, strcpy(m->nombres, "MARIA JUANA"))
CHANGE(article, strcpy(m->paterno, "DE LA PEÑA"))
CHANGE(other_surname, strcpy(m->paterno, "GOMEZ"))
CHANGE(no_materno, *m->materno = '\0')
CHANGE(a_child, strcpy(m->curp, "PEXJ120101HDFRXNA0"); m->curp[17] = curp_check_digit(m->curp))
CHANGE(just_fifteen, strcpy(m->curp, "PEXJ110921HDFRXNA0"); m->curp[17] = curp_check_digit(m->curp))
CHANGE(sex_x, m->curp[10] = 'X'; m->curp[17] = curp_check_digit(m->curp))
CHANGE(one_day_a_week, m->jornada = '1')

static void each_rule_finds_its_breach_and_nothing_else(void **state)
{
    static const struct {
        void (*change)(struct movement *m);
        enum movement_type type;
        const char *rule; /* NULL: nothing is found but notes */
        unsigned column;
        struct check_options options;
    } cases[] = {
        {nothing, ALTA, NULL},
        {nothing, MOD, NULL},
        {nothing, BAJA, NULL},
        {sbc_at_the_cap, ALTA, NULL},
        {sbc_over_the_cap, ALTA, "sbc-over-cap", 104},
        {sbc_over_the_cap, MOD, "sbc-over-cap", 104},
        {sbc_minimum, ALTA, NULL},
        {sbc_minimum, ALTA, "sbc-under-minimum", 104, {.north = true}},
        {sbc_under, ALTA, "sbc-under-minimum", 104},
        {sbc_under_reduced, ALTA, "sbc-under-minimum-reduced", 104},
        {in_january, ALTA, "sbc-over-cap", 104, {.today = 20260202}},
        {in_february, ALTA, NULL, 0, {.today = 20260202}},
        {in_2015, ALTA, "limits-unknown", 104},
        {in_2014, BAJA, "calendar-unknown", 119},
        {first_day_covered, ALTA, NULL, 0, {.today = 20160104}},
        {first_day_covered, ALTA, NULL, 0, {.today = 20151231}},
        {first_day_over, ALTA, "sbc-over-cap", 104, {.today = 20160111}},
        {tomorrow, ALTA, NULL},
        {tomorrow, BAJA, "date-future", 119},
        {tomorrow, MOD, "date-future", 119},
        {tomorrow, BAJA, NULL, 0, {.allow_future = true}},
        {the_day_after_tomorrow, ALTA, "date-future", 119},
        {the_day_after_tomorrow, ALTA, "date-future", 119, {.sent = TODAY}},
        {the_day_after_tomorrow, ALTA, NULL, 0, {.sent = TODAY + 1}},
        {the_day_after_tomorrow, BAJA, "date-future", 119, {.sent = TODAY + 1}},
        {the_day_after_tomorrow, BAJA, NULL, 0, {.sent = TODAY + 2}},
        {on_the_last_day, ALTA, NULL},
        {late_by_a_day, ALTA, "late", 119},
        {late_by_a_day, BAJA, NULL},
        {baja_late, BAJA, "late", 119},
        {baja_late, BAJA, "late-baja", 119},
        {death_late, BAJA, "late", 119},
        {long_ago, BAJA, "date-old", 119},
        {five_years_ago, BAJA, "late", 119},
        {variable_first, MOD, NULL, 0, {.today = 20260907}},
        {variable_off, MOD, "salario-variable-date", 119, {.today = 20260907}},
        {no_curp, ALTA, "curp-missing", 150},
        {other_year, ALTA, "curp-nss-year", 12},
        {other_name, ALTA, "curp-names", 150},
        {second_name, ALTA, NULL},
        {article, ALTA, NULL},
        {other_surname, MOD, "curp-names", 150},
        {no_materno, ALTA, NULL},
        {a_child, ALTA, "curp-age", 150},
        {just_fifteen, ALTA, "curp-nss-year", 12},
        {sex_x, ALTA, "curp-sex", 150},
        {one_day_a_week, ALTA, "jornada-one", 118},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct movement m = clean(cases[i].type);
        cases[i].change(&m);
        print_message("case %zu: %s\n", i, cases[i].rule ? cases[i].rule : "-");
        assert_found(&m, 1, cases[i].options, cases[i].rule, 1, cases[i].column);
    }
}

static size_t count_of(struct movement m, const char *rule)
{
    _cleanup_(intake_free) struct intake intake;
    check_all(&m, 1, (struct check_options){0}, &intake);
    return findings_count(&intake.findings, rule);
}

static void what_is_near_a_breach_is_none(void **state)
{
    struct movement m = clean(MOVEMENT_BAJA);
    death_late(&m);
    assert_int_equal(count_of(m, "late-baja"), 0);
    five_years_ago(&m);
    assert_int_equal(count_of(m, "date-old"), 0);
    m = clean(MOVEMENT_REINGRESO);
    just_fifteen(&m);
    assert_int_equal(count_of(m, "curp-age"), 0);
}

static void a_finding_says_what_is_expected_and_what_to_do(void **state)
{
    struct movement m = clean(MOVEMENT_REINGRESO);
    m.sbc_centavos = 999999;
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(check_all(&m, 1, (struct check_options){0}, &intake), 0);
    assert_int_equal(intake.findings.n, 1);
    assert_string_equal(intake.findings.items[0].value, "9999.99");
    assert_string_equal(intake.findings.items[0].expected, "2932.75");
    assert_null(intake.findings.items[0].fix); /* the real figure stays */
    assert_memory_equal(intake.lots[0].records.data + 103, "999999", 6);
    intake_free(&intake);

    m = clean(MOVEMENT_BAJA);
    m.date = 20260911;
    assert_int_equal(check_all(&m, 1, (struct check_options){0}, &intake), 0);
    assert_int_equal(intake.findings.n, 2);
    assert_non_null(strstr(intake.findings.items[0].text, "2026-09-21 (LSS 15-I; RACERF 57), days late: 2"));
    assert_non_null(strstr(intake.findings.items[1].text, "2026-09-24"));
}

/* ---- several movements of one worker ---- */

static void the_order_on_one_day(void **state)
{
    static const struct {
        enum movement_type types[3];
        const char *rule;
        unsigned line;
    } cases[] = {
        {{BAJA, ALTA, MOD}, NULL},
        {{BAJA, ALTA}, NULL},
        {{ALTA, MOD}, NULL},
        {{MOD, BAJA}, NULL},
        {{ALTA, BAJA}, "day-order", 2},
        {{MOD, ALTA}, "day-order", 2},
        {{BAJA, MOD}, "day-order", 2},
        {{MOD, BAJA, ALTA}, "day-order", 3},
        {{ALTA, ALTA}, "movement-repeated", 2},
        {{ALTA, MOD, ALTA}, "movement-repeated", 3},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct movement m[3];
        size_t n = 0;
        for (; n < 3 && cases[i].types[n]; n++)
            m[n] = clean(cases[i].types[n]);
        assert_found(m, n, (struct check_options){0}, cases[i].rule, cases[i].line, 12);
        /* On another day, or under another registro, they have nothing to do with each other. */
        if (n == 2) {
            m[1].date = 20260922;
            assert_found(m, n, (struct check_options){0}, NULL, 0, 0);
            m[1].date = m[0].date;
            strcpy(m[1].rp, "Z9900002106");
            assert_found(m, n, (struct check_options){0}, NULL, 0, 0);
        }
    }
}

static void lines_that_contradict_the_dates_are_told(void **state)
{
    struct movement m[3] = {clean(ALTA), clean(BAJA), clean(BAJA)};
    m[0].date = 20260922;
    m[1].date = 20260921;
    m[2].date = 20260921;
    strcpy(m[2].nss, "12345678903"); /* somebody else */
    assert_found(m, 3, (struct check_options){0}, "date-order", 1, 12);
    strcpy(m[1].rp, "Z9900002106");
    assert_found(m, 3, (struct check_options){0}, NULL, 0, 0);
}

static void repeated_ones_are_found_among_many(void **state)
{
    enum { N = 20000 };
    struct movement *m = xcalloc(N + 2, sizeof(*m));
    for (unsigned i = 0; i < N; i++)
        m[i] = synthetic_movement(MOVEMENT_BAJA, i);
    m[N] = m[7];
    m[N + 1] = m[N - 1];
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(check_all(m, N + 2, (struct check_options){.today = 20261125}, &intake),
                     -ERR_INVALID_FILE);
    free(m);
    assert_int_equal(intake.findings.errors, 2);
    size_t found = 0;
    for (size_t i = 0; i < intake.findings.n; i++) {
        const struct finding *finding = &intake.findings.items[i];
        if (finding->severity != FINDING_ERROR)
            continue;
        assert_int_equal(finding->line, found == 0 ? N + 1 : N + 2);
        assert_non_null(strstr(finding->text, found++ == 0 ? ": 8" : ": 20000"));
    }
    assert_int_equal(found, 2);
}

/* What is not known is told once for each year, not for each movement. */
static void a_year_that_is_not_covered_is_told_once(void **state)
{
    struct movement m[3];
    for (size_t i = 0; i < ELEMENTSOF(m); i++) {
        m[i] = clean(MOVEMENT_REINGRESO);
        m[i].date = 20140105 + (int32_t)i;
    }
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(check_all(m, 3, (struct check_options){0}, &intake), 0);
    assert_int_equal(findings_count(&intake.findings, "limits-unknown"), 1);
    assert_int_equal(findings_count(&intake.findings, "calendar-unknown"), 1);
}

static void without_law_only_the_records_are_looked_at(void **state)
{
    struct movement m = clean(MOVEMENT_REINGRESO);
    m.sbc_centavos = 1;
    m.date = 20990101;
    _cleanup_buf_ struct buf file = BUF_INIT;
    record_write(&file, &m, ENYE_HASH);
    record_write_control(&file, 1, "06400");
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(
        intake_read(file.data, file.len, &(struct intake_options){.any_rp = true}, &intake, NULL), 0);
    assert_int_equal(intake.findings.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_finds_its_breach_and_nothing_else),
        cmocka_unit_test(what_is_near_a_breach_is_none),
        cmocka_unit_test(a_finding_says_what_is_expected_and_what_to_do),
        cmocka_unit_test(the_order_on_one_day),
        cmocka_unit_test(lines_that_contradict_the_dates_are_told),
        cmocka_unit_test(repeated_ones_are_found_among_many),
        cmocka_unit_test(a_year_that_is_not_covered_is_told_once),
        cmocka_unit_test(without_law_only_the_records_are_looked_at),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
