/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/receipt.h"
#include "tests/synthetic.h"

enum { SENT = 5 };

/* Two reingresos, a modification, two bajas; of the second reingreso and the first baja the portal says no. */
struct fixture {
    struct movement sent[SENT];
    struct constancia_row rows[SENT + 1];
    struct constancia constancia;
    size_t row_of[SENT];
};

static struct constancia_row row_of(const struct movement *m, bool operated)
{
    struct constancia_row row = {.type = m->type, .operated = operated, .date = operated ? m->date : 0};
    memcpy(row.nss, m->nss, sizeof(row.nss));
    return row;
}

static void count(struct constancia *constancia)
{
    memset(constancia->received, 0, sizeof(constancia->received));
    memset(constancia->operated, 0, sizeof(constancia->operated));
    memset(constancia->rejected, 0, sizeof(constancia->rejected));
    for (size_t i = 0; i < constancia->n_rows; i++) {
        const struct constancia_row *row = &constancia->rows[i];
        int column = row->type == MOVEMENT_BAJA           ? COUNT_BAJAS
                     : row->type == MOVEMENT_MODIFICACION ? COUNT_MODIFICACIONES
                                                          : COUNT_REINGRESOS;
        uint32_t *block = row->operated ? constancia->operated : constancia->rejected;
        block[column]++;
        block[COUNT_TOTAL]++;
        constancia->received[column]++;
        constancia->received[COUNT_TOTAL]++;
    }
}

static void set_up(struct fixture *f)
{
    const enum movement_type types[SENT] = {MOVEMENT_REINGRESO, MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION,
                                            MOVEMENT_BAJA, MOVEMENT_BAJA};
    for (unsigned i = 0; i < SENT; i++)
        f->sent[i] = synthetic_movement(types[i], 100 + i);
    const size_t operated[] = {4, 0, 2}, rejected[] = {3, 1};
    size_t n = 0;
    for (size_t i = 0; i < ELEMENTSOF(operated); i++)
        f->rows[n++] = row_of(&f->sent[operated[i]], true);
    for (size_t i = 0; i < ELEMENTSOF(rejected); i++)
        f->rows[n++] = row_of(&f->sent[rejected[i]], false);
    f->constancia = (struct constancia){.rp = (char *)"Z990000110", .rows = f->rows, .n_rows = n};
    count(&f->constancia);
    for (size_t i = 0; i < SENT; i++)
        f->row_of[i] = 99;
}

static int match(struct fixture *f, struct err *err)
{
    return constancia_match(&f->constancia, f->sent, SENT, f->row_of, err);
}

/* It is refused, with this in the text, and nothing was written. */
static void assert_differs(struct fixture *f, const char *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(match(f, &err), -ERR_UNREADABLE_RECEIPT);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    for (size_t i = 0; i < SENT; i++)
        assert_int_equal(f->row_of[i], 99);
}

static void each_movement_finds_its_row(void **state)
{
    struct fixture f;
    set_up(&f);
    assert_int_equal(match(&f, NULL), 0);
    const size_t expected[SENT] = {1, 4, 2, 3, 0};
    for (size_t i = 0; i < SENT; i++)
        assert_int_equal(f.row_of[i], expected[i]);
}

static void the_same_nss_is_told_apart_by_type_date_and_order(void **state)
{
    struct fixture f;
    set_up(&f);
    /* one worker: reingreso, modification of three dates, baja; the middle modification was refused */
    const enum movement_type types[SENT] = {MOVEMENT_MODIFICACION, MOVEMENT_MODIFICACION,
                                            MOVEMENT_MODIFICACION, MOVEMENT_REINGRESO, MOVEMENT_BAJA};
    for (unsigned i = 0; i < SENT; i++) {
        f.sent[i] = synthetic_movement(types[i], 1);
        f.sent[i].date = 20261101 + (int32_t)i;
    }
    const size_t order[SENT] = {4, 3, 2, 0, 1};
    for (size_t i = 0; i < SENT; i++)
        f.rows[i] = row_of(&f.sent[order[i]], i < 4);
    count(&f.constancia);
    assert_int_equal(match(&f, NULL), 0);
    const size_t expected[SENT] = {3, 4, 2, 1, 0};
    for (size_t i = 0; i < SENT; i++)
        assert_int_equal(f.row_of[i], expected[i]);
}

static void a_missing_row_is_seen(void **state)
{
    struct fixture f;
    set_up(&f);
    f.constancia.n_rows--;
    assert_differs(&f, "record 2: sent, but not in the receipt");
    count(&f.constancia); /* also when the totals agree with the rows */
    assert_differs(&f, "record 2: sent, but not in the receipt");
}

static void a_row_too_many_is_seen(void **state)
{
    struct fixture f;
    set_up(&f);
    f.rows[SENT] = f.rows[SENT - 1];
    f.constancia.n_rows++;
    count(&f.constancia);
    assert_differs(&f, "in the receipt, but not sent so");
}

static void another_type_or_date_or_worker_is_not_the_same_movement(void **state)
{
    struct fixture f;
    set_up(&f);
    f.rows[1].type = MOVEMENT_MODIFICACION;
    count(&f.constancia);
    assert_differs(&f, "not sent so");
    set_up(&f);
    f.rows[0].date++;
    assert_differs(&f, "not sent so");
    set_up(&f);
    synthetic_nss(777, f.rows[2].nss);
    assert_differs(&f, "not sent so");
}

static void each_total_must_add_up(void **state)
{
    for (int block = 0; block < 3; block++)
        for (int column = 0; column < _COUNT_MAX; column++) {
            struct fixture f;
            set_up(&f);
            uint32_t *blocks[] = {f.constancia.received, f.constancia.operated, f.constancia.rejected};
            blocks[block][column]++;
            assert_differs(&f, "the totals say");
            assert_differs(&f, "operated and rejected");
        }
}

static void the_receipt_of_another_rp_is_not_ours(void **state)
{
    struct fixture f;
    set_up(&f);
    f.constancia.rp = (char *)"Z9900001108"; /* with its check digit */
    assert_int_equal(match(&f, NULL), 0);
    set_up(&f);
    f.constancia.rp = (char *)"Z990000210";
    assert_differs(&f, "the registro patronal is Z990000210, sent was Z9900001108");
    f.constancia.rp = (char *)"";
    assert_differs(&f, "the registro patronal");
}

static void many_differences_are_counted_not_listed(void **state)
{
    enum { MANY = 1000 };
    struct movement *sent = xcalloc(MANY, sizeof(*sent));
    size_t *rows = xcalloc(MANY, sizeof(*rows));
    for (unsigned i = 0; i < MANY; i++)
        sent[i] = synthetic_movement(MOVEMENT_BAJA, i);
    struct constancia nothing = {.rp = (char *)"Z990000110"};
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(constancia_match(&nothing, sent, MANY, rows, &err), -ERR_UNREADABLE_RECEIPT);
    assert_non_null(strstr(err.text, "more"));
    assert_true(strlen(err.text) < 32768);
    free(sent);
    free(rows);
}

static void kinds_are_known_by_name(void **state)
{
    for (int kind = DOCUMENT_ACUSE; kind <= DOCUMENT_SIGNATURE; kind++)
        assert_int_equal(document_kind_from_name(document_kind_name((enum document_kind)kind)), kind);
    assert_int_equal(document_kind_from_name("letter"), -1);
}

static void what_was_read_is_freed_whole(void **state)
{
    struct constancia constancia = {
        .portal_lot = xstrdup("1"), .folio = xstrdup("2"), .rp = xstrdup("3"), .n_rows = 1};
    constancia.rows = xcalloc(1, sizeof(*constancia.rows));
    constancia.rows->name = xstrdup("X");
    constancia.rows->umf = xstrdup("001");
    constancia.rows->n_errors = 1;
    constancia.rows->errors = xcalloc(1, sizeof(*constancia.rows->errors));
    *constancia.rows->errors = (struct receipt_error){xstrdup("001"), xstrdup("text"), xstrdup("value")};
    constancia_free(&constancia);
    assert_null(constancia.rows);
    constancia_free(&constancia);

    struct acuse acuse = {
        .folio = xstrdup("1"), .records = xstrdup("records"), .records_len = 7, .sello = xstrdup("F")};
    acuse_free(&acuse);
    assert_null(acuse.records);
    acuse_free(&acuse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_movement_finds_its_row),
        cmocka_unit_test(the_same_nss_is_told_apart_by_type_date_and_order),
        cmocka_unit_test(a_missing_row_is_seen),
        cmocka_unit_test(a_row_too_many_is_seen),
        cmocka_unit_test(another_type_or_date_or_worker_is_not_the_same_movement),
        cmocka_unit_test(each_total_must_add_up),
        cmocka_unit_test(the_receipt_of_another_rp_is_not_ours),
        cmocka_unit_test(many_differences_are_counted_not_listed),
        cmocka_unit_test(kinds_are_known_by_name),
        cmocka_unit_test(what_was_read_is_freed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
