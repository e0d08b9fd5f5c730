/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing and validating a canonical file of movements, and checking it with every rule that needs no history, against a
 * bare scan that only cuts the columns out and turns the numbers into numbers. All run in turns over the same bytes; the
 * ratio is the median of the rounds.
 */
#include <stdio.h>

#include "base/text.h"
#include "bench/measure.h"
#include "idse/check.h"
#include "tests/synthetic.h"

enum { ROUNDS = 9 };

static const char limits_text[] = "[UMA]\n2026=117.31\n[MinimumWage]\n2026=315.04\n";
static const char calendar_text[] = "[Calendar]\nFrom=2026\nUntil=2026\n[Holidays]\nchristmas=25 December\n";
enum { TODAY = 20261105 };

/* In time, and with an NSS and a CURP that fit the name and each other, so that no rule has anything to say. */
static struct movement clean_movement(unsigned number)
{
    static const char after_letters[] = "HDFRXN0";
    struct movement m = synthetic_movement(MOVEMENT_REINGRESO, number);
    unsigned year = 50 + number % 50;
    m.date = 20261103 + (int32_t)(number % 3);
    snprintf(m.nss, sizeof(m.nss), "%02u%02u%02u%04u", 10 + number / 500000 % 90,
             number / 10000 % 50 + 50 * (number % 2), year, number % 10000);
    m.nss[10] = nss_check_digit(m.nss);
    snprintf(m.curp, sizeof(m.curp), "%cX%c%c%02u%02u%02u%s", m.paterno[0], *m.materno ? m.materno[0] : 'X',
             m.nombres[0], year, 1 + number / 50 % 12, 1 + number / 600 % 28, after_letters);
    m.curp[17] = curp_check_digit(m.curp);
    return m;
}

static void make_file(struct buf *buf, unsigned records)
{
    buf_reserve(buf, ((size_t)records + 1) * (RECORD_COLUMNS + 2));
    for (unsigned i = 0; i < records; i++) {
        struct movement m = clean_movement(i);
        record_write(buf, &m, ENYE_N);
    }
    record_write_control(buf, records, "06400");
}

static uint32_t number(const char *at, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint32_t)(at[i] - '0');
    return value;
}

/* Cuts a column out without the blanks behind it. */
static void cut(const char *at, size_t n, char *ret)
{
    while (n > 0 && at[n - 1] == ' ')
        n--;
    memcpy(ret, at, n);
    ret[n] = '\0';
}

static void bare_record(const char *at, struct movement *m)
{
    cut(at, 11, m->rp);
    cut(at + 11, 11, m->nss);
    cut(at + 22, 27, m->paterno);
    cut(at + 49, 27, m->materno);
    cut(at + 76, 27, m->nombres);
    m->sbc_centavos = (int32_t)number(at + 103, 6);
    m->tipo_trabajador = at[115];
    m->tipo_salario = at[116];
    m->jornada = at[117];
    m->date = (int32_t)(number(at + 122, 4) * 10000 + number(at + 120, 2) * 100 + number(at + 118, 2));
    cut(at + 126, 3, m->umf);
    m->type = (enum movement_type)number(at + 131, 2);
    cut(at + 133, 5, m->guia);
    cut(at + 138, 10, m->clave);
    cut(at + 149, 18, m->curp);
}

/* What was read, so that neither side can be left out by the compiler, and both must agree. */
static uint64_t taste(const struct movement *m)
{
    return (uint64_t)m->sbc_centavos + (uint64_t)m->date + (unsigned char)m->nss[10] +
           (unsigned char)m->nombres[1] + (unsigned char)m->curp[17];
}

static uint64_t bare_scan(const struct buf *file)
{
    uint64_t sum = 0;
    const char *at = file->data, *end = file->data + file->len;
    struct movement m;
    while (at < end) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        if (*at != '*') {
            bare_record(at, &m);
            sum += taste(&m);
        }
        at = eol + 1;
    }
    return sum;
}

static uint64_t parse(const struct buf *file, unsigned records)
{
    uint64_t sum = 0;
    struct movement m;
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(file->data, file->len, &findings);
    while (record_reader_next(reader, &m))
        sum += taste(&m);
    if (record_reader_count(reader) != records || findings.errors + findings.warnings + findings.notes > 0)
        measure_fail("the canonical file", "it was not read as one");
    return sum;
}

static uint64_t check_all(const struct buf *file, unsigned records, const struct check_options *options)
{
    uint64_t sum = 0;
    struct movement m;
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    _cleanup_(source_cleanup) struct source *source = source_new(file->data, file->len, &findings);
    _cleanup_(check_cleanup) struct check *check =
        check_new(options, source, &findings, file->len / (RECORD_COLUMNS + 2));
    while (source_next(source, &m))
        if (check_movement(check, &m))
            sum += taste(&m);
    check_finish(check);
    if (source_count(source) != records || findings.errors + findings.warnings + findings.notes > 0)
        measure_fail("the canonical file", findings.n ? findings.items[0].text : "it was not read as one");
    return sum;
}

int main(int argc, char **argv)
{
    uint64_t records = RECORD_MAX_MOVEMENTS;
    if (argc != 1 && !(argc == 3 && streq(argv[1], "--records") &&
                       str_to_uint(argv[2], RECORD_MAX_MOVEMENTS, &records) && records > 0)) {
        fprintf(stderr, "usage: bench-parse [--records N]\n");
        return EXIT_FAILURE;
    }
    _cleanup_buf_ struct buf file = BUF_INIT;
    make_file(&file, (unsigned)records);

    _cleanup_(limits_cleanup) struct limits *limits = limits_new();
    _cleanup_(calendar_cleanup) struct calendar *calendar = calendar_new();
    const struct check_options options = {.limits = limits, .calendar = calendar, .today = TODAY};
    _cleanup_err_ struct err err = ERR_INIT;
    measure_must(limits_parse(limits, "limits", limits_text, &err), &err, "limits");
    measure_must(calendar_parse(calendar, "calendar", calendar_text, &err), &err, "calendar");

    struct measure parsing = {0}, checking = {0};
    for (int i = 0; i < ROUNDS; i++) {
        double start = measure_now_s();
        uint64_t expected = bare_scan(&file);
        double scanned = measure_now_s();
        uint64_t parsed = parse(&file, (unsigned)records);
        double read = measure_now_s();
        uint64_t checked = check_all(&file, (unsigned)records, &options);
        double end = measure_now_s();
        if (parsed != expected || checked != expected)
            measure_fail("bare scan and parser", "they do not read the same");
        measure_note(&parsing, read - scanned, scanned - start);
        measure_note(&checking, end - read, scanned - start);
    }
    static const char baseline[] = "million records/s by a bare fixed-column scan";
    measure_print_speed("parse", &parsing, (double)records / 1e6, "million records/s", baseline);
    measure_print_speed("check", &checking, (double)records / 1e6, "million records/s", baseline);
    return EXIT_SUCCESS;
}
