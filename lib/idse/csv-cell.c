/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-column.h"

#include <stdio.h>

#include "base/text.h"
#include "idse/catalogue.h"
#include "idse/fold.h"
#include "idse/identifier.h"

enum { MAX_SBC = 999999 };

struct finding *csv_tell_cell(struct csv_row *row, enum finding_rule rule, const struct record_field *field,
                              const char *cell, const char *detail)
{
    if (finding_rule_severity(rule) == FINDING_ERROR)
        row->fields.wrong |= 1u << field->codec;
    return findings_report(row->fields.findings, rule, row->fields.line, row->cells[field->first],
                           field->name, cell, detail);
}

/* A spreadsheet took it for a number. A key or a name may well have digits around an E, but no sign behind it. */
static bool is_spoilt(struct csv_row *row, const struct record_field *field, const char *cell, bool number)
{
    bool spoilt = csv_is_scientific(cell) && (number || strchr(cell, '+'));
    if (spoilt)
        csv_tell_cell(row, RULE_CSV_SCIENTIFIC, field, cell, NULL);
    return spoilt;
}

int csv_put_text(struct csv_row *row, const struct record_field *field, const char *cell)
{
    if (is_spoilt(row, field, cell, false))
        return CSV_CELL_BAD;
    uint8_t *at = row->record + field->first - 1;
    size_t n = 0;
    for (const char *rest = cell; *rest; n++) {
        int byte = cp1252_from_unicode(utf8_next(&rest));
        if (byte < 0 || !fold_column[byte]) {
            csv_tell_cell(row, RULE_LINE_CHARACTER, field, cell, NULL);
            return CSV_CELL_BAD;
        }
        if (n < field_width(field))
            at[n] = (uint8_t)byte;
    }
    if (n <= field_width(field))
        return CSV_CELL_GOOD;
    _cleanup_free_ char *most = xasprintf("%zu", field_width(field));
    csv_tell_cell(row, RULE_CSV_LONG, field, cell, most);
    return CSV_CELL_CUT;
}

static int tell_zero_lost(struct csv_row *row, const struct record_field *field, const char *cell)
{
    _cleanup_free_ char *fix = xasprintf("0%s", cell);
    finding_propose(csv_tell_cell(row, RULE_CSV_ZERO_LOST, field, cell, NULL), fix);
    return CSV_CELL_BAD;
}

/*
 * Identifiers of a fixed number of characters, all digits or mostly. One that is too short by a digit may lack its check
 * digit, for which many tables have a column of its own: only with the zero that makes it right has it lost that.
 */
int csv_put_digits(struct csv_row *row, const struct record_field *field, const char *cell)
{
    bool nss = streq(field->name, "nss"), checked = nss || streq(field->name, "rp");
    if (is_spoilt(row, field, cell, true))
        return CSV_CELL_BAD;
    if (!str_all_digits(cell) || strlen(cell) != field_width(field) - 1)
        return csv_put_text(row, field, cell);
    if (!checked || identifier_lost_zero(cell, nss ? nss_verdict : rp_verdict))
        return tell_zero_lost(row, field, cell);
    csv_tell_cell(row, RULE_CSV_DIGIT_MISSING, field, cell, NULL);
    return CSV_CELL_BAD;
}

/* A short one only lost zeros, which is no loss. */
int csv_put_umf(struct csv_row *row, const struct record_field *field, const char *cell)
{
    uint64_t number;
    char text[4];
    if (!str_to_uint(cell, 999, &number))
        return csv_put_text(row, field, cell);
    snprintf(text, sizeof(text), "%03u", (unsigned)number);
    if (strlen(cell) < field_width(field))
        finding_propose(csv_tell_cell(row, RULE_UMF_PADDING, field, cell, NULL), text);
    return csv_put_text(row, field, text);
}

int csv_put_sbc(struct csv_row *row, const struct record_field *field, const char *cell)
{
    int32_t centavos;
    if (is_spoilt(row, field, cell, true))
        return CSV_CELL_BAD;
    if (!csv_amount(cell, MAX_SBC, &centavos)) {
        csv_tell_cell(row, RULE_CSV_AMOUNT, field, cell, NULL);
        return CSV_CELL_BAD;
    }
    char digits[8];
    snprintf(digits, sizeof(digits), "%06d", centavos);
    return csv_put_text(row, field, digits);
}

int csv_put_date(struct csv_row *row, const struct record_field *field, const char *cell)
{
    unsigned day, month, year;
    if (is_spoilt(row, field, cell, true))
        return CSV_CELL_BAD;
    if (strlen(cell) == 7 && str_all_digits(cell))
        return tell_zero_lost(row, field, cell);
    if (!csv_date(cell, &day, &month, &year)) {
        csv_tell_cell(row, RULE_CSV_DATE, field, cell, NULL);
        return CSV_CELL_BAD;
    }
    char digits[16];
    snprintf(digits, sizeof(digits), "%02u%02u%04u", day % 100, month % 100, year % 10000);
    return csv_put_text(row, field, digits);
}

/* The code or IMSS's name of it; what is neither goes on as it is, for the record's rule to say what is allowed. */
int csv_put_code(struct csv_row *row, const struct record_field *field, const char *cell)
{
    char word[CSV_WORD_SIZE], name[CSV_WORD_SIZE];
    if (is_spoilt(row, field, cell, true))
        return CSV_CELL_BAD;
    csv_word(cell, word);
    for (const struct catalogue_entry *entry = csv_columns[csv_column_of(field->name)].catalogue; entry->code;
         entry++) {
        csv_word(entry->spanish, name);
        if (streq(word, name) || streq(cell, entry->code))
            return csv_put_text(row, field, entry->code);
    }
    if (strlen(cell) == 1)
        return csv_put_text(row, field, cell);
    row->record[field->first - 1] = '?';
    return CSV_CELL_GOOD;
}
