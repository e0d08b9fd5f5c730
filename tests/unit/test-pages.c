/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "portal/page.h"

static struct page *parse(const char *html)
{
    return page_parse(html, strlen(html), "imsgErrors");
}

static bool shows(const struct page *page, enum mark_kind kind, bool absent, const char *value)
{
    struct mark mark = {.kind = kind, .absent = absent, .value = (char *)value};
    return page_shows(page, &(struct marks){.items = &mark, .n = 1});
}

static void marks_are_found_in_what_is_visible(void **state)
{
    _cleanup_(page_cleanup) struct page *page =
        parse("<html><head><title>t</title><script>var a = 'Cerrar Sesion oculta';</script></head><body>"
              "<!-- Bienvenido --><p>Cerrar\n  <b>Sesi</b>ón&nbsp;ya</p><input id=botonFirma>"
              "<div id='imsgErrors'> Usuario o <i>contraseña</i> incorrectos </div></body></html>");
    assert_non_null(page);
    assert_true(shows(page, MARK_TEXT, false, "cerrar SESIÓN ya"));
    assert_false(shows(page, MARK_TEXT, false, "oculta"));
    assert_false(shows(page, MARK_TEXT, false, "Bienvenido"));
    assert_true(shows(page, MARK_TEXT, true, "Bienvenido"));
    assert_true(shows(page, MARK_ID, false, "botonFirma"));
    assert_false(shows(page, MARK_ID, false, "boton"));
    assert_true(shows(page, MARK_ERROR, false, "CONTRASEÑA incorrectos"));
    assert_false(shows(page, MARK_ERROR, false, "Sesión"));
    assert_string_equal(page_error(page), "Usuario o contraseña incorrectos");
    assert_false(page_shows(page, &(struct marks){0})); /* nothing proves nothing */
}

static void all_marks_of_a_list_are_needed(void **state)
{
    _cleanup_(page_cleanup) struct page *page = parse("<p id=a>uno</p>");
    struct mark marks[] = {{MARK_ID, false, (char *)"a"}, {MARK_TEXT, false, (char *)"dos"}};
    assert_false(page_shows(page, &(struct marks){marks, 2}));
    assert_true(page_shows(page, &(struct marks){marks, 1}));
}

static void bytes_decide_their_encoding_not_the_declaration(void **state)
{
    static const char *const pages[] = {
        "<html><meta charset=\"ISO-8859-1\"><p id=a>Sesi\xC3\xB3n \xC3\x91</p>",
        "<html><meta charset=\"UTF-8\"><p id=a>Sesi\xF3n \xD1</p>",
        "<html><p id=a>Sesi&oacute;n &#209;</p>",
    };
    for (size_t i = 0; i < ELEMENTSOF(pages); i++) {
        _cleanup_(page_cleanup) struct page *page = parse(pages[i]);
        _cleanup_free_ char *text = page_text_of(page, "a");
        assert_string_equal(text, "Sesión Ñ");
    }
}

static void what_is_no_page_is_none(void **state)
{
    struct buf deep = BUF_INIT;
    for (int i = 0; i < 5000; i++)
        buf_add_str(&deep, "<div>");
    assert_null(page_parse(deep.data, deep.len, "e"));
    buf_free(&deep);
    assert_null(page_parse("<p>a\0b", 6, "e"));
    assert_null(page_parse("", 0, "e"));
    static const char binary[] = "\xFF\xFE<\0h\0";
    assert_null(page_parse(binary, sizeof(binary), "e"));
}

/* ---- the list ---- */

static const struct profile_step list = {.table_class = (char *)"table-striped",
                                         .processed_class = (char *)"bottom-buffer",
                                         .csv_link = (char *)"CSV"};

static const char list_page[] =
    "<h2>Lotes enviados</h2><table class='table table-striped'>"
    "<tr class=h><td colspan=5>Enviados</td><td>a</td><td>b</td><td>c</td></tr>"
    "<tr><td>000000009</td><td>sin</td><td>clase</td><td>x</td></tr>"
    "<tr class=r><td><a href='#'> 000000003 </a></td><td>Bajas</td><td>2026-11-23 "
    "10:05</td><td><a>Acuse</a></td></tr>"
    "</table><h2>Lotes procesados</h2><table class=\"table bottom-buffer table-striped\">"
    "<tr class=r><td><a>000000002</a></td><td>Reingresos</td><td>22/11/2026</td><td><a>Acuse</a></td>"
    "<td><a><b>CSV</b></a></td></tr>"
    "<tr class=r><td><a>000000001</a></td><td>Mixto</td><td>21/11/2026 08:30</td><td>CSV</td></tr>"
    "</table><table class=otra><tr class=r><td>1234</td><td>2</td><td>3</td><td>4</td></tr></table>";

static void the_list_has_its_rows_and_nothing_else(void **state)
{
    _cleanup_(page_cleanup) struct page *page = parse(list_page);
    struct page_rows rows;
    assert_int_equal(page_rows(page, &list, &rows, NULL), 0);
    assert_int_equal(rows.n, 3);
    assert_true(rows.newest_first);
    const struct page_row *row = rows.items;
    assert_string_equal(row[0].row.portal_lot, "000000003");
    assert_string_equal(row[0].row.type, "Bajas");
    assert_string_equal(row[0].date_text, "2026-11-23 10:05");
    assert_false(row[0].row.processed || row[0].row.has_csv);
    assert_int_equal(row[0].row.date_us, time_from_date(20261123, 10 * 60 + 5));
    assert_int_equal(row[0].date_end_us - row[0].row.date_us, US_PER_MIN);
    assert_true(row[1].row.processed && row[1].row.has_csv);
    assert_int_equal(row[1].date_end_us, time_from_date(20261123, 0)); /* a day without its hour */
    assert_true(row[2].row.processed);
    assert_false(row[2].row.has_csv); /* the word alone is no link */
    page_rows_free(&rows);
}

static void rows_out_of_order_are_told(void **state)
{
    _cleanup_(page_cleanup) struct page *page =
        parse("<table class=table-striped>"
              "<tr class=r><td>1000</td><td>a</td><td>2026-11-01</td><td></td></tr>"
              "<tr class=r><td>1001</td><td>a</td><td>2026-11-02</td><td></td></tr></table>");
    struct page_rows rows;
    assert_int_equal(page_rows(page, &list, &rows, NULL), 0);
    assert_false(rows.newest_first);
    page_rows_free(&rows);
}

static void a_row_that_is_no_lot_is_not_guessed(void **state)
{
    _cleanup_(page_cleanup) struct page *page =
        parse("<table class=table-striped><tr "
              "class=r><td>Lote</td><td>a</td><td>2026-11-01</td><td></td></tr></table>");
    struct page_rows rows;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_true(page_rows(page, &list, &rows, &err) < 0);
    assert_int_equal(err.code, ERR_PORTAL_CHANGED);
    assert_non_null(strstr(err.text, "Lote"));
}

static void dates_are_read_in_either_form(void **state)
{
    static const struct {
        const char *text;
        int32_t date;
        int minutes;
    } good[] = {
        {"23/11/2026", 20261123, 0},          {"2026-11-23", 20261123, 0},
        {"23/11/2026 09:07", 20261123, 547},  {"2026-11-23T09:07", 20261123, 547},
        {"29/02/2028 23:59", 20280229, 1439},
    };
    int64_t us, end_us;
    for (size_t i = 0; i < ELEMENTSOF(good); i++) {
        assert_true(page_date(good[i].text, &us, &end_us));
        assert_int_equal(us, time_from_date(good[i].date, good[i].minutes));
    }
    assert_true(page_date("2026-11-23 09:07:30", &us, NULL));
    assert_int_equal(us, time_from_date(20261123, 547) + 30 * US_PER_S);
    static const char *const bad[] = {"",
                                      "23-11-2026",
                                      "2026/11/23",
                                      "31/02/2026",
                                      "2026-13-01",
                                      "23/11/26",
                                      "23/11/2026x",
                                      "2026-11-23 ",
                                      "2026-11-23 24:00",
                                      "29/02/2026",
                                      "2026-11-23 9:07"};
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        if (page_date(bad[i], &us, NULL))
            fail_msg("'%s' was read", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_found_in_what_is_visible),
        cmocka_unit_test(all_marks_of_a_list_are_needed),
        cmocka_unit_test(bytes_decide_their_encoding_not_the_declaration),
        cmocka_unit_test(what_is_no_page_is_none),
        cmocka_unit_test(the_list_has_its_rows_and_nothing_else),
        cmocka_unit_test(rows_out_of_order_are_told),
        cmocka_unit_test(a_row_that_is_no_lot_is_not_guessed),
        cmocka_unit_test(dates_are_read_in_either_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
