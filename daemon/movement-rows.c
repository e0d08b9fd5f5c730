/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/movement-rows.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "idse/deadline.h"
#include "idse/effective.h"
#include "idse/imss-name.h"

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
    X("effective", u32, deadline.effective)                                                                  \
    X("deadline", u32, deadline.last)                                                                        \
    X("deadline-rule", string, deadline.rule)                                                                \
    X("worker-type", code, m->movement.tipo_trabajador)                                                      \
    X("salary-type", code, m->movement.tipo_salario)                                                         \
    X("reduced-week", code, m->movement.jornada)                                                             \
    X("cause", code, m->movement.causa_baja)                                                                 \
    X("state", string, movement_state_name(m->state))                                                        \
    X("sent", u64, (uint64_t)m->sent_us)                                                                     \
    X("received", u64, (uint64_t)m->received_us)                                                             \
    X("answered", u64, (uint64_t)m->answered_us)                                                             \
    X("given-up", u64, (uint64_t)m->given_up_us)                                                             \
    X("extemporaneous", code, m->extemporaneo)                                                               \
    X("imss-name", string, m->imss_name)                                                                     \
    X("name-differs", bool, imss_name_differs(&m->movement, m->imss_name))                                   \
    X("errors", errors, m)                                                                                   \
    X("acuse", u64, (uint64_t)row->acuse)                                                                    \
    X("constancia", u64, (uint64_t)row->constancia)

static const char *const keys[] = {
#define X(key, kind, value) key,
    MOVEMENT_FIELDS(X)
#undef X
};
_Static_assert(ELEMENTSOF(keys) <= 64, "a set of fields is 64 bits");

int movement_rows_fields(const struct bus_strings *names, uint64_t *ret, struct err *err)
{
    uint64_t fields = 0;
    for (size_t i = 0; i < names->n; i++) {
        size_t at = 0;
        while (at < ELEMENTSOF(keys) && !streq(keys[at], names->item[i]))
            at++;
        if (at == ELEMENTSOF(keys))
            return err_set(err, ERR_INVALID_ARGUMENT, _("fields: there is no field '%s'"), names->item[i]);
        fields |= UINT64_C(1) << at;
    }
    *ret = names->n ? fields : UINT64_MAX;
    return 0;
}

static bool need_any(uint64_t fields, const char *const *of, size_t n)
{
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        for (size_t j = 0; fields >> i & 1 && j < n; j++)
            if (streq(keys[i], of[j]))
                return true;
    return false;
}

bool movement_rows_need_documents(uint64_t fields)
{
    static const char *const of[] = {"acuse", "constancia"};
    return need_any(fields, of, ELEMENTSOF(of));
}

static bool need_deadlines(uint64_t fields)
{
    static const char *const of[] = {"effective", "deadline", "deadline-rule"};
    return need_any(fields, of, ELEMENTSOF(of));
}

struct row_deadline {
    uint32_t last; /* 0: the calendar does not tell */
    const char *rule;
    uint32_t effective; /* 0: not known, or none */
};

/* Only for who wants them: the calendar is gone through for each row. */
static struct row_deadline find_deadline(const struct calendar *calendar, const struct store_movement *m,
                                         bool wanted)
{
    struct deadline deadline;
    if (!wanted)
        return (struct row_deadline){0, "", 0};
    bool known = calendar && deadline_of(calendar, &m->movement, &deadline, NULL) >= 0;
    int32_t received = m->received_us ? time_to_date(m->received_us) : 0;
    uint32_t effective =
        (uint32_t)effective_date(calendar, &m->movement, m->state, received, m->extemporaneo);
    return known
               ? (struct row_deadline){(uint32_t)deadline.last, deadline_rule_name(deadline.rule), effective}
               : (struct row_deadline){0, "", effective};
}

/* ---- as dictionaries ---- */

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

#define entry_string bus_entry_string
#define entry_bool   bus_entry_bool
#define entry_u32    bus_entry_u32
#define entry_u64    bus_entry_u64

static void write_row(struct bus_writer *w, const struct search_row *row, const struct movement_rows *what,
                      bool deadlines)
{
    const struct store_movement *m = &row->movement;
    const struct row_deadline deadline = find_deadline(what->calendar, m, deadlines);
    uint64_t field = 1;
    bus_open_array(w);
#define X(key, kind, value)                                                                                  \
    if (what->fields & field)                                                                                \
        entry_##kind(w, key, value);                                                                         \
    field <<= 1;
    MOVEMENT_FIELDS(X)
#undef X
    bus_close(w);
}

void movement_rows_write(struct bus_writer *w, const struct search_page *page,
                         const struct movement_rows *what)
{
    const bool deadlines = need_deadlines(what->fields);
    bus_open_array(w);
    for (size_t i = 0; i < page->n; i++)
        write_row(w, &page->rows[i], what, deadlines);
    bus_close(w);
}

/* ---- as lines ---- */

static void cell_string(struct buf *out, const char *text)
{
    for (const char *at = str_or_empty(text); *at;) {
        size_t n = strcspn(at, "\t\n\r\\");
        buf_add(out, at, n);
        at += n;
        if (*at) {
            buf_add_char(out, '\\');
            buf_add_char(out, *at == '\t' ? 't' : *at == '\n' ? 'n' : *at == '\r' ? 'r' : '\\');
            at++;
        }
    }
}

static void cell_u64(struct buf *out, uint64_t number)
{
    char digits[24], *at = digits + sizeof(digits);
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

#define cell_u32 cell_u64

static void cell_bool(struct buf *out, bool flag)
{
    buf_add_char(out, flag ? '1' : '0');
}

static void cell_code(struct buf *out, char code)
{
    if (code)
        cell_string(out, (const char[]){code, '\0'});
}

static void cell_errors(struct buf *out, const struct store_movement *m)
{
    for (size_t i = 0; i < m->n_errors; i++) {
        if (i > 0)
            buf_add_char(out, '\x1e');
        cell_string(out, m->errors[i].code);
        buf_add_char(out, '\x1f');
        cell_string(out, m->errors[i].text);
        buf_add_char(out, '\x1f');
        cell_string(out, m->errors[i].imss_value);
    }
}

static void end_line(struct buf *out, size_t begin)
{
    if (out->len > begin)
        out->len--; /* the last tab */
    buf_add_char(out, '\n');
}

void movement_rows_lines(struct buf *out, const struct search_page *page, const struct movement_rows *what)
{
    const bool deadlines = need_deadlines(what->fields);
    size_t begin = out->len;
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        if (what->fields >> i & 1)
            buf_printf(out, "%s\t", keys[i]);
    end_line(out, begin);
    for (size_t i = 0; i < page->n; i++) {
        const struct search_row *row = &page->rows[i];
        const struct store_movement *m = &row->movement;
        const struct row_deadline deadline = find_deadline(what->calendar, m, deadlines);
        uint64_t field = 1;
        begin = out->len;
#define X(key, kind, value)                                                                                  \
    if (what->fields & field) {                                                                              \
        cell_##kind(out, value);                                                                             \
        buf_add_char(out, '\t');                                                                             \
    }                                                                                                        \
    field <<= 1;
        MOVEMENT_FIELDS(X)
#undef X
        end_line(out, begin);
    }
}
