/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/data.h"
#include "idse/intake.h"
#include "idse/law.h"
#include "tests/synthetic.h"

enum { LINE = RECORD_COLUMNS + 2 };

static const struct intake_rp rps[] = {
    {.rp = "A9900003103", .guia = "01400", .enye = ENYE_LATIN1},
    {.rp = "Z9900001108", .guia = "", .enye = ENYE_HASH},
    {.rp = "Z9900002106", .guia = "", .enye = ENYE_N},
};
static const struct intake_options registered = {.rps = rps, .n_rps = ELEMENTSOF(rps)};

static void add(struct buf *file, const char *rp, enum movement_type type, unsigned number)
{
    struct movement m = synthetic_movement(type, number);
    snprintf(m.rp, sizeof(m.rp), "%s", rp);
    record_write(file, &m, ENYE_HASH);
}

/* Three registros patronales, two types, nothing in order; the control record is right. */
static void make_file(struct buf *file)
{
    add(file, "Z9900001108", MOVEMENT_REINGRESO, 1);
    add(file, "A9900003103", MOVEMENT_BAJA, 2);
    add(file, "Z9900001108", MOVEMENT_BAJA, 3);
    add(file, "Z9900001108", MOVEMENT_REINGRESO, 4);
    add(file, "A9900003103", MOVEMENT_BAJA, 1);
    record_write_control(file, 5, "06400");
}

/* What a lot would be read as by itself. */
static size_t read_lot(const struct intake_lot *lot, struct movement *ret, size_t max)
{
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(lot->records.data, lot->records.len, &findings);
    size_t n = 0;
    struct movement m;
    while (record_reader_next(reader, &m)) {
        assert_true(n < max);
        ret[n++] = m;
    }
    assert_int_equal(findings.errors + findings.warnings, 0); /* among them: the count fits */
    return n;
}

static void a_file_is_split_by_rp_and_type_in_its_order(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file);
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &registered, &intake, NULL), 0);
    assert_int_equal(intake.n_lots, 3);

    struct movement m[8];
    const struct intake_lot *lot = &intake.lots[0];
    assert_string_equal(lot->rp, "Z9900001108");
    assert_int_equal(lot->type, MOVEMENT_REINGRESO);
    assert_int_equal(lot->counts[COUNT_TOTAL], 2);
    assert_int_equal(lot->counts[COUNT_REINGRESOS], 2);
    assert_int_equal(lot->counts[COUNT_BAJAS], 0);
    assert_int_equal(lot->records.len, 3 * LINE);
    assert_int_equal(read_lot(lot, m, 8), 2);
    assert_string_equal(m[0].clave, "E0000001");
    assert_string_equal(m[1].clave, "E0000004");
    assert_string_equal(m[0].guia, "06400");

    lot = &intake.lots[1];
    assert_string_equal(lot->rp, "A9900003103");
    assert_int_equal(lot->counts[COUNT_BAJAS], 2);
    assert_int_equal(read_lot(lot, m, 8), 2);
    assert_string_equal(m[0].clave, "E0000002");
    assert_string_equal(m[1].clave, "E0000001");
    assert_memory_equal(lot->records.data + 2 * LINE + 133, "06400", 5);
    assert_int_equal(read_lot(&intake.lots[2], m, 8), 1);
}

/* What the lot says whose only movement has this guía, at a registro patronal that has 01400, or none. */
static void take_guia(const char *rp, const char *guia, struct intake *ret, const char *want)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    add(&file, rp, MOVEMENT_BAJA, 1);
    memcpy(file.data + 133, guia, 5);
    record_write_control(&file, 1, "06400");
    assert_int_equal(intake_read(file.data, file.len, &registered, ret, NULL), 0);
    assert_memory_equal(ret->lots[0].records.data + 133, want, 5);
    assert_memory_equal(ret->lots[0].records.data + LINE + 133, want, 5); /* the control record */
}

static void the_rps_guia_is_put_in_where_the_file_has_none(void **state)
{
    static const struct {
        const char *rp, *guia, *want, *proposed;
    } cases[] = {
        {"A9900003103", "     ", "01400", "01400"}, {"A9900003103", "00000", "01400", NULL},
        {"A9900003103", "01400", "01400", NULL},    {"Z9900001108", "     ", "00000", "00000"},
        {"Z9900001108", "06400", "06400", NULL},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(intake_free) struct intake intake;
        take_guia(cases[i].rp, cases[i].guia, &intake, cases[i].want);
        assert_int_equal(findings_count(&intake.findings, "guia-other"), 0);
        const struct finding *missing = findings_last(&intake.findings, RULE_GUIA_MISSING, 1);
        assert_int_equal(missing != NULL, cases[i].proposed != NULL);
        if (missing)
            assert_string_equal(missing->fix, cases[i].proposed);
    }
}

static void a_guia_of_the_file_is_kept_and_a_different_one_is_told(void **state)
{
    _cleanup_(intake_free) struct intake intake;
    take_guia("A9900003103", "06400", &intake, "06400");
    const struct finding *other = findings_last(&intake.findings, RULE_GUIA_OTHER, 1);
    assert_non_null(other);
    assert_int_equal(other->severity, FINDING_WARNING);
    assert_int_equal(other->column, 134);
    assert_string_equal(other->value, "06400");
    assert_non_null(strstr(other->text, "06400, 01400"));
}

static void a_mixed_file_stays_whole_when_asked(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file);
    struct intake_options mixed = registered;
    mixed.keep_mixed = true;
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &mixed, &intake, NULL), 0);
    assert_int_equal(intake.n_lots, 2);
    assert_int_equal(intake.lots[0].type, MOVEMENT_NONE);
    assert_int_equal(intake.lots[0].counts[COUNT_REINGRESOS], 2);
    assert_int_equal(intake.lots[0].counts[COUNT_BAJAS], 1);
    struct movement m[8];
    assert_int_equal(read_lot(&intake.lots[0], m, 8), 3);
    assert_int_equal(m[1].type, MOVEMENT_BAJA);
}

static void the_policy_of_each_rp_is_kept(void **state)
{
    const char *const names[] = {"A9900003103", "Z9900001108", "Z9900002106"};
    const char bytes[] = {(char)0xD1, '#', 'N'};
    for (size_t i = 0; i < 3; i++) {
        _cleanup_buf_ struct buf file = BUF_INIT;
        add(&file, names[i], MOVEMENT_BAJA, 1); /* MUÑOZ */
        _cleanup_(intake_free) struct intake intake;
        assert_int_equal(intake_read(file.data, file.len, &registered, &intake, NULL), 0);
        assert_int_equal(intake.lots[0].records.data[24], bytes[i]);
    }
}

static void the_same_movement_twice_is_an_error_with_both_lines(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file);
    file.len -= LINE;
    add(&file, "Z9900001108", MOVEMENT_BAJA, 3);
    _cleanup_(intake_free) struct intake intake;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(intake_read(file.data, file.len, &registered, &intake, &err), -ERR_INVALID_FILE);
    assert_int_equal(intake.n_lots, 0);
    assert_null(intake.lots);
    assert_int_equal(findings_count(&intake.findings, "movement-repeated"), 1);
    assert_non_null(strstr(err.text, "line 6, column 12"));
    assert_non_null(strstr(err.text, "in line: 3"));
}

static void another_date_is_another_movement(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    struct movement m = synthetic_movement(MOVEMENT_MODIFICACION, 7);
    record_write(&file, &m, ENYE_HASH);
    m.date++;
    record_write(&file, &m, ENYE_HASH);
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &registered, &intake, NULL), 0);
    assert_int_equal(intake.lots[0].counts[COUNT_MODIFICACIONES], 2);
}

static void an_unknown_rp_refuses_the_whole_file(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    add(&file, "Z9900001108", MOVEMENT_BAJA, 1);
    add(&file, "B9900001109", MOVEMENT_BAJA, 2);
    _cleanup_(intake_free) struct intake intake;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(intake_read(file.data, file.len, &registered, &intake, &err), -ERR_UNKNOWN_RP);
    assert_non_null(strstr(err.text, "line 2, column 1"));
    assert_non_null(strstr(err.text, "B9900001109"));
    assert_int_equal(intake.n_lots, 0);
    intake_free(&intake);

    struct intake_options any = {.any_rp = true};
    assert_int_equal(intake_read(file.data, file.len, &any, &intake, NULL), 0);
    assert_int_equal(intake.n_lots, 2);
}

static void one_bad_record_refuses_the_whole_file_and_all_are_told(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file);
    file.data[1 * LINE + 118] = '9'; /* the day */
    file.data[3 * LINE + 115] = '7'; /* tipo de trabajador */
    _cleanup_(intake_free) struct intake intake;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(intake_read(file.data, file.len, &registered, &intake, &err), -ERR_INVALID_FILE);
    assert_int_equal(intake.findings.errors, 2);
    assert_int_equal(intake.n_lots, 0);
    assert_non_null(strstr(err.text, "line 2, column 119"));
    assert_non_null(strstr(err.text, "1 more error"));
}

/* What a movement would be refused for when the rest of it was put right is told with the rest. */
static void all_that_is_wrong_with_one_record_is_told_in_one_go(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    add(&file, "B9900001109", MOVEMENT_REINGRESO, 1);
    memcpy(file.data + 103, "000001", 6);      /* the SBC */
    memcpy(file.data + 149, "NOT A CURP", 10); /* too short, and what follows is of no CURP */
    static const char *const rules[] = {"rp-unknown", "sbc-under-minimum", "curp-shape"};
    struct intake_options options = registered;
    _cleanup_law_ struct law law = {0};
    assert_int_equal(law_load(data_read, &law, NULL), 0);
    options.check = (struct check_options){.limits = law.limits, .calendar = law.calendar, .today = 20261125};
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &options, &intake, NULL), -ERR_INVALID_FILE);
    for (size_t i = 0; i < ELEMENTSOF(rules); i++)
        assert_int_equal(findings_count(&intake.findings, rules[i]), 1);
    assert_int_equal(intake.findings.errors, ELEMENTSOF(rules));
}

static void an_input_over_the_limit_is_not_even_read(void **state)
{
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file);
    struct intake_options limited = registered;
    limited.max_bytes = file.len;
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &limited, &intake, NULL), 0);
    intake_free(&intake);
    limited.max_bytes--;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(intake_read(file.data, file.len, &limited, &intake, &err), -ERR_TOO_LARGE);
    assert_int_equal(intake.findings.n, 0);
}

static void an_empty_file_is_refused(void **state)
{
    _cleanup_(intake_free) struct intake intake;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(intake_read("", 0, &registered, &intake, &err), -ERR_INVALID_FILE);
    assert_int_equal(findings_count(&intake.findings, "file-empty"), 1);
}

/* Enough rows that comparing each with each would never end. */
static void many_movements_of_many_rps_are_told_apart(void **state)
{
    enum { ROWS = 60000 };
    _cleanup_buf_ struct buf file = BUF_INIT;
    for (unsigned i = 0; i < ROWS; i++) {
        char rp[12];
        snprintf(rp, sizeof(rp), "Z%09u", i % 3000);
        rp[10] = rp_check_digit(rp);
        rp[11] = '\0';
        add(&file, rp, MOVEMENT_BAJA, i);
    }
    struct intake_options any = {.any_rp = true};
    _cleanup_(intake_free) struct intake intake;
    assert_int_equal(intake_read(file.data, file.len, &any, &intake, NULL), 0);
    assert_int_equal(intake.n_lots, 3000);
    for (size_t i = 0; i < intake.n_lots; i++)
        assert_int_equal(intake.lots[i].counts[COUNT_TOTAL], ROWS / 3000);
}

/* ---- workers with several movements ---- */

/* A movement of a file: worker, type and day of November. */
struct row {
    unsigned worker;
    enum movement_type type;
    int32_t day;
};

#define R MOVEMENT_REINGRESO
#define B MOVEMENT_BAJA
#define M MOVEMENT_MODIFICACION

static void make_rows(struct buf *file, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct movement m = synthetic_movement(rows[i].type, rows[i].worker);
        m.date = 20261100 + rows[i].day;
        snprintf(m.rp, sizeof(m.rp), "Z9900001108");
        record_write(file, &m, ENYE_HASH);
    }
    record_write_control(file, n, "06400");
}

/* What the lots have: "B2/25 | R1/24 R2/26". */
static void describe(const struct intake *intake, struct buf *ret)
{
    struct movement m[16];
    for (size_t i = 0; i < intake->n_lots; i++) {
        size_t n = read_lot(&intake->lots[i], m, ELEMENTSOF(m));
        size_t of_type = intake->lots[i].counts[count_of_type(m[0].type)];
        assert_int_equal(intake->lots[i].counts[COUNT_TOTAL], n);
        assert_true(intake->lots[i].type == MOVEMENT_NONE ||
                    (intake->lots[i].type == m[0].type && of_type == n));
        for (size_t j = 0; j < n; j++)
            buf_printf(ret, "%s%c%s/%02d",
                       j   ? " "
                       : i ? " | "
                           : "",
                       m[j].type == MOVEMENT_BAJA        ? 'B'
                       : m[j].type == MOVEMENT_REINGRESO ? 'R'
                                                         : 'M',
                       m[j].clave + strspn(m[j].clave, "E0"), (int)(m[j].date % 100));
    }
    buf_add_char(ret, '\0');
}

static void a_worker_with_several_movements_has_them_sent_by_their_dates(void **state)
{
    static const struct {
        struct row rows[6];
        size_t n;
        const char *lots;
        size_t warnings; /* that dates contradict lines */
    } cases[] = {
        {{{1, R, 24}, {2, B, 25}, {2, R, 26}}, 3, "B2/25 | R1/24 R2/26", 0},
        {{{1, R, 24}, {2, R, 26}, {2, B, 25}}, 3, "B2/25 | R1/24 R2/26", 1},
        {{{1, R, 24}, {2, R, 24}, {1, M, 25}, {2, B, 26}}, 4, "R1/24 R2/24 | M1/25 | B2/26", 0},
        {{{1, R, 24}, {1, B, 25}, {2, B, 24}, {2, R, 25}}, 4, "R1/24 | B1/25 B2/24 | R2/25", 0},
        {{{1, R, 24}, {1, B, 25}, {1, R, 26}, {2, R, 24}}, 4, "R1/24 R2/24 | B1/25 | R1/26", 0},
        {{{1, M, 26}, {2, M, 24}, {1, M, 25}}, 3, "M1/25 M2/24 M1/26", 1},
        {{{3, M, 24}, {1, B, 26}, {1, R, 26}},
         3,
         "M3/24 | B1/26 | R1/26",
         0}, /* one day: as the file has it */
        {{{3, M, 24}, {1, R, 26}, {1, B, 26}}, 3, "M3/24 | R1/26 | B1/26", 0}, /* */
        {{{1, M, 26}, {2, B, 26}, {1, R, 26}, {2, M, 26}},
         4,
         "R1/26 | M2/26 M1/26 | B2/26",
         0}, /* if it can be */
        {{{1, R, 24}, {2, B, 25}, {3, R, 26}}, 3, "R1/24 R3/26 | B2/25", 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_buf_ struct buf file = BUF_INIT, lots = BUF_INIT;
        make_rows(&file, cases[i].rows, cases[i].n);
        _cleanup_(intake_free) struct intake intake;
        assert_int_equal(intake_read(file.data, file.len, &registered, &intake, NULL), 0);
        describe(&intake, &lots);
        assert_string_equal(lots.data, cases[i].lots);
        assert_int_equal(findings_count(&intake.findings, "date-order"), cases[i].warnings);
        assert_int_equal(intake.n_events, cases[i].n);
    }
}

static void so_has_one_in_a_mixed_lot_but_not_in_a_correction(void **state)
{
    static const struct row rows[] = {{1, R, 26}, {2, B, 25}, {1, B, 25}};
    static const char *const lots[] = {"B1/25 B2/25 R1/26", "R1/26 B2/25 B1/25"};
    for (int as_it_is = 0; as_it_is < 2; as_it_is++) {
        struct intake_options options = registered;
        options.keep_mixed = true;
        options.as_it_is = as_it_is;
        _cleanup_buf_ struct buf file = BUF_INIT, found = BUF_INIT;
        make_rows(&file, rows, ELEMENTSOF(rows));
        _cleanup_(intake_free) struct intake intake;
        assert_int_equal(intake_read(file.data, file.len, &options, &intake, NULL), 0);
        assert_int_equal(intake.n_lots, 1);
        describe(&intake, &found);
        assert_string_equal(found.data, lots[as_it_is]);
        assert_int_equal(findings_count(&intake.findings, "date-order"), 1);
        assert_int_equal(intake.events[0].event.type, MOVEMENT_BAJA); /* worker 1: by date in any case */
    }
}

/* Another registro patronal keeps its lots, in their places; those that one has more than before come last. */
static void only_the_registro_patronal_of_the_worker_gets_more_lots(void **state)
{
    static const struct intake_options any = {.any_rp = true};
    static const struct {
        const char *rp;
        struct row row;
    } rows[] = {
        {"Z9900001108", {1, R, 24}}, {"A9900003103", {1, B, 24}}, {"Z9900001108", {1, B, 25}},
        {"Z9900001108", {1, R, 26}}, {"A9900003103", {2, R, 24}}, {"Z9900001108", {2, B, 24}},
    };
    for (size_t i = 0; i < 2; i++) {
        _cleanup_buf_ struct buf file = BUF_INIT, lots = BUF_INIT;
        for (size_t j = 0; j < ELEMENTSOF(rows); j++) {
            struct movement m = synthetic_movement(rows[j].row.type, rows[j].row.worker);
            m.date = 20261100 + rows[j].row.day;
            snprintf(m.rp, sizeof(m.rp), "%s", rows[j].rp);
            record_write(&file, &m, ENYE_HASH);
        }
        _cleanup_(intake_free) struct intake intake;
        assert_int_equal(intake_read(file.data, file.len, i ? &any : &registered, &intake, NULL), 0);
        describe(&intake, &lots);
        assert_string_equal(lots.data, "R1/24 | B1/24 | B1/25 B2/24 | R2/24 | R1/26");
        assert_string_equal(intake.lots[4].rp, "Z9900001108");
        assert_string_equal(intake.lots[3].rp, "A9900003103");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_split_by_rp_and_type_in_its_order),
        cmocka_unit_test(the_rps_guia_is_put_in_where_the_file_has_none),
        cmocka_unit_test(a_guia_of_the_file_is_kept_and_a_different_one_is_told),
        cmocka_unit_test(a_mixed_file_stays_whole_when_asked),
        cmocka_unit_test(the_policy_of_each_rp_is_kept),
        cmocka_unit_test(the_same_movement_twice_is_an_error_with_both_lines),
        cmocka_unit_test(another_date_is_another_movement),
        cmocka_unit_test(an_unknown_rp_refuses_the_whole_file),
        cmocka_unit_test(one_bad_record_refuses_the_whole_file_and_all_are_told),
        cmocka_unit_test(all_that_is_wrong_with_one_record_is_told_in_one_go),
        cmocka_unit_test(an_input_over_the_limit_is_not_even_read),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(many_movements_of_many_rps_are_told_apart),
        cmocka_unit_test(a_worker_with_several_movements_has_them_sent_by_their_dates),
        cmocka_unit_test(so_has_one_in_a_mixed_lot_but_not_in_a_correction),
        cmocka_unit_test(only_the_registro_patronal_of_the_worker_gets_more_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
