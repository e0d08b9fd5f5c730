/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "base/text.h"
#include "idse/record.h"
#include "portal/receipt-head.h"
#include "portal/receipt-text.h"

/*
 * The records are printed in a font of fixed pitch, so a character's column is its distance from the left edge in
 * pitches. Blanks are not printed at all; they are what is left of the 168 columns.
 */
struct grid {
    float left, pitch;
};

static bool is_control_start(const char *text)
{
    return strspn(text, "*") == 13 && !text[13];
}

/* Does a record begin with this word? `rp` is the document's, perhaps without its check digit. */
static bool is_record_start(const struct word *word, const char *rp)
{
    return is_control_start(word->text) || (str_starts(word->text, rp) && utf8_length(word->text) >= 22);
}

static bool put_word(const struct grid *grid, const struct word *word, char *columns, size_t *end)
{
    float at = (word->x0 - grid->left) / grid->pitch;
    float n = (float)utf8_length(word->text);
    if (fabsf(at - roundf(at)) > 0.25f || fabsf((word->x1 - word->x0) / grid->pitch - n) > 0.02f * n + 0.3f)
        return false;
    float column = roundf(at);
    if (column < (float)*end || column + n > (float)RECORD_COLUMNS)
        return false;
    size_t i = (size_t)column;
    const char *text = word->text;
    for (uint32_t c; (c = utf8_next(&text)); i++) {
        int byte = cp1252_from_unicode(c);
        if (byte < 0)
            return false;
        columns[i] = (char)byte;
    }
    *end = i;
    return true;
}

/* One printed line as columns; *ret_end is the column behind its last character. False when it is not on the grid. */
static bool read_columns(const struct grid *grid, const struct line *line, char columns[RECORD_COLUMNS],
                         size_t *ret_end)
{
    size_t end = 0;
    memset(columns, ' ', RECORD_COLUMNS);
    for (size_t i = 0; i < line->n; i++)
        if (!put_word(grid, &line->words[i], columns, &end))
            return false;
    *ret_end = end;
    return true;
}

/* The record as it grows over the lines that it is printed on. */
struct record_text {
    struct buf columns; /* printed lines, each filled up to `width` but the last */
    size_t width;       /* at which the document breaks lines; 0: not seen yet */
    size_t n_lines;
    const struct line *first;
};

static int record_end(struct record_text *record, struct buf *records, struct err *err)
{
    if (!record->n_lines)
        return 0;
    struct buf *columns = &record->columns;
    bool control = columns->len && columns->data[0] == '*';
    if (columns->len != RECORD_COLUMNS || columns->data[RECORD_COLUMNS - 1] != '9')
        return unreadable(record->first, err,
                          control ? _("the control record is not 168 columns wide")
                                  : _("a record is not 168 columns wide"));
    buf_add(records, columns->data, columns->len);
    buf_add_str(records, "\r\n");
    buf_reset(columns);
    record->n_lines = 0;
    return 0;
}

/*
 * Where are lines broken? The last character of a record stands in column 168, which tells for a record of two lines and
 * more.
 */
static size_t find_width(const struct layout *layout, const struct grid *grid, const char *rp, size_t first)
{
    char columns[RECORD_COLUMNS];
    size_t end;
    for (size_t i = first; i < layout->n_lines; i++) {
        if (!read_columns(grid, &layout->lines[i], columns, &end) || end == RECORD_COLUMNS)
            continue;
        size_t lines = 1, last = end;
        for (const struct line *line; i + lines < layout->n_lines; lines++, last = end) {
            line = &layout->lines[i + lines];
            if (is_record_start(line->words, rp) || line->page != layout->lines[i].page ||
                line_is_furniture(line) || !read_columns(grid, line, columns, &end))
                break;
        }
        if (lines > 1)
            return (RECORD_COLUMNS - MIN(last, (size_t)RECORD_COLUMNS)) / (lines - 1);
    }
    return RECORD_COLUMNS;
}

static int record_line(struct record_text *record, const struct grid *grid, const struct line *line,
                       struct err *err)
{
    char columns[RECORD_COLUMNS];
    size_t end;
    if (!read_columns(grid, line, columns, &end))
        return unreadable(line, err, _("the characters of a record do not stand on columns"));
    if (record->n_lines++ == 0)
        record->first = line;
    size_t used = record->columns.len;
    /* The line before was filled up to its width; this one is as long as it is, unless another follows. */
    size_t filled = (record->n_lines - 1) * record->width;
    if (used > filled || filled + end > RECORD_COLUMNS)
        return unreadable(line, err, _("a record is wider than 168 columns"));
    while (record->columns.len < filled)
        buf_add_char(&record->columns, ' ');
    buf_add(&record->columns, columns, end);
    return 0;
}

/* What is read, line by line. */
struct records {
    const char *rp;
    struct grid grid;
    struct record_text record;
    struct buf read;
    unsigned page;
    bool control; /* the control record has begun */
    bool outside; /* in the head or foot of a page */
};

static bool is_complete(const struct record_text *record)
{
    return !record->n_lines || record->columns.len == RECORD_COLUMNS;
}

/* Behind the head of a page: does the line end the record that the page before has begun, to the column? */
static bool ends_record(const struct records *records, const struct line *line)
{
    char columns[RECORD_COLUMNS];
    size_t end, filled = records->record.n_lines * records->record.width;
    return read_columns(&records->grid, line, columns, &end) && filled + end == RECORD_COLUMNS;
}

static int records_line(struct records *records, const struct line *line, struct err *err)
{
    struct record_text *record = &records->record;
    if (line->page != records->page)
        records->outside = true;
    records->page = line->page;
    if (is_record_start(line->words, records->rp)) {
        int r = record_end(record, &records->read, err);
        if (r < 0)
            return r;
        records->control = line->words[0].text[0] == '*';
        records->outside = false;
    } else if (is_complete(record) || line_is_furniture(line)) {
        records->outside = true;
        return 0;
    } else if (records->outside && !ends_record(records, line))
        return 0;
    return record_line(record, &records->grid, line, err);
}

static size_t find_first(const struct layout *layout, const char *rp)
{
    size_t i = 0;
    while (i < layout->n_lines && !is_record_start(layout->lines[i].words, rp))
        i++;
    return i;
}

static int read_records(const struct layout *layout, const char *rp, struct acuse *ret, struct err *err)
{
    size_t i = find_first(layout, rp);
    if (i == layout->n_lines)
        return unreadable(NULL, err, _("the acuse prints no records"));
    const struct word *start = layout->lines[i].words;
    struct records records = {.rp = rp, .page = layout->lines[i].page};
    records.grid =
        (struct grid){.left = start->x0, .pitch = (start->x1 - start->x0) / (float)utf8_length(start->text)};
    records.record.width = find_width(layout, &records.grid, rp, i);
    int r = 0;
    for (; r >= 0 && i < layout->n_lines && !(records.control && is_complete(&records.record)); i++)
        r = records_line(&records, &layout->lines[i], err);
    if (r >= 0)
        r = record_end(&records.record, &records.read, err);
    if (r >= 0 && !records.control)
        r = unreadable(NULL, err, _("the acuse prints no control record"));
    for (; r >= 0 && i < layout->n_lines; i++)
        if (is_record_start(layout->lines[i].words, rp))
            r = unreadable(&layout->lines[i], err, _("a record stands behind the control record"));
    buf_free(&records.record.columns);
    if (r >= 0)
        ret->records = buf_steal(&records.read, &ret->records_len);
    buf_free(&records.read);
    return r;
}

/* Behind its label: hexadecimal digits over several lines, then '|' and the notary's number. */
static char *read_sello(const struct layout *layout)
{
    size_t i = layout->n_lines, to = 0;
    for (size_t k = 0; k < layout->n_lines; k++)
        if (line_is_sello(&layout->lines[k], &to))
            i = k;
    if (i == layout->n_lines)
        return NULL;
    struct buf sello = BUF_INIT;
    bool open = true; /* until behind the notary's number, or another word */
    for (line_is_sello(&layout->lines[i], &to); open && i < layout->n_lines; i++, to = 0) {
        const struct line *line = &layout->lines[i];
        for (; open && to < line->n; to++) {
            const char *text = line->words[to].text;
            open = !text[strspn(text, "0123456789ABCDEFabcdef|")];
            if (open)
                buf_add_str(&sello, text);
            open = open && !(strchr(sello.data, '|') && sello.data[sello.len - 1] != '|');
        }
    }
    if (sello.len)
        return buf_steal(&sello, NULL);
    buf_free(&sello);
    return NULL;
}

int acuse_read(const struct layout *layout, struct acuse *ret, struct err *err)
{
    struct head head;
    struct acuse acuse = {0};
    int r = head_read(layout, &head, err);
    if (r < 0)
        return r;
    r = read_records(layout, head.values[LABEL_RP], &acuse, err);
    if (r >= 0) {
        acuse.portal_lot = STEAL(head.values[LABEL_LOT]);
        acuse.folio = STEAL(head.values[LABEL_FOLIO]);
        acuse.rp = STEAL(head.values[LABEL_RP]);
        acuse.rfc = STEAL(head.values[LABEL_RFC]);
        acuse.razon_social = STEAL(head.values[LABEL_NAME]);
        acuse.certificate_serial = STEAL(head.values[LABEL_SERIAL]);
        acuse.huella = STEAL(head.values[LABEL_HUELLA]);
        acuse.sello = read_sello(layout);
        acuse.received_us = head.received_us;
        *ret = acuse;
    }
    head_free(&head);
    return r;
}
