/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/format.h"

/*
 * UTF-8 with a mark at its beginning, by which spreadsheets know; commas, CRLF, quotes where they are needed (RFC 4180). A
 * cell that a spreadsheet would take for a formula begins with an apostrophe.
 */
struct csv {
    FILE *stream;
    const struct export_table *table;
};

static void write_text(FILE *stream, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r", *text);
    if (!formula && !text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stream);
        return;
    }
    fputs(formula ? "\"'" : "\"", stream);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

static char *cell_text(enum export_kind kind, const struct export_cell *cell)
{
    if (cell->number == 0)
        return xstrdup("");
    switch (kind) {
    case EXPORT_NUMBER:
        return xasprintf("%lld", (long long)cell->number);
    case EXPORT_MONEY:
        return xasprintf("%lld.%02d", (long long)(cell->number / 100), (int)(cell->number % 100));
    case EXPORT_DATE:
        return format_date((uint32_t)cell->number);
    case EXPORT_INSTANT:
        return time_format_short(cell->number);
    case EXPORT_TEXT:
    case _EXPORT_KIND_MAX:
        break;
    }
    return xstrdup("");
}

static int csv_row(void *file, const struct export_cell *cells, struct err *err)
{
    struct csv *csv = file;
    for (size_t i = 0; i < csv->table->n; i++) {
        const enum export_kind kind = csv->table->columns[i].kind;
        if (i > 0)
            putc(',', csv->stream);
        if (kind == EXPORT_TEXT) {
            write_text(csv->stream, cells[i].text);
            continue;
        }
        _cleanup_free_ char *text = cell_text(kind, &cells[i]);
        fputs(text, csv->stream);
    }
    fputs("\r\n", csv->stream);
    return ferror(csv->stream) ? err_set_errno(err, ERR_IO, errno, _("writing")) : 0;
}

static int csv_open(const char *path, const struct export_table *table, void **ret, struct err *err)
{
    FILE *stream = fopen(path, "we");
    if (!stream)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    struct csv *csv = xcalloc(1, sizeof(*csv));
    *csv = (struct csv){stream, table};
    fputs("\xEF\xBB\xBF", stream);
    for (size_t i = 0; i < table->n; i++) {
        fputs(i ? "," : "", stream);
        write_text(stream, table->columns[i].heading);
    }
    fputs("\r\n", stream);
    *ret = csv;
    return 0;
}

static int csv_close(void *file, bool complete, struct err *err)
{
    struct csv *csv = file;
    int r = fclose(csv->stream);
    free(csv);
    return r != 0 && complete ? err_set_errno(err, ERR_IO, errno, _("writing")) : 0;
}

const struct export_format export_csv = {
    .suffix = ".csv", .open = csv_open, .row = csv_row, .close = csv_close};
