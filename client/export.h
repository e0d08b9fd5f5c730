/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/listing.h"

/*
 * Movements, or receipts, as a file for other programs: .xlsx, or .csv. Headings and words are IMSS's, in
 * Spanish in every locale. A file is there whole or not at all.
 */

/* `filter` and the options of the command line say which; writes to the file that --export names. */
int export_movements(struct invocation *inv, const struct filter *filter, struct err *err);
/* Rows of receipt_rows(), each with its lot under RECEIPT_OF_LOT. */
int export_receipts(const struct invocation *inv, json_t *receipts, struct err *err);
#define RECEIPT_OF_LOT "of-lot"

/* ---- what the formats share ---- */

enum export_kind {
    EXPORT_TEXT,
    EXPORT_NUMBER,
    EXPORT_MONEY,   /* centavos */
    EXPORT_DATE,    /* yyyymmdd */
    EXPORT_INSTANT, /* microseconds */
    _EXPORT_KIND_MAX,
};

struct export_column {
    const char *heading;
    enum export_kind kind;
    double width;
};

/* A text, or a number of the column's kind, 0 for nothing. */
struct export_cell {
    const char *text;
    int64_t number;
};

struct export_table {
    const struct export_column *columns;
    size_t n;
    size_t n_in_sheets; /* the first so many of them, where a sheet's name says the rest */
};

struct export_format {
    const char *suffix;
    /* Writes to a file that is there and empty; `close` frees and, unless it was given up, completes it. */
    int (*open)(const char *path, const struct export_table *table, void **ret, struct err *err);
    /* Begins a sheet; NULL in a format without sheets. */
    int (*sheet)(void *file, const char *name, struct err *err);
    int (*row)(void *file, const struct export_cell *cells, struct err *err);
    int (*close)(void *file, bool complete, struct err *err);
};

extern const struct export_format export_xlsx, export_csv;

/* Writes the rows, sheet by sheet where there are sheets; *ret_rows is how many. */
typedef int export_fill_fn(void *data, const struct export_format *format, void *file, size_t *ret_rows,
                           struct err *err);
/* Is what --export names a file that can be made? */
int export_check(const struct invocation *inv, struct err *err);
/* Makes the file that --export names, or leaves nothing. */
int export_file(const struct invocation *inv, const struct export_table *table, export_fill_fn *fill,
                void *data, size_t *ret_rows, struct err *err);
/* Says what is in the file now; `counted`: "16 movements". */
void export_tell(const struct invocation *inv, size_t rows, const char *counted);
