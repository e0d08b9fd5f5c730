/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "daemon/iface.h"
#include "idse/imss-name.h"

/* Manager.ListMovements: the grid. */

/* A movement with the documents of its lot, which its rows share. */
struct movement_row {
    const struct store_movement *row;
    int64_t acuse, constancia;
    uint32_t deadline; /* 0: the calendar does not tell */
    const char *deadline_rule;
};

static void entry_code(struct bus_writer *w, const char *key, char code)
{
    bus_entry_string(w, key, (const char[]){code, '\0'});
}

static void entry_errors(struct bus_writer *w, const char *key, const struct store_movement *m)
{
    bus_open_entry(w, key, "a(sss)");
    bus_open_array(w);
    for (size_t i = 0; i < m->n_errors; i++) {
        bus_open_struct(w);
        bus_write_string(w, m->errors[i].code);
        bus_write_string(w, m->errors[i].text);
        bus_write_string(w, m->errors[i].imss_value);
        bus_close(w);
    }
    bus_close(w);
    bus_close_entry(w);
}

/*
 * What is told of a movement: X(key, kind, value) with `m` the movement and `row` its row. Kinds are those of the contract
 * and, beside them, a code of one letter and the errors.
 */
#define MOVEMENT_FIELDS(X)                                                                                   \
    X("lot", u64, (uint64_t)m->lot)                                                                          \
    X("position", u32, m->seq + 1)                                                                           \
    X("registration", string, m->movement.rp)                                                                \
    X("type", string, movement_type_name(m->movement.type))                                                  \
    X("nss", string, m->movement.nss)                                                                        \
    X("first-surname", string, m->movement.paterno)                                                          \
    X("second-surname", string, m->movement.materno)                                                         \
    X("names", string, m->movement.nombres)                                                                  \
    X("curp", string, m->movement.curp)                                                                      \
    X("umf", string, m->movement.umf)                                                                        \
    X("guia", string, m->movement.guia)                                                                      \
    X("clave", string, m->movement.clave)                                                                    \
    X("sbc", u32, (uint32_t)m->movement.sbc_centavos)                                                        \
    X("date", u32, (uint32_t)m->movement.date)                                                               \
    X("deadline", u32, row->deadline)                                                                        \
    X("deadline-rule", string, row->deadline_rule)                                                           \
    X("worker-type", code, m->movement.tipo_trabajador)                                                      \
    X("salary-type", code, m->movement.tipo_salario)                                                         \
    X("reduced-week", code, m->movement.jornada)                                                             \
    X("cause", code, m->movement.causa_baja)                                                                 \
    X("state", string, movement_state_name(m->state))                                                        \
    X("sent", u64, (uint64_t)m->sent_us)                                                                     \
    X("received", u64, (uint64_t)m->received_us)                                                             \
    X("answered", u64, (uint64_t)m->answered_us)                                                             \
    X("extemporaneous", code, m->extemporaneo)                                                               \
    X("imss-name", string, m->imss_name)                                                                     \
    X("name-differs", bool, imss_name_differs(&m->movement, m->imss_name))                                   \
    X("errors", errors, m)                                                                                   \
    X("acuse", u64, (uint64_t)row->acuse)                                                                    \
    X("constancia", u64, (uint64_t)row->constancia)

#define entry_string bus_entry_string
#define entry_bool   bus_entry_bool
#define entry_u32    bus_entry_u32
#define entry_u64    bus_entry_u64

static void write_movement(struct bus_writer *w, const struct movement_row *row)
{
    const struct store_movement *m = row->row;
    bus_open_array(w);
#define X(key, kind, value) entry_##kind(w, key, value);
    MOVEMENT_FIELDS(X)
#undef X
    bus_close(w);
}

static void find_documents(struct store *store, int64_t lot, struct movement_row *ret)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    ret->acuse = ret->constancia = 0;
    store_document_list(store, lot, &documents, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        if (documents[i].kind == DOCUMENT_ACUSE)
            ret->acuse = documents[i].id;
        if (documents[i].kind == DOCUMENT_CONSTANCIA)
            ret->constancia = documents[i].id;
    }
    store_documents_free(documents, n);
}

struct movement_filter_options {
    const char *registration, *nss, *type;
    struct bus_strings states;
    uint64_t lot;
    uint32_t since, until;
};

static const struct bus_option movement_filter_options[] = {
    {"lot", "t", offsetof(struct movement_filter_options, lot)},
    {"registration", "s", offsetof(struct movement_filter_options, registration)},
    {"nss", "s", offsetof(struct movement_filter_options, nss)},
    {"type", "s", offsetof(struct movement_filter_options, type)},
    {"states", "as", offsetof(struct movement_filter_options, states)},
    {"since", "u", offsetof(struct movement_filter_options, since)},
    {"until", "u", offsetof(struct movement_filter_options, until)},
};

static int take_nss(const char *text, char ret[static 12], struct err *err)
{
    if (strlen(text) > 11)
        return err_set(err, ERR_INVALID_ARGUMENT, _("nss: '%s' is longer than 11 digits"), text);
    strcpy(ret, text);
    return 0;
}

static int take_type(const char *text, enum movement_type *ret, struct err *err)
{
    int type = *text ? movement_type_from_name(text) : MOVEMENT_NONE;
    if (type < 0)
        return err_set(err, ERR_INVALID_ARGUMENT, _("type: there is no type '%s'"), text);
    *ret = (enum movement_type)type;
    return 0;
}

static int read_movement_filter(struct bus_reader *r, struct store_movement_filter *ret, struct err *err)
{
    struct movement_filter_options given = {.registration = "", .nss = "", .type = ""};
    int result =
        bus_read_options(r, movement_filter_options, ELEMENTSOF(movement_filter_options), &given, NULL, err);
    if (result >= 0)
        result = iface_take_rp(given.registration, ret->rp, err);
    if (result >= 0)
        result = take_nss(given.nss, ret->nss, err);
    if (result >= 0)
        result = take_type(given.type, &ret->type, err);
    if (result >= 0)
        result = iface_take_states(&given.states, movement_state_from_name, &ret->states, err);
    ret->lot = (int64_t)MIN(given.lot, (uint64_t)INT64_MAX);
    ret->since = (int32_t)MIN(given.since, (uint32_t)INT32_MAX);
    ret->until = (int32_t)MIN(given.until, (uint32_t)INT32_MAX);
    return result;
}

/* "LOT:POSITION" of the row behind which the page begins. */
static int read_cursor(const char *text, struct store_movement_cursor *ret, struct err *err)
{
    uint64_t lot = 0, seq = 0;
    const char *colon = strchr(text, ':');
    if (*text == '\0')
        return 0;
    _cleanup_free_ char *first = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
    if (!colon || !str_to_uint(first, INT64_MAX, &lot) || !str_to_uint(colon + 1, UINT32_MAX, &seq) ||
        lot == 0)
        return err_set(err, ERR_INVALID_ARGUMENT, _("cursor: '%s' is not one that was given out"), text);
    *ret = (struct store_movement_cursor){.lot = (int64_t)lot, .seq = (uint32_t)seq};
    return 0;
}

static void find_deadline(const struct daemon *daemon, struct movement_row *row)
{
    struct deadline deadline;
    const struct calendar *calendar = daemon->law.calendar;
    bool known = calendar && deadline_of(calendar, &row->row->movement, &deadline, NULL) >= 0;
    row->deadline = known ? (uint32_t)deadline.last : 0;
    row->deadline_rule = known ? deadline_rule_name(deadline.rule) : "";
}

static void write_movements(struct daemon *daemon, struct bus_writer *w, const struct store_movement *rows,
                            size_t n)
{
    struct movement_row movement = {0};
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || rows[i].lot != rows[i - 1].lot)
            find_documents(daemon->store, rows[i].lot, &movement);
        movement.row = &rows[i];
        find_deadline(daemon, &movement);
        write_movement(w, &movement);
    }
    bus_close(w);
}

static int list(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_movement_filter filter = {0};
    struct store_movement_cursor after = {0};
    struct store_movement *rows = NULL;
    size_t n = 0;
    const char *cursor = "";
    uint32_t limit = 0;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = read_movement_filter(&reader, &filter, err);
    bus_read_string(&reader, &cursor);
    bus_read_u32(&reader, &limit);
    if (r >= 0)
        r = iface_check_limit(limit, err);
    if (r >= 0)
        r = read_cursor(cursor, &after, err);
    if (r >= 0)
        r = store_movement_list(daemon->store, &filter, &after, limit + 1, &rows, &n, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    size_t shown = MIN(n, (size_t)limit);
    write_movements(daemon, w, rows, shown);
    char next[48] = "";
    if (n > limit)
        snprintf(next, sizeof(next), "%" PRId64 ":%" PRIu32, rows[shown - 1].lot, rows[shown - 1].seq);
    bus_write_string(w, next);
    store_movements_free(rows, n);
    return 0;
}

void list_movements(struct bus_call *call, void *daemon)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = list(daemon, call, &err);
    answer(daemon, call, r, &err);
}
