/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "base/text.h"
#include "idse/record.h"
#include "portal/receipt-text.h"
#include "tests/synthetic.h"

/* A document as pdftotext -bbox prints it, typed with a font of fixed pitch. */
static struct buf bbox;
static unsigned line_number;

static void page(void)
{
    buf_add_str(&bbox, "  <page width=\"900\" height=\"600\">\n");
    line_number = 0;
}

static void escape(const char *word, size_t n)
{
    for (; n; word++, n--)
        switch (*word) {
        case '&':
            buf_add_str(&bbox, "&amp;");
            break;
        case '<':
            buf_add_str(&bbox, "&lt;");
            break;
        default:
            buf_add_char(&bbox, *word);
        }
}

static float shift; /* of the next words, in columns */

/* Words of cp1252 text on the current line from this column on. */
static void type(unsigned column, const char *text)
{
    const float pitch = 4.9f;
    const char *start = text;
    for (; *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, " ");
        if (!n)
            continue;
        float x = 30 + pitch * ((float)column + (float)(text - start) + shift);
        buf_printf(&bbox, "    <word xMin=\"%.6f\" yMin=\"%u.5\" xMax=\"%.6f\" yMax=\"%u.25\">", (double)x,
                   line_number * 10, (double)(x + pitch * (float)n), line_number * 10 + 7);
        _cleanup_free_ char *word = cp1252_to_utf8(text, n);
        escape(word, strlen(word));
        buf_add_str(&bbox, "</word>\n");
        text += n;
    }
}

static void line(const char *text)
{
    line_number++;
    type(0, text);
}

static int fresh(void **state)
{
    bbox = BUF_INIT;
    shift = 0;
    page();
    return 0;
}

static struct layout parsed(void)
{
    struct layout layout;
    _cleanup_err_ struct err err = ERR_INIT;
    if (layout_parse(&bbox, &layout, &err) < 0)
        fail_msg("%s", err_text(&err));
    return layout;
}

static void head(void)
{
    line("Acuse de Recibo Electr\xF3nico del Registro Patronal");
    line("N\xFAmero de folio: 1234567890123456789   N\xFAmero de lote: 123456789");
    line("Raz\xF3n Social:  PRUEBAS & ENSAYOS SA DE CV");
    line("RFC del patr\xF3n:        PEN900101AB1");
    line("Fecha y hora de recepci\xF3n del lote:   2026-11-23 09:15");
    line("Registro Patronal:     Z9900001108");
    line("Serial del certificado: 00001000000500003415");
    line("Huella Digital: 0123456789abcdef0123456789abcdef01234567");
}

static void foot(unsigned at)
{
    line("Sello Digital: 99028500017AABBCCDDEEFF00112233445566778899AABBCCDDEEFF | 4711");
    line(at == 1 ? "P\xE1gina 1 de 2" : "P\xE1gina 2 de 2");
}

static void make_records(size_t n, struct buf *ret)
{
    for (unsigned i = 0; i < n; i++) {
        struct movement movement = synthetic_movement(i % 2 ? MOVEMENT_BAJA : MOVEMENT_REINGRESO, i);
        record_write(ret, &movement, ENYE_LATIN1);
    }
    record_write_control(ret, n, "06400");
}

/* Types records broken at `width` columns, on two pages. */
static void type_records(const struct buf *records, size_t width)
{
    for (size_t at = 0; at < records->len; at += RECORD_COLUMNS + 2) {
        if (at == 3 * (RECORD_COLUMNS + 2)) {
            foot(1);
            page();
        }
        for (size_t from = 0; from < RECORD_COLUMNS; from += width) {
            _cleanup_free_ char *part =
                xstrndup(records->data + at + from, MIN(width, RECORD_COLUMNS - from));
            line(part);
        }
    }
}

static void the_acuse_gives_back_the_very_bytes(void **state)
{
    static const size_t widths[] = {RECORD_COLUMNS, 100, 134};
    for (size_t i = 0; i < ELEMENTSOF(widths); i++) {
        _cleanup_buf_ struct buf records = BUF_INIT;
        make_records(7, &records);
        fresh(NULL);
        head();
        line("El Instituto acusa recibo del siguiente lote, extra\355do de la notar\355"
             "a:");
        type_records(&records, widths[i]);
        foot(2);
        struct layout layout = parsed();
        struct acuse acuse;
        _cleanup_err_ struct err err = ERR_INIT;
        if (acuse_read(&layout, &acuse, &err) < 0)
            fail_msg("width %zu: %s", widths[i], err_text(&err));
        assert_int_equal(acuse.records_len, records.len);
        assert_memory_equal(acuse.records, records.data, records.len);
        assert_string_equal(acuse.portal_lot, "123456789");
        assert_string_equal(acuse.folio, "1234567890123456789");
        assert_string_equal(acuse.razon_social, "PRUEBAS & ENSAYOS SA DE CV");
        assert_string_equal(acuse.rfc, "PEN900101AB1");
        assert_string_equal(acuse.rp, "Z9900001108");
        assert_string_equal(acuse.certificate_serial, "00001000000500003415");
        assert_string_equal(acuse.huella, "0123456789abcdef0123456789abcdef01234567");
        assert_string_equal(acuse.sello, "99028500017AABBCCDDEEFF00112233445566778899AABBCCDDEEFF|4711");
        assert_int_equal(acuse.received_us, time_from_date(20261123, 9 * 60 + 15));
        acuse_free(&acuse);
        layout_free(&layout);
    }
}

static void expect_unreadable_acuse(const char *what)
{
    struct layout layout = parsed();
    struct acuse acuse;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_true(acuse_read(&layout, &acuse, &err) < 0);
    assert_int_equal(err.code, ERR_UNREADABLE_RECEIPT);
    if (!strstr(err.text, what))
        fail_msg("'%s' instead of '%s'", err.text, what);
    layout_free(&layout);
}

static void an_acuse_is_refused_rather_than_guessed(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(2, &records);
    _cleanup_free_ char *first = xstrndup(records.data, RECORD_COLUMNS);

    line("nada");
    expect_unreadable_acuse("no n\xC3\xBAmero de lote");

    fresh(state);
    head();
    expect_unreadable_acuse("prints no records");

    fresh(state);
    head();
    line(first);
    expect_unreadable_acuse("no control record");

    fresh(state);
    head();
    line_number++;
    first[60] = '\0'; /* the second half stands half a column aside */
    type(0, first);
    shift = 0.5f;
    type(61, first + 61);
    expect_unreadable_acuse("page 1, line 9: the characters of a record do not stand on columns");

    fresh(state);
    head();
    first[60] = ' ';
    first[RECORD_COLUMNS - 1] = ' ';
    line(first);
    type_records(&records, RECORD_COLUMNS);
    expect_unreadable_acuse("page 1, line 9: a record is not 168 columns wide");

    fresh(state);
    head();
    type_records(&records, RECORD_COLUMNS - 1);
    line("*************");
    struct layout layout = parsed(); /* whatever it is, it is no crash */
    struct acuse acuse;
    if (acuse_read(&layout, &acuse, NULL) >= 0)
        acuse_free(&acuse);
    layout_free(&layout);
}

/* ---- the constancia ---- */

static void operated_heading(void)
{
    line("Tipo  NSS           Nombre Asegurado               Sal.Base   Ext.  UMF  Tipo  Fec-Mov     Tipo   "
         "C.Baja");
    line("Mov                                                                      Sal.              Trab.");
}

static void rejected_heading(void)
{
    line("T-MOV NSS           Nombre Asegurado               Error");
}

static void type_constancia(void)
{
    head();
    line("Movimientos recibidos por el IMSS    Operados     Rechazados");
    line("Bajas Modif. Reing. Total  Bajas Modif. Reing. Total  Bajas Modif. Reing. Total");
    line("1 1 1,003 1,005   0 1 1 2   1 0 1 2");
    line("Relaci\xF3n de movimientos operados");
    operated_heading();
    line("8     99028500017   MU\xD1OZ DE LA CRUZ JUAN          $  1,145.10  1  032  0  02/11/2026  1  0");
    line("                    CARLOS");
    foot(1);
    page();
    line("Constancia, contin\xFA"
         "a");
    operated_heading();
    line("7     99000002004   X JOSE                         $    145.10  0  000  2  23/11/2026  0  0");
    line("Relaci\xF3n de movimientos rechazados");
    rejected_heading();
    line("2     99000003002   PEREZ LOPEZ ANA                022 El asegurado no tiene una relaci\xF3n");
    line("                    MARIA                          laboral vigente");
    line("                                                   Dato registrado en el IMSS: BAJA DEL");
    line("                                                   01/02/2026");
    line("                                                   031 La CURP no corresponde");
    line("08    99000004000   RUIZ EVA                       061 Duplicado");
    line("Para efectos de esta constancia: NSS = N\xFAmero de seguridad social");
    line("8     99000005007   NO ES FILA");
    foot(2);
}

static void the_constancia_gives_its_rows_and_errors(void **state)
{
    type_constancia();
    struct layout layout = parsed();
    struct constancia constancia;
    _cleanup_err_ struct err err = ERR_INIT;
    if (constancia_read(&layout, &constancia, &err) < 0)
        fail_msg("%s", err_text(&err));
    assert_string_equal(constancia.portal_lot, "123456789");
    assert_int_equal(constancia.received[COUNT_REINGRESOS], 1003);
    assert_int_equal(constancia.operated[COUNT_TOTAL], 2);
    assert_int_equal(constancia.rejected[COUNT_BAJAS], 1);
    assert_int_equal(constancia.n_rows, 4);

    const struct constancia_row *row = constancia.rows;
    assert_int_equal(row[0].type, MOVEMENT_REINGRESO);
    assert_true(row[0].operated);
    assert_string_equal(row[0].nss, "99028500017");
    assert_string_equal(row[0].name, "MUÑOZ DE LA CRUZ JUAN CARLOS");
    assert_int_equal(row[0].sbc_centavos, 114510);
    assert_int_equal(row[0].extemporaneo, '1');
    assert_string_equal(row[0].umf, "032");
    assert_int_equal(row[0].date, 20261102);
    assert_string_equal(row[1].name, "X JOSE");

    assert_false(row[2].operated);
    assert_int_equal(row[2].type, MOVEMENT_BAJA);
    assert_string_equal(row[2].name, "PEREZ LOPEZ ANA MARIA");
    assert_int_equal(row[2].n_errors, 2);
    assert_string_equal(row[2].errors[0].code, "022");
    assert_string_equal(row[2].errors[0].text, "El asegurado no tiene una relación laboral vigente");
    assert_string_equal(row[2].errors[0].imss_value, "BAJA DEL 01/02/2026");
    assert_string_equal(row[2].errors[1].code, "031");
    assert_null(row[2].errors[1].imss_value);
    assert_int_equal(row[2].sbc_centavos, -1);
    assert_string_equal(row[3].errors[0].text, "Duplicado");
    constancia_free(&constancia);
    layout_free(&layout);
}

static void a_constancia_is_refused_rather_than_guessed(void **state)
{
    static const struct {
        const char *row, *what;
    } cases[] = {
        {"8     99028500017   PEREZ JUAN                     $ 145.1    0     000  2     23/11/2026  0      "
         "0",
         "movimiento operado"},
        {"8     99028500017   PEREZ JUAN                     $ 145.10   0     000  2     31/02/2026  0      "
         "0",
         "movimiento operado"},
        {"8     99028500017                                  $ 145.10   0     000  2     23/11/2026  0      "
         "0",
         "movimiento operado"},
        {"9     99028500017   PEREZ JUAN                     $ 145.10   0     000  2     23/11/2026  0      "
         "0",
         "page 1, line 14: a row"},
        {NULL, "twelve totals"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        fresh(state);
        head();
        line(cases[i].row ? "0 0 1 1 0 0 1 1 0 0 0 0" : "0 0 1 1 0 0 1 1 0 0 0");
        line("Relaci\xF3n de movimientos operados");
        operated_heading();
        line("8     99028500017   PEREZ JUAN                     $ 145.10   0     000  2     23/11/2026  0   "
             "   0");
        line(cases[i].row ? cases[i].row : "");
        struct layout layout = parsed();
        struct constancia constancia;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_true(constancia_read(&layout, &constancia, &err) < 0);
        assert_int_equal(err.code, ERR_UNREADABLE_RECEIPT);
        if (!strstr(err.text, cases[i].what))
            fail_msg("'%s' instead of '%s'", err.text, cases[i].what);
        layout_free(&layout);
    }
}

static void words_without_places_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "plain text",
        "<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">before any page</word>",
        "<page >\n<word xMin=\"1\" yMin=\"1\" xMax=\"2\">a</word>\n",
        "<page >\n<word xMin=\"9\" yMin=\"1\" xMax=\"2\" yMax=\"2\">a</word>\n",
        "<page >\n<word xMin=\"nan\" yMin=\"1\" xMax=\"2\" yMax=\"2\">a</word>\n",
        "<page >\n<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">a\n",
        "<page >\n<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">\xF1</word>\n",
    };
    buf_free(&bbox);
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        struct buf text = BUF_INIT;
        struct layout layout;
        buf_add_str(&text, texts[i]);
        assert_int_equal(layout_parse(&text, &layout, NULL), -ERR_UNREADABLE_RECEIPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_acuse_gives_back_the_very_bytes),
        cmocka_unit_test_setup(an_acuse_is_refused_rather_than_guessed, fresh),
        cmocka_unit_test_setup(the_constancia_gives_its_rows_and_errors, fresh),
        cmocka_unit_test(a_constancia_is_refused_rather_than_guessed),
        cmocka_unit_test_setup(words_without_places_are_refused, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
