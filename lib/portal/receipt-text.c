/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/receipt-text.h"

#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "idse/record.h"
#include "portal/page.h"

static int unreadable(const struct line *line, struct err *err, const char *what)
{
    return line ? err_set(err, ERR_UNREADABLE_RECEIPT, _("page %u, line %u: %s"), line->page, line->number,
                          what)
                : err_set(err, ERR_UNREADABLE_RECEIPT, "%s", what);
}

/* ---- the head that both documents have ---- */

enum label {
    LABEL_FOLIO,
    LABEL_NAME,
    LABEL_LOT,
    LABEL_RFC,
    LABEL_RECEIVED,
    LABEL_RP,
    LABEL_SERIAL,
    LABEL_HUELLA,
    LABEL_SELLO,
    _LABEL_MAX
};

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
    return n == 12 || n == 13;
}

static bool is_instant(const char *text)
{
    int64_t us;
    return page_date(text, &us, NULL);
}

static bool is_serial(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    return !text[n] && n >= 2 && n <= 40;
}

static bool is_huella(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    return !text[n] && n >= 32;
}

static bool is_anything(const char *text)
{
    return *text != '\0';
}

static const struct {
    const char *phrase;
    bool (*valid)(
        const char *text); /* legal prose uses the same words; only a label has such a value behind it */
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

/* Where the value that begins at `from` ends: at the next label of the line. */
static size_t value_end(const struct line *line, size_t from)
{
    size_t end = line->n, start, after;
    for (int i = 0; i < _LABEL_MAX; i++) {
        const struct line rest = {.words = line->words + from, .n = line->n - from};
        if (line_find(&rest, labels[i].phrase, &start, &after) && from + start < end)
            end = from + start;
    }
    return end;
}

/* The first valid value of each label in the document; NULL where there is none. */
static void read_head(const struct layout *layout, char *values[_LABEL_MAX])
{
    for (size_t i = 0; i < layout->n_lines; i++)
        for (int k = 0; k < LABEL_SELLO; k++) {
            size_t from, to;
            const struct line *line = &layout->lines[i];
            if (values[k] || !line_find(line, labels[k].phrase, &from, &to))
                continue;
            char *value = line_join(line, to, value_end(line, to));
            if (labels[k].valid(value))
                values[k] = value;
            else
                free(value);
        }
}

static void free_head(char *values[_LABEL_MAX])
{
    for (int i = 0; i < _LABEL_MAX; i++)
        free(values[i]);
}

/* Both documents are worthless without these two. */
static int require_head(char *const values[_LABEL_MAX], struct err *err)
{
    if (!values[LABEL_LOT])
        return unreadable(NULL, err, _("there is no número de lote in the document"));
    return values[LABEL_RP] ? 0 : unreadable(NULL, err, _("there is no registro patronal in the document"));
}

static int64_t head_instant(const char *text)
{
    int64_t us = 0;
    if (text)
        page_date(text, &us, NULL);
    return us;
}

static bool is_footer(const struct line *line)
{
    size_t from, to;
    return line_find(line, "Página", &from, &to) && from == 0;
}

/* ---- the acuse's raw records ---- */

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

/* Where are lines broken? The last character of a record stands in column 168, which tells for a record of two lines. */
static size_t find_width(const struct layout *layout, const struct grid *grid, const char *rp, size_t first)
{
    char columns[RECORD_COLUMNS];
    size_t end;
    for (size_t i = first; i < layout->n_lines; i++) {
        if (!read_columns(grid, &layout->lines[i], columns, &end))
            continue;
        size_t lines = 1, last = end;
        while (i + lines < layout->n_lines && !is_record_start(layout->lines[i + lines].words, rp) &&
               layout->lines[i + lines].page == layout->lines[i].page &&
               read_columns(grid, &layout->lines[i + lines], columns, &end) && columns[0] != '*') {
            last = end;
            lines++;
        }
        return lines == 1 ? RECORD_COLUMNS
                          : (RECORD_COLUMNS - MIN(last, (size_t)RECORD_COLUMNS)) / (lines - 1);
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

static bool find_sello(const struct line *line, size_t *ret_to)
{
    size_t from;
    return line_find(line, labels[LABEL_SELLO].phrase, &from, ret_to) && from == 0;
}

/* A line of the page's own head or foot, not of the records. */
static bool is_furniture(const struct line *line)
{
    size_t from, to;
    for (int i = 0; i < _LABEL_MAX; i++)
        if (line_find(line, labels[i].phrase, &from, &to))
            return true;
    return is_footer(line);
}

static int read_records(const struct layout *layout, const char *rp, struct acuse *ret, struct err *err)
{
    size_t i = 0;
    while (i < layout->n_lines && !is_record_start(layout->lines[i].words, rp))
        i++;
    if (i == layout->n_lines)
        return unreadable(NULL, err, _("the acuse prints no records"));
    const struct word *start = layout->lines[i].words;
    const struct grid grid = {.left = start->x0,
                              .pitch = (start->x1 - start->x0) / (float)utf8_length(start->text)};
    struct record_text record = {.width = find_width(layout, &grid, rp, i)};
    struct buf records = BUF_INIT;
    bool control = false, foot = false;
    unsigned page = layout->lines[i].page;
    int r = 0;
    for (; r >= 0 && i < layout->n_lines && !control; i++) {
        const struct line *line = &layout->lines[i];
        size_t to;
        if (line->page != page)
            foot = false;
        page = line->page;
        if (is_record_start(line->words, rp)) {
            control = line->words[0].text[0] == '*';
            foot = false;
            r = record_end(&record, &records, err);
        } else if (!record.n_lines || is_furniture(line)) {
            foot = true;
            continue;
        } else if (foot)
            continue;
        if (r >= 0)
            r = record_line(&record, &grid, line, err);
        /* A control record over several lines ends where the next line is none of its own. */
        while (r >= 0 && control && record.columns.len < RECORD_COLUMNS && i + 1 < layout->n_lines &&
               !find_sello(&layout->lines[i + 1], &to))
            r = record_line(&record, &grid, &layout->lines[++i], err);
    }
    if (r >= 0)
        r = record_end(&record, &records, err);
    if (r >= 0 && !control)
        r = unreadable(NULL, err, _("the acuse prints no control record"));
    buf_free(&record.columns);
    if (r < 0) {
        buf_free(&records);
        return r;
    }
    ret->records = buf_steal(&records, &ret->records_len);
    return 0;
}

/* Behind its label: hexadecimal digits over several lines, then '|' and the notary's number. */
static char *read_sello(const struct layout *layout)
{
    size_t i = layout->n_lines, to = 0;
    for (size_t k = 0; k < layout->n_lines; k++)
        if (find_sello(&layout->lines[k], &to))
            i = k;
    if (i == layout->n_lines)
        return NULL;
    struct buf sello = BUF_INIT;
    find_sello(&layout->lines[i], &to);
    for (; i < layout->n_lines && !is_footer(&layout->lines[i]); i++, to = 0) {
        const struct line *line = &layout->lines[i];
        for (; to < line->n; to++) {
            const char *text = line->words[to].text;
            if (text[strspn(text, "0123456789ABCDEFabcdef|")])
                goto end;
            buf_add_str(&sello, text);
        }
    }
end:
    if (sello.len)
        return buf_steal(&sello, NULL);
    buf_free(&sello);
    return NULL;
}

int acuse_read(const struct layout *layout, struct acuse *ret, struct err *err)
{
    char *values[_LABEL_MAX] = {NULL};
    struct acuse acuse = {0};
    read_head(layout, values);
    int r = require_head(values, err);
    if (r >= 0)
        r = read_records(layout, values[LABEL_RP], &acuse, err);
    if (r >= 0) {
        acuse.portal_lot = STEAL(values[LABEL_LOT]);
        acuse.folio = STEAL(values[LABEL_FOLIO]);
        acuse.rp = STEAL(values[LABEL_RP]);
        acuse.rfc = STEAL(values[LABEL_RFC]);
        acuse.razon_social = STEAL(values[LABEL_NAME]);
        acuse.certificate_serial = STEAL(values[LABEL_SERIAL]);
        acuse.huella = STEAL(values[LABEL_HUELLA]);
        acuse.sello = read_sello(layout);
        acuse.received_us = head_instant(values[LABEL_RECEIVED]);
        *ret = acuse;
    }
    free_head(values);
    return r;
}

/* ---- the constancia ---- */

enum section { SECTION_HEAD, SECTION_OPERATED, SECTION_REJECTED, SECTION_END };

struct reading {
    struct constancia constancia;
    enum section section;
    bool totals;
    bool heading; /* this page's heading of the table has passed, or it has none */
    bool foot;    /* this page's foot has begun */
    unsigned page;
    float name_x0; /* left edges of the columns of names, … */
    float next_x0; /* … of what stands behind them, and … */
    float row_x0;  /* … of the table */
    bool in_imss_value;
};

/* "1,234" or "12". */
static bool read_count(const char *text, uint32_t *ret)
{
    uint64_t value = 0;
    if (!*text || strlen(text) > 9)
        return false;
    for (; *text; text++) {
        if (*text == ',')
            continue;
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *ret = (uint32_t)value;
    return true;
}

/* The one line of twelve numbers: received, operated, rejected, each per type and in all. */
static bool read_totals(const struct line *line, struct constancia *constancia)
{
    uint32_t numbers[3 * _COUNT_MAX];
    if (line->n != ELEMENTSOF(numbers))
        return false;
    for (size_t i = 0; i < line->n; i++)
        if (!read_count(line->words[i].text, &numbers[i]))
            return false;
    memcpy(constancia->received, numbers, sizeof(constancia->received));
    memcpy(constancia->operated, numbers + _COUNT_MAX, sizeof(constancia->operated));
    memcpy(constancia->rejected, numbers + 2 * _COUNT_MAX, sizeof(constancia->rejected));
    return true;
}

static bool read_type(const char *text, enum movement_type *ret)
{
    text += *text == '0';
    if (!streq(text, "2") && !streq(text, "7") && !streq(text, "8"))
        return false;
    *ret = (enum movement_type)(*text - '0');
    return true;
}

static bool is_nss(const char *text)
{
    return str_all_digits(text) && strlen(text) == 11;
}

static bool is_row(const struct line *line)
{
    enum movement_type type;
    return line->n >= 3 && read_type(line->words[0].text, &type) && is_nss(line->words[1].text);
}

/* "$", "$145.10" or "1,145.10" as centavos. */
static bool read_money(const char *text, int32_t *ret)
{
    int64_t value = 0;
    int decimals = -1;
    text += *text == '$';
    if (!*text || strlen(text) > 12)
        return false;
    for (; *text; text++) {
        if (*text == ',' && decimals < 0)
            continue;
        if (*text == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
        decimals += decimals >= 0;
    }
    if (decimals != 2 || value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

static bool one_digit(const char *text, const char *allowed)
{
    return text[0] && !text[1] && strchr(allowed, text[0]);
}

static struct constancia_row *add_row(struct reading *reading, const struct line *line, bool operated)
{
    struct constancia *constancia = &reading->constancia;
    /* Grows by doubling; the count itself says when. */
    size_t n = constancia->n_rows;
    if ((n & (n - 1)) == 0)
        constancia->rows = xreallocarray(constancia->rows, MAX(n * 2, (size_t)1), sizeof(*constancia->rows));
    struct constancia_row *row = &constancia->rows[constancia->n_rows++];
    *row = (struct constancia_row){.operated = operated, .sbc_centavos = -1};
    read_type(line->words[0].text, &row->type);
    memcpy(row->nss, line->words[1].text, sizeof(row->nss));
    reading->row_x0 = line->words[0].x0;
    reading->name_x0 = line->words[2].x0;
    return row;
}

/* Two fields from the left, seven from the right; what is between them is the name. */
static int read_operated(struct reading *reading, const struct line *line, struct err *err)
{
    enum { SALARY, EXTEMPORANEO, UMF, TIPO_SALARIO, DATE, TIPO_TRABAJADOR, CAUSA, RIGHT };
    size_t first = line->n - RIGHT;
    int32_t sbc;
    int64_t date_us;
    if (line->n < 3 + RIGHT || !read_money(line->words[first + SALARY].text, &sbc) ||
        !one_digit(line->words[first + EXTEMPORANEO].text, "01") ||
        !str_all_digits(line->words[first + UMF].text) ||
        !page_date(line->words[first + DATE].text, &date_us, NULL) ||
        !one_digit(line->words[first + CAUSA].text, "0123456789A"))
        return unreadable(line, err, _("a movimiento operado is not understood"));
    size_t name_end = streq(line->words[first - 1].text, "$") ? first - 1 : first;
    if (name_end < 3)
        return unreadable(line, err, _("a movimiento operado has no name"));
    struct constancia_row *row = add_row(reading, line, true);
    row->name = line_join(line, 2, name_end);
    row->sbc_centavos = sbc;
    row->extemporaneo = line->words[first + EXTEMPORANEO].text[0];
    row->umf = xstrdup(line->words[first + UMF].text);
    row->date = time_to_date(date_us);
    reading->next_x0 = line->words[name_end].x0;
    return 0;
}

static bool is_error_code(const char *text)
{
    return text[0] == '0' && strlen(text) == 3 && str_all_digits(text);
}

static void add_error(struct constancia_row *row, const struct line *line, size_t from)
{
    row->errors = xreallocarray(row->errors, row->n_errors + 1, sizeof(*row->errors));
    row->errors[row->n_errors++] = (struct receipt_error){.code = xstrdup(line->words[from].text),
                                                          .text = line_join(line, from + 1, line->n)};
}

static int read_rejected(struct reading *reading, const struct line *line, struct err *err)
{
    size_t code = 2;
    while (code < line->n && !is_error_code(line->words[code].text))
        code++;
    if (code == line->n || code == 2)
        return unreadable(line, err, _("a movimiento rechazado has no name or no error code"));
    struct constancia_row *row = add_row(reading, line, false);
    row->name = line_join(line, 2, code);
    add_error(row, line, code);
    reading->next_x0 = line->words[code].x0;
    reading->in_imss_value = false;
    return 0;
}

/* Appends words to what was read before: "text words". */
static void append(char **text, const struct line *line, size_t from, size_t to)
{
    if (from >= to)
        return;
    _cleanup_free_ char *more = line_join(line, from, to);
    replace_str(text, str_empty(*text) ? STEAL(more) : xasprintf("%s %s", *text, more));
}

/* A further line of a rejected movement: more of its name at the left, and at the right its error or another one. */
static void continue_rejected(struct reading *reading, const struct line *line)
{
    struct constancia_row *row = &reading->constancia.rows[reading->constancia.n_rows - 1];
    size_t split = 0, from, to;
    while (split < line->n && line->words[split].x0 < reading->next_x0 - 2)
        split++;
    append(&row->name, line, 0, split);
    if (split == line->n)
        return;
    struct line error = {.words = line->words + split, .n = line->n - split};
    if (is_error_code(error.words[0].text) && error.words[0].x0 < reading->next_x0 + 2) {
        add_error(row, &error, 0);
        reading->in_imss_value = false;
        return;
    }
    struct receipt_error *last = &row->errors[row->n_errors - 1];
    if (line_find(&error, "Dato registrado en el IMSS", &from, &to) && from == 0) {
        reading->in_imss_value = true;
        append(&last->imss_value, &error, to, error.n);
        if (!last->imss_value)
            last->imss_value = xstrdup("");
    } else
        append(reading->in_imss_value ? &last->imss_value : &last->text, &error, 0, error.n);
}

/* Is this a further line of the row before: nothing left of its name? */
static bool continues_row(const struct reading *reading, const struct line *line)
{
    const struct constancia *constancia = &reading->constancia;
    if (!constancia->n_rows ||
        constancia->rows[constancia->n_rows - 1].operated != (reading->section == SECTION_OPERATED))
        return false;
    if (line->words[0].x0 < reading->name_x0 - 2)
        return false;
    return reading->section == SECTION_REJECTED || line->words[line->n - 1].x1 < reading->next_x0;
}

static bool is_heading(const struct line *line)
{
    size_t from, to;
    return line_find(line, "NSS", &from, &to);
}

static void turn_page(struct reading *reading, const struct layout *layout, size_t at)
{
    reading->page = layout->lines[at].page;
    reading->foot = false;
    /* A page may begin with the document's head and the table's heading again: rows begin behind those. */
    reading->heading = true;
    for (size_t i = at; i < layout->n_lines && layout->lines[i].page == reading->page; i++) {
        if (is_row(&layout->lines[i]))
            break;
        if (is_heading(&layout->lines[i]))
            reading->heading = false;
    }
}

/* Titles, headings, feet: true when the line is one of these, with what follows from it. */
static bool read_frame(struct reading *reading, const struct line *line)
{
    size_t from, to;
    if (line_find(line, "Relación de movimientos operados", &from, &to)) {
        reading->section = SECTION_OPERATED;
        reading->heading = false;
    } else if (line_find(line, "Relación de movimientos rechazados", &from, &to)) {
        reading->section = SECTION_REJECTED;
        reading->heading = false;
    } else if (line_find(line, "Para efectos", &from, &to) && from == 0)
        reading->section = SECTION_END;
    else if (find_sello(line, &to) || is_footer(line))
        reading->foot = true;
    else if (is_heading(line))
        reading->heading = true;
    else
        return false;
    return true;
}

static int read_line(struct reading *reading, const struct line *line, struct err *err)
{
    if (reading->section == SECTION_HEAD || reading->section == SECTION_END) {
        if (!reading->totals)
            reading->totals = read_totals(line, &reading->constancia);
        return 0;
    }
    if (reading->foot || !reading->heading)
        return 0;
    if (is_row(line))
        return reading->section == SECTION_OPERATED ? read_operated(reading, line, err)
                                                    : read_rejected(reading, line, err);
    if (continues_row(reading, line)) {
        if (reading->section == SECTION_REJECTED)
            continue_rejected(reading, line);
        else
            append(&reading->constancia.rows[reading->constancia.n_rows - 1].name, line, 0, line->n);
        return 0;
    }
    for (size_t i = 0; i < line->n; i++)
        if (is_nss(line->words[i].text))
            return unreadable(line, err, _("a row of a table is not understood"));
    return 0; /* the second line of a heading, a rule, a note: nothing that could be a movement */
}

int constancia_read(const struct layout *layout, struct constancia *ret, struct err *err)
{
    char *values[_LABEL_MAX] = {NULL};
    struct reading reading = {0};
    read_head(layout, values);
    int r = require_head(values, err);
    for (size_t i = 0; r >= 0 && i < layout->n_lines; i++) {
        const struct line *line = &layout->lines[i];
        if (line->page != reading.page)
            turn_page(&reading, layout, i);
        if (!read_frame(&reading, line))
            r = read_line(&reading, line, err);
    }
    if (r >= 0 && !reading.totals)
        r = unreadable(NULL, err, _("the constancia has no line of twelve totals"));
    if (r >= 0) {
        reading.constancia.portal_lot = STEAL(values[LABEL_LOT]);
        reading.constancia.folio = STEAL(values[LABEL_FOLIO]);
        reading.constancia.rp = STEAL(values[LABEL_RP]);
        reading.constancia.received_us = head_instant(values[LABEL_RECEIVED]);
        *ret = reading.constancia;
    } else
        constancia_free(&reading.constancia);
    free_head(values);
    return r;
}
