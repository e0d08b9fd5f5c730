/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/page.h"

#include <libxml/HTMLparser.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    PAGE_MAX_SIZE = 16 * 1024 * 1024, /* a list of some ten thousand lots */
    PAGE_MAX_DEPTH = 200,
};

struct page {
    xmlDoc *doc;
    char *text;  /* all that is visible, folded */
    char *error; /* of the error box */
    char *error_folded;
};

/* ---- walking ---- */

static xmlNode *first_child(xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE ? node->children : NULL;
}

/* The node behind `node` in document order, within `root`; NULL at the end. Never recursive: depth comes from
 * outside. */
static xmlNode *next_node(xmlNode *node, const xmlNode *root, bool enter)
{
    if (enter && first_child(node))
        return first_child(node);
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrcasecmp(node->name, (const xmlChar *)name) == 0;
}

static bool is_invisible(const xmlNode *node)
{
    return node->type == XML_COMMENT_NODE || is_element(node, "script") || is_element(node, "style");
}

/* Elements that stand within a line of text; all others separate words. */
static bool is_inline(const xmlNode *node)
{
    static const char *const names[] = {"a", "b", "i", "u", "em", "strong", "span", "font", "small", "label"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (is_element(node, names[i]))
            return true;
    return false;
}

static void add_collapsed(struct buf *out, const char *text)
{
    for (; *text; text++) {
        bool nbsp = (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] == 0xA0;
        if (nbsp)
            text++;
        if (nbsp || strchr(" \t\r\n\f", *text)) {
            if (out->len && out->data[out->len - 1] != ' ')
                buf_add_char(out, ' ');
        } else
            buf_add_char(out, *text);
    }
}

static char *visible_text(xmlNode *root)
{
    struct buf out = BUF_INIT;
    bool enter;
    for (xmlNode *node = root; node; node = next_node(node, root, enter)) {
        enter = !is_invisible(node);
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            add_collapsed(&out, (const char *)node->content);
        else if (node->type == XML_ELEMENT_NODE && !is_inline(node))
            add_collapsed(&out, " ");
    }
    return str_trim(buf_steal(&out, NULL));
}

static xmlNode *find_id(const struct page *page, const char *id)
{
    xmlNode *root = xmlDocGetRootElement(page->doc);
    for (xmlNode *node = root; node; node = next_node(node, root, true)) {
        xmlChar *value = node->type == XML_ELEMENT_NODE ? xmlGetNoNsProp(node, (const xmlChar *)"id") : NULL;
        bool found = value && xmlStrEqual(value, (const xmlChar *)id);
        xmlFree(value);
        if (found)
            return node;
    }
    return NULL;
}

static bool too_deep(xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    int depth = 0;
    for (xmlNode *node = root; node;) {
        if (first_child(node)) {
            node = first_child(node);
            if (++depth > PAGE_MAX_DEPTH)
                return true;
            continue;
        }
        while (node != root && !node->next) {
            node = node->parent;
            depth--;
        }
        node = node == root ? NULL : node->next;
    }
    return false;
}

/* ---- reading ---- */

/*
 * The bytes as UTF-8. What the portal declares is not asked: Spanish text in cp1252 is never well-formed
 * UTF-8 by accident, so the bytes themselves decide, also when the declaration lies.
 */
static char *to_utf8(const char *body, size_t n)
{
    return utf8_valid(body, n) ? xstrndup(body, n) : cp1252_to_utf8(body, n);
}

/* Lower case, for comparing: ASCII and the letters of Latin-1. */
static char *fold(const char *text)
{
    struct buf out = BUF_INIT;
    for (uint32_t c; (c = utf8_next(&text));) {
        if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7))
            c += 0x20;
        utf8_add(&out, c);
    }
    return buf_steal(&out, NULL);
}

struct page *page_parse(const void *body, size_t n, const char *error_box)
{
    if (!n || n > PAGE_MAX_SIZE || memchr(body, '\0', n))
        return NULL;
    _cleanup_free_ char *utf8 = to_utf8(body, n);
    xmlDoc *doc =
        htmlReadMemory(utf8, (int)strlen(utf8), NULL, "UTF-8",
                       HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_IGNORE_ENC);
    if (!doc)
        return NULL;
    if (!xmlDocGetRootElement(doc) || too_deep(doc)) {
        xmlFreeDoc(doc);
        return NULL;
    }
    struct page *page = xcalloc(1, sizeof(*page));
    page->doc = doc;
    _cleanup_free_ char *text = visible_text(xmlDocGetRootElement(doc));
    page->text = fold(text);
    page->error = page_text_of(page, error_box);
    if (!page->error)
        page->error = xstrdup("");
    page->error_folded = fold(page->error);
    return page;
}

struct page *page_free(struct page *page)
{
    if (!page)
        return NULL;
    xmlFreeDoc(page->doc);
    free(page->text);
    free(page->error);
    free(page->error_folded);
    free(page);
    return NULL;
}

static bool mark_holds(const struct page *page, const struct mark *mark)
{
    _cleanup_free_ char *words = fold(mark->value);
    bool there = false;
    switch (mark->kind) {
    case MARK_ID:
        there = find_id(page, mark->value);
        break;
    case MARK_TEXT:
        there = strstr(page->text, words);
        break;
    case MARK_ERROR:
        there = strstr(page->error_folded, words);
        break;
    }
    return there != mark->absent;
}

bool page_shows(const struct page *page, const struct marks *marks)
{
    for (size_t i = 0; i < marks->n; i++)
        if (!mark_holds(page, &marks->items[i]))
            return false;
    return marks->n > 0;
}

const char *page_error(const struct page *page)
{
    return page->error;
}

char *page_text_of(const struct page *page, const char *id)
{
    xmlNode *node = find_id(page, id);
    char *text = node ? visible_text(node) : NULL;
    if (text && *text)
        return text;
    free(text);
    return NULL;
}

/* ---- the list of lots ---- */

static bool has_class(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"class");
    bool found = false;
    char *save = NULL;
    for (char *word = value ? strtok_r((char *)value, " \t\r\n", &save) : NULL; word && !found;
         word = strtok_r(NULL, " \t\r\n", &save))
        found = streq(word, name);
    xmlFree(value);
    return found;
}

static bool has_attribute(const xmlNode *node, const char *name)
{
    return xmlHasProp(node, (const xmlChar *)name) != NULL;
}

enum { CELL_LOT, CELL_TYPE, CELL_DATE, CELLS_LEAST = 4, CELLS_MOST = 32 };

static size_t collect_cells(xmlNode *tr, xmlNode *cells[CELLS_MOST])
{
    size_t n = 0;
    for (xmlNode *node = tr->children; node && n < CELLS_MOST; node = node->next)
        if (is_element(node, "td"))
            cells[n++] = node;
    return n;
}

static bool has_link(xmlNode *cell, const char *text)
{
    for (xmlNode *node = cell; node; node = next_node(node, cell, true)) {
        if (!is_element(node, "a"))
            continue;
        _cleanup_free_ char *label = visible_text(node);
        if (streq(label, text))
            return true;
    }
    return false;
}

/* 1: a lot; 0: a heading or a notice. */
static int read_row(xmlNode *tr, const struct profile_step *list, struct page_row *ret, struct err *err)
{
    xmlNode *cells[CELLS_MOST];
    size_t n = has_attribute(tr, "class") ? collect_cells(tr, cells) : 0;
    if (n < CELLS_LEAST || has_attribute(cells[0], "colspan"))
        return 0;
    _cleanup_free_ char *lot = visible_text(cells[CELL_LOT]);
    if (!str_all_digits(lot) || strlen(lot) > 20)
        return err_set(err, ERR_PORTAL_CHANGED, _("'%.40s' stands where a número de lote was expected"), lot);
    *ret = (struct page_row){.date_text = visible_text(cells[CELL_DATE])};
    if (!page_date(ret->date_text, &ret->row.date_us, &ret->date_end_us))
        ret->row.date_us = ret->date_end_us = 0;
    ret->row.portal_lot = STEAL(lot);
    ret->row.type = visible_text(cells[CELL_TYPE]);
    for (size_t i = CELL_DATE + 1; i < n && !ret->row.has_csv; i++)
        ret->row.has_csv = has_link(cells[i], list->csv_link);
    return 1;
}

static int read_table(xmlNode *table, const struct profile_step *list, struct page_rows *rows,
                      struct err *err)
{
    bool processed = has_class(table, list->processed_class);
    int64_t before_us = INT64_MAX;
    for (xmlNode *node = table; node; node = next_node(node, table, true)) {
        struct page_row row;
        int r = is_element(node, "tr") ? read_row(node, list, &row, err) : 0;
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        row.row.processed = processed;
        if (!row.row.date_us || row.row.date_us > before_us)
            rows->newest_first = false;
        before_us = row.row.date_us;
        rows->items = xreallocarray(rows->items, rows->n + 1, sizeof(*rows->items));
        rows->items[rows->n++] = row;
    }
    return 0;
}

int page_rows(const struct page *page, const struct profile_step *list, struct page_rows *ret,
              struct err *err)
{
    struct page_rows rows = {.newest_first = true};
    xmlNode *root = xmlDocGetRootElement(page->doc);
    bool enter;
    for (xmlNode *node = root; node; node = next_node(node, root, enter)) {
        enter = true;
        if (!is_element(node, "table") || !has_class(node, list->table_class))
            continue;
        enter = false; /* its rows are read here, those of a table within it too */
        int r = read_table(node, list, &rows, err);
        if (r < 0) {
            page_rows_free(&rows);
            return r;
        }
    }
    *ret = rows;
    return 0;
}

void page_rows_free(struct page_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        free(rows->items[i].row.portal_lot);
        free(rows->items[i].row.type);
        free(rows->items[i].date_text);
    }
    free(rows->items);
    *rows = (struct page_rows){0};
}

/* ---- dates ---- */

static bool date_is_real(int year, int month, int day)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1990 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || leap);
}

bool page_date(const char *text, int64_t *ret_us, int64_t *ret_end_us)
{
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
    if (sscanf(text, "%2d/%2d/%4d%n", &day, &month, &year, &used) != 3 || used != 10) {
        used = 0;
        if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
            return false;
    }
    const char *at = text + used;
    int64_t span_us = US_PER_DAY;
    if (*at == ' ' || *at == 'T') {
        used = 0;
        if (sscanf(++at, "%2d:%2d%n", &hour, &minute, &used) != 2 || used != 5)
            return false;
        at += used;
        span_us = US_PER_MIN;
        used = 0;
        if (*at == ':' && (sscanf(++at, "%2d%n", &second, &used) != 1 || used != 2))
            return false;
        at += used;
    }
    if (*at || !date_is_real(year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    *ret_us = time_from_date(year * 10000 + month * 100 + day, hour * 60 + minute) + second * US_PER_S;
    if (ret_end_us)
        *ret_end_us = *ret_us + span_us;
    return true;
}
