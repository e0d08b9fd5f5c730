/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/text.h"
#include "idse/csv-reader.h"
#include "idse/csv-writer.h"
#include "idse/intake.h"

#define HEAD                                                                                                 \
    "RP,NSS,Apellido paterno,Nombre(s),Tipo de movimiento,Fecha,SBC,Tipo de trabajador,Tipo de "             \
    "salario,Jornada,CURP\n"
#define ROW "Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,\n"

/* The first finding of the rule; the test fails when there is none. */
static struct finding find(const struct findings *findings, const char *rule)
{
    for (size_t i = 0; i < findings->n; i++)
        if (streq(findings->items[i].rule, rule))
            return findings->items[i];
    fail_msg("no finding %s", rule);
    return (struct finding){0};
}

/* The movements of a table; nothing but notes and the missing guía may be found. */
static size_t read_good(const char *text, size_t n, struct movement *ret, size_t max)
{
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    _cleanup_free_ char *copy = xmemdup(text, n); /* of the exact size, for the sanitizers */
    struct csv_reader *reader = csv_reader_new(copy, n, &findings);
    size_t count = 0;
    while (count < max && csv_reader_next(reader, &ret[count]))
        count++;
    csv_reader_free(reader);
    for (size_t i = 0; i < findings.n; i++)
        if (findings.items[i].severity != FINDING_NOTE && !streq(findings.items[i].rule, "guia-missing"))
            fail_msg("%s at %u:%u: %s", findings.items[i].rule, findings.items[i].line,
                     findings.items[i].column, findings.items[i].text);
    return count;
}

static void a_row_is_the_movement_that_it_says(void **state)
{
    struct movement m;
    assert_int_equal(read_good(HEAD ROW, strlen(HEAD ROW), &m, 1), 1);
    assert_int_equal(m.type, MOVEMENT_REINGRESO);
    assert_string_equal(m.rp, "Z9900001108");
    assert_string_equal(m.nss, "99028500017");
    assert_string_equal(m.paterno, "PEREZ");
    assert_string_equal(m.materno, "");
    assert_string_equal(m.nombres, "JUAN");
    assert_int_equal(m.date, 20260921);
    assert_int_equal(m.sbc_centavos, 45050);
    assert_int_equal(m.tipo_trabajador, '1');
    assert_string_equal(m.umf, "000");
    assert_string_equal(m.curp, "");
}

static void delimiters_encodings_headings_and_names_of_codes(void **state)
{
    static const char *const tables[] = {
        "Reg. patronal;NSS;Primer apellido;Nombres;Movimiento;Fecha mov.;Causa de baja\r\n"
        "Z9900001108;99028500017;Muñoz;José;Baja;2026-09-21;separación voluntaria\r\n",
        "\xEF\xBB\xBFREGISTRO_PATRONAL\tNO. IMSS\tPATERNO\tNOMBRE\tTIPO MOVIMIENTO\tFECHA\tCAUSA BAJA\n"
        "Z9900001108\t99028500017\tMuñoz\tJosé\t02\t21092026\t2",
        "\"Causa baja\",\"NSS\",\"rp\",\"ap. paterno\",\"nombre\",\"tipo_mov\",\"fecha\"\n"
        "\"2\",\"99028500017\",\"Z9900001108\",\"Muñoz\",\"José\",\"2\",\"21-09-2026\"\n",
        "sep=;\r\nrp;nss;ap. paterno;nombre;tipo_mov;fecha;causa\r\n"
        "Z9900001108;99028500017;Muñoz;José;baja;21/09/2026;2\r\n\x1A",
        /* Windows-1252, a lone CR, and numbers dressed as texts */
        "NSS,Causa baja,rp,ap. "
        "paterno,nombre,tipo_mov,fecha\r=\"99028500017\",2,'Z9900001108,Mu\xF1oz,Jos\xE9,baja,"
        "2026-09-21 00:00:00\r",
    };
    for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
        struct movement m;
        assert_true(csv_recognise(tables[i], strlen(tables[i])));
        assert_int_equal(read_good(tables[i], strlen(tables[i]), &m, 1), 1);
        assert_string_equal(m.rp, "Z9900001108");
        assert_string_equal(m.nss, "99028500017");
        assert_string_equal(m.paterno, "MUÑOZ");
        assert_string_equal(m.nombres, "JOSE");
        assert_int_equal(m.type, MOVEMENT_BAJA);
        assert_int_equal(m.date, 20260921);
        assert_int_equal(m.causa_baja, '2');
    }
}

static void a_first_line_in_any_encoding_is_looked_at(void **state)
{
    static const char *const lines[] = {"\xE1", "NSS,RP,\xE1", "NSS,RP,a\xF0"};
    for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
        _cleanup_free_ char *copy =
            xmemdup(lines[i], strlen(lines[i])); /* of the exact size, for the sanitizers */
        assert_int_equal(csv_recognise(copy, strlen(lines[i])), i > 0);
    }
}

static void what_is_wrong_with_a_cell_is_told_with_its_place(void **state)
{
    static const struct {
        const char *row, *rule;
        unsigned column;
        const char *fix;
    } cases[] = {
        {"Z9900001108,9028500016,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "zero-lost", 2, "09028500016"},
        {"9900001109,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "zero-lost", 1, "09900001109"},
        /* the zero does not make them right: the check digit may be what is missing */
        {"Z9900001108,9028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "digit-missing", 2, NULL},
        {"9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "digit-missing", 1, NULL},
        {"Z9900001108,9.9028E+10,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "scientific-notation", 2, NULL},
        {"Z9900001108,\"9,9E10\",PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,", "scientific-notation", 2, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,1.09E+06,450.50,1,0,0,", "scientific-notation", 6, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,4.5E2,1,0,0,", "scientific-notation", 7, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1E+00,0,0,", "scientific-notation", 8,
         NULL},
        {"Z9900001108,99028500017,PEREZ,1.2E+06,alta,21/09/2026,450.50,1,0,0,", "scientific-notation", 4,
         NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,1.2E+06", "scientific-notation", 11,
         NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,1092026,450.50,1,0,0,", "zero-lost", 6, "01092026"},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,46286,450.50,1,0,0,", "csv-date", 6, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/26,450.50,1,0,0,", "csv-date", 6, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,09/21/2026,450.50,1,0,0,", "date-shape", 6, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.505,1,0,0,", "csv-amount", 7, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,10000.00,1,0,0,", "csv-amount", 7, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,,1,0,0,", "sbc-shape", 7, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,fijo,0,0,", "tipo-trabajador", 8, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,,", "jornada", 10, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,cambio,21/09/2026,450.50,1,0,0,", "type-unknown", 5, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,,21/09/2026,450.50,1,0,0,", "type-unknown", 5, NULL},
        {"Z9900001108,99028500017,,,alta,21/09/2026,450.50,1,0,0,", "name-missing", 3, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN Ω,alta,21/09/2026,450.50,1,0,0,", "line-character", 4, NULL},
        {"Z9900001108,99028500017,PEREZ,ABCDEFGHIJKLMNOPQRSTUVWXYZAB,alta,21/09/2026,450.50,1,0,0,",
         "csv-too-long", 4, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,1,450.50,1,0,0,", "csv-cells", 0, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026", "csv-cells", 0, NULL},
        {"Z9900001108,99028500017,\"PEREZ\nX\",JUAN,alta,21/09/2026,450.50,1,0,0,", "csv-quote", 0, NULL},
        {"Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,PEXJ", "curp-shape", 11, NULL},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = xasprintf(HEAD "\n" ROW "%s\n", cases[i].row);
        _cleanup_findings_ struct findings findings = FINDINGS_INIT;
        struct csv_reader *reader = csv_reader_new(text, strlen(text), &findings);
        struct movement m;
        assert_int_equal(csv_reader_next(reader, &m), 1);
        assert_int_equal(csv_reader_line(reader), 3); /* behind an empty line */
        assert_int_equal(csv_reader_next(reader, &m), 0);
        assert_int_equal(csv_reader_bad(reader), 1);
        csv_reader_free(reader);
        const struct finding finding = find(&findings, cases[i].rule);
        assert_int_equal(finding.line, 4);
        assert_int_equal(finding.column, cases[i].column);
        if (cases[i].fix)
            assert_string_equal(finding.fix, cases[i].fix);
        else
            assert_null(finding.fix);
    }
}

static void amounts_in_the_ways_that_are_clear(void **state)
{
    static const struct {
        const char *text;
        int32_t centavos; /* 0: refused */
    } cases[] = {
        {"450", 45000},      {"450.5", 45050},  {"$ 1,234.50", 123450}, {"1,234", 123400},
        {"1234,56", 123456}, {"1.234,56", 0},   {"12,34.50", 0},        {"1,2", 0},
        {"-450.50", 0},      {"450.50 MXN", 0}, {"9,999.99", 999999},   {",234", 0},
        {"1,234,567", 0},    {"450.", 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = xasprintf(
            HEAD "Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,\"%s\",1,0,0,\n", cases[i].text);
        _cleanup_findings_ struct findings findings = FINDINGS_INIT;
        struct csv_reader *reader = csv_reader_new(text, strlen(text), &findings);
        struct movement m;
        int r = csv_reader_next(reader, &m);
        csv_reader_free(reader);
        assert_int_equal(r, cases[i].centavos > 0);
        if (r)
            assert_int_equal(m.sbc_centavos, cases[i].centavos);
        else
            find(&findings, "csv-amount");
    }
}

/* What is wrong whatever the type turns out to be; a baja has a cause, the others an SBC. */
static void a_row_without_a_type_is_checked_all_the_same(void **state)
{
    static const char table[] =
        "RP,NSS,Apellido paterno,Nombre,Movimiento,Fecha,SBC,Tipo de salario,Jornada,Causa de baja\n"
        "Z9900001108,123,PEREZ,,altas y bajas,31/02/2026,450.505,7,0,\n"
        "Z9900001108,99028500017,PEREZ,JUAN,altas y bajas,20/11/2026,nada,,,2\n";
    static const char *const first[] = {"nss-shape", "name-missing", "date-shape", "csv-amount",
                                        "tipo-salario"};
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    struct movement m;
    struct csv_reader *reader = csv_reader_new(table, sizeof(table) - 1, &findings);
    assert_int_equal(csv_reader_next(reader, &m), 0);
    assert_int_equal(csv_reader_bad(reader), 2);
    csv_reader_free(reader);
    for (size_t i = 0; i < ELEMENTSOF(first); i++)
        assert_int_equal(find(&findings, first[i]).line, 2);
    assert_int_equal(findings_count(&findings, "type-unknown"), 2);
    assert_int_equal(findings.errors, 2 + ELEMENTSOF(first));
}

static void headings_are_never_guessed(void **state)
{
    static const struct {
        const char *head, *rule, *says;
        unsigned column;
    } cases[] = {
        {"RP,NSS,Apellido paterno,Nombre,Tipo,Fecha\n", "csv-column-unknown", NULL, 5},
        {"RP,NSS,Apellido paterno,Nombre,Tipo,Fecha\n", "csv-column-missing", "Movimiento", 0},
        {"RP,Apellido paterno,Nombre,Movimiento,Fecha\n", "csv-column-missing", "NSS", 0},
        {"RP,NSS,Paterno,Nombre,Movimiento,Fecha,No. IMSS\n", "csv-column-repeated", NULL, 7},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_findings_ struct findings findings = FINDINGS_INIT;
        struct csv_reader *reader = csv_reader_new(cases[i].head, strlen(cases[i].head), &findings);
        struct movement m;
        assert_int_equal(csv_reader_next(reader, &m), 0);
        csv_reader_free(reader);
        const struct finding finding = find(&findings, cases[i].rule);
        assert_int_equal(finding.line, 1);
        assert_int_equal(finding.column, cases[i].column);
        if (cases[i].says)
            assert_string_equal(finding.expected, cases[i].says);
        assert_true(findings.errors > 0);
    }
}

/* Of each case the last row is of the type that is named; 0: it has no date. */
static void a_date_of_one_type_is_read_for_that_type(void **state)
{
    static const struct {
        const char *head, *row;
        int32_t date;
        const char *rule;
    } cases[] = {
        {"Fecha de alta,Causa", "alta,20/11/2026,", 20261120, NULL},
        {"Fecha de ingreso,Causa", "reingreso,20/11/2026,", 20261120, NULL},
        {"Fecha de baja,Causa", "baja,20/11/2026,2", 20261120, NULL},
        {"Fecha de ingreso,Fecha de baja,Causa", "baja,01/02/2020,20/11/2026,2", 20261120, NULL},
        {"Fecha,Fecha de ingreso,Causa", "baja,20/11/2026,01/02/2020,2", 20261120, "csv-column-unknown"},
        {"Fecha de ingreso,Causa", "baja,01/02/2020,2", 0, "csv-column-missing"},
        {"Fecha de baja,Causa", "modificacion,20/11/2026,", 0, "csv-column-missing"},
        {"Fecha de alta,Fecha de ingreso,Causa", "alta,20/11/2026,20/11/2026,", 20261120,
         "csv-column-repeated"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text =
            xasprintf("RP,No. Seguro Social,Paterno,Nombre,SBC,Tipo de trabajador,Tipo de "
                      "salario,Jornada,Movimiento,%s\n"
                      "Z9900001108,99028500017,PEREZ,JUAN,450.50,1,0,0,%s\n",
                      cases[i].head, cases[i].row);
        _cleanup_findings_ struct findings findings = FINDINGS_INIT;
        struct csv_reader *reader = csv_reader_new(text, strlen(text), &findings);
        struct movement m;
        assert_int_equal(csv_reader_next(reader, &m), cases[i].date != 0);
        if (cases[i].date)
            assert_int_equal(m.date, cases[i].date);
        else
            assert_int_equal(find(&findings, cases[i].rule).line, 2);
        if (cases[i].rule)
            find(&findings, cases[i].rule);
        else
            assert_int_equal(findings.errors, 0);
        csv_reader_free(reader);
    }
}

static void headings_that_payroll_programs_use(void **state)
{
    static const char *const headings[] = {
        "No. Seguro Social", "No. de seguridad social", "Num. seguro social",   "Núm. de afiliación",
        "No. Afiliación",    "Núm. de Seguro Social",   "NO. DE SEGURO SOCIAL", "Número Seguro Social"};
    for (size_t i = 0; i < ELEMENTSOF(headings); i++) {
        _cleanup_free_ char *text = xasprintf("RP,%s,Paterno,Nombre,Movimiento,Fecha de baja,Causa\n"
                                              "Z9900001108,99028500017,PEREZ,JUAN,baja,20/11/2026,2\n",
                                              headings[i]);
        struct movement m;
        assert_int_equal(read_good(text, strlen(text), &m, 1), 1);
        assert_int_equal(m.causa_baja, '2');
    }
}

/* As for a record. */
static void a_umf_that_lost_zeros_is_filled_up_and_told(void **state)
{
    static const char text[] =
        "RP,NSS,Paterno,Nombre,Movimiento,Fecha,SBC,Tipo de trabajador,Tipo de salario,Jornada,UMF,"
        "Clave\n"
        "Z9900001108,99028500017,PEREZ,JUAN,alta,21/09/2026,450.50,1,0,0,1,12E3\n";
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    struct csv_reader *reader = csv_reader_new(text, strlen(text), &findings);
    struct movement m;
    assert_int_equal(csv_reader_next(reader, &m), 1);
    csv_reader_free(reader);
    assert_string_equal(m.umf, "001");
    assert_string_equal(m.clave, "12E3"); /* a key may look so */
    assert_string_equal(find(&findings, "umf-padding").fix, "001");
}

static void a_table_is_told_from_records(void **state)
{
    static const struct {
        const char *text;
        bool table;
    } cases[] = {
        {HEAD, true},
        {"\r\n" HEAD, true},
        {"a;b;c;d;e;f\n", true},
        {"NSS;RP\n", true},
        {"", false},
        {"id;NSS;nota\n1;99028500017;x\n", true}, /* few and short headings */
        {"NSS\n99028500017\n", true},
        {"a,b,c\n", true},
        {"sep=;\r\nuno;dos\r\n", true},
        {"hello, world\n", false},
        {"Z990000110899028500017PEREZ;X;JUAN\r\n", false}, /* a record, if not a whole one */
        {"Z990000110899028500017PEREZ                      X                          JUAN                   "
         "    "
         "045050      10002112026001  0806400EMP0001    PEXJ850101HDFRXN069\r\n",
         false},
        {"Z990000110899028500017P,E,R,E,Z                  X                          JUAN                   "
         "    "
         "045050      10002112026001  0806400EMP0001    PEXJ850101HDFRXN069\r\n",
         false},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(csv_recognise(cases[i].text, strlen(cases[i].text)), cases[i].table);
    struct movement m;
    static const char binary[] = "RP,NSS\0,Fecha\n";
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    struct csv_reader *reader = csv_reader_new(binary, sizeof(binary) - 1, &findings);
    assert_int_equal(csv_reader_next(reader, &m), 0);
    csv_reader_free(reader);
    find(&findings, "line-binary");
}

static void the_template_is_a_table_that_can_be_read(void **state)
{
    static const enum movement_type types[] = {MOVEMENT_NONE, MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION,
                                               MOVEMENT_BAJA};
    for (size_t i = 0; i < ELEMENTSOF(types); i++) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        csv_template(&text, types[i] ? 1u << types[i] : 0, 20260921);
        struct movement m[4];
        assert_true(csv_recognise(text.data, text.len));
        size_t n = read_good(text.data, text.len, m, 4);
        assert_int_equal(n, types[i] == MOVEMENT_NONE ? 3 : 1);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(m[j].date, 20260921);
        if (n == 1)
            assert_int_equal(m[0].type, types[i]);
        if (types[i] == MOVEMENT_BAJA)
            assert_null(strstr(text.data, "SBC"));
    }
}

static void the_intake_splits_a_table_like_records(void **state)
{
    _cleanup_(intake_free) struct intake intake;
    const char *text = HEAD ROW "Z9900002106,99028500017,PEREZ,JUAN,mod salario,21/09/2026,460,,0,0,\n";
    assert_int_equal(intake_read(text, strlen(text), &(struct intake_options){.any_rp = true}, &intake, NULL),
                     0);
    assert_int_equal(intake.n_lots, 2);
    assert_string_equal(intake.lots[1].rp, "Z9900002106");
    assert_int_equal(intake.lots[1].type, MOVEMENT_MODIFICACION);
    assert_int_equal(intake.lots[1].records.len, 2 * (RECORD_COLUMNS + 2));
    assert_memory_equal(intake.lots[1].records.data + 103, "046000       00", 15);
}

/* A reingreso that stands above the baja before it, and below somebody else's. */
static void the_intake_orders_a_table_like_records(void **state)
{
    static const char text[] =
        "RP,NSS,Apellido paterno,Nombre(s),Tipo de movimiento,Fecha,SBC,Tipo de trabajador,Tipo de salario,"
        "Jornada,Causa de baja\n"
        "Z9900001108,99028500017,PEREZ,JUAN,reingreso,21/09/2026,450.50,1,0,0,\n"
        "Z9900001108,12345678903,LOPEZ,ANA,reingreso,23/09/2026,450.50,1,0,0,\n"
        "Z9900001108,12345678903,LOPEZ,ANA,baja,22/09/2026,,,,,2\n";
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(text, strlen(text), &(struct intake_options){.any_rp = true}, &intake, NULL),
                     0);
    assert_int_equal(intake.n_lots, 2);
    assert_int_equal(intake.lots[0].type, MOVEMENT_BAJA);
    assert_int_equal(intake.lots[1].counts[COUNT_REINGRESOS], 2);
    assert_int_equal(find(&intake.findings, "date-order").line, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_the_movement_that_it_says),
        cmocka_unit_test(a_first_line_in_any_encoding_is_looked_at),
        cmocka_unit_test(delimiters_encodings_headings_and_names_of_codes),
        cmocka_unit_test(what_is_wrong_with_a_cell_is_told_with_its_place),
        cmocka_unit_test(amounts_in_the_ways_that_are_clear),
        cmocka_unit_test(a_row_without_a_type_is_checked_all_the_same),
        cmocka_unit_test(headings_are_never_guessed),
        cmocka_unit_test(a_date_of_one_type_is_read_for_that_type),
        cmocka_unit_test(headings_that_payroll_programs_use),
        cmocka_unit_test(a_umf_that_lost_zeros_is_filled_up_and_told),
        cmocka_unit_test(a_table_is_told_from_records),
        cmocka_unit_test(the_template_is_a_table_that_can_be_read),
        cmocka_unit_test(the_intake_splits_a_table_like_records),
        cmocka_unit_test(the_intake_orders_a_table_like_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
