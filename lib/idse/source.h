/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/movement.h"

/*
 * The movements of a file, whatever it is: records of 168 columns, or a table (CSV) with a row of headings. Which of them
 * shows in its first line.
 */
enum source_format { SOURCE_FORMAT_RECORDS, SOURCE_FORMAT_CSV };
const char *source_format_name(enum source_format format); /* "records", "csv" */

struct source;

/* The caller keeps the bytes alive. `findings` may be NULL. */
struct source *source_new(const void *data, size_t n, struct findings *findings);
struct source *source_free(struct source *source);
DEFINE_CLEANUP(struct source *, source_cleanup, source_free)
/* 1 and *ret filled for a movement, 0 at the end. What has an error is reported and left out. */
int source_next(struct source *source, struct movement *ret);

/*
 * The same, but READ_BROKEN for a movement with an error, which was reported: what is right of it, source_is_right(), can be
 * checked further, so that one pass finds everything.
 */
int source_next_any(struct source *source, struct movement *ret);
bool source_is_right(const struct source *source, enum movement_type type, const char *field);

enum source_format source_format(const struct source *source);
/* The 1-based line of the movement read last. */
uint32_t source_line(const struct source *source);
/* Where in the line that movement's field is: the first column of a record, the cell of a row; 0 when it has none. */
uint16_t source_column(const struct source *source, enum movement_type type, const char *field);
/* How many movements were read, and how many had errors. */
size_t source_count(const struct source *source);
size_t source_bad(const struct source *source);
