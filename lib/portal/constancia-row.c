/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/constancia-reading.h"

#include "base/clock.h"
#include "base/text.h"
#include "portal/page.h"
#include "portal/receipt-value.h"

/* ---- errors: their text is gathered line by line, and split when it is whole ---- */

void row_end_error(struct reading *reading)
{
    static const char mark[] = "Dato registrado en el IMSS";
    if (!reading->error.len)
        return;
    struct constancia_row *row = reading->row;
    struct receipt_error *error = &row->errors[row->n_errors - 1];
    char *text = reading->error.data, *at = strcasestr(text, mark);
    if (at) {
        const char *value = at + strlen(mark);
        value += strspn(value, " :");
        error->imss_value = xstrdup(value);
        while (at > text && at[-1] == ' ')
            at--;
        *at = '\0';
    }
    error->text = xstrdup(text);
    buf_reset(&reading->error);
}

static void begin_error(struct reading *reading, const struct line *line, size_t from)
{
    struct constancia_row *row = reading->row;
    row_end_error(reading);
    row->errors = xreallocarray(row->errors, row->n_errors + 1, sizeof(*row->errors));
    row->errors[row->n_errors++] = (struct receipt_error){.code = xstrdup(line->words[from].text)};
    _cleanup_free_ char *text = line_join(line, from + 1, line->n);
    buf_add_str(&reading->error, text);
}

/* How far the errors of a table reach: those of its lines that begin where this one's error does. */
static float find_right(const struct reading *reading, const struct line *line, float edge)
{
    const struct line *end = reading->layout->lines + reading->layout->n_lines;
    float right = 0;
    size_t from, to;
    for (; line < end && !line_find(line, "Relación de movimientos operados", &from, &to); line++)
        for (size_t i = line->n; i > 0 && line->words[i - 1].x0 > edge - 1.5f; i--)
            if (word_at_edge(&line->words[i - 1], edge))
                right = MAX(right, line->words[line->n - 1].x1);
    return right;
}

/* ---- rows ---- */

static struct constancia_row *add_row(struct reading *reading, const struct line *line, bool operated)
{
    struct constancia *constancia = &reading->constancia;
    struct constancia_row *row = &reading->other;
    row_end_error(reading);
    constancia_row_free(row);
    if (reading_is_ours(reading)) {
        /* Grows by doubling; the count itself says when. */
        size_t n = constancia->n_rows;
        if ((n & (n - 1)) == 0)
            constancia->rows =
                xreallocarray(constancia->rows, MAX(n * 2, (size_t)1), sizeof(*constancia->rows));
        row = &constancia->rows[constancia->n_rows++];
    } else
        reading_note_other(reading);
    *row = (struct constancia_row){.operated = operated, .sbc_centavos = -1};
    value_type(line->words[0].text, &row->type);
    memcpy(row->nss, line->words[1].text, sizeof(row->nss));
    reading->row = row;
    return row;
}

/* Two fields from the left, seven from the right; what is between them is the name. */
int row_operated(struct reading *reading, const struct line *line, struct err *err)
{
    size_t first = line->n - _FIELD_MAX;
    const struct word *fields = &line->words[first];
    int32_t sbc;
    int64_t date_us;
    if (line->n < 3 + _FIELD_MAX || !value_money(fields[FIELD_SALARY].text, &sbc) ||
        !value_is_one_of(fields[FIELD_EXTEMPORANEO].text, "01") || !value_is_umf(fields[FIELD_UMF].text) ||
        !value_is_one_of(fields[FIELD_TIPO_SALARIO].text, "012") ||
        !page_date(fields[FIELD_DATE].text, &date_us, NULL) ||
        !value_is_one_of(fields[FIELD_TIPO_TRABAJADOR].text, "01234") ||
        !value_is_one_of(fields[FIELD_CAUSA].text, "0123456789A"))
        return unreadable(line, err, _("a movimiento operado is not understood"));
    size_t name_end = streq(line->words[first - 1].text, "$") ? first - 1 : first;
    if (name_end < 3 || !line_could_be_name(line, 2, name_end))
        return unreadable(line, err, _("a movimiento operado has no name"));
    bool first_row = !reading->table.known;
    if (!table_fits(&reading->table, line, &line->words[name_end], fields) ||
        (first_row && !table_is_below_heading(&reading->table, reading->layout, line)))
        return unreadable(line, err, _("the columns of the table do not stand below each other"));
    struct constancia_row *row = add_row(reading, line, true);
    row->name = line_join(line, 2, name_end);
    row->sbc_centavos = sbc;
    row->extemporaneo = fields[FIELD_EXTEMPORANEO].text[0];
    row->umf = xstrdup(fields[FIELD_UMF].text);
    row->date = time_to_date(date_us);
    return 0;
}

int row_rejected(struct reading *reading, const struct line *line, struct err *err)
{
    struct table *table = &reading->table;
    size_t code = 2;
    while (code < line->n && !value_is_error_code(line->words[code].text))
        code++;
    if (code + 1 >= line->n || !line_could_be_name(line, 2, code) || !line_is_text(line, code, line->n))
        return unreadable(line, err, _("a movimiento rechazado has no name, no error code or no text"));
    if (!table->known)
        table->right = find_right(reading, line, line->words[code].x0);
    if (!table_fits(table, line, &line->words[code], NULL))
        return unreadable(line, err, _("the columns of the table do not stand below each other"));
    struct constancia_row *row = add_row(reading, line, false);
    row->name = line_join(line, 2, code);
    begin_error(reading, line, code);
    return 0;
}

/* ---- further lines of a row ---- */

static void append(char **text, const struct line *line, size_t from, size_t to)
{
    _cleanup_free_ char *more = line_join(line, from, to);
    replace_str(text, xasprintf("%s %s", *text, more));
}

/*
 * A further line at the left edge of the errors: another error, or more of the last. A number that could have stood on the
 * line before was not brought here by a break; it may be what is left of a code.
 */
static int continue_error(struct reading *reading, const struct line *line, size_t from, float line_before,
                          struct err *err)
{
    const struct line rest = {
        .words = line->words + from, .n = line->n - from, .page = line->page, .number = line->number};
    const struct word *word = rest.words;
    if (value_is_error_code(word->text)) {
        if (rest.n < 2)
            return unreadable(line, err, _("an error has a code and no text"));
        begin_error(reading, &rest, 0);
        return 0;
    }
    bool numeral = str_all_digits(word->text) && strlen(word->text) <= 3;
    if (numeral && line_before + 0.3f * word_height(word) + word->x1 - word->x0 < reading->table.right)
        return unreadable(line, err, _("a number stands where an error begins, and is no code"));
    _cleanup_free_ char *text = line_join(&rest, 0, rest.n);
    buf_printf(&reading->error, " %s", text);
    return 0;
}

/* Is the line below nearer to this one than the one above, though it is another row's? */
static bool belongs_below(const struct reading *reading, const struct line *line)
{
    const struct line *below = line + 1;
    if (below == reading->layout->lines + reading->layout->n_lines || below->page != line->page ||
        !line_is_row(below))
        return false;
    return word_distance(line->words, below->words) < 0.85f * word_distance(&reading->last, line->words);
}

int row_continue(struct reading *reading, const struct line *line, size_t split, struct err *err)
{
    if (reading->place == PLACE_ROW && belongs_below(reading, line))
        return unreadable(line, err, _("it is not clear to which movement the line belongs"));
    if (reading->place == PLACE_TOP && (!reading->open || !reading->head->numbered))
        return unreadable(line, err, _("it is not clear which movement goes on here"));
    int r = 0;
    if (split < line->n)
        r = continue_error(reading, line, split, reading->last.x1, err);
    if (r >= 0 && split > 0)
        append(&reading->row->name, line, 0, split);
    return r;
}
