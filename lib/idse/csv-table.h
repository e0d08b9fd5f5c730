/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/finding.h"

/*
 * A table as text: comma, semicolon or tab between the cells, UTF-8 or Windows-1252, a first row of headings in any order
 * and spelling, cells as spreadsheets leave them. What the columns mean is the caller's.
 */
struct csv_table;

/* The caller keeps the bytes alive; `findings` may be NULL, and is told of the encoding and of empty lines. */
struct csv_table *csv_table_new(const void *data, size_t n, struct findings *findings);
struct csv_table *csv_table_free(struct csv_table *table);
DEFINE_CLEANUP(struct csv_table *, csv_table_cleanup, csv_table_free)

/* False for bytes that are no text, which is reported; such a table has no rows. */
bool csv_table_is_text(const struct csv_table *table);
/* Goes to the next row that has something in it, the headings first; false at the end. */
bool csv_table_next(struct csv_table *table);
/* The 1-based line on which the row begins. */
uint32_t csv_table_line(const struct csv_table *table);
enum { CSV_MAX_CELLS = 256 };
/* How many cells the row has; those beyond CSV_MAX_CELLS are not kept. */
size_t csv_table_width(const struct csv_table *table);
/* A cell without blanks and quotes around it, valid until the next row; "" where there is none. */
const char *csv_table_cell(const struct csv_table *table, size_t i);
/* Does a cell go over several lines? Then a quotation mark was probably not closed. */
bool csv_table_spills(const struct csv_table *table);

/* The column that a heading, as csv_word() makes it, stands for, and the name of its field; -1 for none. */
typedef int csv_column_fn(const char *word, const char **ret_field);
/*
 * Reads the row that the table is at as headings: cells[i] becomes the 0-based cell of column i; those of absent columns
 * stay as they are. A heading that is not known, or is there twice, is reported.
 */
void csv_table_read_headings(struct csv_table *table, csv_column_fn *column_of, int *cells);

/* What the first line that is not blank looks like, as a row of headings. */
struct csv_look {
    size_t bytes, delimiters;
    size_t known;     /* headings of columns */
    bool record_like; /* it begins like a record: two identifiers on end, or asterisks */
    bool named;       /* a line before it names the sign between cells */
};
struct csv_look csv_look(const void *data, size_t n, csv_column_fn *column_of);

/* ---- words and values ---- */

enum { CSV_WORD_SIZE = 64 };
/* Text as upper-case letters and digits only: "Reg. patronal" and "REG_PATRONAL" are the same. */
void csv_word(const char *text, char ret[static CSV_WORD_SIZE]);
/* Is the word one of those in the list, which has blanks between them? */
bool csv_word_listed(const char *list, const char *word);
/* "9.9E+10", with a point or a comma: a spreadsheet took an identifier for a number. */
bool csv_is_scientific(const char *cell);
/* "$ 1,234.50", "1234.5" and "1234,50" as centavos: a comma parts thousands, or is the only one, before two decimals. */
bool csv_amount(const char *cell, int32_t most, int32_t *ret_centavos);
/* DD/MM/AAAA, AAAA-MM-DD (a time of zero behind it is let go) and DDMMAAAA as numbers, whether or not there is such a day. */
bool csv_date(const char *cell, unsigned *ret_day, unsigned *ret_month, unsigned *ret_year);

/* Appends a cell, in quotation marks where it needs them. */
void csv_write_cell(struct buf *buf, const char *text);
