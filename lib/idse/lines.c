/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/lines.h"

#include "base/text.h"
#include "idse/fold.h"

void lines_init(struct lines *lines, const void *data, size_t n, struct findings *findings)
{
    *lines = (struct lines){.at = data, .findings = findings};
    lines->end = lines->at + n;
    if (n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        lines->at += 3;
        findings_report(findings, RULE_FILE_BOM, 1, 1, NULL, NULL, NULL);
    }
}

/* Are all the columns printable ASCII? Eight at a time; no sum or difference carries unless a byte already
 * failed. */
static bool all_printable(const uint8_t *columns)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bad = 0;
    for (size_t i = 0; i < RECORD_COLUMNS; i += 8) {
        uint64_t eight;
        memcpy(&eight, columns + i, 8);
        bad |= eight | (eight + ones) | (eight - 0x20 * ones);
    }
    return (bad & (0x80 * ones)) == 0;
}

static void tell_once(struct lines *lines, bool *told, enum finding_rule rule)
{
    if (!*told)
        findings_report(lines->findings, rule, lines->line, 0, NULL, NULL, NULL);
    *told = true;
}

/* Steps over the end of line at `at`, which stands on one or at the end of the file. */
static inline void skip_line_end(struct lines *lines)
{
    ptrdiff_t left = lines->end - lines->at;
    if (left >= 2 && lines->at[0] == '\r' && lines->at[1] == '\n')
        lines->at += 2;
    else if (left == 0)
        findings_report(lines->findings, RULE_LINE_UNENDED, lines->line, 0, NULL, NULL, NULL);
    else if (*lines->at++ == '\n')
        tell_once(lines, &lines->told_lf, RULE_LINE_LF);
    else
        tell_once(lines, &lines->told_cr, RULE_LINE_CR);
}

/* The encoding is one for the whole file, and shows at its first byte that is not ASCII. */
static void decide_encoding(struct lines *lines, const uint8_t *from)
{
    bool utf8 = utf8_valid((const char *)from, (size_t)(lines->end - from));
    lines->encoding = utf8 ? LINE_ENCODING_UTF8 : LINE_ENCODING_CP1252;
    findings_report(lines->findings, utf8 ? RULE_FILE_UTF8 : RULE_FILE_CP1252, lines->line, 0, NULL, NULL,
                    NULL);
}

/* The character at *at as a column's byte, or negative; *at moves behind it. */
static int next_column(struct lines *lines, const uint8_t **at)
{
    uint8_t byte = **at;
    int column = byte;
    if (byte >= 0x80 && lines->encoding == LINE_ENCODING_UNDECIDED)
        decide_encoding(lines, *at);
    if (byte >= 0x80 && lines->encoding == LINE_ENCODING_UTF8) {
        const char *text = (const char *)*at;
        column = cp1252_from_unicode(utf8_next(&text));
        *at = (const uint8_t *)text;
    } else
        ++*at;
    return column >= 0 && fold_column[column] ? column : -1;
}

static int bad_character(struct lines *lines, const uint8_t *from, const uint8_t *to, size_t column)
{
    if (*from < 0x20 || *from == 0x7F) {
        _cleanup_free_ char *byte = xasprintf("0x%02X", *from);
        findings_report(lines->findings, RULE_LINE_BINARY, lines->line, (uint16_t)MIN(column, UINT16_MAX),
                        NULL, byte, NULL);
        return LINES_BAD;
    }
    size_t n = (size_t)(to - from);
    _cleanup_free_ char *value = lines->encoding == LINE_ENCODING_UTF8
                                     ? xstrndup((const char *)from, n)
                                     : cp1252_to_utf8((const char *)from, n);
    findings_report(lines->findings, RULE_LINE_CHARACTER, lines->line, (uint16_t)MIN(column, UINT16_MAX),
                    NULL, value, NULL);
    return LINES_BAD;
}

static int bad_width(struct lines *lines, size_t columns, size_t bytes)
{
    _cleanup_free_ char *detail = columns == bytes ? xasprintf(_("it has %zu"), columns)
                                                   : xasprintf(_("it has %zu, in %zu bytes"), columns, bytes);
    bool too_short = columns < RECORD_COLUMNS;
    findings_report(lines->findings, too_short ? RULE_LINE_SHORT : RULE_LINE_LONG, lines->line,
                    (uint16_t)(too_short ? columns + 1 : RECORD_COLUMNS + 1), NULL, NULL, detail);
    return LINES_BAD;
}

/* A line that is not simply 168 printable ASCII bytes. */
static int decode(struct lines *lines, const uint8_t *at, const uint8_t *end)
{
    size_t n = 0, used = 0, bytes = (size_t)(end - at);
    while (at < end) {
        const uint8_t *from = at;
        int column = next_column(lines, &at);
        if (column < 0)
            return bad_character(lines, from, at, n + 1);
        if (n < RECORD_COLUMNS)
            lines->columns[n] = (uint8_t)column;
        n++;
        if (column != ' ')
            used = n;
    }
    if (n > RECORD_COLUMNS && used <= RECORD_COLUMNS) {
        tell_once(lines, &lines->told_trail, RULE_LINE_TRAIL);
        return LINES_GOOD;
    }
    return n == RECORD_COLUMNS ? LINES_GOOD : bad_width(lines, n, bytes);
}

static bool all_blank(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at == ' ')
        at++;
    return at == end;
}

int lines_next(struct lines *lines, const uint8_t **ret_columns)
{
    while (lines->at < lines->end) {
        const uint8_t *start = lines->at, *end = start + RECORD_COLUMNS;
        ptrdiff_t left = lines->end - start;
        lines->line++;
        if (left >= RECORD_COLUMNS && all_printable(start) &&
            (left == RECORD_COLUMNS || *end == '\r' || *end == '\n')) {
            lines->at = end;
            skip_line_end(lines);
            *ret_columns = start;
            return LINES_GOOD;
        }
        for (end = start; end < lines->end && *end != '\r' && *end != '\n'; end++)
            ;
        lines->at = end;
        skip_line_end(lines);
        if (all_blank(start, end)) {
            findings_report(lines->findings, RULE_LINE_BLANK, lines->line, 0, NULL, NULL, NULL);
            continue;
        }
        *ret_columns = lines->columns;
        return decode(lines, start, end);
    }
    return LINES_END;
}
