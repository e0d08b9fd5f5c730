/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/finding.h"
#include "idse/movement.h"

/*
 * Movements from a table: comma, semicolon or tab between the cells, UTF-8 or Windows-1252, a first row of headings in
 * Spanish (with common synonyms) in any order, the type of each movement in a column of its own. Nothing is guessed: a
 * heading that could be two things is none, and what a spreadsheet spoilt is an error that says so. Each row becomes a
 * record, so that all the rules of records hold; the column of a finding is the number of the cell.
 */
struct csv_reader;

/* Does its first line look like the row of headings of a table, rather than a record? */
bool csv_recognise(const void *data, size_t n);
/* The caller keeps the bytes alive; `findings` may be NULL. */
struct csv_reader *csv_reader_new(const void *data, size_t n, struct findings *findings);
struct csv_reader *csv_reader_free(struct csv_reader *reader);
DEFINE_CLEANUP(struct csv_reader *, csv_reader_cleanup, csv_reader_free)
/* 1 and *ret filled for a movement, 0 at the end. */
int csv_reader_next(struct csv_reader *reader, struct movement *ret);
/* As the functions of a record_reader: what has an error too, and which fields of it are right. */
int csv_reader_next_any(struct csv_reader *reader, struct movement *ret);
bool csv_reader_is_right(const struct csv_reader *reader, enum movement_type type, const char *field);
/* The 1-based line on which the row read last begins. */
uint32_t csv_reader_line(const struct csv_reader *reader);
/*
 * What the row read last has in the column "No.", with which corrections name a movement; 0 when there is none, UINT32_MAX
 * when it is no number.
 */
uint32_t csv_reader_position(struct csv_reader *reader);
/* The 1-based cell of a record's field, or 0 when the table has none. */
uint16_t csv_reader_cell(const struct csv_reader *reader, const char *field);
size_t csv_reader_count(const struct csv_reader *reader);
size_t csv_reader_bad(const struct csv_reader *reader);
