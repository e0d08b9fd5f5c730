/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/source.h"

#include "idse/csv-reader.h"
#include "idse/file-text.h"
#include "idse/record.h"

struct source {
    struct file_text text;
    struct record_reader *records; /* one of the two */
    struct csv_reader *csv;
};

const char *source_format_name(enum source_format format)
{
    return format == SOURCE_FORMAT_CSV ? "csv" : "records";
}

struct source *source_new(const void *data, size_t n, struct findings *findings)
{
    struct source *source = xcalloc(1, sizeof(*source));
    if (!file_text_open(data, n, findings, &source->text))
        source->records = record_reader_new("", 0, NULL); /* it was told that there is nothing to read */
    else if (csv_recognise(source->text.data, source->text.n))
        source->csv = csv_reader_new(source->text.data, source->text.n, findings);
    else
        source->records = record_reader_new(source->text.data, source->text.n, findings);
    return source;
}

struct source *source_free(struct source *source)
{
    if (!source)
        return NULL;
    record_reader_free(source->records);
    csv_reader_free(source->csv);
    file_text_free(&source->text);
    free(source);
    return NULL;
}

int source_next(struct source *source, struct movement *ret)
{
    return source->csv ? csv_reader_next(source->csv, ret) : record_reader_next(source->records, ret);
}

int source_next_any(struct source *source, struct movement *ret)
{
    return source->csv ? csv_reader_next_any(source->csv, ret) : record_reader_next_any(source->records, ret);
}

bool source_is_right(const struct source *source, enum movement_type type, const char *field)
{
    return source->csv ? csv_reader_is_right(source->csv, type, field)
                       : record_reader_is_right(source->records, type, field);
}

enum source_format source_format(const struct source *source)
{
    return source->csv ? SOURCE_FORMAT_CSV : SOURCE_FORMAT_RECORDS;
}

uint32_t source_line(const struct source *source)
{
    return source->csv ? csv_reader_line(source->csv) : record_reader_line(source->records);
}

uint16_t source_column(const struct source *source, enum movement_type type, const char *name)
{
    if (source->csv)
        return csv_reader_cell(source->csv, name);
    for (const struct record_field *field = record_fields(type); field->name; field++)
        if (streq(field->name, name))
            return field->first;
    return 0;
}

size_t source_count(const struct source *source)
{
    return source->csv ? csv_reader_count(source->csv) : record_reader_count(source->records);
}

size_t source_bad(const struct source *source)
{
    return source->csv ? csv_reader_bad(source->csv) : record_reader_bad(source->records);
}
