/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/buf.h"
#include "idse/roster.h"
#include "idse/worker.h"

/* ---- what movements make of a worker ---- */

static struct worker after(const struct worker_event *events, size_t n)
{
    struct worker worker = {0};
    for (size_t i = 0; i < n; i++)
        worker_apply(&worker, &events[i]);
    return worker;
}

static void movements_make_and_unmake_a_worker(void **state)
{
    static const struct worker_event events[] = {
        {MOVEMENT_REINGRESO, 20260105, 45050},
        {MOVEMENT_MODIFICACION, 20260301, 46000},
        {MOVEMENT_BAJA, 20260610, 0},
        {MOVEMENT_REINGRESO, 20261102, 50000},
    };
    static const struct worker expected[] = {
        {WORKER_UNKNOWN, 0, 0, 0},
        {WORKER_ACTIVE, 20260105, 20260105, 45050},
        {WORKER_ACTIVE, 20260105, 20260301, 46000},
        {WORKER_GONE, 20260610, 20260610, 46000},
        {WORKER_ACTIVE, 20261102, 20261102, 50000},
    };
    for (size_t n = 0; n <= ELEMENTSOF(events); n++) {
        struct worker worker = after(events, n);
        assert_int_equal(worker.status, expected[n].status);
        assert_int_equal(worker.since, expected[n].since);
        assert_int_equal(worker.last, expected[n].last);
        assert_int_equal(worker.sbc_centavos, expected[n].sbc_centavos);
    }
}

static void a_modification_tells_of_an_alta_before_our_time(void **state)
{
    const struct worker worker = after(&(struct worker_event){MOVEMENT_MODIFICACION, 20260301, 46000}, 1);
    assert_int_equal(worker.status, WORKER_ACTIVE);
    assert_int_equal(worker.since, 0);
}

static void each_movement_is_judged_by_what_is_known(void **state)
{
    static const enum finding_rule rules[][3] = {
        /* unknown, active, gone */
        [MOVEMENT_REINGRESO] = {_RULE_MAX, RULE_WORKER_ACTIVE, _RULE_MAX},
        [MOVEMENT_MODIFICACION] = {RULE_ALTA_UNKNOWN, _RULE_MAX, RULE_WORKER_GONE},
        [MOVEMENT_BAJA] = {RULE_ALTA_UNKNOWN, _RULE_MAX, RULE_WORKER_GONE},
    };
    static const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        for (int status = WORKER_UNKNOWN; status <= WORKER_GONE; status++) {
            const struct worker worker = {.status = (enum worker_status)status};
            const struct worker_event event = {types[i], 20261102, 45050};
            assert_int_equal(worker_judge(&worker, &event), rules[types[i]][status]);
        }
}

static void what_is_older_than_the_last_alta_or_baja_comes_too_late(void **state)
{
    static const enum finding_rule rules[][2] = {
        /* active, gone */
        [MOVEMENT_REINGRESO] = {RULE_WORKER_ACTIVE, RULE_BEFORE_BAJA},
        [MOVEMENT_MODIFICACION] = {RULE_BEFORE_ALTA, RULE_WORKER_GONE},
        [MOVEMENT_BAJA] = {RULE_BEFORE_ALTA, RULE_WORKER_GONE},
    };
    static const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        for (int status = WORKER_ACTIVE; status <= WORKER_GONE; status++) {
            const struct worker worker = {.status = (enum worker_status)status, .since = 20261103};
            const struct worker_event event = {types[i], 20261102, 45050};
            assert_int_equal(worker_judge(&worker, &event), rules[types[i]][status - WORKER_ACTIVE]);
        }
}

/* Letters for the movements of a day, as they come and as they are to hold; an earlier day goes before. */
static void on_one_day_what_can_be_goes_by_what_came_first(void **state)
{
    static const struct {
        const char *before, *came, *holds;
        enum worker_status status;
    } cases[] = {
        {"", "RB", "RB", WORKER_GONE},    /* a day's work */
        {"B", "RB", "RB", WORKER_GONE},   /* */
        {"B", "BR", "RB", WORKER_GONE},   /* whatever came first: nobody leaves who is not there */
        {"R", "BR", "BR", WORKER_ACTIVE}, /* */
        {"R", "RB", "BR", WORKER_ACTIVE}, /* nor comes who is */
        {"", "BR", "BR", WORKER_ACTIVE},  /* not known: as they came */
        {"", "MR", "RM", WORKER_ACTIVE},  /* */
        {"R", "BM", "MB", WORKER_GONE},   /* */
        {"R", "MBR", "MBR", WORKER_ACTIVE},
        {"R", "BRM", "BRM", WORKER_ACTIVE},
        {"B", "RMB", "RMB", WORKER_GONE},
        {"B", "BMR", "RMB", WORKER_GONE},
        {"R", "RR", "RR", WORKER_ACTIVE}, /* none can be: as they came */
        {"R", "BRBRBRB", "BRBRBRB", WORKER_GONE},
        {"R", "RBRBRBB", "RBRBRBB", WORKER_GONE}, /* too many to try */
    };
    static const enum movement_type types[] = {
        ['R'] = MOVEMENT_REINGRESO, ['B'] = MOVEMENT_BAJA, ['M'] = MOVEMENT_MODIFICACION};
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct worker_event events[8];
        size_t n = 0, first = strlen(cases[i].before);
        for (const char *at = cases[i].came; *at; at++, n++) /* the later day first */
            events[n] = (struct worker_event){types[(int)*at], 20261102, 45050, 0, (uint32_t)n + 1};
        if (first > 0)
            events[n++] = (struct worker_event){types[(int)*cases[i].before], 20261101, 45050, 0, 99};
        assert_int_equal(worker_fold(events, n).status, cases[i].status);
        for (size_t j = 0; j < strlen(cases[i].holds); j++)
            assert_int_equal(events[first + j].type, types[(int)cases[i].holds[j]]);
    }
}

/* ---- rosters ---- */

static void a_roster_is_read_with_its_synonyms(void **state)
{
    static const char text[] = "Num. IMSS;Reg. patronal;SDI;Fecha de ingreso;Nombre completo\r\n"
                               "12345678903;z9900001108;$ 1,234.50;02/11/2026;Ana\r\n"
                               "\r\n"
                               "99028500017;Z9900001108;;;\r\n";
    struct roster roster = {0};
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    assert_int_equal(roster_read(text, strlen(text), "", &findings, &roster, NULL), 0);
    assert_int_equal(roster.n, 2);
    assert_string_equal(roster.entries[0].nss, "12345678903");
    assert_string_equal(roster.entries[0].rp, "Z9900001108");
    assert_int_equal(roster.entries[0].sbc_centavos, 123450);
    assert_int_equal(roster.entries[0].since, 20261102);
    assert_string_equal(roster.entries[0].name, "Ana");
    assert_int_equal(roster.entries[1].line, 4);
    assert_null(roster.entries[1].name);
    roster_free(&roster);
}

static void a_name_may_stand_in_three_columns(void **state)
{
    const char *text = "NSS;RP;Apellido paterno;Apellido materno;Nombre\n"
                       "12345678903;Z9900001108;PEREZ;X;JUAN\n"
                       "99028500017;Z9900001108;PEREZ;;ANA\n";
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    struct roster roster = {0};
    assert_int_equal(roster_read(text, strlen(text), "", &findings, &roster, NULL), 0);
    assert_int_equal(findings.n, 0);
    assert_string_equal(roster.entries[0].name, "PEREZ X JUAN");
    assert_string_equal(roster.entries[1].name, "PEREZ ANA");
    roster_free(&roster);
}

static void rows_of_another_registro_patronal_are_passed_over(void **state)
{
    const char *text = "NSS;RP\n12345678903;Z9900001108\n99028500017;Z9900002106\n";
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    struct roster roster = {0};
    assert_int_equal(roster_read(text, strlen(text), "Z9900002106", &findings, &roster, NULL), 0);
    assert_int_equal(roster.n, 1);
    assert_string_equal(roster.entries[0].nss, "99028500017");
    roster_free(&roster);
}

static void what_is_wrong_with_a_roster_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *rp, *rule;
        unsigned line, column;
    } cases[] = {
        {"NSS,SBC\n99028500017,450.50\n", "", "csv-column-missing", 1, 0},
        {"RP,SBC\nZ9900001108,450.50\n", "", "csv-column-missing", 1, 0},
        {"NSS\n9028500016\n", "Z9900001108", "zero-lost", 2, 1},
        {"NSS\n9902850001\n", "Z9900001108", "digit-missing", 2, 1}, /* its check digit, in this case */
        {"NSS\n9.9E+10\n", "Z9900001108", "scientific-notation", 2, 1},
        {"NSS\nabc\n", "Z9900001108", "nss-shape", 2, 1},
        {"NSS,RP\n99028500017,Z99\n", "", "rp-shape", 2, 2},
        {"NSS\n99028500017\n", "Z99", "rp-shape", 2, 0},
        {"NSS,SBC\n99028500017,mucho\n", "Z9900001108", "csv-amount", 2, 2},
        {"NSS,Fecha\n99028500017,31/02/2026\n", "Z9900001108", "date-shape", 2, 2},
        {"NSS,Fecha\n99028500017,46286\n", "Z9900001108", "csv-date", 2, 2},
        {"NSS\n99028500017\n12345678903\n99028500017\n", "Z9900001108", "worker-repeated", 4, 0},
        {"NSS\nabc\n9.9E+10\n", "Z9900001108", "scientific-notation", 3, 1}, /* no worker twice */
        {"NSS,RP\n99028500017,Z98\n99028500017,Z99\n", "", "rp-shape", 3, 2},
        {"NSS\n", "Z9900001108", "roster-empty", 0, 0},
        {"", "Z9900001108", "roster-empty", 0, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct roster roster = {0};
        _cleanup_findings_ struct findings findings = FINDINGS_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(
            roster_read(cases[i].text, strlen(cases[i].text), cases[i].rp, &findings, &roster, &err),
            -ERR_INVALID_FILE);
        assert_int_equal(roster.n, 0);
        const struct finding *finding = &findings.items[findings.n - 1];
        assert_string_equal(finding->rule, cases[i].rule);
        assert_int_equal(finding->line, cases[i].line);
        assert_int_equal(finding->column, cases[i].column);
    }
}

static void told(void *data, enum roster_difference difference, const struct roster_entry *ours,
                 const struct roster_entry *imss)
{
    buf_printf(data, "%s %s; ", roster_difference_name(difference), (ours ? ours : imss)->nss);
}

static void a_roster_is_held_against_what_imss_has(void **state)
{
#define WHERE .rp = "Z9900001108"
    struct roster_entry ours[] = {
        {WHERE, .nss = "10000000001", .sbc_centavos = 100}, /* agrees */
        {WHERE, .nss = "10000000002", .sbc_centavos = 100}, /* another SBC */
        {WHERE, .nss = "10000000003"},                      /* SBC not said */
        {WHERE, .nss = "10000000004"},                      /* gone there */
        {WHERE, .nss = "10000000005"},                      /* not there */
        {WHERE, .nss = "10000000006"},                      /* alta on its way */
    };
    struct roster_entry imss[] = {
        {.rp = "A0000000000", .nss = "10000000009", .status = WORKER_ACTIVE}, /* of another employer */
        {WHERE, .nss = "10000000001", .sbc_centavos = 100, .status = WORKER_ACTIVE},
        {WHERE, .nss = "10000000002", .sbc_centavos = 200, .status = WORKER_ACTIVE},
        {WHERE, .nss = "10000000003", .sbc_centavos = 300, .status = WORKER_ACTIVE},
        {WHERE, .nss = "10000000004", .status = WORKER_GONE},
        {WHERE, .nss = "10000000006", .pending = 1},
        {WHERE, .nss = "10000000007", .status = WORKER_ACTIVE}, /* on no roster */
        {WHERE, .nss = "10000000008", .status = WORKER_GONE},
    };
    _cleanup_buf_ struct buf said = BUF_INIT;
    roster_compare(&(struct roster){ours, ELEMENTSOF(ours)}, &(struct roster){imss, ELEMENTSOF(imss)}, told,
                   &said);
    assert_string_equal(said.data, "sbc 10000000002; missing-alta 10000000004; missing-alta 10000000005; "
                                   "pending 10000000006; ghost 10000000007; ");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(movements_make_and_unmake_a_worker),
        cmocka_unit_test(a_modification_tells_of_an_alta_before_our_time),
        cmocka_unit_test(each_movement_is_judged_by_what_is_known),
        cmocka_unit_test(what_is_older_than_the_last_alta_or_baja_comes_too_late),
        cmocka_unit_test(on_one_day_what_can_be_goes_by_what_came_first),
        cmocka_unit_test(a_roster_is_read_with_its_synonyms),
        cmocka_unit_test(a_name_may_stand_in_three_columns),
        cmocka_unit_test(rows_of_another_registro_patronal_are_passed_over),
        cmocka_unit_test(what_is_wrong_with_a_roster_is_told_with_its_place),
        cmocka_unit_test(a_roster_is_held_against_what_imss_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
