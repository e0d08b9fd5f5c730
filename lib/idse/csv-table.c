/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-table.h"

#include <csv.h>
#include <stdio.h>

#include "base/text.h"
#include "idse/file-text.h"
#include "idse/fold.h"
#include "idse/limits.h"

struct csv_table {
    struct findings *findings;
    struct file_text file;
    char *owned; /* the text, where it had to be converted again */
    const char *at, *end;
    uint32_t line;     /* of the text at `at` */
    uint32_t row_line; /* on which the row begins */
    struct csv_parser parser;
    struct buf text; /* of the row's cells, each with its NUL */
    size_t starts[CSV_MAX_CELLS];
    const char *cells[CSV_MAX_CELLS];
    size_t n_cells; /* may be more than there is room for */
    bool row_ended;
    bool no_text;
};

/* ---- words and values ---- */

void csv_word(const char *text, char ret[static CSV_WORD_SIZE])
{
    uint8_t bytes[CSV_WORD_SIZE - 1];
    size_t n = fold_text(text, bytes, sizeof(bytes)), used = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = bytes[i] == COLUMN_ENYE ? 'N' : bytes[i];
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            ret[used++] = (char)c;
    }
    ret[used] = '\0';
}

bool csv_word_listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; len > 0 && (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

bool csv_is_scientific(const char *cell)
{
    size_t n = strspn(cell, "0123456789.,");
    if (n == 0 || (cell[n] != 'e' && cell[n] != 'E'))
        return false;
    cell += n + 1;
    cell += *cell == '+' || *cell == '-';
    return str_all_digits(cell);
}

bool csv_amount(const char *cell, int32_t most, int32_t *ret_centavos)
{
    cell += strspn(cell, "$ ");
    _cleanup_free_ char *plain = xstrdup(cell);
    const char *first = strchr(cell, ',');
    bool decimal = first && !strchr(cell, '.') && strlen(first + 1) == 2;
    char *to = plain;
    for (const char *at = cell; *at; at++) {
        if (*at == ',' && !decimal && (at == cell || strspn(at + 1, "0123456789") != 3))
            return false;
        if (*at != ',' || decimal)
            *to++ = *at == ',' ? '.' : *at;
    }
    *to = '\0';
    return money_parse(plain, most, ret_centavos);
}

bool csv_date(const char *cell, unsigned *ret_day, unsigned *ret_month, unsigned *ret_year)
{
    char a, b;
    int used = 0;
    size_t n = strlen(cell);
    if (n == 8 && str_all_digits(cell))
        return sscanf(cell, "%2u%2u%4u", ret_day, ret_month, ret_year) == 3;
    if (sscanf(cell, "%4u-%2u-%2u%n", ret_year, ret_month, ret_day, &used) == 3 && used == 10)
        return cell[10] == '\0' ||
               ((cell[10] == ' ' || cell[10] == 'T') && !cell[11 + strspn(cell + 11, "0:.")]);
    return sscanf(cell, "%2u%c%2u%c%4u%n", ret_day, &a, ret_month, &b, ret_year, &used) == 5 && a == b &&
           strchr("/-.", a) && (size_t)used == n && *ret_year >= 1000;
}

void csv_write_cell(struct buf *buf, const char *text)
{
    if (!strpbrk(text, "\",;\t\r\n")) {
        buf_add_str(buf, text);
        return;
    }
    buf_add_char(buf, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_add_char(buf, '"');
        buf_add_char(buf, *text);
    }
    buf_add_char(buf, '"');
}

/* ---- the first line ---- */

/* The first line that is not blank. */
static const char *first_line(const char *text, size_t n, size_t *ret_n)
{
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3, n -= 3;
    while (n > 0 && (*text == '\r' || *text == '\n' || *text == ' '))
        text++, n--;
    for (*ret_n = 0; *ret_n < n && text[*ret_n] != '\r' && text[*ret_n] != '\n'; ++*ret_n)
        ;
    return text;
}

static const char signs[] = {',', ';', '\t'};

/* Excel's own first line, which names the sign between cells: sep=; */
static char sign_named(const char *line, size_t n)
{
    bool quoted = n == 7 && line[0] == '"' && line[6] == '"';
    line += quoted;
    if (n - 2 * quoted != 5 || strncasecmp(line, "sep=", 4) != 0)
        return '\0';
    return memchr(signs, line[4], sizeof(signs)) ? line[4] : '\0';
}

/* The sign that stands between most cells, and how often it does. */
static char delimiter_of(const char *line, size_t n, size_t *ret_times)
{
    size_t times[256] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        quoted ^= line[i] == '"';
        times[(unsigned char)line[i]] += !quoted;
    }
    for (size_t i = 1; i < ELEMENTSOF(signs); i++)
        if (times[(unsigned char)signs[i]] > times[(unsigned char)signs[best]])
            best = i;
    *ret_times = times[(unsigned char)signs[best]];
    return signs[best];
}

static bool looks_like_record(const char *line, size_t n)
{
    enum { IDENTIFIERS = 22 };
    size_t same = 0;
    while (same < MIN(n, (size_t)IDENTIFIERS) &&
           ((line[same] >= '0' && line[same] <= '9') || (line[same] >= 'A' && line[same] <= 'Z') ||
            line[same] == '*'))
        same++;
    return same == IDENTIFIERS || (n > 0 && *line == '*');
}

struct csv_look csv_look(const void *data, size_t n, csv_column_fn *column_of)
{
    enum { MAX_HEADINGS = 64 * 1024 };
    struct csv_look look = {0};
    const char *line = first_line(data, n, &look.bytes), *field, *end = (const char *)data + n;
    if (sign_named(line, look.bytes)) {
        line += look.bytes;
        line = first_line(line, (size_t)(end - line), &look.bytes);
        look.named = true;
    }
    look.bytes = MIN(look.bytes, (size_t)MAX_HEADINGS);
    look.record_like = looks_like_record(line, look.bytes);
    char delimiter = delimiter_of(line, look.bytes, &look.delimiters), word[CSV_WORD_SIZE];
    _cleanup_free_ char *text =
        utf8_valid(line, look.bytes) ? xstrndup(line, look.bytes) : cp1252_to_utf8(line, look.bytes);
    for (char *at = text, *next; at; at = next) {
        next = strchr(at, delimiter);
        if (next)
            *next++ = '\0';
        csv_word(at, word);
        look.known += column_of(word, &field) >= 0;
    }
    return look;
}

/* ---- rows ---- */

static void take_cell(void *text, size_t n, void *data)
{
    struct csv_table *table = data;
    if (table->n_cells < CSV_MAX_CELLS)
        table->starts[table->n_cells] = table->text.len;
    table->n_cells++;
    buf_add(&table->text, text, n);
    buf_add_char(&table->text, '\0');
}

static void take_end(int terminator, void *data)
{
    struct csv_table *table = data;
    table->row_ended = true;
}

static size_t next_line(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at != '\r' && *at != '\n')
        at++;
    if (at < end)
        at += at + 1 < end && at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    return (size_t)(at - from);
}

/* Feeds line by line, so that the line on which a row begins is known. */
static bool next_row(struct csv_table *table)
{
    buf_reset(&table->text);
    table->n_cells = 0;
    table->row_ended = false;
    table->row_line = table->line + 1;
    while (!table->row_ended && table->at < table->end) {
        size_t n = next_line(table->at, table->end);
        table->line++;
        bool blank = n <= 2 && (*table->at == '\r' || *table->at == '\n') && table->n_cells == 0;
        csv_parse(&table->parser, table->at, n, take_cell, take_end, table);
        table->at += n;
        if (blank && !table->row_ended && table->n_cells == 0)
            table->row_line = table->line + 1;
    }
    if (!table->row_ended && table->at == table->end)
        csv_fini(&table->parser, take_cell, take_end, table);
    return table->row_ended;
}

/* Without the dress in which a spreadsheet keeps a number a text: ="0123" and '0123. */
static char *undress(char *cell)
{
    size_t n = strlen(cell);
    if (n >= 3 && cell[0] == '=' && cell[1] == '"' && cell[n - 1] == '"') {
        cell[n - 1] = '\0';
        return cell + 2;
    }
    return *cell == '\'' ? cell + 1 : cell;
}

static void finish_cells(struct csv_table *table)
{
    for (size_t i = 0; i < MIN(table->n_cells, (size_t)CSV_MAX_CELLS); i++)
        table->cells[i] = str_trim(undress(table->text.data + table->starts[i]));
}

static bool row_is_blank(const struct csv_table *table)
{
    for (size_t i = 0; i < MIN(table->n_cells, (size_t)CSV_MAX_CELLS); i++)
        if (*table->cells[i])
            return false;
    return true;
}

bool csv_table_is_text(const struct csv_table *table)
{
    return !table->no_text;
}

bool csv_table_next(struct csv_table *table)
{
    while (next_row(table)) {
        finish_cells(table);
        if (!row_is_blank(table))
            return true;
        findings_report(table->findings, RULE_LINE_BLANK, table->row_line, 0, NULL, NULL, NULL);
    }
    return false;
}

uint32_t csv_table_line(const struct csv_table *table)
{
    return table->row_line;
}

size_t csv_table_width(const struct csv_table *table)
{
    return table->n_cells;
}

const char *csv_table_cell(const struct csv_table *table, size_t i)
{
    return i < MIN(table->n_cells, (size_t)CSV_MAX_CELLS) ? table->cells[i] : "";
}

bool csv_table_spills(const struct csv_table *table)
{
    return memchr(table->text.data, '\n', table->text.len) || memchr(table->text.data, '\r', table->text.len);
}

void csv_table_read_headings(struct csv_table *table, csv_column_fn *column_of, int *cells)
{
    for (size_t i = 0; i < MIN(table->n_cells, (size_t)CSV_MAX_CELLS); i++) {
        const char *heading = table->cells[i], *field = NULL;
        char word[CSV_WORD_SIZE];
        csv_word(heading, word);
        int column = column_of(word, &field);
        if (column >= 0 && cells[column] < 0)
            cells[column] = (int)i;
        else if (*heading)
            findings_report(table->findings, column < 0 ? RULE_CSV_COLUMN_UNKNOWN : RULE_CSV_COLUMN_REPEATED,
                            table->row_line, (uint16_t)(i + 1), field, heading, NULL);
    }
}

/* ---- the table ---- */

/* Everything becomes UTF-8 without a byte order mark; a NUL is in no text. */
static void take_text(struct csv_table *table, const void *bytes, size_t size)
{
    table->no_text = !file_text_open(bytes, size, table->findings, &table->file);
    const char *data = table->file.data;
    size_t n = table->file.n;
    if (n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        data += 3, n -= 3;
    table->at = data;
    table->end = data + n;
    if (memchr(data, '\0', n)) {
        findings_report(table->findings, RULE_LINE_BINARY, 1, 0, NULL, "0x00", NULL);
        table->end = data;
        table->no_text = true;
    } else if (!utf8_valid(data, n)) {
        findings_report(table->findings, RULE_FILE_CP1252, 1, 0, NULL, NULL, NULL);
        table->at = table->owned = cp1252_to_utf8(data, n);
        table->end = table->at + strlen(table->at);
    }
}

/* The sign between cells, from the row of headings or the line before it that names it. */
static char take_sign(struct csv_table *table)
{
    size_t len, times;
    const char *line = first_line(table->at, (size_t)(table->end - table->at), &len);
    char named = sign_named(line, len);
    if (!named)
        return delimiter_of(line, len, &times);
    for (; table->at < line + len; table->line++)
        table->at += next_line(table->at, table->end);
    findings_report(table->findings, RULE_CSV_SEP, table->line, 0, NULL, NULL, NULL);
    return named;
}

struct csv_table *csv_table_new(const void *data, size_t n, struct findings *findings)
{
    struct csv_table *table = xcalloc(1, sizeof(*table));
    table->findings = findings;
    take_text(table, data, n);
    if (csv_init(&table->parser, CSV_APPEND_NULL) != 0)
        abort(); /* out of memory, as in xmalloc() */
    csv_set_delim(&table->parser, (unsigned char)take_sign(table));
    return table;
}

struct csv_table *csv_table_free(struct csv_table *table)
{
    if (!table)
        return NULL;
    csv_free(&table->parser);
    buf_free(&table->text);
    free(table->owned);
    file_text_free(&table->file);
    free(table);
    return NULL;
}
