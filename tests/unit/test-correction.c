/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/correction.h"
#include "idse/csv-reader.h"
#include "idse/csv-writer.h"
#include "idse/imss-name.h"
#include "idse/record.h"

/* Three reingresos, of which the first and the third are rejected. */
static const struct movement sent[] = {
    {.type = MOVEMENT_REINGRESO,
     .date = 20261120,
     .sbc_centavos = 500000,
     .tipo_trabajador = '1',
     .tipo_salario = '0',
     .jornada = '0',
     .rp = "Z9900001108",
     .nss = "99028500017",
     .paterno = "PEÑA",
     .materno = "DE LA O",
     .nombres = "JUAN",
     .umf = "001",
     .guia = "06400",
     .clave = "A,\"1\"",
     .curp = "PEXJ850101HDFRXN06"},
    {.type = MOVEMENT_REINGRESO,
     .date = 20261120,
     .sbc_centavos = 45050,
     .tipo_trabajador = '1',
     .tipo_salario = '0',
     .jornada = '0',
     .rp = "Z9900001108",
     .nss = "12345678903",
     .paterno = "PEREZ",
     .nombres = "ANA",
     .umf = "001",
     .guia = "06400"},
    {.type = MOVEMENT_BAJA,
     .date = 20261119,
     .causa_baja = '2',
     .rp = "Z9900001108",
     .nss = "99028500017",
     .paterno = "PEREZ",
     .materno = "X",
     .nombres = "JUAN",
     .guia = "06400"},
};
static const uint32_t rejected[] = {0, 2};

static void write_sent(struct buf *ret)
{
    for (size_t i = 0; i < ELEMENTSOF(sent); i++)
        record_write(ret, &sent[i], ENYE_HASH);
    record_write_control(ret, ELEMENTSOF(sent), "06400");
}

/* Reads what comes of the fixes (NULL: none) into two movements. */
static int apply(const char *fixes, struct movement ret[2], struct err *err)
{
    _cleanup_buf_ struct buf records = BUF_INIT, made = BUF_INIT;
    _cleanup_(findings_free) struct findings findings = {0}, form = {0};
    write_sent(&records);
    const struct correction correction = {.records = records.data,
                                          .n = records.len,
                                          .rejected = rejected,
                                          .n_rejected = ELEMENTSOF(rejected),
                                          .fixes = fixes,
                                          .n_fixes = fixes ? strlen(fixes) : 0};
    int r = correction_apply(&correction, &findings, &made, NULL, err);
    if (r < 0)
        return r;
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(made.data, made.len, &form);
    assert_int_equal(record_reader_next(reader, &ret[0]), 1);
    assert_int_equal(record_reader_next(reader, &ret[1]), 1);
    assert_int_equal(record_reader_next(reader, &(struct movement){0}), 0);
    assert_int_equal(findings_count(&form, "control-missing"), 0);
    return 0;
}

static void assert_same(const struct movement *a, const struct movement *b)
{
    _cleanup_buf_ struct buf one = BUF_INIT, other = BUF_INIT;
    record_write(&one, a, ENYE_LATIN1);
    record_write(&other, b, ENYE_LATIN1);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.data, other.data, one.len);
}

static void what_is_not_corrected_stays_as_it_was(void **state)
{
    struct movement made[2];
    assert_int_equal(apply(NULL, made, NULL), 0);
    assert_same(&made[0], &sent[0]);
    assert_same(&made[1], &sent[2]);
}

static void the_table_of_corrections_says_what_the_records_say(void **state)
{
    _cleanup_buf_ struct buf table = BUF_INIT;
    struct movement made[2];
    csv_write_headings(&table);
    csv_write_row(&table, 3, &sent[2]);
    csv_write_row(&table, 1, &sent[0]);
    assert_int_equal(apply(table.data, made, NULL), 0);
    assert_same(&made[0], &sent[0]);
    assert_same(&made[1], &sent[2]);
}

static void a_row_finds_its_movement_by_number_or_by_what_it_was(void **state)
{
    _cleanup_buf_ struct buf table = BUF_INIT;
    struct movement made[2], other = sent[0];
    strcpy(other.nss, "12345678903");
    csv_write_headings(&table);
    csv_write_row(&table, 1, &other);
    assert_int_equal(apply(table.data, made, NULL), 0);
    assert_same(&made[0], &other);

    static const char head[] =
        "RP,NSS,Movimiento,Fecha,Apellido paterno,Nombre,Guia,Causa de baja,SBC,Tipo de trabajador,"
        "Tipo de salario,Jornada\n";
    _cleanup_free_ char *by_key =
        xasprintf("%sZ9900001108,99028500017,baja,19/11/2026,PEREZ,JUAN,06400,3,,,,\n", head);
    assert_int_equal(apply(by_key, made, NULL), 0);
    assert_int_equal(made[1].causa_baja, '3');
    assert_same(&made[0], &sent[0]);
}

static void a_row_that_fits_nothing_is_refused_with_its_line(void **state)
{
    struct movement stranger = sent[1], typed = sent[2], elsewhere = sent[0], made[2];
    strcpy(elsewhere.rp, "Z9900002106");
    const struct {
        uint32_t position;
        const struct movement *movement;
        const char *error;
    } cases[] = {
        {2, &stranger, "line 3: movement 2 of the lot is not rejected"},
        {UINT32_MAX, &sent[0], "line 3: movement 4294967295 of the lot is not rejected"},
        {3, &sent[2], "line 3: line 2 corrects the same movement"},
        {1, &typed,
         "line 3: registro patronal and type of a movement cannot be corrected; submit the right "
         "movement by itself"},
        {1, &elsewhere,
         "line 3: registro patronal and type of a movement cannot be corrected; submit the right "
         "movement by itself"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_buf_ struct buf table = BUF_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        csv_write_headings(&table);
        csv_write_row(&table, 3, &sent[2]);
        csv_write_row(&table, cases[i].position, cases[i].movement);
        assert_int_equal(apply(table.data, made, &err), -ERR_INVALID_FILE);
        assert_string_equal(err_text(&err), cases[i].error);
    }
}

static void a_name_differs_only_when_it_is_another(void **state)
{
    static const struct {
        const char *name;
        bool differs;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"PEÑA DE LA O JUAN", false},
        {"PENA DE  LA O JUAN ", false},
        {"PE#A DE LA O JUAN", false},
        {"Peña de la Ó Juan", false},
        {"PENNA DE LA O JUAN", true},
        {"PEÑA JUAN", true},
        {"PEÑA DE LA O JUANA", true},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(imss_name_differs(&sent[0], cases[i].name), cases[i].differs);
}

static void a_name_is_split_like_ours_or_not_at_all(void **state)
{
    struct movement movement = sent[0];
    assert_true(imss_name_apply(&movement, "NU#EZ DEL LA OCA JUANA"));
    assert_string_equal(movement.paterno, "NUÑEZ");
    assert_string_equal(movement.materno, "DEL LA OCA");
    assert_string_equal(movement.nombres, "JUANA");
    assert_false(imss_name_apply(&movement, "NUÑEZ OCA JUANA"));
    assert_false(imss_name_apply(&movement, "NUÑEZ DEL LA OCA JUANA MARIA"));
    assert_false(imss_name_apply(&movement, "NUÑEZ DEL LA OCA ABCDEFGHIJKLMNOPQRSTUVWXYZAB"));
    assert_string_equal(movement.paterno, "NUÑEZ");
    assert_true(imss_name_apply(&(struct movement){.paterno = "PEREZ", .nombres = "ANA"}, "PERES ANA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_corrected_stays_as_it_was),
        cmocka_unit_test(the_table_of_corrections_says_what_the_records_say),
        cmocka_unit_test(a_row_finds_its_movement_by_number_or_by_what_it_was),
        cmocka_unit_test(a_row_that_fits_nothing_is_refused_with_its_line),
        cmocka_unit_test(a_name_differs_only_when_it_is_another),
        cmocka_unit_test(a_name_is_split_like_ours_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
