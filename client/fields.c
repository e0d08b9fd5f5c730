/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/fields.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/clock.h"
#include "client/findings.h"
#include "client/format.h"
#include "client/history-words.h"
#include "client/lateness.h"
#include "client/remote.h"
#include "idse/catalogue.h"
#include "idse/lot.h"
#include "idse/movement.h"
#include "idse/worker.h"

char *field_key(const char *contract_key)
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

/* On the bus a text that is not there is empty. */
static json_t *plain_json(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) == 0 ? json_null() : json_deep_copy(value);
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
    case FIELD_PLANNED:
        return text_or_null(n > 0, time_format_iso((int64_t)n));
    case FIELD_DATE:
        return text_or_null(n > 0, format_date((uint32_t)n));
    case FIELD_TUPLES:
    case FIELD_OLDER:
        return tuples_json(value, field->sub);
    case FIELD_TEXT:
    case FIELD_COUNT:
    case FIELD_DAYS:
    case FIELD_FLAG:
    case FIELD_LIST:
    case FIELD_HOLD:
    case FIELD_LOT_STATE:
    case FIELD_MOVEMENT_STATE:
    case FIELD_MOVEMENT_TYPE:
    case FIELD_WORKER_TYPE:
    case FIELD_SALARY_TYPE:
    case FIELD_REDUCED_WEEK:
    case FIELD_APPROVAL:
    case FIELD_REJECTION:
    case FIELD_ACT:
    case FIELD_OBJECT:
    case FIELD_OUTCOME:
    case FIELD_DETAIL:
    case FIELD_WORKER_STATUS:
    case FIELD_SEVERITY:
        return plain_json(value);
    }
    return json_null();
}

json_t *field_tuples(const json_t *tuples, const struct field *members)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(tuples); i++) {
        json_t *row = json_object();
        for (size_t j = 0; members[j].key; j++)
            json_object_set(row, members[j].key, json_array_get(json_array_get(tuples, i), j));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *tuples_json(const json_t *tuples, const struct field *members)
{
    _cleanup_json_ json_t *rows = field_tuples(tuples, members);
    return field_json_rows(rows, members);
}

json_t *field_json(const json_t *row, const struct field *fields)
{
    json_t *object = json_object();
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)row, key, value) {
        const struct field *field = fields;
        while (field->key && !streq(field->key, key))
            field++;
        _cleanup_free_ char *name = field_key(key);
        json_object_set_new(object, name, field->key ? value_json(value, field) : plain_json(value));
    }
    return object;
}

json_t *field_json_rows(const json_t *rows, const struct field *fields)
{
    json_t *array = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_array_append_new(array, field_json(json_array_get(rows, i), fields));
    return array;
}

/* A lot's state, and what is beside it: why it does not go on, and that it is too late for it. */
static char *lot_state_text(const json_t *row, const char *name)
{
    int state = lot_state_from_name(name);
    const char *label = state >= 0 ? lot_state_label((enum lot_state)state) : name;
    bool waits = json_array_size(json_object_get(row, "WaitsFor")) > 0;
    char *text = row_flag(row, "Held") ? xasprintf(_("%s, held"), label)
                 : waits               ? xasprintf(_("%s, waits"), label)
                                       : xstrdup(label);
    enum lateness lateness = lateness_of(row);
    if (lateness != LATENESS_IN_TIME)
        replace_str(&text,
                    xasprintf(lateness == LATENESS_LATE ? _("%s, late") : _("%s, will be late"), text));
    return text;
}

/* "lot 5 (queued, held): Held by an operator; release it to send it. · lot 6 (uncertain)" */
static char *older_text(const json_t *older)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < json_array_size(older); i++) {
        const json_t *lot = json_array_get(older, i);
        unsigned long long id = (unsigned long long)json_integer_value(json_array_get(lot, 0));
        int state = lot_state_from_name(str_or_empty(json_string_value(json_array_get(lot, 1))));
        int hold = lot_hold_from_name(str_or_empty(json_string_value(json_array_get(lot, 2))));
        const char *label = state >= 0 ? lot_state_label((enum lot_state)state) : "";
        buf_printf(&text, "%s", i ? " · " : "");
        if (hold > LOT_HOLD_NONE)
            buf_printf(&text, _("lot %llu (%s, held): %s"), id, label,
                       lot_hold_sentence((enum lot_hold)hold));
        else
            buf_printf(&text, _("lot %llu (%s)"), id, label);
    }
    return buf_steal(&text, NULL);
}

/*
 * The daemon's own text begins with the sentence, in the daemon's language, or says something else; the
 * sentence is told once.
 */
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
    const char *const told[] = {sentence, sentences[hold]};
    for (size_t i = 0; i < ELEMENTSOF(told); i++)
        if (strncmp(text, told[i], strlen(told[i])) == 0)
            return xasprintf("%s%s", sentence, text + strlen(told[i]));
    return *text ? xasprintf("%s (%s)", sentence, text) : xstrdup(sentence);
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

static char *code_text(const struct catalogue_entry *catalogue, const char *code)
{
    const struct catalogue_entry *entry = catalogue_find(catalogue, code);
    return xstrdup(entry ? catalogue_label(entry) : code);
}

static char *answer_text(const json_t *row, uint64_t answered_us, const char *state, const char *or_state)
{
    const char *now = row_text(row, "state");
    bool so = streq(now, state) || streq(now, or_state);
    return answered_us && so ? time_format_short((int64_t)answered_us) : xstrdup("");
}

char *field_text(const json_t *row, const struct field *field)
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
    case FIELD_DAYS:
        return json_is_integer(value) ? xasprintf("%lld", (long long)json_integer_value(value)) : xstrdup("");
    case FIELD_MONEY:
        return n ? format_money(n) : xstrdup("");
    case FIELD_INSTANT:
        return n ? time_format_short((int64_t)n) : xstrdup("");
    case FIELD_PLANNED:
        return lateness_not_before_us(row) ? time_format_short((int64_t)n) : xstrdup("");
    case FIELD_DATE:
        return format_date((uint32_t)n);
    case FIELD_FLAG:
        return xstrdup(json_is_true(value) ? _("yes") : "");
    case FIELD_LIST:
    case FIELD_TUPLES:
        return joined(value, " ");
    case FIELD_HOLD:
        return hold_text(row, text);
    case FIELD_OLDER:
        return older_text(value);
    case FIELD_LOT_STATE:
        return lot_state_text(row, text);
    case FIELD_MOVEMENT_STATE:
        code = movement_state_from_name(text);
        return xstrdup(code >= 0 ? movement_state_label((enum movement_state)code) : text);
    case FIELD_MOVEMENT_TYPE:
        return xstrdup(type_word(text));
    case FIELD_WORKER_TYPE:
        return code_text(catalogue_tipo_trabajador, text);
    case FIELD_SALARY_TYPE:
        return code_text(catalogue_tipo_salario, text);
    case FIELD_REDUCED_WEEK:
        return code_text(catalogue_jornada, text);
    case FIELD_APPROVAL:
        return answer_text(row, n, "approved", "approved");
    case FIELD_REJECTION:
        return answer_text(row, n, "rejected", "superseded");
    case FIELD_SEVERITY:
        return xstrdup(findings_severity_label(text));
    case FIELD_ACT:
        return xstrdup(act_label(text));
    case FIELD_OBJECT:
        return object_label(text);
    case FIELD_OUTCOME:
        return xstrdup(outcome_label(text));
    case FIELD_DETAIL:
        return detail_label(text);
    case FIELD_WORKER_STATUS:
        code = worker_status_from_name(text);
        return xstrdup(code >= 0 ? worker_status_label((enum worker_status)code) : text);
    }
    return xstrdup("");
}

/* Green is only what IMSS operated; red needs a person or is lost; yellow is on its way in an odd manner. */
const char *field_colour(const json_t *row, const struct field *field)
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
    return lateness_of(row) == LATENESS_LATE ? "red" : row_flag(row, "Held") ? "yellow" : NULL;
}
