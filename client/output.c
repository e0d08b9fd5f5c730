/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/output.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"

/* ---- lists ---- */

enum { MAX_FIELDS = 40 };

struct output {
    const struct field *fields;
    const char *nothing;
    json_t *pending; /* rows of the table to come; NULL: JSON */
    bool headless;
    size_t rows;
};

struct output *output_open(const struct invocation *inv, const struct field *fields, const char *nothing)
{
    struct output *output = xcalloc(1, sizeof(*output));
    *output = (struct output){
        .fields = fields,
        .nothing = inv->value[OPT_QUIET] ? NULL : nothing,
        .pending = inv->value[OPT_JSON] ? NULL : json_array(),
        .headless = inv->value[OPT_NO_HEADERS] != NULL,
    };
    return output;
}

static void json_row(struct output *output, const json_t *row)
{
    _cleanup_json_ json_t *object = field_json(row, output->fields);
    fputs(output->rows ? ",\n" : "[\n", stdout);
    json_dumpf(object, stdout, JSON_COMPACT);
}

void output_rows(struct output *output, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, output->rows++)
        if (output->pending)
            json_array_append(output->pending, json_array_get(rows, i));
        else
            json_row(output, json_array_get(rows, i));
}

static size_t column_width(const struct output *output, const struct field *field)
{
    size_t width = output->headless ? 0 : utf8_length(_(field->heading));
    for (size_t i = 0; i < output->rows; i++) {
        _cleanup_free_ char *text = field_text(json_array_get(output->pending, i), field);
        width = MAX(width, utf8_length(text));
    }
    return width;
}

static bool has_something(const struct output *output, const struct field *field)
{
    for (size_t i = 0; i < output->rows; i++) {
        _cleanup_free_ char *text = field_text(json_array_get(output->pending, i), field);
        if (*text)
            return true;
    }
    return false;
}

/*
 * The columns that say something and that there is room for; *ret is in the order of the table of fields. Who reads
 * a pipe without headings knows a column by its place alone, and finds all of them.
 */
static size_t choose_columns(const struct output *output, const struct field *ret[MAX_FIELDS])
{
    size_t widths[MAX_FIELDS], n = 0, total = 0, room = terminal_columns(STDOUT_FILENO);
    const bool all = output->headless && room == 0;
    for (const struct field *field = output->fields; field->key; field++) {
        if (!(field->use & FIELD_COLUMN))
            continue;
        if (!all && (field->use & (FIELD_SPARE | FIELD_RARE)) && !has_something(output, field))
            continue;
        widths[n] = room > 0 ? column_width(output, field) + 1 : 0;
        total += widths[n];
        ret[n++] = field;
    }
    for (size_t i = n; room > 0 && total > room + 1 && i-- > 0;) {
        if (!(ret[i]->use & FIELD_SPARE))
            continue;
        total -= widths[i];
        memmove(&ret[i], &ret[i + 1], (n - i - 1) * sizeof(*ret));
        memmove(&widths[i], &widths[i + 1], (n - i - 1) * sizeof(*widths));
        n--;
    }
    return n;
}

static void add_column(struct libscols_table *table, const struct field *field)
{
    bool right = field->kind == FIELD_NUMBER || field->kind == FIELD_COUNT || field->kind == FIELD_MONEY;
    scols_table_new_column(table, _(field->heading), 0.05,
                           (right ? SCOLS_FL_RIGHT : 0) | (field->use & FIELD_CUT ? SCOLS_FL_TRUNC : 0));
}

static void add_line(struct libscols_table *table, const struct field *const *columns, size_t n,
                     const json_t *row)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        abort(); /* out of memory, as in xmalloc() */
    for (size_t i = 0; i < n; i++) {
        scols_line_refer_data(line, i, field_text(row, columns[i]));
        const char *name = field_colour(row, columns[i]);
        if (name)
            scols_cell_set_color(scols_line_get_cell(line, i), name);
    }
}

static void print_table(const struct output *output)
{
    const struct field *columns[MAX_FIELDS];
    size_t n = choose_columns(output, columns);
    struct libscols_table *table = scols_new_table();
    if (!table)
        abort();
    scols_table_enable_noheadings(table, output->headless);
    scols_table_enable_colors(table, terminal_colours(STDOUT_FILENO));
    for (size_t i = 0; i < n; i++)
        add_column(table, columns[i]);
    for (size_t i = 0; i < output->rows; i++)
        add_line(table, columns, n, json_array_get(output->pending, i));
    scols_print_table(table);
    scols_unref_table(table);
}

struct output *output_close(struct output *output)
{
    if (!output->pending)
        fputs(output->rows ? "\n]\n" : "[]\n", stdout);
    else if (output->rows)
        print_table(output);
    else if (output->nothing && isatty(STDOUT_FILENO))
        puts(output->nothing);
    json_decref(output->pending);
    free(output);
    return NULL;
}

void output_list(const struct invocation *inv, const struct field *fields, const json_t *rows,
                 const char *nothing)
{
    struct output *output = output_open(inv, fields, nothing);
    output_rows(output, rows);
    output_close(output);
}

/* ---- one thing ---- */

void output_record(const json_t *row, const struct field *fields)
{
    size_t width = 0;
    for (const struct field *field = fields; field->key; field++)
        if (field->use & FIELD_RECORD)
            width = MAX(width, utf8_length(_(field->heading)));
    for (const struct field *field = fields; field->key; field++) {
        if (!(field->use & FIELD_RECORD))
            continue;
        _cleanup_free_ char *text = field_text(row, field);
        if (field->kind == FIELD_FLAG && !*text)
            replace_str(&text, xstrdup(_("no")));
        if (*text)
            printf("%*s%s: %s\n", (int)(width - utf8_length(_(field->heading))), "", _(field->heading), text);
    }
}

void output_print_json(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static void line_of(FILE *stream, const char *fmt, va_list ap)
{
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    fprintf(stream, "%s\n", text);
}

void output_note(const struct invocation *inv, const char *fmt, ...)
{
    if (inv->value[OPT_QUIET] || inv->value[OPT_JSON])
        return;
    va_list ap;
    va_start(ap, fmt);
    line_of(stdout, fmt, ap);
    va_end(ap);
}

void output_warn(const struct invocation *inv, const char *fmt, ...)
{
    if (inv->value[OPT_QUIET])
        return;
    va_list ap;
    va_start(ap, fmt);
    line_of(stderr, fmt, ap);
    va_end(ap);
}

void output_error(const char *about, const struct err *err)
{
    _cleanup_free_ char *text = terminal_harmless(xstrdup(err_text(err)));
    fprintf(stderr, "idsectl: %s%s%s\n", about ? about : "", about ? ": " : "", text);
}
