/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-reader.h"

#include "base/text.h"
#include "idse/csv-column.h"

/* ---- what kind of file is it? ---- */

bool csv_recognise(const void *data, size_t n)
{
    enum { FROM = RECORD_COLUMNS - 20, TO = RECORD_COLUMNS + 20 };
    const struct csv_look look = csv_look(data, n, csv_column_headed);
    if (look.named || (look.delimiters > 0 && look.known >= 2))
        return true;
    if (look.record_like || (look.bytes >= FROM && look.bytes <= TO))
        return false;
    return look.known > 0 || look.delimiters >= 2;
}

/* ---- rows ---- */

struct csv_reader {
    struct csv_row row;
    struct findings *findings;
    struct csv_table *table;
    int cell_of[CSV_HEADINGS]; /* 0-based, or -1 */
    int date_at;               /* the row's cell of the date */
    size_t width;              /* cells of the heading; 0: it has not been read */
    bool ended;
    size_t count, bad;
};

static struct finding *tell(struct csv_reader *reader, enum finding_rule rule, size_t cell, const char *field,
                            const char *value, const char *detail)
{
    return findings_report(reader->findings, rule, csv_table_line(reader->table), (uint16_t)cell, field,
                           value, detail);
}

/* ---- the row of headings ---- */

/* The cell that has the date of movements of this type, or -1. */
static int date_cell(const struct csv_reader *reader, enum movement_type type)
{
    const int *cell_of = reader->cell_of;
    int of_all = cell_of[csv_column_of("date")];
    if (of_all >= 0)
        return of_all;
    switch (type) {
    case MOVEMENT_BAJA:
        return cell_of[CSV_DATE_BAJA];
    case MOVEMENT_REINGRESO:
        return cell_of[CSV_DATE_ALTA] >= 0 ? cell_of[CSV_DATE_ALTA] : cell_of[CSV_DATE_INGRESO];
    case MOVEMENT_MODIFICACION:
    case MOVEMENT_NONE:
        break;
    }
    return -1;
}

/* Dates of one type are left out where there is one for all; of two that are of the same type nobody knows which holds. */
static bool check_dates(struct csv_reader *reader)
{
    const int *cell_of = reader->cell_of;
    bool of_all = cell_of[csv_column_of("date")] >= 0;
    bool doubt = !of_all && cell_of[CSV_DATE_ALTA] >= 0 && cell_of[CSV_DATE_INGRESO] >= 0;
    for (int i = CSV_DATE_ALTA; of_all && i < CSV_HEADINGS; i++)
        if (cell_of[i] >= 0)
            tell(reader, RULE_CSV_COLUMN_UNKNOWN, (size_t)cell_of[i] + 1, "date",
                 csv_table_cell(reader->table, (size_t)cell_of[i]), NULL);
    if (doubt) {
        size_t at = (size_t)MAX(cell_of[CSV_DATE_ALTA], cell_of[CSV_DATE_INGRESO]);
        tell(reader, RULE_CSV_COLUMN_REPEATED, at + 1, "date", csv_table_cell(reader->table, at), NULL);
    }
    return of_all || doubt || date_cell(reader, MOVEMENT_REINGRESO) >= 0 ||
           date_cell(reader, MOVEMENT_BAJA) >= 0;
}

/* What no table can do without; false when there is nothing to read then. */
static bool check_headings(struct csv_reader *reader)
{
    bool complete = true, dated = check_dates(reader);
    for (const struct record_field *field = record_fields(MOVEMENT_BAJA); field->name; field++) {
        int column = csv_column_of(field->name);
        if (column < 0 || csv_columns[column].optional || streq(field->name, "causa-baja") ||
            reader->cell_of[column] >= 0 || (dated && streq(field->name, "date")))
            continue;
        tell(reader, RULE_CSV_COLUMN_MISSING, 0, field->name, NULL, csv_columns[column].heading);
        complete = false;
    }
    return complete;
}

/* ---- a row to a movement ---- */

static void put_constant(struct csv_row *row, const struct record_field *field, enum movement_type type)
{
    uint8_t *at = row->record + field->first - 1;
    if (strchr(" 0*", field->type))
        memset(at, field->type, field_width(field));
    else if (streq(field->name, "type"))
        memcpy(at, movement_type_code(type), field_width(field));
    else if (streq(field->name, "format"))
        *at = '9';
}

static void put_field(struct csv_reader *reader, const struct record_field *field, enum movement_type type)
{
    struct csv_row *row = &reader->row;
    int column = csv_column_of(field->name);
    memset(row->record + field->first - 1, ' ', field_width(field));
    row->skip[field->first] = false;
    row->cells[field->first] = 0;
    if (column < 0 || !csv_columns[column].put || field->type == ' ') {
        put_constant(row, field, type);
        return;
    }
    int at = streq(field->name, "date") ? reader->date_at : reader->cell_of[column];
    row->cells[field->first] = (uint16_t)(at + 1);
    const char *cell = at < 0 ? "" : csv_table_cell(reader->table, (size_t)at);
    if (*cell)
        row->skip[field->first] = csv_columns[column].put(row, field, cell) == CSV_CELL_BAD;
    else if (streq(field->name, "umf")) {
        memset(row->record + field->first - 1, '0', field_width(field));
        finding_propose(csv_tell_cell(row, RULE_UMF_MISSING, field, NULL, NULL), "000");
    }
}

/* Reads the row as a movement of this type; `untyped`: nobody knows whether it is one. */
static void read_as(struct csv_reader *reader, enum movement_type type, bool untyped, struct movement *ret)
{
    struct csv_row *row = &reader->row;
    reader->date_at = date_cell(reader, type);
    for (const struct record_field *field = record_fields(type); field->name; field++) {
        bool undated = reader->date_at < 0 && streq(field->name, "date");
        put_field(reader, field, type);
        if (undated && !untyped)
            csv_tell_cell(row, RULE_CSV_COLUMN_MISSING, field, NULL,
                          csv_columns[csv_column_of("date")].heading);
        if (undated || (untyped && streq(field->name, "causa-baja")))
            row->skip[field->first] = true;
    }
    fields_read_row(&row->fields, type, row->record, ret);
}

/*
 * Nobody knows what the row is, but a baja has a cause: without one it has what the two others have in common, and with one
 * what all three have. So only that is told which is wrong whatever the type turns out to be.
 */
static void check_untyped(struct csv_reader *reader)
{
    struct movement movement;
    int at = reader->cell_of[csv_column_of("causa-baja")];
    bool caused = at >= 0 && *csv_table_cell(reader->table, (size_t)at);
    read_as(reader, caused ? MOVEMENT_BAJA : MOVEMENT_MODIFICACION, true, &movement);
}

/* READ_END where nothing of it can be looked at further. */
static int read_row(struct csv_reader *reader, struct movement *ret)
{
    struct csv_row *row = &reader->row;
    const size_t n_cells = csv_table_width(reader->table);
    row->fields.line = csv_table_line(reader->table);
    row->fields.wrong = 0;
    if (csv_table_spills(reader->table)) {
        tell(reader, RULE_CSV_QUOTE, 0, NULL, NULL, NULL);
        return READ_END;
    }
    if (n_cells != reader->width) {
        _cleanup_free_ char *wanted = xasprintf("%zu", reader->width), *have = xasprintf("%zu", n_cells);
        tell(reader, RULE_CSV_CELLS, 0, NULL, have, wanted);
        return READ_END;
    }
    int column = csv_column_of("type"), at = reader->cell_of[column];
    int type = csv_type_named(csv_table_cell(reader->table, (size_t)at));
    if (type < 0) {
        tell(reader, RULE_TYPE_UNKNOWN, (size_t)at + 1, "type", csv_table_cell(reader->table, (size_t)at),
             NULL);
        check_untyped(reader);
        return READ_END;
    }
    read_as(reader, (enum movement_type)type, false, ret);
    return row->fields.wrong ? READ_BROKEN : READ_GOOD;
}

/* The first row; false when nothing can be read below it. */
static bool read_headings(struct csv_reader *reader)
{
    reader->width = MIN(csv_table_width(reader->table), (size_t)CSV_MAX_CELLS);
    csv_table_read_headings(reader->table, csv_column_headed, reader->cell_of);
    return check_headings(reader);
}

int csv_reader_next_any(struct csv_reader *reader, struct movement *ret)
{
    while (!reader->ended && csv_table_next(reader->table)) {
        if (reader->width == 0) {
            reader->ended = !read_headings(reader);
            continue;
        }
        int read = read_row(reader, ret);
        if (read == READ_GOOD)
            reader->count++;
        else
            reader->bad++;
        if (read != READ_END)
            return read;
    }
    if (!reader->ended && reader->count + reader->bad == 0)
        findings_report(reader->findings, RULE_FILE_EMPTY, 0, 0, NULL, NULL, NULL);
    reader->ended = true;
    return READ_END;
}

int csv_reader_next(struct csv_reader *reader, struct movement *ret)
{
    int r;
    do
        r = csv_reader_next_any(reader, ret);
    while (r == READ_BROKEN);
    return r;
}

bool csv_reader_is_right(const struct csv_reader *reader, enum movement_type type, const char *field)
{
    return !fields_have_error(&reader->row.fields, type, field);
}

/* ---- the reader ---- */

struct csv_reader *csv_reader_new(const void *data, size_t n, struct findings *findings)
{
    struct csv_reader *reader = xcalloc(1, sizeof(*reader));
    reader->findings = reader->row.fields.findings = findings;
    reader->row.fields.cells = reader->row.cells;
    reader->row.fields.skip = reader->row.skip;
    for (int i = 0; i < CSV_HEADINGS; i++)
        reader->cell_of[i] = -1;
    reader->date_at = -1;
    reader->table = csv_table_new(data, n, findings);
    reader->ended = !csv_table_is_text(reader->table);
    return reader;
}

struct csv_reader *csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return NULL;
    csv_table_free(reader->table);
    free(reader);
    return NULL;
}

uint32_t csv_reader_line(const struct csv_reader *reader)
{
    return csv_table_line(reader->table);
}

uint32_t csv_reader_position(struct csv_reader *reader)
{
    uint64_t position = 0;
    int at = reader->cell_of[csv_column_of("position")];
    const char *cell = at < 0 ? "" : csv_table_cell(reader->table, (size_t)at);
    if (*cell && (!str_to_uint(cell, UINT32_MAX, &position) || position == 0))
        return UINT32_MAX;
    return (uint32_t)position;
}

uint16_t csv_reader_cell(const struct csv_reader *reader, const char *field)
{
    int column = csv_column_of(field);
    if (streq(field, "date"))
        return (uint16_t)(reader->date_at + 1);
    return column < 0 ? 0 : (uint16_t)(reader->cell_of[column] + 1);
}

size_t csv_reader_count(const struct csv_reader *reader)
{
    return reader->count;
}

size_t csv_reader_bad(const struct csv_reader *reader)
{
    return reader->bad;
}
