/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "portal/page.h"
#include "portal/receipt-head.h"
#include "portal/receipt-text.h"

/*
 * The tables are read by position. Where a line stands says what it may be: a row begins with its type and NSS; a
 * further line of a row stands close below it and begins at the left edge of a column of its own; what stands close and
 * begins elsewhere is not understood; what stands far off belongs to the page. Edges and order of the columns are held
 * against the heading and the rows before.
 */
enum section { SECTION_HEAD, SECTION_OPERATED, SECTION_REJECTED, SECTION_END };

/* Where on the page the last line was. */
enum place {
    PLACE_OUTSIDE, /* in the page's head or foot */
    PLACE_TOP, /* below the table's heading: more of the heading, or of a row that the page before has begun */
    PLACE_ROW  /* in a row */
};

/* The fields of a movimiento operado behind its name. */
enum field { SALARY, EXTEMPORANEO, UMF, TIPO_SALARIO, DATE, TIPO_TRABAJADOR, CAUSA, _FIELD_MAX };

struct span {
    float from, to;
};

/* The columns of the table, as its heading and the rows so far have them. */
struct table {
    enum section section; /* whose rows it has */
    bool known;           /* a row was read */
    float name,
        next;    /* left edges of the names and of what stands behind them; `next` rejected: of the errors */
    float right; /* how far errors were seen to reach */
    struct span fields[_FIELD_MAX];
    size_t heading, heading_end; /* lines of the first heading, in layout->lines */
};

struct reading {
    const struct layout *layout;
    const struct head *head;
    struct receipt_owner
        whose; /* rows are wanted: the registro patronal perhaps without its check digit; lot: NULL for its first */
    struct constancia constancia;
    enum section section;
    struct table table;
    struct table before; /* the one before, when it had rows */
    enum place place;
    unsigned page;
    bool sello;                  /* the line before was of a seal */
    char *owner[_LABEL_MAX];     /* of the head that was read last: whose rows follow it */
    bool owner_read[_LABEL_MAX]; /* since the last row or page: further ones are not authoritative */
    bool totals;
    size_t page_rows;            /* on this page so far */
    size_t first_row;            /* in layout->lines: what stands above may stand on other pages too */
    bool open;                   /* the last row can go on */
    struct word last;            /* of the line before, in the table: the last word */
    struct constancia_row *row;  /* the last one */
    struct constancia_row other; /* when that one is of somebody else */
    struct buf error;            /* text of the last row's last error, as far as it was read */
};

/* ---- values ---- */

/* "1,234" or "12". */
static bool read_count(const char *text, uint32_t *ret)
{
    uint64_t value = 0;
    if (!*text || *text == ',' || strlen(text) > 9)
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

/* "$145.10" or "1,145.10" as centavos. */
static bool read_money(const char *text, int32_t *ret)
{
    text += *text == '$';
    size_t n = strlen(text), whole = strcspn(text, "."), first = strcspn(text, ",.");
    int64_t value = 0;
    if (n > 12 || n != whole + 3 || first == 0 || (first < whole && first > 3) ||
        (text[0] == '0' && whole > 1))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool comma = first < whole && i < whole && (i - first) % 4 == 0 && i >= first;
        if (i == whole || (comma && text[i] == ','))
            continue;
        if (comma || text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    if ((first < whole && (whole - first) % 4 != 0) || value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

static bool one_digit(const char *text, const char *allowed)
{
    return text[0] && !text[1] && strchr(allowed, text[0]);
}

static bool is_umf(const char *text)
{
    return str_all_digits(text) && strlen(text) <= 3;
}

static bool is_error_code(const char *text)
{
    return text[0] == '0' && strlen(text) == 3 && str_all_digits(text);
}

/* ---- places ---- */

static float height(const struct word *word)
{
    return word->y1 - word->y0;
}

static bool at_edge(const struct word *word, float edge)
{
    return fabsf(word->x0 - edge) <= MAX(1.5f, 0.25f * height(word));
}

/* From the middle of the line before to that of this one, in heights of it. */
static float distance(const struct word *above, const struct word *below)
{
    return (below->y0 + below->y1 - above->y0 - above->y1) / 2 / MAX(height(above), 1.0f);
}

/* Do the words stand side by side on one line, none on another? */
static bool is_even(const struct line *line)
{
    const struct word *first = line->words;
    for (size_t i = 1; i < line->n; i++) {
        const struct word *word = &first[i];
        if (fabsf(distance(first, word)) > 0.25f || word->x0 < word[-1].x1 - 0.15f * height(word))
            return false;
    }
    return true;
}

/* Are the words [from, to) one text: no gap among them wider than a blank? */
static bool is_text(const struct line *line, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++)
        if (line->words[i].x0 - line->words[i - 1].x1 > height(&line->words[i]))
            return false;
    return from < to;
}

static bool is_among(const char *text, const char *const *words)
{
    while (*words && !streq(*words, text))
        words++;
    return *words != NULL;
}

/* No name has a digit: one is of a neighbouring column, or the name is not understood. */
static bool could_be_name(const struct line *line, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (strpbrk(line->words[i].text, "0123456789$"))
            return false;
    return is_text(line, from, to);
}

/* Within a row lines are at most this far apart, in their heights. */
#define CLOSE 2.2f
/* A heading's rows stand no further below it than this. */
#define BELOW_HEADING 4.0f

static bool is_row(const struct line *line)
{
    enum movement_type type;
    return line->n >= 3 && read_type(line->words[0].text, &type) && is_nss(line->words[1].text);
}

static bool has_nss(const struct line *line)
{
    for (size_t i = 0; i < line->n; i++)
        if (is_nss(line->words[i].text))
            return true;
    return false;
}

/* ---- headings ---- */

/* Words of the headings that name one column each, and the field below it; the order is that of the columns. */
static const struct {
    const char *word;
    int field; /* -1: none of those that are told apart by position */
} heading_words[] = {{"NSS", -1},           {"Nombre", -1}, {"Sal.Base", SALARY}, {"Ext.", EXTEMPORANEO},
                     {"Ext", EXTEMPORANEO}, {"UMF", UMF},   {"Fec-Mov", DATE},    {"C.Baja", CAUSA},
                     {"Error", -1}};

static bool is_heading(const struct line *line)
{
    size_t from, to;
    return line_find(line, "NSS", &from, &to) && line_find(line, "Nombre", &from, &to);
}

static int check_heading(const struct line *line, struct err *err)
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

static float apart(const struct word *word, struct span span)
{
    return MAX(MAX(span.from - word->x1, word->x0 - span.to), 0.0f);
}

/* Is each field of the table the nearest to the word of the heading that names it? */
static bool below_heading(const struct reading *reading, const struct line *row)
{
    const struct table *table = &reading->table;
    size_t from, to;
    for (size_t i = table->heading; i < table->heading_end; i++)
        for (size_t k = 0; k < ELEMENTSOF(heading_words); k++) {
            const struct line *line = &reading->layout->lines[i];
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

/* ---- whose rows? ---- */

static const enum label owner_labels[] = {LABEL_RP, LABEL_LOT, LABEL_FOLIO, LABEL_RECEIVED};

/*
 * The first registro patronal and lot of each head say whose rows follow it; further ones in the same head are of
 * representatives and such. False when the line has none.
 */
static bool read_owner(struct reading *reading, size_t i)
{
    bool any = false;
    for (size_t k = 0; k < ELEMENTSOF(owner_labels); k++) {
        enum label label = owner_labels[k];
        _cleanup_free_ char *value = head_value(reading->layout, reading->head, i, label);
        any |= value != NULL;
        if (!value || reading->owner_read[label])
            continue;
        reading->owner_read[label] = true;
        replace_str(&reading->owner[label], STEAL(value));
    }
    return any;
}

static bool same_rp(const char *a, const char *b)
{
    return a && strncmp(a, b, MIN(MIN(strlen(a), strlen(b)), (size_t)11)) == 0;
}

/* Is what is read now of the registro patronal and the lot that are wanted? The first of its lots is. */
static bool is_ours(struct reading *reading)
{
    struct constancia *constancia = &reading->constancia;
    const char *rp = reading->owner[LABEL_RP], *lot = reading->owner[LABEL_LOT];
    if (!same_rp(rp, reading->whose.rp) || !lot ||
        (reading->whose.portal_lot && !streq(reading->whose.portal_lot, lot)))
        return false;
    if (!constancia->portal_lot) {
        constancia->portal_lot = xstrdup(lot);
        constancia->rp = xstrdup(rp);
        constancia->folio = xstrdup(reading->owner[LABEL_FOLIO]);
        if (reading->owner[LABEL_RECEIVED])
            page_date(reading->owner[LABEL_RECEIVED], &constancia->received_us, NULL);
    }
    return streq(constancia->portal_lot, lot);
}

/* Rows of somebody else: whose they are is noted, so that nobody thinks that these were all. */
static void note_other(struct reading *reading)
{
    enum { OWNERS_MAX = 1000 };
    struct constancia *constancia = &reading->constancia;
    const char *rp = reading->owner[LABEL_RP], *lot = reading->owner[LABEL_LOT];
    constancia->n_others++;
    if (!rp || !lot || constancia->n_owners == OWNERS_MAX)
        return;
    for (size_t i = constancia->n_owners; i > 0; i--) /* the last one, nearly always */
        if (same_rp(constancia->others[i - 1].rp, rp) && streq(constancia->others[i - 1].portal_lot, lot))
            return;
    constancia->others =
        xreallocarray(constancia->others, constancia->n_owners + 1, sizeof(*constancia->others));
    constancia->others[constancia->n_owners++] = (struct receipt_owner){xstrdup(rp), xstrdup(lot)};
}

/* ---- rows ---- */

static void end_error(struct reading *reading);

static struct constancia_row *add_row(struct reading *reading, const struct line *line, bool operated)
{
    struct constancia *constancia = &reading->constancia;
    struct constancia_row *row = &reading->other;
    end_error(reading);
    constancia_row_free(row);
    if (is_ours(reading)) {
        /* Grows by doubling; the count itself says when. */
        size_t n = constancia->n_rows;
        if ((n & (n - 1)) == 0)
            constancia->rows =
                xreallocarray(constancia->rows, MAX(n * 2, (size_t)1), sizeof(*constancia->rows));
        row = &constancia->rows[constancia->n_rows++];
    } else
        note_other(reading);
    *row = (struct constancia_row){.operated = operated, .sbc_centavos = -1};
    read_type(line->words[0].text, &row->type);
    memcpy(row->nss, line->words[1].text, sizeof(row->nss));
    reading->row = row;
    return row;
}

/*
 * Do the columns of a row stand where those of the rows before do? Names and errors begin at one edge; the fields between
 * may stand left, right or in the middle of their columns, so they only must not be outside of all that was there.
 */
static bool fits_table(struct table *table, const struct line *line, const struct word *next,
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
    if (!at_edge(name, table->name) || (!fields && !at_edge(next, table->next)))
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

/* Two fields from the left, seven from the right; what is between them is the name. */
static int read_operated(struct reading *reading, const struct line *line, struct err *err)
{
    size_t first = line->n - _FIELD_MAX;
    const struct word *fields = &line->words[first];
    int32_t sbc;
    int64_t date_us;
    if (line->n < 3 + _FIELD_MAX || !read_money(fields[SALARY].text, &sbc) ||
        !one_digit(fields[EXTEMPORANEO].text, "01") || !is_umf(fields[UMF].text) ||
        !one_digit(fields[TIPO_SALARIO].text, "012") || !page_date(fields[DATE].text, &date_us, NULL) ||
        !one_digit(fields[TIPO_TRABAJADOR].text, "01234") || !one_digit(fields[CAUSA].text, "0123456789A"))
        return unreadable(line, err, _("a movimiento operado is not understood"));
    size_t name_end = streq(line->words[first - 1].text, "$") ? first - 1 : first;
    if (name_end < 3 || !could_be_name(line, 2, name_end))
        return unreadable(line, err, _("a movimiento operado has no name"));
    bool first_row = !reading->table.known;
    if (!fits_table(&reading->table, line, &line->words[name_end], fields) ||
        (first_row && !below_heading(reading, line)))
        return unreadable(line, err, _("the columns of the table do not stand below each other"));
    struct constancia_row *row = add_row(reading, line, true);
    row->name = line_join(line, 2, name_end);
    row->sbc_centavos = sbc;
    row->extemporaneo = fields[EXTEMPORANEO].text[0];
    row->umf = xstrdup(fields[UMF].text);
    row->date = time_to_date(date_us);
    return 0;
}

/* ---- errors: their text is gathered line by line, and split when it is whole ---- */

static void end_error(struct reading *reading)
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
    end_error(reading);
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
            if (at_edge(&line->words[i - 1], edge))
                right = MAX(right, line->words[line->n - 1].x1);
    return right;
}

static int read_rejected(struct reading *reading, const struct line *line, struct err *err)
{
    struct table *table = &reading->table;
    size_t code = 2;
    while (code < line->n && !is_error_code(line->words[code].text))
        code++;
    if (code + 1 >= line->n || !could_be_name(line, 2, code) || !is_text(line, code, line->n))
        return unreadable(line, err, _("a movimiento rechazado has no name, no error code or no text"));
    if (!table->known)
        table->right = find_right(reading, line, line->words[code].x0);
    if (!fits_table(table, line, &line->words[code], NULL))
        return unreadable(line, err, _("the columns of the table do not stand below each other"));
    struct constancia_row *row = add_row(reading, line, false);
    row->name = line_join(line, 2, code);
    begin_error(reading, line, code);
    return 0;
}

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
    if (is_error_code(word->text)) {
        if (rest.n < 2)
            return unreadable(line, err, _("an error has a code and no text"));
        begin_error(reading, &rest, 0);
        return 0;
    }
    bool numeral = str_all_digits(word->text) && strlen(word->text) <= 3;
    if (numeral && line_before + 0.3f * height(word) + word->x1 - word->x0 < reading->table.right)
        return unreadable(line, err, _("a number stands where an error begins, and is no code"));
    _cleanup_free_ char *text = line_join(&rest, 0, rest.n);
    buf_printf(&reading->error, " %s", text);
    return 0;
}

/* ---- further lines of a row ---- */

/* Where the part in the column of names ends; false when the line does not stand in the columns of a row. */
static bool split_line(const struct table *table, const struct line *line, size_t *ret_split)
{
    size_t split = 0;
    while (split < line->n && line->words[split].x0 < table->next &&
           !at_edge(&line->words[split], table->next))
        split++;
    *ret_split = split;
    if (split > 0 && (!at_edge(line->words, table->name) || line->words[split - 1].x1 >= table->next ||
                      !could_be_name(line, 0, split)))
        return false;
    if (split < line->n && !is_text(line, split, line->n))
        return false;
    return table->section == SECTION_OPERATED ? split == line->n
                                              : split == line->n || at_edge(&line->words[split], table->next);
}

/* Is the line below nearer to this one than the one above, though it is another row's? */
static bool belongs_below(const struct reading *reading, const struct line *line)
{
    const struct line *below = line + 1;
    if (below == reading->layout->lines + reading->layout->n_lines || below->page != line->page ||
        !is_row(below))
        return false;
    return distance(line->words, below->words) < 0.85f * distance(&reading->last, line->words);
}

static int continue_row(struct reading *reading, const struct line *line, size_t split, struct err *err)
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
    return check_heading(line, err);
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
        if (!read_count(line->words[i].text, &numbers[i]))
            return 0;
    if (!is_ours(reading))
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
    if (!is_even(line))
        return unreadable(line, err, _("the words of a row do not stand side by side"));
    int r = reading->section == SECTION_OPERATED ? read_operated(reading, line, err)
                                                 : read_rejected(reading, line, err);
    if (r < 0)
        return r;
    memset(reading->owner_read, 0, sizeof(reading->owner_read));
    reading->page_rows++;
    reading->open = true;
    reading->place = PLACE_ROW;
    reading->last = line->words[line->n - 1];
    return 0;
}

/* Could a word below the heading be of a name or an error? Of a heading only these stand there. */
static bool could_be_of_row(const struct line *heading, const struct word *word)
{
    static const char *const own[] = {"Nombre", "Asegurado", "asegurado", "del", "de", "Error", NULL};
    size_t nss, name, to;
    if (is_among(word->text, own) || !line_find(heading, "NSS", &nss, &to) ||
        !line_find(heading, "Nombre", &name, &to))
        return false;
    while (name < heading->n && is_among(heading->words[name].text, own))
        name++;
    return word->x0 > heading->words[nss].x1 && (name == heading->n || word->x0 < heading->words[name].x0);
}

/* Below a heading that is the first of its table, or one that repeats it: more of it? */
static int read_below_heading(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    struct table *table = &reading->table;
    if (table->known ? !repeats(reading->layout, line, table->heading, table->heading_end)
                     : distance(&reading->last, line->words) > BELOW_HEADING)
        return 0;
    for (size_t k = 0; k < line->n; k++)
        if (!table->known && could_be_of_row(&reading->layout->lines[table->heading], &line->words[k]))
            return unreadable(line, err, _("a line below the heading is not understood"));
    if (!table->known)
        table->heading_end = i + 1;
    reading->last = line->words[line->n - 1];
    return has_nss(line) ? unreadable(line, err, _("a row of a table is not understood")) : 1;
}

/* In the table, and neither row nor heading: more of the row before, or of the page. */
static int read_further(struct reading *reading, const struct line *line, struct err *err)
{
    float apart = distance(&reading->last, line->words);
    bool close = apart <= (reading->place == PLACE_TOP ? BELOW_HEADING : CLOSE);
    size_t split = 0;
    bool fits = reading->table.known && is_even(line) && split_line(&reading->table, line, &split);
    if (close && fits) {
        int r = continue_row(reading, line, split, err);
        reading->place = PLACE_ROW;
        reading->last = line->words[line->n - 1];
        return r;
    }
    if (apart <= CLOSE ||
        fits) /* what stands in the columns, but too far below, is behind a line that is missing */
        return unreadable(line, err,
                          has_nss(line) ? _("a row of a table is not understood")
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
    if (table->known && split_line(table, line, &split) && !is_of_head(reading, i))
        return unreadable(line, err, _("it is not clear which movement goes on here"));
    if (reading->section != SECTION_END && line->n >= 2 && has_nss(line) &&
        read_type(line->words[0].text, &type))
        return unreadable(line, err, _("a row of a table is not understood"));
    return 0;
}

static int read_table_line(struct reading *reading, size_t i, struct err *err)
{
    const struct line *line = &reading->layout->lines[i];
    size_t split;
    if (is_row(line))
        return read_row(reading, line, err);
    bool more = reading->place == PLACE_ROW && reading->table.known &&
                split_line(&reading->table, line, &split) && distance(&reading->last, line->words) <= CLOSE;
    if (!more && is_heading(line))
        return read_heading(reading, i, err);
    int r = reading->place == PLACE_TOP ? read_below_heading(reading, i, err) : 0;
    if (r != 0)
        return MIN(r, 0);
    if (!more && read_owner(reading, i))
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
    read_owner(reading, i);
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
    while (reading.first_row < layout->n_lines && !is_row(&layout->lines[reading.first_row]))
        reading.first_row++;
    for (size_t i = 0; r >= 0 && i < layout->n_lines; i++)
        r = read_line(&reading, i, err);
    end_error(&reading);
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
