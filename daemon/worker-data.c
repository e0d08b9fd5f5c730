/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/iface.h"
#include "daemon/privacy.h"
#include "idse/date.h"
#include "idse/deadline.h"
#include "idse/effective.h"
#include "idse/limits.h"
#include "idse/retention.h"

/*
 * Manager.ExportWorker and EraseWorker: the data of one person. The history says that it was done, but does not keep the
 * NSS itself, which would outlive what it names.
 */

enum { PAGE = 500 };

static int read_nss(struct act *act, struct bus_reader *reader, char ret[static 12])
{
    const char *nss = "";
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    bus_read_string(reader, &nss);
    int r = act_options(act, reader, options, ELEMENTSOF(options), NULL);
    if (r >= 0)
        r = iface_check_nss(nss, &act->err);
    if (r < 0)
        return r;
    memcpy(ret, nss, 12);
    replace_str(&act->object, xasprintf("worker *******%s", ret + 7));
    return 0;
}

/* ---- handing over ---- */

static json_t *errors_json(const struct store_movement *row)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < row->n_errors; i++)
        json_array_append_new(errors,
                              json_pack("{s:s?, s:s?, s:s?}", "code", row->errors[i].code, "text",
                                        row->errors[i].text, "imss_value", row->errors[i].imss_value));
    return errors;
}

static json_t *instant_json(int64_t us)
{
    _cleanup_free_ char *text = us ? time_format_iso(us) : NULL;
    return text ? json_string(text) : json_null();
}

static json_t *text_json(const char *text)
{
    return str_empty(text) ? json_null() : json_string(text);
}

static json_t *code_json(char code)
{
    return text_json((const char[]){code, '\0'});
}

static json_t *day_json(int32_t date)
{
    char text[DATE_TEXT_SIZE];
    return date ? json_string(date_text(date, text)) : json_null();
}

static json_t *sbc_json(const struct movement *m)
{
    _cleanup_free_ char *sbc = money_text(m->sbc_centavos);
    return m->type == MOVEMENT_BAJA ? json_null() : json_string(sbc);
}

/* What was sent; null where this type of movement has no such thing. */
static json_t *record_json(const struct movement *m)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "registration", m->rp, "type", movement_type_name(m->type), "date", day_json(m->date),
                     "first_surname", text_json(m->paterno), "second_surname", text_json(m->materno), "names",
                     text_json(m->nombres), "curp", text_json(m->curp), "umf", text_json(m->umf), "guia",
                     text_json(m->guia), "clave", text_json(m->clave), "sbc", sbc_json(m), "worker_type",
                     code_json(m->tipo_trabajador), "salary_type", code_json(m->tipo_salario), "reduced_week",
                     code_json(m->jornada), "cause", code_json(m->causa_baja));
}

/* By when it had to reach IMSS, and from which day it counts. */
static void add_days(json_t *object, const struct calendar *calendar, const struct store_movement *row)
{
    struct deadline deadline;
    bool known = calendar && deadline_of(calendar, &row->movement, &deadline, NULL) >= 0;
    int32_t received = row->received_us ? time_to_date(row->received_us) : 0;
    json_object_set_new(object, "deadline", day_json(known ? deadline.last : 0));
    json_object_set_new(object, "deadline_rule",
                        known ? json_string(deadline_rule_name(deadline.rule)) : json_null());
    json_object_set_new(
        object, "effective",
        day_json(effective_date(calendar, &row->movement, row->state, received, row->extemporaneo)));
}

/* What became of it. */
static json_t *movement_json(const struct calendar *calendar, const struct store_movement *row)
{
    json_t *object = record_json(&row->movement);
    add_days(object, calendar, row);
    json_object_set_new(object, "lot", json_integer((json_int_t)row->lot));
    json_object_set_new(object, "position", json_integer(row->seq + 1));
    json_object_set_new(object, "state", json_string(movement_state_name(row->state)));
    json_object_set_new(object, "sent", instant_json(row->sent_us));
    json_object_set_new(object, "received", instant_json(row->received_us));
    json_object_set_new(object, "answered", instant_json(row->answered_us));
    json_object_set_new(object, "given_up", instant_json(row->given_up_us));
    json_object_set_new(object, "extemporaneous", code_json(row->extemporaneo));
    json_object_set_new(object, "imss_name", text_json(row->imss_name));
    json_object_set_new(object, "errors", errors_json(row));
    return object;
}

/* The documents of a lot, and whether they name others, who may have a word in their being handed over. */
static int add_documents(struct store *store, int64_t id, json_t *documents, struct err *err)
{
    struct store_document *rows = NULL;
    struct store_lot lot = {0};
    size_t n = 0;
    int r = store_lot_get(store, id, &lot, err);
    if (r >= 0)
        r = store_document_list(store, id, &rows, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        json_array_append_new(
            documents, json_pack("{s:I, s:I, s:s, s:s?, s:s, s:I, s:b}", "lot", (json_int_t)id, "id",
                                 (json_int_t)rows[i].id, "kind", document_kind_name(rows[i].kind), "name",
                                 rows[i].name, "sha256", rows[i].sha256, "bytes", (json_int_t)rows[i].size,
                                 "names_others", lot.counts[COUNT_TOTAL] > 1));
    store_documents_free(rows, n);
    store_lot_free(&lot);
    return r;
}

/* All movements of the worker, by lot, and once for each lot its documents. */
static int collect(const struct daemon *daemon, const char *nss, json_t *movements, json_t *documents,
                   struct err *err)
{
    struct store_movement_filter filter = {0};
    struct store_movement_cursor after = {0};
    size_t n;
    int64_t lot = 0;
    int r;
    memcpy(filter.nss, nss, sizeof(filter.nss));
    do {
        struct store_movement *rows = NULL;
        r = store_movement_list(daemon->store, &filter, &after, PAGE, &rows, &n, err);
        for (size_t i = 0; r >= 0 && i < n; i++) {
            json_array_append_new(movements, movement_json(daemon->law.calendar, &rows[i]));
            if (rows[i].lot != lot)
                r = add_documents(daemon->store, lot = rows[i].lot, documents, err);
            after = (struct store_movement_cursor){rows[i].lot, rows[i].seq};
        }
        store_movements_free(rows, r < 0 ? 0 : n);
    } while (r >= 0 && n == PAGE);
    return r;
}

/* The history has only the last digits, so it cannot say that it was this one. */
static int refuse_unknown(struct act *act, const char *nss)
{
    struct store_audit_filter filter = {.object = act->object};
    struct store_audit *rows = NULL;
    size_t n = 0;
    int64_t erased_us = 0;
    int r = store_audit_list(act->daemon->store, &filter, 0, 1000, &rows, &n, &act->err);
    for (size_t i = 0; r >= 0 && i < n && !erased_us; i++)
        if (streq(rows[i].action, "worker-erase") && streq(rows[i].outcome, "ok"))
            erased_us = rows[i].at_us;
    store_audits_free(rows, n);
    if (r < 0)
        return r;
    if (!erased_us)
        return err_set(&act->err, ERR_UNKNOWN_WORKER, _("nothing is stored of a worker with the NSS %s"),
                       nss);
    char day[DATE_TEXT_SIZE];
    return err_set(&act->err, ERR_ERASED,
                   _("nothing is stored of a worker with the NSS %s; on %s what was stored of one whose NSS "
                     "ends in %s was "
                     "erased"),
                   nss, date_text(time_to_date(erased_us), day), nss + 7);
}

static int export(struct act *act, const char *nss)
{
    json_t *movements = json_array(), *documents = json_array();
    int r = collect(act->daemon, nss, movements, documents, &act->err);
    if (r >= 0 && json_array_size(movements) == 0)
        r = refuse_unknown(act, nss);
    replace_str(&act->detail, xasprintf("{\"movements\":%zu}", json_array_size(movements)));
    json_t *document = json_pack("{s:s, s:o, s:o, s:o}", "nss", nss, "exported",
                                 instant_json(clock_wall_us(daemon_clock(act->daemon))), "movements",
                                 movements, "documents", documents);
    _cleanup_free_ char *text = r < 0 ? NULL : json_dumps(document, JSON_INDENT(2));
    json_decref(document);
    if (r < 0)
        return r;
    _cleanup_close_ int fd = file_sealed_memory("idsed-worker", text, strlen(text), &act->err);
    if (fd < 0)
        return fd;
    bus_write_fd(bus_call_results(act->call), fd);
    return 0;
}

/* ---- erasing ---- */

static int erase(struct act *act, const char *nss)
{
    struct daemon *daemon = act->daemon;
    struct store_erasure erasure;
    int32_t today = time_to_date(clock_wall_us(daemon_clock(daemon))), until = 0;
    int r = store_erase_worker(daemon->store, strtoll(nss, NULL, 10),
                               retention_before_us(today, RETENTION_YEARS), &erasure, &act->err);
    if (r < 0)
        return r;
    if (erasure.kept > 0 && erasure.open == 0)
        until = retention_until(time_to_date(erasure.last_us), RETENTION_YEARS);
    replace_str(&act->detail, xasprintf("{\"erased\":%u,\"kept\":%u}", erasure.erased, erasure.kept));
    struct bus_writer *w = bus_call_results(act->call);
    bus_write_u32(w, erasure.erased);
    bus_write_u32(w, erasure.kept);
    bus_write_u32(w, (uint32_t)until);
    privacy_ask(daemon->privacy);
    return 0;
}

/* ---- the methods ---- */

static void do_with_worker(struct bus_call *call, void *daemon, const char *verb,
                           int (*fn)(struct act *act, const char *nss))
{
    struct act *act = act_new(daemon, call, verb, "worker");
    struct bus_reader reader;
    char nss[12];
    bus_call_arguments(call, &reader);
    int r = read_nss(act, &reader, nss);
    if (r >= 0)
        r = act_write(act);
    act_end(act, r < 0 ? r : fn(act, nss));
}

void worker_export(struct bus_call *call, void *daemon)
{
    do_with_worker(call, daemon, "worker-export", export);
}

void worker_erase(struct bus_call *call, void *daemon)
{
    do_with_worker(call, daemon, "worker-erase", erase);
}
