/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/layout.h"

#include <math.h>

#include "base/text.h"

/* ---- reading what pdftotext printed ---- */

/* `name="12.5"` within a tag. */
static bool read_number(const char *tag, const char *name, float *ret)
{
    const char *at = strstr(tag, name);
    if (!at)
        return false;
    char *end;
    *ret = strtof(at + strlen(name), &end);
    return *end == '"' && isfinite(*ret) && fabsf(*ret) < 1e6f;
}

static void unescape(char *text)
{
    static const struct {
        const char *entity;
        char c;
    } entities[] = {{"&lt;", '<'},    {"&gt;", '>'},   {"&quot;", '"'},
                    {"&apos;", '\''}, {"&#39;", '\''}, {"&amp;", '&'}};
    char *out = text;
    while (*text) {
        size_t i = 0;
        while (i < ELEMENTSOF(entities) && !str_starts(text, entities[i].entity))
            i++;
        if (i < ELEMENTSOF(entities)) {
            *out++ = entities[i].c;
            text += strlen(entities[i].entity);
        } else
            *out++ = *text++;
    }
    *out = '\0';
}

/* One line of the form <word xMin="…" yMin="…" xMax="…" yMax="…">text</word>. */
static bool read_word(char *line, struct word *ret)
{
    char *open = strchr(line, '>'), *close = open ? strstr(open, "</word>") : NULL;
    if (!close)
        return false;
    *open = *close = '\0';
    ret->text = open + 1;
    unescape(ret->text);
    return read_number(line, "xMin=\"", &ret->x0) && read_number(line, "yMin=\"", &ret->y0) &&
           read_number(line, "xMax=\"", &ret->x1) && read_number(line, "yMax=\"", &ret->y1) &&
           ret->x1 >= ret->x0 && ret->y1 >= ret->y0;
}

static int read_words(struct layout *layout, struct err *err)
{
    size_t cap = 0;
    unsigned page = 0;
    char *save = NULL;
    for (char *line = strtok_r(layout->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " ");
        if (str_starts(line, "<page "))
            page++;
        if (!str_starts(line, "<word "))
            continue;
        struct word word = {.page = page};
        if (!page || !read_word(line, &word))
            return err_set(err, ERR_UNREADABLE_RECEIPT, _("page %u: the text of the PDF has no places"),
                           page);
        if (layout->n_words == cap) {
            cap = MAX(cap * 2, (size_t)1024);
            layout->words = xreallocarray(layout->words, cap, sizeof(*layout->words));
        }
        layout->words[layout->n_words++] = word;
    }
    return page ? 0 : err_set(err, ERR_UNREADABLE_RECEIPT, _("the PDF has no pages"));
}

/* ---- lines ---- */

static float middle(const struct word *word)
{
    return (word->y0 + word->y1) / 2;
}

static int compare_down(const void *a, const void *b)
{
    const struct word *first = a, *second = b;
    if (first->page != second->page)
        return first->page < second->page ? -1 : 1;
    float difference = middle(first) - middle(second);
    return difference < 0 ? -1 : difference > 0;
}

static int compare_right(const void *a, const void *b)
{
    float difference = ((const struct word *)a)->x0 - ((const struct word *)b)->x0;
    return difference < 0 ? -1 : difference > 0;
}

/* The words from `from` on that stand on one line: no further down than half the height of the first. */
static size_t line_end(const struct layout *layout, size_t from)
{
    const struct word *first = &layout->words[from];
    float reach = middle(first) + (first->y1 - first->y0) / 2;
    size_t to = from + 1;
    while (to < layout->n_words && layout->words[to].page == first->page &&
           middle(&layout->words[to]) < reach)
        to++;
    return to;
}

static void gather_lines(struct layout *layout)
{
    if (!layout->n_words)
        return;
    qsort(layout->words, layout->n_words, sizeof(*layout->words), compare_down);
    layout->lines = xcalloc(layout->n_words, sizeof(*layout->lines));
    unsigned page = 0, number = 0;
    for (size_t from = 0, to; from < layout->n_words; from = to) {
        to = line_end(layout, from);
        qsort(&layout->words[from], to - from, sizeof(*layout->words), compare_right);
        number = layout->words[from].page == page ? number + 1 : 1;
        page = layout->words[from].page;
        layout->lines[layout->n_lines++] =
            (struct line){.words = &layout->words[from], .n = to - from, .page = page, .number = number};
    }
}

int layout_parse(struct buf *bbox, struct layout *ret, struct err *err)
{
    struct layout layout = {0};
    size_t n;
    layout.text = buf_steal(bbox, &n);
    if (!utf8_valid(layout.text, n)) {
        layout_free(&layout);
        return err_set(err, ERR_UNREADABLE_RECEIPT, _("the text of the PDF is not UTF-8"));
    }
    int r = read_words(&layout, err);
    if (r < 0) {
        layout_free(&layout);
        return r;
    }
    gather_lines(&layout);
    *ret = layout;
    return 0;
}

void layout_free(struct layout *layout)
{
    free(layout->text);
    free(layout->words);
    free(layout->lines);
    *layout = (struct layout){0};
}

/* ---- words of a line ---- */

char *line_join(const struct line *line, size_t from, size_t to)
{
    struct buf out = BUF_INIT;
    for (size_t i = from; i < to; i++) {
        if (i > from)
            buf_add_char(&out, ' ');
        buf_add_str(&out, line->words[i].text);
    }
    return buf_steal(&out, NULL);
}

/* A letter for comparing: lower case, without its accent. */
static uint32_t plain(uint32_t c)
{
    static const struct {
        uint32_t from;
        char to;
    } accents[] = {{0xE1, 'a'}, {0xE9, 'e'}, {0xED, 'i'}, {0xF3, 'o'}, {0xFA, 'u'}, {0xFC, 'u'}};
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE))
        c += 0x20;
    for (size_t i = 0; i < ELEMENTSOF(accents); i++)
        if (accents[i].from == c)
            return (uint32_t)accents[i].to;
    return c;
}

/*
 * Compares the phrase with the words from `from` on; the first word behind it, or 0. *ret_rest is what follows the colon in
 * the phrase's own last word, "" for nothing.
 */
static size_t match_phrase(const struct line *line, size_t from, const char *phrase, const char **ret_rest)
{
    for (size_t i = from; i < line->n; i++) {
        const char *text = line->words[i].text;
        while (*text && *phrase) {
            if (*phrase == ' ') {
                phrase++;
                continue;
            }
            if (plain(utf8_next(&text)) != plain(utf8_next(&phrase)))
                return 0;
        }
        if (*phrase)
            continue;
        if (*text && *text != ':')
            return 0;
        *ret_rest = *text == ':' ? text + 1 : "";
        return !*text && i + 1 < line->n && streq(line->words[i + 1].text, ":") ? i + 2 : i + 1;
    }
    return 0;
}

bool line_find_label(const struct line *line, const char *phrase, size_t *ret_from, size_t *ret_to,
                     const char **ret_rest)
{
    for (size_t from = 0; from < line->n; from++) {
        size_t to = match_phrase(line, from, phrase, ret_rest);
        if (to) {
            *ret_from = from;
            *ret_to = to;
            return true;
        }
    }
    return false;
}

bool line_find(const struct line *line, const char *phrase, size_t *ret_from, size_t *ret_to)
{
    const char *rest;
    return line_find_label(line, phrase, ret_from, ret_to, &rest) && !*rest;
}
