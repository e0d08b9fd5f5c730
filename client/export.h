/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/listing.h"

/*
 * Movements as a file for other programs: .xlsx, or .csv. Headings and words are IMSS's, in Spanish in every locale. A file
 * is there whole or not at all.
 */

/* `filter` and the options of the command line say which; writes to the file that --export names. */
int export_movements(struct invocation *inv, const struct filter *filter, struct err *err);

/* ---- what the formats share ---- */

enum export_kind { EXPORT_TEXT, EXPORT_MONEY /* centavos */, EXPORT_DATE /* yyyymmdd */, EXPORT_INSTANT /* microseconds */ };

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

struct export_format {
    const char *suffix;
    size_t columns; /* the first so many of them */
    bool sheets;    /* a sheet for each type of movement */
    /* Writes to a file that is there and empty; `closed` frees and, unless it was given up, completes it. */
    int (*open)(const char *path, const struct export_column *columns, void **ret, struct err *err);
    int (*sheet)(void *file, const char *name, struct err *err);
    int (*row)(void *file, const struct export_cell *cells, struct err *err);
    int (*close)(void *file, bool complete, struct err *err);
};

extern const struct export_format export_xlsx, export_csv;
