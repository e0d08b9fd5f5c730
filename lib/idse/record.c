/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/record.h"

#include "base/text.h"
#include "idse/field.h"
#include "idse/lines.h"

static const char *const policies[] = {[ENYE_HASH] = "hash", [ENYE_LATIN1] = "latin1", [ENYE_N] = "n"};

const char *enye_policy_name(enum enye_policy policy)
{
    return policies[policy];
}

int enye_policy_from_name(const char *name)
{
    return STR_INDEX(policies, name);
}

/* ---- writing ---- */

static void write_line(struct buf *buf, enum movement_type type, const void *values, enum enye_policy enye)
{
    char *at = buf_reserve(buf, RECORD_COLUMNS + 2);
    fields_write(type, values, enye, at);
    memcpy(at + RECORD_COLUMNS, "\r\n", 3);
    buf->len += RECORD_COLUMNS + 2;
}

void record_write(struct buf *buf, const struct movement *movement, enum enye_policy enye)
{
    write_line(buf, movement->type, movement, enye);
}

static struct control control_of(size_t count, const char *guia)
{
    struct control control = {.count = (uint32_t)MIN(count, (size_t)RECORD_MAX_MOVEMENTS), .guia = GUIA_NONE};
    if (strlen(guia) == 5)
        memcpy(control.guia, guia, 5);
    return control;
}

void record_write_control(struct buf *buf, size_t count, const char *guia)
{
    struct control control = control_of(count, guia);
    write_line(buf, MOVEMENT_NONE, &control, ENYE_HASH);
}

/* ---- reading ---- */

struct record_reader {
    struct lines lines;
    struct field_reader fields;
    size_t count, bad;
    enum movement_type first_type;
    bool mixed;            /* told that types are mixed */
    uint32_t control_line; /* 0: none so far */
    bool ended;
};

struct record_reader *record_reader_new(const void *data, size_t n, struct findings *findings)
{
    struct record_reader *reader = xcalloc(1, sizeof(*reader));
    lines_init(&reader->lines, data, n, findings);
    reader->fields.findings = findings;
    return reader;
}

struct record_reader *record_reader_free(struct record_reader *reader)
{
    free(reader);
    return NULL;
}

uint32_t record_reader_line(const struct record_reader *reader)
{
    return reader->lines.line;
}

size_t record_reader_count(const struct record_reader *reader)
{
    return reader->count;
}

size_t record_reader_bad(const struct record_reader *reader)
{
    return reader->bad;
}

static void tell(struct record_reader *reader, enum finding_rule rule, size_t column, const char *field,
                 const char *value, const char *detail)
{
    findings_report(reader->lines.findings, rule, reader->lines.line, (uint16_t)column, field, value, detail);
}

static void check_count(struct record_reader *reader, uint64_t count)
{
    size_t before = reader->count + reader->bad;
    if (count == before)
        return;
    _cleanup_free_ char *value = xasprintf("%06u", (unsigned)count);
    _cleanup_free_ char *detail = xasprintf(_("there are %zu"), before);
    tell(reader, RULE_CONTROL_COUNT, 57, "count", value, detail);
}

/* Its numbers are taken out and it is written again: a canonical one comes out as it went in. */
static void read_control(struct record_reader *reader, const uint8_t *columns)
{
    char digits[7] = "", guia[6] = "", again[RECORD_COLUMNS];
    uint64_t count = 0;
    memcpy(digits, columns + 56, 6);
    memcpy(guia, columns + 133, 5);
    bool counted = str_to_uint(digits, RECORD_MAX_MOVEMENTS, &count);
    struct control control = control_of(counted ? count : 0, str_all_digits(guia) ? guia : "");
    fields_write(MOVEMENT_NONE, &control, ENYE_HASH, again);
    size_t same = 0;
    while (same < RECORD_COLUMNS && columns[same] == (uint8_t)again[same])
        same++;
    if (same < RECORD_COLUMNS)
        tell(reader, RULE_CONTROL_SHAPE, same + 1, NULL, NULL, NULL);
    if (reader->control_line) {
        _cleanup_free_ char *detail = xasprintf(_("the first is line %u"), reader->control_line);
        tell(reader, RULE_CONTROL_REPEATED, 1, NULL, NULL, detail);
        return;
    }
    reader->control_line = reader->lines.line;
    if (counted)
        check_count(reader, count);
}

/*
 * READ_END where nothing of it can be looked at further. Without a type it is still a record, rather than a line whose columns
 * are shifted, when its last column is right.
 */
static int read_movement(struct record_reader *reader, const uint8_t *columns, struct movement *ret)
{
    struct field_reader *fields = &reader->fields;
    fields->line = reader->lines.line;
    int type = field_type(fields, columns);
    if (type < 0) {
        if (columns[RECORD_COLUMNS - 1] == '9')
            fields_check_common(fields, columns);
        return READ_END;
    }
    if (!reader->first_type)
        reader->first_type = (enum movement_type)type;
    if (type != (int)reader->first_type && !reader->mixed) {
        tell(reader, RULE_FILE_MIXED, 132, "type", NULL, NULL);
        reader->mixed = true;
    }
    if (reader->control_line) {
        tell(reader, RULE_CONTROL_NOT_LAST, 1, NULL, NULL, NULL);
        return READ_END;
    }
    fields_read(fields, (enum movement_type)type, columns, ret);
    return fields->wrong ? READ_BROKEN : READ_GOOD;
}

static void read_end(struct record_reader *reader)
{
    struct findings *findings = reader->lines.findings;
    if (reader->ended)
        return;
    reader->ended = true;
    if (reader->count + reader->bad == 0)
        findings_report(findings, RULE_FILE_EMPTY, 0, 0, NULL, NULL, NULL);
    else if (!reader->control_line)
        findings_report(findings, RULE_CONTROL_MISSING, 0, 0, NULL, NULL, NULL);
}

int record_reader_next_any(struct record_reader *reader, struct movement *ret)
{
    const uint8_t *columns;
    int r;
    while ((r = lines_next(&reader->lines, &columns)) != LINES_END) {
        if (r == LINES_GOOD && columns[0] == '*') {
            read_control(reader, columns);
            continue;
        }
        int read = r == LINES_GOOD ? read_movement(reader, columns, ret) : READ_END;
        if (read == READ_GOOD)
            reader->count++;
        else
            reader->bad++;
        if (read != READ_END)
            return read;
    }
    read_end(reader);
    return READ_END;
}

int record_reader_next(struct record_reader *reader, struct movement *ret)
{
    int r;
    do
        r = record_reader_next_any(reader, ret);
    while (r == READ_BROKEN);
    return r;
}

bool record_reader_is_right(const struct record_reader *reader, enum movement_type type, const char *field)
{
    return !fields_have_error(&reader->fields, type, field);
}
