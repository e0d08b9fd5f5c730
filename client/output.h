/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/fields.h"

/* What idsectl prints: tables, records, JSON, notes and errors. */

struct output; /* a list under way */

struct invocation;
/*
 * A list: a table that fits the terminal, or a JSON array. JSON leaves row by row, a table when it is closed.
 * In place of an empty table a terminal shows `nothing` (translated; may be NULL).
 */
struct output *output_open(const struct invocation *inv, const struct field *fields, const char *nothing);
void output_rows(struct output *output, const json_t *rows);
struct output *output_close(struct output *output);
/* All at once. */
void output_list(const struct invocation *inv, const struct field *fields, const json_t *rows,
                 const char *nothing);

/* "Label: value" for each FIELD_RECORD of the row that has one. */
void output_record(const json_t *row, const struct field *fields);
/* Prints a document and a newline; takes it over. */
void output_print_json(json_t *document);
/* A line for people on standard output, unless --quiet or --json. */
void output_note(const struct invocation *inv, const char *fmt, ...) _printf_(2, 3);
/* A line on standard error, unless --quiet. */
void output_warn(const struct invocation *inv, const char *fmt, ...) _printf_(2, 3);
/* "idsectl: about: what went wrong" on standard error; `about` may be NULL. */
struct err;
void output_error(const char *about, const struct err *err);
