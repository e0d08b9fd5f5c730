/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/constancia-table.h"

#include <math.h>

#include "base/text.h"
#include "portal/receipt-head.h"
#include "portal/receipt-value.h"

/* ---- places ---- */

float word_height(const struct word *word)
{
    return word->y1 - word->y0;
}

bool word_at_edge(const struct word *word, float edge)
{
    return fabsf(word->x0 - edge) <= MAX(1.5f, 0.25f * word_height(word));
}

float word_distance(const struct word *above, const struct word *below)
{
    return (below->y0 + below->y1 - above->y0 - above->y1) / 2 / MAX(word_height(above), 1.0f);
}

bool line_is_even(const struct line *line)
{
    const struct word *first = line->words;
    for (size_t i = 1; i < line->n; i++) {
        const struct word *word = &first[i];
        if (fabsf(word_distance(first, word)) > 0.25f || word->x0 < word[-1].x1 - 0.15f * word_height(word))
            return false;
    }
    return true;
}

bool line_is_text(const struct line *line, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++)
        if (line->words[i].x0 - line->words[i - 1].x1 > word_height(&line->words[i]))
            return false;
    return from < to;
}

/* No name has a digit: one is of a neighbouring column, or the name is not understood. */
bool line_could_be_name(const struct line *line, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (strpbrk(line->words[i].text, "0123456789$"))
            return false;
    return line_is_text(line, from, to);
}

bool line_is_row(const struct line *line)
{
    enum movement_type type;
    return line->n >= 3 && value_type(line->words[0].text, &type) && value_is_nss(line->words[1].text);
}

bool line_has_nss(const struct line *line)
{
    for (size_t i = 0; i < line->n; i++)
        if (value_is_nss(line->words[i].text))
            return true;
    return false;
}

/* ---- headings ---- */

/* Words of the headings that name one column each, and the field below it; the order is that of the columns. */
static const struct {
    const char *word;
    int field; /* -1: none of those that are told apart by position */
} heading_words[] = {{"NSS", -1},
                     {"Nombre", -1},
                     {"Sal.Base", FIELD_SALARY},
                     {"Ext.", FIELD_EXTEMPORANEO},
                     {"Ext", FIELD_EXTEMPORANEO},
                     {"UMF", FIELD_UMF},
                     {"Fec-Mov", FIELD_DATE},
                     {"C.Baja", FIELD_CAUSA},
                     {"Error", -1}};

bool line_is_heading(const struct line *line)
{
    size_t from, to;
    return line_find(line, "NSS", &from, &to) && line_find(line, "Nombre", &from, &to);
}

int heading_check(const struct line *line, struct err *err)
{
    float behind = -INFINITY;
    size_t from, to;
    for (size_t i = 0; i < ELEMENTSOF(heading_words); i++) {
        if (!line_find(line, heading_words[i].word, &from, &to))
            continue;
        if (line->words[from].x0 < behind)
            return unreadable(line, err, _("the columns of the table are in another order"));
        behind = line->words[from].x0;
    }
    return 0;
}

static bool is_among(const char *text, const char *const *words)
{
    while (*words && !streq(*words, text))
        words++;
    return *words != NULL;
}

bool heading_leaves_room(const struct line *heading, const struct word *word)
{
    /* Of a heading only these stand there. */
    static const char *const own[] = {"Nombre", "Asegurado", "asegurado", "del", "de", "Error", NULL};
    size_t nss, name, to;
    if (is_among(word->text, own) || !line_find(heading, "NSS", &nss, &to) ||
        !line_find(heading, "Nombre", &name, &to))
        return false;
    while (name < heading->n && is_among(heading->words[name].text, own))
        name++;
    return word->x0 > heading->words[nss].x1 && (name == heading->n || word->x0 < heading->words[name].x0);
}

static float apart(const struct word *word, struct span span)
{
    return MAX(MAX(span.from - word->x1, word->x0 - span.to), 0.0f);
}

bool table_is_below_heading(const struct table *table, const struct layout *layout, const struct line *row)
{
    size_t from, to;
    for (size_t i = table->heading; i < table->heading_end; i++)
        for (size_t k = 0; k < ELEMENTSOF(heading_words); k++) {
            const struct line *line = &layout->lines[i];
            if (heading_words[k].field < 0 || !line_find(line, heading_words[k].word, &from, &to))
                continue;
            const struct word *label = &line->words[from];
            const struct word *fields = &row->words[row->n - _FIELD_MAX];
            float own = apart(
                label, (struct span){fields[heading_words[k].field].x0, fields[heading_words[k].field].x1});
            for (int f = 0; f < _FIELD_MAX; f++)
                if (f != heading_words[k].field &&
                    apart(label, (struct span){fields[f].x0, fields[f].x1}) < own)
                    return false;
        }
    return true;
}

/* ---- columns ---- */

/*
 * Names and errors begin at one edge; the fields between may stand left, right or in the middle of their columns, so they
 * only must not be outside of all that was there.
 */
bool table_fits(struct table *table, const struct line *line, const struct word *next,
                const struct word *fields)
{
    const struct word *name = &line->words[2];
    if (!table->known) {
        table->name = name->x0;
        table->next = next->x0;
        for (int f = 0; fields && f < _FIELD_MAX; f++)
            table->fields[f] = (struct span){fields[f].x0, fields[f].x1};
        table->known = true;
        return true;
    }
    if (!word_at_edge(name, table->name) || (!fields && !word_at_edge(next, table->next)))
        return false;
    table->next = MIN(table->next, next->x0);
    for (int f = 0; fields && f < _FIELD_MAX; f++) {
        struct span *span = &table->fields[f];
        if (fields[f].x0 > span->to || fields[f].x1 < span->from)
            return false;
        *span = (struct span){MIN(span->from, fields[f].x0), MAX(span->to, fields[f].x1)};
        if (f > 0 && span->from < table->fields[f - 1].to)
            return false;
    }
    return true;
}

bool table_split_line(const struct table *table, const struct line *line, size_t *ret_split)
{
    size_t split = 0;
    while (split < line->n && line->words[split].x0 < table->next &&
           !word_at_edge(&line->words[split], table->next))
        split++;
    *ret_split = split;
    if (split > 0 && (!word_at_edge(line->words, table->name) || line->words[split - 1].x1 >= table->next ||
                      !line_could_be_name(line, 0, split)))
        return false;
    if (split < line->n && !line_is_text(line, split, line->n))
        return false;
    return table->section == SECTION_OPERATED
               ? split == line->n
               : split == line->n || word_at_edge(&line->words[split], table->next);
}
