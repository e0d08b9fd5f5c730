/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/output.h"

#include <ctype.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/format.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"
#include "idse/lot.h"
#include "idse/movement.h"

/* ---- one value ---- */

char *output_key(const char *contract_key)
{
    struct buf key = BUF_INIT;
    for (const char *at = contract_key; *at; at++) {
        bool capital = isupper((unsigned char)*at);
        if (capital && at > contract_key)
            buf_add_char(&key, '_');
        buf_add_char(&key, *at == '-' ? '_' : capital ? (char)tolower((unsigned char)*at) : *at);
    }
    return buf_steal(&key, NULL);
}

static json_t *text_or_null(bool there, char *text)
{
    _cleanup_free_ char *owned = text;
    return there ? json_string(owned) : json_null();
}

static json_t *tuples_json(const json_t *tuples, const struct field *sub);

static json_t *value_json(const json_t *value, const struct field *field)
{
    uint64_t n = (uint64_t)json_integer_value(value);
    switch (field->kind) {
    case FIELD_NUMBER:
        return n ? json_integer((json_int_t)n) : json_null();
    case FIELD_MONEY:
        return text_or_null(n > 0, xasprintf("%llu.%02u", (unsigned long long)n / 100, (unsigned)(n % 100)));
    case FIELD_INSTANT:
        return text_or_null(n > 0, time_format_iso((int64_t)n));
    case FIELD_DATE:
        return text_or_null(n > 0, format_date((uint32_t)n));
    case FIELD_TUPLES:
        return tuples_json(value, field->sub);
    case FIELD_TEXT:
    case FIELD_COUNT:
    case FIELD_FLAG:
    case FIELD_LIST:
    case FIELD_HOLD:
    case FIELD_LOT_STATE:
    case FIELD_MOVEMENT_STATE:
    case FIELD_MOVEMENT_TYPE:
        return json_deep_copy(value);
    }
    return json_null();
}

/* Structures become objects, with the names that `sub` gives their members in order. */
static json_t *tuple_object(const json_t *tuple, const struct field *sub)
{
    json_t *object = json_object();
    for (size_t i = 0; sub[i].key; i++)
        json_object_set(object, sub[i].key, json_array_get(tuple, i));
    return object;
}

static json_t *tuples_json(const json_t *tuples, const struct field *sub)
{
    json_t *array = json_array();
    for (size_t i = 0; i < json_array_size(tuples); i++) {
        _cleanup_json_ json_t *object = tuple_object(json_array_get(tuples, i), sub);
        json_array_append_new(array, output_json(object, sub));
    }
    return array;
}

json_t *output_json(const json_t *row, const struct field *fields)
{
    json_t *object = json_object();
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)row, key, value) {
        const struct field *field = fields;
        while (field->key && !streq(field->key, key))
            field++;
        _cleanup_free_ char *name = output_key(key);
        json_object_set_new(object, name, field->key ? value_json(value, field) : json_deep_copy(value));
    }
    return object;
}

json_t *output_json_rows(const json_t *rows, const struct field *fields)
{
    json_t *array = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_array_append_new(array, output_json(json_array_get(rows, i), fields));
    return array;
}

static char *lot_state_text(const json_t *row, const char *name)
{
    int state = lot_state_from_name(name);
    const char *label = state >= 0 ? lot_state_label((enum lot_state)state) : name;
    return row_flag(row, "Held") ? xasprintf(_("%s, held"), label) : xstrdup(label);
}

/* The daemon's own text is left out where it is only the sentence in the daemon's language. */
static char *hold_text(const json_t *row, const char *name)
{
    static const char *const sentences[] = {
#define X(id, code, reason, sentence) [LOT_HOLD_##id] = sentence,
        LOT_HOLD_TABLE(X)
#undef X
    };
    int hold = lot_hold_from_name(name);
    const char *text = row_text(row, "HoldText");
    if (hold < 0)
        return xstrdup(text);
    const char *sentence = lot_hold_sentence((enum lot_hold)hold);
    bool more = *text && !streq(text, sentences[hold]) && !streq(text, sentence);
    return more ? xasprintf("%s (%s)", sentence, text) : xstrdup(sentence);
}

/* The domain's own word, which is short enough for a column; only the mixture has a name of ours. */
static const char *type_word(const char *name)
{
    return streq(name, "modificacion") ? "modificación" : streq(name, "mixed") ? _("mixed") : name;
}

static char *joined(const json_t *list, const char *between)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *word = json_string_value(json_is_array(item) ? json_array_get(item, 0) : item);
        buf_printf(&text, "%s%s", i ? between : "", str_or_empty(word));
    }
    return buf_steal(&text, NULL);
}

char *output_text(const json_t *row, const struct field *field)
{
    const json_t *value = json_object_get(row, field->key);
    const char *text = str_or_empty(json_string_value(value));
    uint64_t n = (uint64_t)json_integer_value(value);
    int code;
    switch (field->kind) {
    case FIELD_TEXT:
        return xstrdup(text);
    case FIELD_NUMBER:
        return n ? xasprintf("%llu", (unsigned long long)n) : xstrdup("");
    case FIELD_COUNT:
        return format_count(n);
    case FIELD_MONEY:
        return n ? format_money(n) : xstrdup("");
    case FIELD_INSTANT:
        return n ? time_format_short((int64_t)n) : xstrdup("");
    case FIELD_DATE:
        return format_date((uint32_t)n);
    case FIELD_FLAG:
        return xstrdup(json_is_true(value) ? _("yes") : "");
    case FIELD_LIST:
    case FIELD_TUPLES:
        return joined(value, " ");
    case FIELD_HOLD:
        return hold_text(row, text);
    case FIELD_LOT_STATE:
        return lot_state_text(row, text);
    case FIELD_MOVEMENT_STATE:
        code = movement_state_from_name(text);
        return xstrdup(code >= 0 ? movement_state_label((enum movement_state)code) : text);
    case FIELD_MOVEMENT_TYPE:
        return xstrdup(type_word(text));
    }
    return xstrdup("");
}

/* Green is only what IMSS operated; red needs a person or is lost; yellow is on its way in an odd manner. */
static const char *colour(const json_t *row, const struct field *field)
{
    static const struct {
        const char *state, *colour;
    } colours[] = {
        {"accepted", "green"}, {"approved", "green"}, {"partial", "yellow"}, {"uncertain", "yellow"},
        {"unknown", "yellow"}, {"rejected", "red"},   {"failed", "red"},     {"quarantined", "red"},
    };
    if (field->kind != FIELD_LOT_STATE && field->kind != FIELD_MOVEMENT_STATE)
        return NULL;
    for (size_t i = 0; i < ELEMENTSOF(colours); i++)
        if (streq(colours[i].state, row_text(row, field->key)))
            return colours[i].colour;
    return row_flag(row, "Held") ? "yellow" : NULL;
}

/* ---- lists ---- */

enum { MAX_FIELDS = 40 };

struct output {
    const struct field *fields;
    const char *nothing;
    json_t *pending; /* rows of the table to come; NULL: JSON */
    bool headless;
    size_t rows;
};

struct output *output_open(const struct invocation *inv, const struct field *fields, const char *nothing)
{
    struct output *output = xcalloc(1, sizeof(*output));
    *output = (struct output){
        .fields = fields,
        .nothing = inv->value[OPT_QUIET] ? NULL : nothing,
        .pending = inv->value[OPT_JSON] ? NULL : json_array(),
        .headless = inv->value[OPT_NO_HEADERS] != NULL,
    };
    return output;
}

static void json_row(struct output *output, const json_t *row)
{
    _cleanup_json_ json_t *object = output_json(row, output->fields);
    fputs(output->rows ? ",\n" : "[\n", stdout);
    json_dumpf(object, stdout, JSON_COMPACT);
}

void output_rows(struct output *output, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, output->rows++)
        if (output->pending)
            json_array_append(output->pending, json_array_get(rows, i));
        else
            json_row(output, json_array_get(rows, i));
}

static size_t column_width(const struct output *output, const struct field *field)
{
    size_t width = output->headless ? 0 : utf8_length(_(field->heading));
    for (size_t i = 0; i < output->rows; i++) {
        _cleanup_free_ char *text = output_text(json_array_get(output->pending, i), field);
        width = MAX(width, utf8_length(text));
    }
    return width;
}

/* The columns that there is room for; *ret is in the order of the table of fields. */
static size_t choose_columns(const struct output *output, const struct field *ret[MAX_FIELDS])
{
    size_t widths[MAX_FIELDS], n = 0, total = 0, room = terminal_columns(STDOUT_FILENO);
    for (const struct field *field = output->fields; field->key; field++) {
        if (!(field->use & FIELD_COLUMN))
            continue;
        widths[n] = column_width(output, field) + 1;
        total += widths[n];
        ret[n++] = field;
    }
    for (size_t i = n; room > 0 && total > room + 1 && i-- > 0;) {
        if (!(ret[i]->use & FIELD_SPARE))
            continue;
        total -= widths[i];
        memmove(&ret[i], &ret[i + 1], (n - i - 1) * sizeof(*ret));
        memmove(&widths[i], &widths[i + 1], (n - i - 1) * sizeof(*widths));
        n--;
    }
    return n;
}

static void add_column(struct libscols_table *table, const struct field *field)
{
    bool right = field->kind == FIELD_NUMBER || field->kind == FIELD_COUNT || field->kind == FIELD_MONEY;
    scols_table_new_column(table, _(field->heading), 0.05,
                           (right ? SCOLS_FL_RIGHT : 0) | (field->use & FIELD_CUT ? SCOLS_FL_TRUNC : 0));
}

static void add_line(struct libscols_table *table, const struct field *const *columns, size_t n,
                     const json_t *row)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        abort(); /* out of memory, as in xmalloc() */
    for (size_t i = 0; i < n; i++) {
        scols_line_refer_data(line, i, output_text(row, columns[i]));
        const char *name = colour(row, columns[i]);
        if (name)
            scols_cell_set_color(scols_line_get_cell(line, i), name);
    }
}

static void print_table(const struct output *output)
{
    const struct field *columns[MAX_FIELDS];
    size_t n = choose_columns(output, columns);
    struct libscols_table *table = scols_new_table();
    if (!table)
        abort();
    scols_table_enable_noheadings(table, output->headless);
    scols_table_enable_colors(table, terminal_colours(STDOUT_FILENO));
    for (size_t i = 0; i < n; i++)
        add_column(table, columns[i]);
    for (size_t i = 0; i < output->rows; i++)
        add_line(table, columns, n, json_array_get(output->pending, i));
    scols_print_table(table);
    scols_unref_table(table);
}

struct output *output_close(struct output *output)
{
    if (!output->pending)
        fputs(output->rows ? "\n]\n" : "[]\n", stdout);
    else if (output->rows)
        print_table(output);
    else if (output->nothing && isatty(STDOUT_FILENO))
        puts(output->nothing);
    json_decref(output->pending);
    free(output);
    return NULL;
}

void output_list(const struct invocation *inv, const struct field *fields, const json_t *rows,
                 const char *nothing)
{
    struct output *output = output_open(inv, fields, nothing);
    output_rows(output, rows);
    output_close(output);
}

/* ---- one thing ---- */

void output_record(const json_t *row, const struct field *fields)
{
    size_t width = 0;
    for (const struct field *field = fields; field->key; field++)
        if (field->use & FIELD_RECORD)
            width = MAX(width, utf8_length(_(field->heading)));
    for (const struct field *field = fields; field->key; field++) {
        if (!(field->use & FIELD_RECORD))
            continue;
        _cleanup_free_ char *text = output_text(row, field);
        if (field->kind == FIELD_FLAG && !*text)
            replace_str(&text, xstrdup(_("no")));
        if (*text)
            printf("%*s%s: %s\n", (int)(width - utf8_length(_(field->heading))), "", _(field->heading), text);
    }
}

void output_print_json(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static void line_of(FILE *stream, const char *fmt, va_list ap)
{
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    fprintf(stream, "%s\n", text);
}

void output_note(const struct invocation *inv, const char *fmt, ...)
{
    if (inv->value[OPT_QUIET] || inv->value[OPT_JSON])
        return;
    va_list ap;
    va_start(ap, fmt);
    line_of(stdout, fmt, ap);
    va_end(ap);
}

void output_warn(const struct invocation *inv, const char *fmt, ...)
{
    if (inv->value[OPT_QUIET])
        return;
    va_list ap;
    va_start(ap, fmt);
    line_of(stderr, fmt, ap);
    va_end(ap);
}

void output_error(const char *about, const struct err *err)
{
    _cleanup_free_ char *text = terminal_harmless(xstrdup(err_text(err)));
    fprintf(stderr, "idsectl: %s%s%s\n", about ? about : "", about ? ": " : "", text);
}
