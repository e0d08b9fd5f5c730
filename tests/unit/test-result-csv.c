/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/file-guess.h"
#include "idse/result-csv.h"

static struct receipt_error errors[] = {{.code = (char *)"022", .text = (char *)"No vigente"},
                                        {.code = (char *)"031", .text = (char *)"Otra CURP"}};

/* A baja and a reingreso of one worker, of which one was operated, and another worker who was rejected. */
static struct constancia_row rows[] = {
    {.type = MOVEMENT_BAJA, .operated = true, .nss = "00028500017", .date = 20261101},
    {.type = MOVEMENT_REINGRESO, .nss = "00028500017", .errors = errors, .n_errors = 2},
    {.type = MOVEMENT_REINGRESO, .nss = "12345678903", .errors = errors, .n_errors = 1},
};
static const struct constancia constancia = {
    .rp = (char *)"Z990000110", .portal_lot = (char *)"123456789", .rows = rows, .n_rows = ELEMENTSOF(rows)};

static void expect(const char *csv, const char *contradiction, const char *remark)
{
    struct csv_doubts doubts;
    result_csv_compare(csv, strlen(csv), &constancia, &doubts);
    const char *said[] = {doubts.contradictions, doubts.remarks}, *expected[] = {contradiction, remark};
    for (int i = 0; i < 2; i++)
        if (!expected[i] != !said[i] || (expected[i] && !strstr(said[i], expected[i])))
            fail_msg("\"%s\" instead of \"%s\", of\n%s", said[i] ? said[i] : "nothing",
                     expected[i] ? expected[i] : "nothing", csv);
    csv_doubts_free(&doubts);
}

static void it_agrees_in_any_order_spelling_encoding_and_with_any_delimiter(void **state)
{
    expect("NSS,TIPO_MOVIMIENTO,ESTATUS,CODIGO\n00028500017,02,OPERADO,\n00028500017,08,RECHAZADO,022\n"
           "00028500017,08,RECHAZADO,031\n12345678903,08,RECHAZADO,022\n",
           NULL, NULL);
    expect("\xEF\xBB\xBF"
           "C\xC3\xB3"
           "digo error;Situaci\xC3\xB3n;N\xC3\xBAmero de Seguridad Social;Tipo de movimiento;Otra cosa\r\n"
           "22;Rechazado;12345678903;8;x\r\n31;Rechazado;28500017;reingreso;\r\n;Operada;28500017;baja;\r\n",
           NULL, NULL);
    expect("C\xF3"
           "digo\tSituaci\xF3n\tNSS\tTipo\n022\trechazada\t12345678903\t08\n\toperada\t00028500017\t2\n"
           "022\tno operado\t00028500017\t08\n",
           NULL, NULL);
}

static void rows_of_others_are_none_of_ours(void **state)
{
    expect("RP,Lote,NSS,Tipo,Estatus\nZ9900001108,123456789,00028500017,2,operado\nZ9900001108,123456789,"
           "00028500017,8,rechazado\n"
           "Z9900001108,123456789,12345678903,8,rechazado\nY5512345101,123456789,12345678903,8,operado\n"
           "Z9900001108,987654321,12345678903,8,operado\n",
           NULL, NULL);
}

static void a_verdict_turned_round_is_a_contradiction(void **state)
{
    expect("NSS,Tipo,Estatus\n00028500017,2,rechazado\n00028500017,8,rechazado\n12345678903,8,rechazado\n",
           "line 2: NSS 00028500017, termination: rejected, in the constancia operated", NULL);
    expect("NSS,Estatus\n12345678903,aceptado\n", "line 2: NSS 12345678903",
           "NSS 00028500017, termination: in the constancia only");
}

static void what_else_differs_is_remarked(void **state)
{
    const char *rest = "00028500017,8,rechazado,\n12345678903,8,rechazado,";
    _cleanup_free_ char *code = xasprintf("NSS,Tipo,Estatus,Codigo\n00028500017,2,operado,\n%s099\n", rest);
    _cleanup_free_ char *stranger =
        xasprintf("NSS,Tipo,Estatus,Codigo\n00028500017,2,operado,\n99999999999,2,operado,\n%s\n", rest);
    _cleanup_free_ char *pending =
        xasprintf("NSS,Tipo,Estatus,Codigo\n00028500017,2,en proceso,\n%s\n", rest);
    _cleanup_free_ char *nobody =
        xasprintf("NSS,Tipo,Estatus,Codigo\n00028500017,2,operado,\n,2,operado,\n%s\n", rest);
    expect(code, NULL, "line 4: NSS 12345678903 has code 099, in the constancia another");
    expect(stranger, NULL, "line 3: NSS 99999999999 is not in the constancia so");
    expect(pending, NULL, "line 2: what became of NSS 00028500017 is not said");
    expect(nobody, NULL, "line 3: there is no NSS");
}

/* A worker with movements of two types cannot be told apart without a type. */
static void without_a_type_only_what_is_clear_is_compared(void **state)
{
    expect("NSS,Estatus\n12345678903,rechazado\n00028500017,rechazado\n", NULL,
           "line 3: NSS 00028500017 is not in the constancia so");
}

static void what_is_not_understood_raises_no_alarm(void **state)
{
    expect("", NULL, "it is no table");
    expect("Trabajador,Cosa\n1,2\n", NULL, "its columns are not known");
    expect("<html>no</html>", NULL, "its columns are not known");
}

static void what_is_a_table_of_results_shows_in_its_headings(void **state)
{
    static const struct {
        const char *csv;
        enum result_csv_kind kind;
    } cases[] = {
        {"NSS,ESTATUS\n", RESULT_CSV_RESULTS},
        {"Lote;C\xC3\xB3"
         "digo error;Otra\n7;022;x\n",
         RESULT_CSV_RESULTS},
        {"NSS,NOMBRE\n1,ANA\n", RESULT_CSV_OTHER_TABLE},
        {"Lote,Producto\n", RESULT_CSV_OTHER_TABLE},
        {"Estatus,Pedido\n", RESULT_CSV_OTHER_TABLE},
        {"NSS\n1\n", RESULT_CSV_NO_TABLE},
        {"Estimado cliente:\n\nle escribimos, pues, por esto\n", RESULT_CSV_NO_TABLE},
        {"\n\n", RESULT_CSV_NO_TABLE},
        {"", RESULT_CSV_NO_TABLE},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(result_csv_kind(cases[i].csv, strlen(cases[i].csv)), cases[i].kind);
}

static void what_is_none_is_guessed_at(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } cases[] = {
#define CASE(bytes, words) {bytes, sizeof(bytes) - 1, words}
        CASE("", "empty"),
        CASE("\x89PNG\r\n\x1A\n....", "a picture"),
        CASE("MM\0*rest", "a picture"),
        CASE("PK", "a text"),
        CASE("\x1F\x8B\x08", "compressed"),
        CASE("-----BEGIN CERTIFICATE-----\n", "cert add"),
        CASE("  \r\n<HTML><body>", "a page of the web"),
        CASE("<?xml version=\"1.0\"?>", "XML"),
        CASE("\x7F"
             "ELF\0\0",
             "neither a PDF nor a table"),
        CASE("a;b\n1;2\n", "a table, but not"),
        CASE("Hola\n", "a text"),
        CASE("*\xFF", "a text"),
#undef CASE
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (!strstr(file_guess(cases[i].bytes, cases[i].n), cases[i].words))
            fail_msg("%zu: %s", i, file_guess(cases[i].bytes, cases[i].n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_in_any_order_spelling_encoding_and_with_any_delimiter),
        cmocka_unit_test(rows_of_others_are_none_of_ours),
        cmocka_unit_test(a_verdict_turned_round_is_a_contradiction),
        cmocka_unit_test(what_else_differs_is_remarked),
        cmocka_unit_test(without_a_type_only_what_is_clear_is_compared),
        cmocka_unit_test(what_is_not_understood_raises_no_alarm),
        cmocka_unit_test(what_is_a_table_of_results_shows_in_its_headings),
        cmocka_unit_test(what_is_none_is_guessed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
