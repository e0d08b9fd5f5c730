/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/constancia-reading.h"
#include "portal/receipt-head.h"
#include "portal/receipt-text.h"
#include "portal/receipt-value.h"

/* Within a row lines are at most this far apart, in their heights. */
#define CLOSE 2.2f
/* A heading's rows stand no further below it than this. */
#define BELOW_HEADING 4.0f

/* Does the line say the same as one of [from, to)? */
static bool repeats(const struct layout *layout, const struct line *line, size_t from, size_t to)
{
    _cleanup_free_ char *text = line_join(line, 0, line->n);
    bool same = false;
    for (size_t i = from; i < to && !same; i++) {
        _cleanup_free_ char *other = line_join(&layout->lines[i], 0, layout->lines[i].n);
        same = streq(text, other);
    }
    return same;
}

/* ---- the frame: titles, headings, feet, totals ---- */

static void begin_section(struct reading *reading, enum section section)
{
    if (reading->section != section) {
        if (reading->table.known)
            reading->before = reading->table;
        reading->table = (struct table){.section = section};
        reading->open = false;
    }
    reading->section = section;
    reading->place = PLACE_OUTSIDE;
}

/* Titles, seals and page numbers, which are so wherever they stand. */
static bool read_frame(struct reading *reading, const struct line *line)
{
    size_t from, to;
    reading->sello = line_is_sello(line, &to) || (reading->sello && line_is_sello_more(line));
    if (line_find(line, "Relación de movimientos operados", &from, &to))
        begin_section(reading, SECTION_OPERATED);
    else if (line_find(line, "Relación de movimientos rechazados", &from, &to))
        begin_section(reading, SECTION_REJECTED);
    else if (line_find(line, "Para efectos", &from, &to) && from == 0)
        begin_section(reading, SECTION_END);
    else if (reading->sello || line_is_page_number(line))
        reading->place = PLACE_OUTSIDE;
    else
        return false;
    return true;
}

static int read_heading(struct reading *reading, size_t i, struct err *err)
{
    struct table *table = &reading->table;
    const struct line *line = &reading->layout->lines[i];
    if (!table->heading_end) {
        table->heading = i;
        table->heading_end = i + 1;
    }
    reading->place = PLACE_TOP;
    reading->last = line->words[line->n - 1];
    return heading_check(line, err);
}

/* The one line of twelve numbers: received, operated, rejected, each per type and in all. 1 when it is that line. */
static int read_totals(struct reading *reading, const struct line *line, struct err *err)
{
    struct constancia *constancia = &reading->constancia;
    uint32_t numbers[3 * _COUNT_MAX];
    const size_t block = sizeof(constancia->received);
    if (line->n != ELEMENTSOF(numbers))
        return 0;
    for (size_t i = 0; i < line->n; i++)
        if (!value_count(line->words[i].text, &numbers[i]))
            return 0;
    if (!reading_is_ours(reading))
        return 1;
    if (reading->totals && (memcmp(constancia->received, numbers, block) != 0 ||
                            memcmp(constancia->operated, numbers + _COUNT_MAX, block) != 0 ||
                            memcmp(constancia->rejected, numbers + 2 * _COUNT_MAX, block) != 0))
        return unreadable(line, err, _("there are other totals before"));
    memcpy(constancia->received, numbers, block);
    memcpy(constancia->operated, numbers + _COUNT_MAX, block);
    memcpy(constancia->rejected, numbers + 2 * _COUNT_MAX, block);
    reading->totals = true;
    return 1;
}

/* ---- lines ---- */

static void turn_page(struct reading *reading, unsigned page)
{
    reading->page = page;
    reading->place = PLACE_OUTSIDE;
    reading->page_rows = 0;
    reading->sello = false;
    memset(reading->owner_read, 0, sizeof(reading->owner_read));
}

static int read_row(struct reading *reading, const struct line *line, struct err *err)
{
    if (!line_is_even(line))
        return unreadable(line, err, _("the words of a row do not stand side by side"));
    int r = reading->section == SECTION_OPERATED ? row_operated(reading, line, err)
                                                 : row_rejected(reading, line, err);
    if (r < 0)
        return r;
    memset(reading->owner_read, 0, sizeof(reading->owner_read));
    reading->page_rows++;
    reading->open = true;
    reading->place = PLACE_ROW;
    reading->last = line->words[line->n - 1];
    return 0;
}

/* Below a heading that is the first of its table, or one that repeats it: more of it? */
static int read_below_heading(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    struct table *table = &reading->table;
    if (table->known ? !repeats(reading->layout, line, table->heading, table->heading_end)
                     : word_distance(&reading->last, line->words) > BELOW_HEADING)
        return 0;
    for (size_t k = 0; k < line->n; k++)
        if (!table->known && heading_leaves_room(&reading->layout->lines[table->heading], &line->words[k]))
            return unreadable(line, err, _("a line below the heading is not understood"));
    if (!table->known)
        table->heading_end = i + 1;
    reading->last = line->words[line->n - 1];
    return line_has_nss(line) ? unreadable(line, err, _("a row of a table is not understood")) : 1;
}

/* In the table, and neither row nor heading: more of the row before, or of the page. */
static int read_further(struct reading *reading, const struct line *line, struct err *err)
{
    float apart = word_distance(&reading->last, line->words);
    bool close = apart <= (reading->place == PLACE_TOP ? BELOW_HEADING : CLOSE);
    size_t split = 0;
    bool fits = reading->table.known && line_is_even(line) && table_split_line(&reading->table, line, &split);
    if (close && fits) {
        int r = row_continue(reading, line, split, err);
        reading->place = PLACE_ROW;
        reading->last = line->words[line->n - 1];
        return r;
    }
    if (apart <= CLOSE ||
        fits) /* what stands in the columns, but too far below, is behind a line that is missing */
        return unreadable(line, err,
                          line_has_nss(line) ? _("a row of a table is not understood")
                                             : _("a line within a table is not understood"));
    reading->place = PLACE_OUTSIDE;
    return 0;
}

/* Does it belong to a head: does it say the same as a line of the first head, or give a value of its own? */
static bool is_of_head(const struct reading *reading, size_t i)
{
    const struct layout *layout = reading->layout;
    for (int label = 0; label < LABEL_SELLO; label++) {
        _cleanup_free_ char *value = head_value(layout, reading->head, i, (enum label)label);
        if (value)
            return true;
    }
    return reading->page_rows == 0 && repeats(layout, &layout->lines[i], 0, reading->first_row);
}

/* Outside of tables: nothing that could be a row or a part of one may be passed over. */
static int read_outside(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    const struct table *table = reading->table.known ? &reading->table : &reading->before;
    enum movement_type type;
    size_t split;
    if (table->known && table_split_line(table, line, &split) && !is_of_head(reading, i))
        return unreadable(line, err, _("it is not clear which movement goes on here"));
    if (reading->section != SECTION_END && line->n >= 2 && line_has_nss(line) &&
        value_type(line->words[0].text, &type))
        return unreadable(line, err, _("a row of a table is not understood"));
    return 0;
}

static int read_table_line(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    size_t split;
    if (line_is_row(line))
        return read_row(reading, line, err);
    bool more = reading->place == PLACE_ROW && reading->table.known &&
                table_split_line(&reading->table, line, &split) &&
                word_distance(&reading->last, line->words) <= CLOSE;
    if (!more && line_is_heading(line))
        return read_heading(reading, i, err);
    int r = reading->place == PLACE_TOP ? read_below_heading(reading, i, err) : 0;
    if (r != 0)
        return MIN(r, 0);
    if (!more && reading_owner(reading, i))
        reading->place = PLACE_OUTSIDE;
    r = more ? 0 : read_totals(reading, line, err);
    if (r != 0)
        return MIN(r, 0);
    return reading->place == PLACE_OUTSIDE ? read_outside(reading, i, err) : read_further(reading, line, err);
}

static int read_line(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    if (line->page != reading->page)
        turn_page(reading, line->page);
    if (read_frame(reading, line))
        return 0;
    if (reading->section == SECTION_OPERATED || reading->section == SECTION_REJECTED)
        return read_table_line(reading, i, err);
    reading_owner(reading, i);
    int r = read_totals(reading, line, err);
    return r != 0 ? MIN(r, 0) : read_outside(reading, i, err);
}

static void reading_free(struct reading *reading)
{
    for (int i = 0; i < _LABEL_MAX; i++)
        free(reading->owner[i]);
    constancia_row_free(&reading->other);
    buf_free(&reading->error);
    constancia_free(&reading->constancia);
}

/* 1 with what the document says of that registro patronal and lot, 0 when it says nothing of it. */
static int read_for(const struct layout *layout, const struct head *head, struct receipt_owner whose,
                    struct constancia *ret, struct err *err)
{
    struct reading reading = {.layout = layout, .head = head, .whose = whose};
    int r = 0;
    while (reading.first_row < layout->n_lines && !line_is_row(&layout->lines[reading.first_row]))
        reading.first_row++;
    for (size_t i = 0; r >= 0 && i < layout->n_lines; i++)
        r = read_line(&reading, i, err);
    row_end_error(&reading);
    if (r >= 0 && reading.constancia.portal_lot && !reading.totals)
        r = unreadable(NULL, err, _("the constancia has no line of twelve totals"));
    if (r >= 0 && reading.totals) {
        *ret = reading.constancia;
        reading.constancia = (struct constancia){0};
        r = 1;
    }
    reading_free(&reading);
    return r;
}

int constancia_read_of(const struct layout *layout, const struct receipt_owner *whose, struct constancia *ret,
                       struct err *err)
{
    struct head head;
    int r = head_read(layout, &head, err);
    if (r < 0)
        return r;
    const struct receipt_owner first = {.rp = head.values[LABEL_RP]};
    bool wanted = whose && whose->rp;
    r = read_for(layout, &head, wanted ? *whose : first, ret, err);
    if (r == 0 && wanted && whose->portal_lot)
        r = read_for(layout, &head, (struct receipt_owner){.rp = whose->rp}, ret, err);
    if (r == 0 && wanted)
        r = read_for(layout, &head, first, ret, err); /* of somebody else: the caller sees of whom */
    if (r == 0)
        r = unreadable(NULL, err, _("the constancia has no line of twelve totals"));
    head_free(&head);
    return MIN(r, 0);
}

int constancia_read(const struct layout *layout, struct constancia *ret, struct err *err)
{
    return constancia_read_of(layout, NULL, ret, err);
}
