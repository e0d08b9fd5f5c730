/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/csv-table.h"
#include "idse/field.h"

/*
 * The columns that a table of movements may have. csv-column.c lists them, csv-cell.c puts their cells into the columns of a
 * record, csv-reader.c reads rows so, and csv-writer.c writes such tables.
 */

/* A row, as the record that is made of it. */
struct csv_row {
    struct field_reader fields; /* with `columns`, `line` and the tables below */
    uint8_t record[RECORD_COLUMNS];
    uint16_t cells[RECORD_COLUMNS + 1];
    bool skip[RECORD_COLUMNS + 1];
};

enum { CSV_CELL_GOOD, CSV_CELL_CUT, CSV_CELL_BAD };
/* Puts a cell that is not empty into the record's columns: well, cut (reported, and read on), or not at all (reported). */
typedef int csv_put_fn(struct csv_row *row, const struct record_field *field, const char *cell);

csv_put_fn csv_put_text, csv_put_digits, csv_put_umf, csv_put_sbc, csv_put_date, csv_put_code;

struct csv_column {
    const char *field;   /* of the record */
    const char *heading; /* in the template */
    const char *names;   /* headings that are known, as csv_word() makes them */
    bool optional;       /* the table may do without, whatever the types */
    csv_put_fn *put;
    const struct catalogue_entry *catalogue;
    const char *examples[3]; /* reingreso, modificacion, baja; NULL: the date of the day */
};

enum { CSV_COLUMNS = 17 }; /* in the order in which they are written */
/* Columns that only hold the date of movements of one type: read where there is none for all. */
enum { CSV_DATE_ALTA = CSV_COLUMNS, CSV_DATE_INGRESO, CSV_DATE_BAJA, CSV_HEADINGS };
extern const struct csv_column csv_columns[CSV_COLUMNS];

/* The column of a field of the record; negative when tables have none. */
int csv_column_of(const char *field);
/* The column that a heading stands for, see csv_column_fn. */
int csv_column_headed(const char *word, const char **ret_field);
/* The type that a cell of the column "Movimiento" names, in any of the usual ways; negative when it is none. */
int csv_type_named(const char *name);

/* A finding about a cell of the row, which is wrong then if the rule's breach is an error. */
struct finding *csv_tell_cell(struct csv_row *row, enum finding_rule rule, const struct record_field *field,
                              const char *cell, const char *detail);
