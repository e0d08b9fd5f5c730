/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/receipt-head.h"

#include <math.h>

#include "base/text.h"
#include "portal/page.h"

int unreadable(const struct line *line, struct err *err, const char *what)
{
    return line ? err_set(err, ERR_UNREADABLE_RECEIPT, _("page %u, line %u: %s"), line->page, line->number,
                          what)
                : err_set(err, ERR_UNREADABLE_RECEIPT, "%s", what);
}

/* ---- labels and their values ---- */

static bool is_lot(const char *text)
{
    return str_all_digits(text) && strlen(text) >= 4 && strlen(text) <= 20;
}

static bool is_rp(const char *text)
{
    size_t n = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return !text[n] && (n == 10 || n == 11);
}

static bool is_rfc(const char *text)
{
    size_t n = utf8_length(text);
    return (n == 12 || n == 13) && !strchr(text, ' ');
}

static bool is_instant(const char *text)
{
    int64_t us;
    return page_date(text, &us, NULL);
}

static bool is_hex(const char *text)
{
    return *text && !text[strspn(text, "0123456789abcdefABCDEF")];
}

static bool is_serial(const char *text)
{
    return is_hex(text) && strlen(text) >= 2 && strlen(text) <= 40;
}

static bool is_huella(const char *text)
{
    return is_hex(text) && strlen(text) >= 32;
}

static bool is_anything(const char *text)
{
    return *text != '\0';
}

static const struct {
    const char *phrase;
    /* Legal prose uses the same words; only a label has such a value. */
    bool (*valid)(const char *text);
} labels[_LABEL_MAX] = {
    [LABEL_FOLIO] = {"Número de folio", is_lot},
    [LABEL_NAME] = {"Razón Social", is_anything},
    [LABEL_LOT] = {"Número de lote", is_lot},
    [LABEL_RFC] = {"RFC del patrón", is_rfc},
    [LABEL_RECEIVED] = {"Fecha y hora de recepción del lote", is_instant},
    [LABEL_RP] = {"Registro Patronal", is_rp},
    [LABEL_SERIAL] = {"Serial del certificado", is_serial},
    [LABEL_HUELLA] = {"Huella Digital", is_huella},
    [LABEL_SELLO] = {"Sello Digital", is_anything},
};

static float height(const struct word *word)
{
    return word->y1 - word->y0;
}

/* Is there more than a blank before this word of the line? */
static bool begins_cell(const struct line *line, size_t at)
{
    return at == 0 || line->words[at].x0 - line->words[at - 1].x1 > 0.9f * height(&line->words[at]);
}

/* Where the cell that `from` is in ends: before a gap that is wider than a blank, or the next label. */
static size_t cell_end(const struct line *line, size_t from)
{
    size_t end = from + 1;
    while (end < line->n && !begins_cell(line, end))
        end++;
    const struct line cell = {.words = line->words + from, .n = end - from};
    size_t start, after;
    const char *rest;
    for (int i = 0; i < _LABEL_MAX; i++)
        if (line_find_label(&cell, labels[i].phrase, &start, &after, &rest) && from + start < end)
            end = from + start;
    return end;
}

/* Was the phrase that ends before `to` written with a colon? */
static bool has_colon(const struct line *line, size_t to, const char *rest)
{
    const char *text = line->words[to - 1].text;
    return *rest || text[strlen(text) - 1] == ':';
}

/* The cell to the right of a label; NULL when there is none. */
static char *value_beside(const struct line *line, size_t to, const char *rest)
{
    bool more = to < line->n && (!*rest || !begins_cell(line, to)) && cell_end(line, to) > to;
    _cleanup_free_ char *words = more ? line_join(line, to, cell_end(line, to)) : NULL;
    if (!*rest)
        return STEAL(words);
    return words ? xasprintf("%s %s", rest, words) : xstrdup(rest);
}

/* The cell below a label: the first one there that begins no further left than the label, and before the next one. */
static char *value_below(const struct layout *layout, size_t i, size_t from, size_t to)
{
    const struct line *line = &layout->lines[i];
    const struct word *label = &line->words[from];
    if (i + 1 == layout->n_lines || layout->lines[i + 1].page != line->page)
        return NULL;
    const struct line *below = &layout->lines[i + 1];
    float right = to < line->n ? line->words[to].x0 : INFINITY;
    if (below->words[0].y0 - label->y1 > 2 * height(label))
        return NULL;
    for (size_t k = 0; k < below->n; k++)
        if (begins_cell(below, k) && below->words[k].x0 > label->x0 - 0.3f * height(label))
            return below->words[k].x0 < right ? line_join(below, k, cell_end(below, k)) : NULL;
    return NULL;
}

/* The value of the label where the line has it, to its right or below it; *ret_colon says how it is written. */
static char *label_value(const struct layout *layout, size_t i, enum label label, bool *ret_colon)
{
    const struct line *line = &layout->lines[i];
    size_t from, to;
    const char *rest;
    if (!line_find_label(line, labels[label].phrase, &from, &to, &rest) || !begins_cell(line, from))
        return NULL;
    *ret_colon = has_colon(line, to, rest);
    _cleanup_free_ char *value = value_beside(line, to, rest);
    if (!value || (!labels[label].valid(value) && !*rest))
        replace_str(&value, value_below(layout, i, from, to));
    return value && labels[label].valid(value) ? STEAL(value) : NULL;
}

char *head_value(const struct layout *layout, const struct head *head, size_t i, enum label label)
{
    bool colon;
    _cleanup_free_ char *value = label_value(layout, i, label, &colon);
    return value && colon == head->colon[label] ? STEAL(value) : NULL;
}

/* The first of each label in the document; one with a colon goes before one without. */
static void read_labels(const struct layout *layout, struct head *head)
{
    for (size_t i = 0; i < layout->n_lines; i++)
        for (int k = 0; k < LABEL_SELLO; k++) {
            bool colon;
            if (head->values[k] && head->colon[k])
                continue;
            _cleanup_free_ char *value = label_value(layout, i, (enum label)k, &colon);
            if (!value || (head->values[k] && !colon))
                continue;
            replace_str(&head->values[k], STEAL(value));
            head->colon[k] = colon;
        }
}

/* ---- numbers of pages ---- */

/* "Página 2 de 7" somewhere in the line. */
static bool read_page_number(const struct line *line, unsigned *ret_n, unsigned *ret_of)
{
    size_t from, to;
    uint64_t n, of;
    if (!line_find(line, "Página", &from, &to) || to + 3 > line->n ||
        !streq(line->words[to + 1].text, "de") || !str_to_uint(line->words[to].text, 100000, &n) ||
        !str_to_uint(line->words[to + 2].text, 100000, &of))
        return false;
    *ret_n = (unsigned)n;
    *ret_of = (unsigned)of;
    return true;
}

bool line_is_page_number(const struct line *line)
{
    unsigned n, of;
    size_t from, to;
    return read_page_number(line, &n, &of) || (line_find(line, "Página", &from, &to) && from == 0);
}

/* The line of each page that has its number; NULL for those without. *ret_pages is how many pages have text. */
static const struct line **find_numbers(const struct layout *layout, unsigned *ret_pages)
{
    unsigned pages = layout->n_lines ? layout->lines[layout->n_lines - 1].page : 0, n, of;
    const struct line **lines = xcalloc(pages + 1, sizeof(const struct line *));
    for (size_t i = 0; i < layout->n_lines; i++)
        if (read_page_number(&layout->lines[i], &n, &of))
            lines[layout->lines[i].page] = &layout->lines[i];
    *ret_pages = pages;
    return lines;
}

/* Where documents were put together, each counts from one. */
static int check_pages(const struct layout *layout, struct head *head, struct err *err)
{
    unsigned pages, n = 0, of = 0;
    _cleanup_free_ const struct line **lines = find_numbers(layout, &pages);
    unsigned with = 0;
    for (unsigned page = 1; page <= pages; page++)
        with += lines[page] != NULL;
    head->numbered = with > 0;
    for (unsigned page = 1; with > 0 && page <= pages; page++) {
        unsigned expected = n == of ? 1 : n + 1, before = of;
        if (!lines[page])
            return err_set(err, ERR_UNREADABLE_RECEIPT, _("page %u: it has no page number, others have"),
                           page);
        read_page_number(lines[page], &n, &of);
        if (n != expected || n > of || (n > 1 && of != before))
            return err_set(
                err, ERR_UNREADABLE_RECEIPT,
                _("page %u, line %u: it says that it is page %u of %u; pages are missing, repeated or "
                  "out of order"),
                page, lines[page]->number, n, of);
    }
    return n == of
               ? 0
               : err_set(err, ERR_UNREADABLE_RECEIPT, _("page %u: it is not the last one of %u"), pages, of);
}

/* ---- the head ---- */

int head_read(const struct layout *layout, struct head *ret, struct err *err)
{
    struct head head = {0};
    read_labels(layout, &head);
    int r = 0;
    if (!head.values[LABEL_LOT])
        r = unreadable(NULL, err, _("there is no número de lote in the document"));
    else if (!head.values[LABEL_RP])
        r = unreadable(NULL, err, _("there is no registro patronal in the document"));
    else
        r = check_pages(layout, &head, err);
    if (r < 0) {
        head_free(&head);
        return r;
    }
    if (head.values[LABEL_RECEIVED])
        page_date(head.values[LABEL_RECEIVED], &head.received_us, NULL);
    *ret = head;
    return 0;
}

void head_free(struct head *head)
{
    for (int i = 0; i < _LABEL_MAX; i++)
        free(head->values[i]);
    *head = (struct head){0};
}

/* ---- lines of the page's frame ---- */

bool line_is_sello(const struct line *line, size_t *ret_to)
{
    size_t from;
    return line_find(line, labels[LABEL_SELLO].phrase, &from, ret_to) && from == 0;
}

bool line_is_sello_more(const struct line *line)
{
    bool longer = false;
    for (size_t i = 0; i < line->n; i++) {
        const char *text = line->words[i].text;
        if (!is_hex(text) && !streq(text, "|"))
            return false;
        longer |= strlen(text) >= 16 || streq(text, "|");
    }
    return longer || line->n == 1;
}

bool line_is_furniture(const struct line *line)
{
    size_t from, to;
    const char *rest;
    for (int i = 0; i < _LABEL_MAX; i++)
        if (line_find_label(line, labels[i].phrase, &from, &to, &rest))
            return true;
    return line_is_page_number(line);
}
