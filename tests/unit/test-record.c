/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/text.h"
#include "tests/synthetic.h"

/* The layout's own examples, byte for byte. */
#define ALTA                                                                                                 \
    "Z990000110899028500017PEREZ                      X                          JUAN                      " \
    " "                                                                                                      \
    "045050      10002112026001  0806400EMP0001    PEXJ850101HDFRXN069"
#define MODIFICACION                                                                                         \
    "Z990000110899028500017PEREZ                      X                          JUAN                      " \
    " "                                                                                                      \
    "046000       0001112026     0706400EMP0001    PEXJ850101HDFRXN069"
#define BAJA                                                                                                 \
    "Z990000110899028500017PEREZ                      X                          JUAN                      " \
    " "                                                                                                      \
    "00000000000000020112026     0206400EMP0001   2                  9"
#define CONTROL(count)                                                                                       \
    "*************                                           " count                                         \
    "                                                                       06400                          " \
    "   9"

/* A file that was read, with all its movements. */
struct reading {
    struct movement movements[16];
    uint32_t lines[16];
    size_t n, bad;
    struct findings findings;
};

static void reading_free(struct reading *reading)
{
    findings_free(&reading->findings);
}

static void read_into(struct reading *reading, const void *data, size_t n)
{
    *reading = (struct reading){0};
    /* A copy of the exact size, so that the sanitizers see a read behind the end. */
    _cleanup_free_ void *copy = xmemdup(data, n);
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(copy, n, &reading->findings);
    struct movement movement;
    while (record_reader_next(reader, &movement)) {
        assert_true(reading->n < ELEMENTSOF(reading->movements));
        reading->lines[reading->n] = record_reader_line(reader);
        reading->movements[reading->n++] = movement;
    }
    assert_int_equal(record_reader_count(reader), reading->n);
    reading->bad = record_reader_bad(reader);
    assert_int_equal(record_reader_next(reader, &movement), 0); /* and stays at the end */
}

#define READ(name, text)                                                                                     \
    _cleanup_(reading_free) struct reading name;                                                             \
    read_into(&name, text, strlen(text))

/* The one finding of that rule. */
static const struct finding *find(const struct reading *reading, const char *rule)
{
    const struct finding *found = NULL;
    for (size_t i = 0; i < reading->findings.n; i++)
        if (streq(reading->findings.items[i].rule, rule)) {
            assert_null(found);
            found = &reading->findings.items[i];
        }
    if (!found)
        fail_msg("no finding %s", rule);
    return found;
}

static void assert_finding(const struct reading *reading, const char *rule, enum finding_severity severity,
                           unsigned line, unsigned column)
{
    const struct finding *finding = find(reading, rule);
    assert_int_equal(finding->severity, severity);
    assert_int_equal(finding->line, line);
    assert_int_equal(finding->column, column);
    assert_true(strlen(finding->text) > 0);
}

static size_t n_findings(const struct reading *reading)
{
    return reading->findings.errors + reading->findings.warnings + reading->findings.notes;
}

/* A copy of the record with other text from that column on. */
static const char *altered(const char *record, size_t column, const char *text)
{
    static char copy[RECORD_COLUMNS + 3];
    snprintf(copy, sizeof(copy), "%s", record);
    memcpy(copy + column - 1, text, strlen(text));
    return copy;
}

/* The record and a control record that fits. */
static const char *alone(const char *record)
{
    static char file[4096];
    snprintf(file, sizeof(file), "%s\r\n" CONTROL("000001") "\r\n", record);
    return file;
}

/* ---- the canonical form ---- */

static void the_examples_of_the_layout_are_read(void **state)
{
    READ(reading, ALTA "\r\n" MODIFICACION "\r\n" BAJA "\r\n" CONTROL("000003") "\r\n");
    assert_int_equal(reading.n, 3);
    assert_int_equal(n_findings(&reading), 1);
    assert_finding(&reading, "file-mixed", FINDING_NOTE, 2, 132);

    const struct movement *m = &reading.movements[0];
    assert_int_equal(m->type, MOVEMENT_REINGRESO);
    assert_string_equal(m->rp, "Z9900001108");
    assert_string_equal(m->nss, "99028500017");
    assert_string_equal(m->paterno, "PEREZ");
    assert_string_equal(m->materno, "X");
    assert_string_equal(m->nombres, "JUAN");
    assert_int_equal(m->sbc_centavos, 45050);
    assert_int_equal(m->tipo_trabajador, '1');
    assert_int_equal(m->tipo_salario, '0');
    assert_int_equal(m->jornada, '0');
    assert_int_equal(m->date, 20261102);
    assert_string_equal(m->umf, "001");
    assert_string_equal(m->guia, "06400");
    assert_string_equal(m->clave, "EMP0001");
    assert_string_equal(m->curp, "PEXJ850101HDFRXN06");
    assert_int_equal(m->causa_baja, 0);

    assert_int_equal(reading.movements[1].tipo_trabajador, 0);
    assert_string_equal(reading.movements[1].umf, "");
    assert_int_equal(reading.movements[1].sbc_centavos, 46000);
    assert_int_equal(reading.movements[2].causa_baja, '2');
    assert_int_equal(reading.movements[2].sbc_centavos, 0);
    assert_int_equal(reading.movements[2].date, 20261120);
    assert_string_equal(reading.movements[2].curp, "");
    assert_int_equal(reading.lines[2], 3);
}

static void the_examples_of_the_layout_are_written(void **state)
{
    static const char text[] = ALTA "\r\n" MODIFICACION "\r\n" BAJA "\r\n" CONTROL("000003") "\r\n";
    READ(reading, text);
    _cleanup_buf_ struct buf out = BUF_INIT;
    for (size_t i = 0; i < reading.n; i++)
        record_write(&out, &reading.movements[i], ENYE_HASH);
    record_write_control(&out, reading.n, "06400");
    assert_string_equal(out.data, text);
    assert_int_equal(out.len, 4 * (RECORD_COLUMNS + 2));
}

static void the_fields_of_each_type_leave_no_gap(void **state)
{
    const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA,
                                        MOVEMENT_NONE};
    for (size_t i = 0; i < ELEMENTSOF(types); i++) {
        unsigned next = 1;
        for (const struct record_field *field = record_fields(types[i]); field->name; field++) {
            assert_int_equal(field->first, next);
            assert_true(field->last >= field->first);
            next = field->last + 1u;
        }
        assert_int_equal(next, RECORD_COLUMNS + 1);
    }
}

static void assert_same_movement(const struct movement *a, const struct movement *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->date, b->date);
    assert_int_equal(a->sbc_centavos, b->sbc_centavos);
    assert_int_equal(a->tipo_trabajador, b->tipo_trabajador);
    assert_int_equal(a->tipo_salario, b->tipo_salario);
    assert_int_equal(a->jornada, b->jornada);
    assert_int_equal(a->causa_baja, b->causa_baja);
    assert_string_equal(a->rp, b->rp);
    assert_string_equal(a->nss, b->nss);
    assert_string_equal(a->paterno, b->paterno);
    assert_string_equal(a->materno, b->materno);
    assert_string_equal(a->nombres, b->nombres);
    assert_string_equal(a->umf, b->umf);
    assert_string_equal(a->guia, b->guia);
    assert_string_equal(a->clave, b->clave);
    assert_string_equal(a->curp, b->curp);
}

static void without_enye(char *text)
{
    char *to = text;
    for (const char *at = text; *at;) {
        uint32_t c = utf8_next(&at);
        *to++ = c == 0xD1 ? 'N' : (char)c;
    }
    *to = '\0';
}

static void what_was_written_reads_the_same(void **state)
{
    const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    const enum enye_policy policies[] = {ENYE_HASH, ENYE_LATIN1, ENYE_N};
    for (unsigned i = 0; i < 900; i++) {
        struct movement m = synthetic_movement(types[i % 3], i);
        enum enye_policy policy = policies[i / 3 % 3];
        _cleanup_buf_ struct buf out = BUF_INIT;
        record_write(&out, &m, policy);
        record_write_control(&out, 1, m.guia);
        assert_int_equal(out.len, 2 * (RECORD_COLUMNS + 2));
        _cleanup_(reading_free) struct reading reading;
        read_into(&reading, out.data, out.len);
        assert_int_equal(reading.n, 1);
        assert_int_equal(reading.findings.errors + reading.findings.warnings, 0);
        if (policy == ENYE_N) {
            without_enye(m.paterno);
            without_enye(m.materno);
            without_enye(m.nombres);
        }
        assert_same_movement(&reading.movements[0], &m);
        _cleanup_buf_ struct buf again = BUF_INIT;
        record_write(&again, &reading.movements[0], policy);
        assert_memory_equal(again.data, out.data, again.len);
    }
}

static void the_enye_of_each_policy_is_one_byte(void **state)
{
    struct movement m = synthetic_movement(MOVEMENT_REINGRESO, 0);
    snprintf(m.paterno, sizeof(m.paterno), "MUÑOZ");
    const struct {
        enum enye_policy policy;
        char byte;
        const char *name;
    } cases[] = {{ENYE_HASH, '#', "hash"}, {ENYE_LATIN1, (char)0xD1, "latin1"}, {ENYE_N, 'N', "n"}};
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        record_write(&out, &m, cases[i].policy);
        assert_int_equal(out.len, RECORD_COLUMNS + 2);
        assert_int_equal(out.data[24], cases[i].byte);
        assert_string_equal(enye_policy_name(cases[i].policy), cases[i].name);
        assert_int_equal(enye_policy_from_name(cases[i].name), cases[i].policy);
    }
    assert_int_equal(enye_policy_from_name("utf8"), -1);
}

/* ---- variants in use ---- */

static void every_end_of_line_is_read(void **state)
{
    const struct {
        const char *text, *rule;
        unsigned line;
    } cases[] = {
        {ALTA "\n" ALTA "\n" CONTROL("000002") "\n", "line-lf", 1},
        {ALTA "\r" ALTA "\r" CONTROL("000002") "\r", "line-cr", 1},
        {ALTA "\r\n" ALTA "\r\n" CONTROL("000002"), "line-unended", 3},
        {ALTA "\r\n" ALTA "\r\n" CONTROL("000002") "\r", "line-cr", 3},
        {ALTA "\r\n\r\n" ALTA "\r\n" CONTROL("000002") "\r\n", "line-blank", 2},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        READ(reading, cases[i].text);
        assert_int_equal(reading.n, 2);
        assert_int_equal(n_findings(&reading), 1);
        assert_finding(&reading, cases[i].rule, FINDING_NOTE, cases[i].line, 0);
    }
}

static void the_control_record_is_compared_not_trusted(void **state)
{
    READ(none, ALTA "\r\n");
    assert_int_equal(none.n, 1);
    assert_finding(&none, "control-missing", FINDING_WARNING, 0, 0);

    READ(lies, ALTA "\r\n" ALTA "\r\n" CONTROL("000001") "\r\n");
    assert_int_equal(lies.n, 2);
    assert_finding(&lies, "control-count", FINDING_WARNING, 3, 57);
    assert_string_equal(find(&lies, "control-count")->value, "000001");

    READ(twice, ALTA "\r\n" CONTROL("000001") "\r\n" CONTROL("000001") "\r\n");
    assert_finding(&twice, "control-repeated", FINDING_ERROR, 3, 1);

    READ(behind, ALTA "\r\n" CONTROL("000001") "\r\n" ALTA "\r\n");
    assert_finding(&behind, "control-not-last", FINDING_ERROR, 3, 1);
    assert_int_equal(behind.n, 1);

    char odd[] = ALTA "\r\n" CONTROL("000001") "\r\n";
    odd[RECORD_COLUMNS + 2 + 99] = '0';
    READ(shape, odd);
    assert_finding(&shape, "control-shape", FINDING_WARNING, 2, 100);

    READ(wordy, ALTA "\r\n" CONTROL("     1") "\r\n");
    assert_finding(&wordy, "control-shape", FINDING_WARNING, 2, 57);
    assert_int_equal(n_findings(&wordy), 1);
}

static void fillers_may_hold_what_generators_put_there(void **state)
{
    const struct {
        const char *record;
        size_t column;
        const char *text, *rule;
        enum finding_severity severity;
    } cases[] = {
        {ALTA, 110, "000000", "filler-zeros", FINDING_NOTE},
        {MODIFICACION, 110, "000000", "filler-zeros", FINDING_NOTE},
        {MODIFICACION, 116, "0", "filler-zeros", FINDING_NOTE},
        {MODIFICACION, 116, "1", "filler-tipo-trabajador", FINDING_NOTE},
        {MODIFICACION, 116, "7", "filler-used", FINDING_WARNING},
        {MODIFICACION, 127, "001", "filler-used", FINDING_WARNING},
        {BAJA, 104, "               ", "filler-blanks", FINDING_NOTE},
        {BAJA, 104, "045050", "filler-used", FINDING_WARNING},
        {BAJA, 150, "PEXJ850101HDFRXN06", "filler-used", FINDING_WARNING},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        READ(reading, alone(altered(cases[i].record, cases[i].column, cases[i].text)));
        READ(expected, alone(cases[i].record));
        assert_int_equal(reading.n, 1);
        assert_int_equal(n_findings(&reading), 1);
        assert_int_equal(find(&reading, cases[i].rule)->severity, cases[i].severity);
        assert_same_movement(&reading.movements[0], &expected.movements[0]);
    }
}

static void text_is_brought_into_the_canonical_form(void **state)
{
    const struct {
        size_t column;
        const char *text, *rule;
        unsigned at;
        size_t offset; /* of the field in the movement */
        const char *read;
    } cases[] = {
        {23, "MU#OZ", "text-enye", 25, offsetof(struct movement, paterno), "MUÑOZ"},
        {23, "Perez", "text-case", 24, offsetof(struct movement, paterno), "PEREZ"},
        {23, " PEREZ", "text-align", 23, offsetof(struct movement, paterno), "PEREZ"},
        {77, "JU4N", "name-character", 77, offsetof(struct movement, nombres), "JU4N"},
        {127, "12 ", "umf-padding", 127, offsetof(struct movement, umf), "012"},
        {127, "   ", "umf-padding", 127, offsetof(struct movement, umf), "000"},
        {134, "     ", "guia-missing", 134, offsetof(struct movement, guia), "00000"},
        {139, "   EMP0001", "text-align", 139, offsetof(struct movement, clave), "EMP0001"},
        {150, "pexj850101hdfrxn06", "text-case", 150, offsetof(struct movement, curp), "PEXJ850101HDFRXN06"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        READ(reading, alone(altered(ALTA, cases[i].column, cases[i].text)));
        assert_int_equal(reading.n, 1);
        assert_int_equal(n_findings(&reading), 1);
        assert_int_equal(find(&reading, cases[i].rule)->column, cases[i].at);
        assert_string_equal((const char *)&reading.movements[0] + cases[i].offset, cases[i].read);
    }
}

static void the_employers_own_key_keeps_its_hash(void **state)
{
    READ(reading, alone(altered(ALTA, 139, "E#1")));
    assert_string_equal(reading.movements[0].clave, "E#10001");
    assert_int_equal(n_findings(&reading), 0);
}

static void a_short_curp_on_the_right_is_found_out(void **state)
{
    READ(reading, alone(altered(ALTA, 150, "   PEXJ850101HDFRX")));
    assert_int_equal(reading.n, 0);
    assert_finding(&reading, "text-align", FINDING_NOTE, 1, 150);
    assert_finding(&reading, "curp-shape", FINDING_ERROR, 1, 150);
}

static void the_encoding_is_one_for_the_file(void **state)
{
    /* one column less of blanks for the second byte of a UTF-8 character would be wrong: columns are characters */
    char utf8[1024], cp1252[4096];
    snprintf(utf8, sizeof(utf8), "%s\r\n", ALTA);
    memmove(utf8 + 26, utf8 + 25, strlen(utf8) - 24);
    memcpy(utf8 + 24, "Ñ", 2); /* PEÑEZ */
    strcat(utf8, CONTROL("000001") "\r\n");
    READ(wide, utf8);
    assert_int_equal(wide.n, 1);
    assert_string_equal(wide.movements[0].paterno, "PEÑEZ");
    assert_int_equal(n_findings(&wide), 1);
    assert_finding(&wide, "file-utf8", FINDING_NOTE, 1, 0);

    snprintf(cp1252, sizeof(cp1252), "%s", alone(altered(ALTA, 23, "PE\xD1\xC1Z")));
    READ(narrow, cp1252);
    assert_int_equal(narrow.n, 1);
    assert_string_equal(narrow.movements[0].paterno, "PEÑAZ");
    assert_int_equal(n_findings(&narrow), 2);
    assert_finding(&narrow, "file-cp1252", FINDING_NOTE, 1, 0);
    assert_finding(&narrow, "text-accent", FINDING_NOTE, 1, 26);

    char bom[1028];
    snprintf(bom, sizeof(bom), "\xEF\xBB\xBF%s", utf8);
    READ(marked, bom);
    assert_int_equal(marked.n, 1);
    assert_finding(&marked, "file-bom", FINDING_NOTE, 1, 1);
}

static void a_character_without_a_column_is_an_error(void **state)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s\r\n", ALTA);
    memmove(text + 26, text + 25, strlen(text) - 24);
    memcpy(text + 24, "Ł", 2);
    READ(polish, text);
    assert_int_equal(polish.n, 0);
    assert_finding(&polish, "line-character", FINDING_ERROR, 1, 25);
    assert_string_equal(find(&polish, "line-character")->value, "Ł");

    READ(times, alone(altered(ALTA, 23, "PE\xD7")));
    assert_finding(&times, "line-character", FINDING_ERROR, 1, 25);
    assert_string_equal(find(&times, "line-character")->value, "×");
}

/* ---- what is wrong ---- */

static void each_broken_field_is_named_with_its_column(void **state)
{
    const struct {
        const char *record;
        size_t column;
        const char *text, *rule;
        unsigned at;
    } cases[] = {
        {ALTA, 1, "ZZ", "rp-shape", 1},
        {ALTA, 12, "9902850001X", "nss-shape", 12},
        {ALTA, 23, "     ", "name-paterno", 23},
        {ALTA, 77, "    ", "name-missing", 77},
        {ALTA, 104, " 45050", "sbc-shape", 104},
        {ALTA, 104, "000000", "sbc-zero", 104},
        {MODIFICACION, 104, "000000", "sbc-zero", 104},
        {ALTA, 116, "5", "tipo-trabajador", 116},
        {ALTA, 116, " ", "tipo-trabajador", 116},
        {ALTA, 117, "3", "tipo-salario", 117},
        {MODIFICACION, 118, "7", "jornada", 118},
        {ALTA, 119, "31112026", "date-shape", 119},
        {ALTA, 119, "20261102", "date-shape", 119},
        {ALTA, 119, "29022026", "date-shape", 119},
        {ALTA, 119, "0211202 ", "date-shape", 119},
        {ALTA, 119, "02110026", "date-year", 123},
        {ALTA, 119, "02112126", "date-year", 123},
        {ALTA, 127, "1 2", "umf-shape", 127},
        {ALTA, 132, "09", "type-unknown", 132},
        {ALTA, 134, "0640 ", "guia-shape", 134},
        {ALTA, 150, "PEXJ850101QDFRXN06", "curp-shape", 150},
        {ALTA, 168, "0", "format-mark", 168},
        {BAJA, 149, "0", "causa-baja", 149},
        {BAJA, 149, "B", "causa-baja", 149},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        READ(reading, alone(altered(cases[i].record, cases[i].column, cases[i].text)));
        const struct finding *finding = find(&reading, cases[i].rule);
        assert_int_equal(finding->line, 1);
        assert_int_equal(finding->column, cases[i].at);
        assert_int_equal(n_findings(&reading), 1);
        bool error = finding->severity == FINDING_ERROR;
        assert_int_equal(error, !streq(cases[i].rule, "name-paterno"));
        assert_int_equal(reading.n, error ? 0 : 1);
        assert_int_equal(reading.bad, error ? 1 : 0);
    }
}

static void a_leap_day_is_a_day(void **state)
{
    READ(reading, alone(altered(ALTA, 119, "29022028")));
    assert_int_equal(reading.n, 1);
    assert_int_equal(reading.movements[0].date, 20280229);
}

static void check_digits_only_warn_and_say_what_was_expected(void **state)
{
    const struct {
        size_t column;
        const char *rule, *expected;
    } cases[] = {
        {11, "rp-check-digit", ": 8"}, {22, "nss-check-digit", ": 7"}, {167, "curp-check-digit", ": 6"}};
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        READ(reading, alone(altered(ALTA, cases[i].column, "1")));
        assert_int_equal(reading.n, 1);
        assert_int_equal(n_findings(&reading), 1);
        assert_finding(&reading, cases[i].rule, FINDING_WARNING, 1, (unsigned)cases[i].column);
        assert_non_null(strstr(find(&reading, cases[i].rule)->text, cases[i].expected));
    }
}

static void a_line_of_another_width_is_refused(void **state)
{
    READ(both, "Z99000011089902850001744444\r\n" ALTA " 1\r\n" ALTA "\r\n" CONTROL("000003") "\r\n");
    assert_int_equal(both.n, 1);
    assert_int_equal(both.bad, 2);
    assert_int_equal(both.lines[0], 3);
    assert_finding(&both, "line-short", FINDING_ERROR, 1, 28);
    assert_finding(&both, "line-long", FINDING_ERROR, 2, 169);
    assert_int_equal(n_findings(&both), 2);

    READ(cut, ALTA "\r\n*************      ");
    assert_int_equal(cut.n, 1);
    assert_int_equal(cut.bad, 1);
    assert_finding(&cut, "line-short", FINDING_ERROR, 2, 20);
}

static void blanks_behind_the_last_column_are_no_columns(void **state)
{
    READ(wide, ALTA "\r\n" ALTA "  \r\n" ALTA " \r\n" CONTROL("000003") "    \r\n");
    assert_int_equal(wide.n, 3);
    assert_finding(&wide, "line-trail", FINDING_NOTE, 2, 0);
    assert_int_equal(n_findings(&wide), 1);
}

static void binary_and_empty_files_are_told(void **state)
{
    static const char zip[] = "PK\3\4\0\0\0\0somewhere there is more";
    _cleanup_(reading_free) struct reading reading;
    read_into(&reading, zip, sizeof(zip));
    assert_int_equal(reading.n, 0);
    assert_finding(&reading, "line-binary", FINDING_ERROR, 1, 3);
    assert_string_equal(find(&reading, "line-binary")->value, "0x03");

    char nul[2 * RECORD_COLUMNS + 8];
    snprintf(nul, sizeof(nul), "%s\r\n", ALTA);
    nul[50] = '\0';
    _cleanup_(reading_free) struct reading with_nul;
    read_into(&with_nul, nul, RECORD_COLUMNS + 2);
    assert_int_equal(with_nul.n, 0);
    assert_finding(&with_nul, "line-binary", FINDING_ERROR, 1, 51);

    const char *const nothing[] = {"", "\r\n\r\n", CONTROL("000000") "\r\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < ELEMENTSOF(nothing); i++) {
        READ(empty, nothing[i]);
        assert_finding(&empty, "file-empty", FINDING_ERROR, 0, 0);
    }
}

/* No byte may crash the reader, and what it lets through must be written and read again. */
static void any_byte_anywhere_is_survived(void **state)
{
    static const char *const records[] = {ALTA, MODIFICACION, BAJA, CONTROL("000001")};
    for (size_t r = 0; r < ELEMENTSOF(records); r++)
        for (size_t at = 0; at < RECORD_COLUMNS; at++)
            for (unsigned byte = 0; byte < 256; byte += 3) {
                char text[RECORD_COLUMNS + 2];
                memcpy(text, records[r], RECORD_COLUMNS);
                memcpy(text + RECORD_COLUMNS, "\r\n", 2);
                text[at] = (char)byte;
                _cleanup_(reading_free) struct reading reading;
                read_into(&reading, text, sizeof(text));
                if (reading.n == 0)
                    continue;
                _cleanup_buf_ struct buf out = BUF_INIT;
                record_write(&out, &reading.movements[0], ENYE_HASH);
                _cleanup_(reading_free) struct reading again;
                read_into(&again, out.data, out.len);
                assert_int_equal(again.n, 1);
                assert_same_movement(&again.movements[0], &reading.movements[0]);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_layout_are_read),
        cmocka_unit_test(the_examples_of_the_layout_are_written),
        cmocka_unit_test(the_fields_of_each_type_leave_no_gap),
        cmocka_unit_test(what_was_written_reads_the_same),
        cmocka_unit_test(the_enye_of_each_policy_is_one_byte),
        cmocka_unit_test(every_end_of_line_is_read),
        cmocka_unit_test(the_control_record_is_compared_not_trusted),
        cmocka_unit_test(fillers_may_hold_what_generators_put_there),
        cmocka_unit_test(text_is_brought_into_the_canonical_form),
        cmocka_unit_test(the_employers_own_key_keeps_its_hash),
        cmocka_unit_test(a_short_curp_on_the_right_is_found_out),
        cmocka_unit_test(the_encoding_is_one_for_the_file),
        cmocka_unit_test(a_character_without_a_column_is_an_error),
        cmocka_unit_test(each_broken_field_is_named_with_its_column),
        cmocka_unit_test(a_leap_day_is_a_day),
        cmocka_unit_test(check_digits_only_warn_and_say_what_was_expected),
        cmocka_unit_test(a_line_of_another_width_is_refused),
        cmocka_unit_test(blanks_behind_the_last_column_are_no_columns),
        cmocka_unit_test(binary_and_empty_files_are_told),
        cmocka_unit_test(any_byte_anywhere_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
