/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/evidence-bundle.h"

#include <config.h>
#include <jansson.h>

#include "evidence/csv.h"
#include "evidence/report.h"
#include "evidence/writer.h"
#include "idse/deadline.h"
#include "idse/effective.h"
#include "idse/imss-name.h"
#include "vault/proof.h"

enum { PAGE = 1000, HISTORY_PAGE = 500 };

/* One bundle being written. */
struct bundling {
    const struct evidence_order *order;
    struct store *store;
    const struct law *law;
    struct store_lot lot;
    struct evidence_writer *writer;
    json_t *about;   /* lot.json */
    json_t *history; /* history.json */
};

/* ---- values ---- */

static json_t *instant(int64_t us)
{
    _cleanup_free_ char *text = us ? time_format_iso(us) : NULL;
    return text ? json_string(text) : json_null();
}

static json_t *date(int32_t yyyymmdd)
{
    return yyyymmdd ? json_sprintf("%04d-%02d-%02d", yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100)
                    : json_null();
}

static json_t *text(const char *value)
{
    return str_empty(value) ? json_null() : json_string(value);
}

static json_t *number(int64_t value)
{
    return value ? json_integer(value) : json_null();
}

static json_t *money(int32_t centavos)
{
    return centavos ? json_sprintf("%d.%02d", centavos / 100, centavos % 100) : json_null();
}

static json_t *code(char value)
{
    return value ? json_stringn(&value, 1) : json_null();
}

static void put_json(struct bundling *b, const char *name, const json_t *json)
{
    _cleanup_free_ char *dump = json_dumps(json, JSON_INDENT(1));
    evidence_put(b->writer, name, str_or_empty(dump), strlen(str_or_empty(dump)));
}

/* ---- lot.json ---- */

struct member {
    const char *key;
    json_t *value;
};

static json_t *object(const struct member *members, size_t n)
{
    json_t *json = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(json, members[i].key, members[i].value);
    return json;
}

static json_t *lot_members(const struct store_lot *lot, const char *name, int64_t corrected_by)
{
    const struct member members[] = {
        {"id", json_integer(lot->id)},
        {"registration", text(lot->rp)},
        {"registration_name", text(name)},
        {"type", text(movement_type_name(lot->type))},
        {"state", text(lot_state_name(lot->state))},
        {"held", json_boolean(lot->hold != LOT_HOLD_NONE)},
        {"hold_reason", text(lot_hold_name(lot->hold))},
        {"hold_text", text(lot->hold_text)},
        {"hold_by", text(lot->hold_by)},
        {"hold_since", instant(lot->hold_us)},
        {"movements", json_integer(lot->counts[COUNT_TOTAL])},
        {"bajas", json_integer(lot->counts[COUNT_BAJAS])},
        {"modificaciones", json_integer(lot->counts[COUNT_MODIFICACIONES])},
        {"reingresos", json_integer(lot->counts[COUNT_REINGRESOS])},
        {"approved", json_integer(lot->approved)},
        {"rejected", json_integer(lot->rejected)},
        {"created", instant(lot->created_us)},
        {"created_by", text(lot->created_by)},
        {"approved_by", text(lot->approved_by)},
        {"approved_time", instant(lot->approved_us)},
        {"not_before", instant(lot->not_before_us)},
        {"deadline", date(MAX(lot->deadline, 0))},
        {"source", text(lot->source)},
        {"sha256", text(lot->sha256)},
        {"attempts", json_integer(lot->attempts)},
        {"last_error", text(lot->last_error)},
        {"certificate", number(lot->certificate)},
        {"portal_lot", text(lot->portal_lot)},
        {"folio", text(lot->folio)},
        {"received", instant(lot->received_us)},
        {"finished", instant(lot->finished_us)},
        {"parent", number(lot->parent)},
        {"corrected_by", number(corrected_by)},
        {"given_up", instant(lot->given_up_us)},
        {"given_up_by", text(lot->given_up_by)},
        {"given_up_text", text(lot->given_up_text)},
    };
    return object(members, ELEMENTSOF(members));
}

static json_t *lot_json(struct bundling *b, struct err *err)
{
    struct store_rp rp = {0};
    int64_t corrected_by = 0;
    if (b->lot.rejected > 0 && store_lot_corrected_by(b->store, b->lot.id, &corrected_by, err) < 0)
        return NULL;
    store_rp_get(b->store, b->lot.rp, &rp, NULL); /* it may be gone since */
    json_t *json = lot_members(&b->lot, rp.name, corrected_by);
    store_rp_free(&rp);
    return json;
}

static json_t *tls_json(const struct buf *pem)
{
    struct tls_certificate *chain = NULL;
    size_t n = 0;
    json_t *json = json_array();
    if (pem->len == 0 || tls_chain_read(pem->data, pem->len, &chain, &n, NULL) < 0)
        return json;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(json, json_pack("{so so so so so so}", "subject", text(chain[i].subject),
                                              "issuer", text(chain[i].issuer), "names", text(chain[i].names),
                                              "not_before", instant(chain[i].not_before_us), "not_after",
                                              instant(chain[i].not_after_us), "fingerprint",
                                              text(chain[i].fingerprint)));
    tls_chain_free(chain, n);
    return json;
}

/* Writes what the attempt left behind, and says so in lot.json. */
static int write_attempt(struct bundling *b, const struct store_attempt *attempt, json_t *list,
                         struct err *err)
{
    _cleanup_buf_ struct buf transcript = BUF_INIT, tls = BUF_INIT;
    _cleanup_err_ struct err none = ERR_INIT;
    int r = store_attempt_transcript(b->store, attempt->id, &transcript, &none);
    if (r < 0 && none.code != ERR_UNKNOWN_DOCUMENT)
        return err_move(err, &none);
    const bool has_transcript = r >= 0;
    r = store_attempt_tls_chain(b->store, attempt->id, &tls, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *said =
        has_transcript ? xasprintf("attempts/%lld-transcript.txt", (long long)attempt->id) : NULL;
    _cleanup_free_ char *seen = tls.len ? xasprintf("attempts/%lld-tls.pem", (long long)attempt->id) : NULL;
    if (said)
        evidence_put(b->writer, said, transcript.data, transcript.len);
    if (seen)
        evidence_put(b->writer, seen, tls.data, tls.len);
    json_array_append_new(
        list, json_pack("{sI so so so so so sb so so so}", "id", (json_int_t)attempt->id, "certificate",
                        number(attempt->certificate), "started", instant(attempt->started_us), "ended",
                        instant(attempt->ended_us), "reason",
                        text(attempt->ended_us ? outcome_reason_name(attempt->reason) : NULL), "text",
                        text(attempt->text), "sent", attempt->sent, "transcript", text(said), "tls",
                        text(seen), "tls_certificates", tls_json(&tls)));
    return 0;
}

static int add_certificate(struct bundling *b, int64_t id, json_t *list, struct err *err)
{
    size_t i;
    json_t *known;
    json_array_foreach (list, i, known)
        if (json_integer_value(json_object_get(known, "id")) == id)
            return 0;
    struct store_certificate certificate = {0};
    int r = store_certificate_get(b->store, id, &certificate, err);
    if (r >= 0)
        json_array_append_new(list, json_pack("{sI ss so so so so so so}", "id", (json_int_t)id, "kind",
                                              certificate.kind == CERTIFICATE_EFIRMA ? "efirma" : "imss",
                                              "rfc", text(certificate.rfc), "name", text(certificate.name),
                                              "serial", text(certificate.serial), "fingerprint",
                                              text(certificate.fingerprint), "not_before",
                                              instant(certificate.not_before_us), "not_after",
                                              instant(certificate.not_after_us)));
    store_certificate_free(&certificate);
    return r;
}

static int write_attempts(struct bundling *b, struct err *err)
{
    struct store_attempt *attempts = NULL;
    size_t n = 0;
    json_t *list = json_array(), *certificates = json_array();
    json_object_set_new(b->about, "attempts", list);
    json_object_set_new(b->about, "certificates", certificates);
    int r = store_attempt_list(b->store, b->lot.id, &attempts, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = write_attempt(b, &attempts[i], list, err);
        if (r >= 0 && attempts[i].certificate)
            r = add_certificate(b, attempts[i].certificate, certificates, err);
    }
    store_attempts_free(attempts, n);
    return r;
}

/* ---- documents ---- */

/* By what it is, not by the name that somebody gave it. */
static char *document_file(const struct store_document *document)
{
    static const struct {
        const char *media_type, *extension;
    } types[] = {{"application/pdf", "pdf"},
                 {"text/csv", "csv"},
                 {"text/html", "html"},
                 {"application/zip", "zip"},
                 {"application/pkcs7-signature", "p7s"}};
    const char *extension = "bin";
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (streq(types[i].media_type, str_or_empty(document->media_type)))
            extension = types[i].extension;
    return xasprintf("documents/%lld-%s.%s", (long long)document->id, document_kind_name(document->kind),
                     extension);
}

static int write_document(struct bundling *b, const struct store_document *document, json_t *list,
                          struct err *err)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    int r = store_document_get(b->store, document->id, NULL, &bytes, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *file = document_file(document);
    evidence_put(b->writer, file, bytes.data, bytes.len);
    json_array_append_new(list, json_pack("{sI ss so so so sI so so}", "id", (json_int_t)document->id, "kind",
                                          document_kind_name(document->kind), "name", text(document->name),
                                          "media_type", text(document->media_type), "sha256",
                                          text(document->sha256), "size", (json_int_t)document->size,
                                          "stored", instant(document->stored_us), "file", text(file)));
    return 0;
}

static int write_documents(struct bundling *b, struct err *err)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    json_t *list = json_array();
    json_object_set_new(b->about, "documents", list);
    int r = store_document_list(b->store, b->lot.id, &documents, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = write_document(b, &documents[i], list, err);
    store_documents_free(documents, n);
    return r;
}

static int write_records(struct bundling *b, struct err *err)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    int r = store_lot_records(b->store, b->lot.id, &records, err);
    if (r >= 0)
        evidence_put(b->writer, EVIDENCE_RECORDS, records.data, records.len);
    return r;
}

/* ---- history.json ---- */

static int record_json(struct bundling *b, const struct store_audit *audit, json_t *list, struct err *err)
{
    _cleanup_free_ char *previous = NULL;
    int r = store_audit_hash(b->store, audit->seq - 1, &previous, err);
    if (r >= 0)
        json_array_insert_new(list, 0,
                              json_pack("{sI sI so ss? ss? ss? ss? ss? ss ss}", "seq", (json_int_t)audit->seq,
                                        "at_us", (json_int_t)audit->at_us, "at", instant(audit->at_us), "who",
                                        audit->who, "action", audit->action, "object", audit->object,
                                        "outcome", audit->outcome, "detail", audit->detail, "previous",
                                        previous, "hash", audit->hash));
    return r;
}

/* Oldest first, with what each record's hash is made from. */
static int gather_history(struct bundling *b, struct err *err)
{
    const struct store_audit_filter filter = {.lot = b->lot.id};
    _cleanup_free_ char *head = NULL;
    int64_t head_seq = 0, cursor = 0;
    json_t *list = json_array();
    int r = store_audit_head(b->store, &head_seq, &head, err);
    if (r >= 0)
        b->history =
            json_pack("{s{sIss}so}", "head", "seq", (json_int_t)head_seq, "hash", head, "records", list);
    else
        json_decref(list);
    for (size_t n = HISTORY_PAGE; r >= 0 && n == HISTORY_PAGE;) {
        struct store_audit *audits = NULL;
        r = store_audit_list(b->store, &filter, cursor, HISTORY_PAGE, &audits, &n, err);
        for (size_t i = 0; r >= 0 && i < n; i++)
            r = record_json(b, &audits[i], list, err);
        cursor = r >= 0 && n > 0 ? audits[n - 1].seq : 0;
        if (r >= 0)
            store_audits_free(audits, n);
    }
    return r;
}

/* ---- movements, page by page, once for each file that has them ---- */

static void add_dates(const struct bundling *b, const struct store_movement *row, json_t *json)
{
    struct deadline deadline;
    const bool known =
        b->law->calendar && deadline_of(b->law->calendar, &row->movement, &deadline, NULL) >= 0;
    json_object_set_new(json, "deadline", known ? date(deadline.last) : json_null());
    int32_t received = row->received_us ? time_to_date(row->received_us) : 0;
    int32_t effective =
        effective_date(b->law->calendar, &row->movement, row->state, received, row->extemporaneo);
    json_object_set_new(json, "effective", effective ? date(effective) : json_null());
}

static json_t *errors_json(const struct store_movement *row)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < row->n_errors; i++)
        json_array_append_new(errors, json_pack("{so so so}", "code", text(row->errors[i].code), "text",
                                                text(row->errors[i].text), "imss_value",
                                                text(row->errors[i].imss_value)));
    return errors;
}

static json_t *movement_json(const struct bundling *b, const struct store_movement *row)
{
    const struct movement *m = &row->movement;
    const struct member members[] = {
        {"position", json_integer((json_int_t)row->seq + 1)},
        {"registration", text(m->rp)},
        {"nss", text(m->nss)},
        {"first_surname", text(m->paterno)},
        {"second_surname", text(m->materno)},
        {"names", text(m->nombres)},
        {"curp", text(m->curp)},
        {"type", text(movement_type_name(m->type))},
        {"date", date(m->date)},
        {"sbc", money(m->sbc_centavos)},
        {"umf", text(m->umf)},
        {"worker_type", code(m->tipo_trabajador)},
        {"salary_type", code(m->tipo_salario)},
        {"reduced_week", code(m->jornada)},
        {"cause", code(m->causa_baja)},
        {"guia", text(m->guia)},
        {"clave", text(m->clave)},
        {"state", text(movement_state_name(row->state))},
        {"sent", instant(row->sent_us)},
        {"received", instant(row->received_us)},
        {"answered", instant(row->answered_us)},
        {"extemporaneous", code(row->extemporaneo)},
        {"imss_name", text(row->imss_name)},
        {"name_differs", json_boolean(imss_name_differs(m, row->imss_name))},
        {"errors", errors_json(row)},
    };
    json_t *json = object(members, ELEMENTSOF(members));
    add_dates(b, row, json);
    return json;
}

typedef void movement_fn(void *data, const json_t *movement);

static int each_movement(struct bundling *b, movement_fn *fn, void *data, struct err *err)
{
    const struct store_movement_filter filter = {.lot = b->lot.id};
    struct store_movement_cursor after = {0};
    int r = 0;
    for (size_t n = PAGE; r >= 0 && n == PAGE;) {
        struct store_movement *rows = NULL;
        r = store_movement_list(b->store, &filter, &after, PAGE, &rows, &n, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < n; i++) {
            json_t *movement = movement_json(b, &rows[i]);
            fn(data, movement);
            json_decref(movement);
        }
        r = b->order->go_on(b->order->data, err);
        if (n > 0)
            after = (struct store_movement_cursor){rows[n - 1].lot, rows[n - 1].seq};
        store_movements_free(rows, n);
    }
    return r;
}

/* A line each, so that it can be read in pieces. */
static void add_json(void *data, const json_t *movement)
{
    struct bundling *b = data;
    _cleanup_free_ char *line = json_dumps(movement, JSON_COMPACT);
    if (json_integer_value(json_object_get(movement, "position")) > 1)
        evidence_add(b->writer, ",\n", 2);
    evidence_add(b->writer, line, strlen(line));
}

static void add_csv(void *data, const json_t *movement)
{
    struct bundling *b = data;
    _cleanup_buf_ struct buf line = BUF_INIT;
    evidence_csv_row(&line, movement);
    evidence_add(b->writer, line.data, line.len);
}

static void add_to_report(void *data, const json_t *movement)
{
    report_movement(data, movement);
}

static int write_movements(struct bundling *b, struct err *err)
{
    _cleanup_buf_ struct buf head = BUF_INIT;
    evidence_csv_head(&head);
    evidence_begin(b->writer, EVIDENCE_MOVEMENTS);
    evidence_add(b->writer, "[\n", 2);
    int r = each_movement(b, add_json, b, err);
    evidence_add(b->writer, "\n]\n", 3);
    evidence_end(b->writer);
    if (r < 0)
        return r;
    evidence_begin(b->writer, EVIDENCE_CSV);
    evidence_add(b->writer, head.data, head.len);
    r = each_movement(b, add_csv, b, err);
    evidence_end(b->writer);
    return r;
}

static int write_report(struct bundling *b, enum report_format format, const char *name, struct err *err)
{
    evidence_begin(b->writer, name);
    struct report *report = report_begin(format, b->about, evidence_add, b->writer);
    int r = each_movement(b, add_to_report, report, err);
    report_end(report, b->history);
    evidence_end(b->writer);
    return r;
}

/* ---- all of it ---- */

static int write_all(struct bundling *b, struct err *err)
{
    json_t *lot = lot_json(b, err);
    if (!lot)
        return -1;
    _cleanup_free_ char *language = report_language();
    b->about = json_pack("{sissssso}", "format", EVIDENCE_FORMAT, "made_by", "idsed " IDSED_VERSION,
                         "language", language, "lot", lot);
    int r = write_records(b, err);
    if (r >= 0)
        r = write_documents(b, err);
    if (r >= 0)
        r = write_attempts(b, err);
    if (r >= 0)
        r = gather_history(b, err);
    if (r < 0)
        return r;
    put_json(b, EVIDENCE_LOT, b->about);
    put_json(b, EVIDENCE_HISTORY, b->history);
    r = write_movements(b, err);
    if (r >= 0)
        r = write_report(b, REPORT_TEXT, EVIDENCE_REPORT, err);
    if (r >= 0)
        r = write_report(b, REPORT_HTML, EVIDENCE_HTML, err);
    return r < 0 ? r : evidence_finish(b->writer, err);
}

int evidence_bundle_write(const struct evidence_order *order, struct err *err)
{
    struct bundling b = {.order = order, .store = order->reader, .law = order->law};
    int r = store_lot_get(order->reader, order->lot, &b.lot, err);
    if (r < 0)
        return r;
    b.writer = evidence_writer_new(order->fd, order->lot);
    r = write_all(&b, err);
    evidence_writer_free(b.writer);
    json_decref(b.about);
    json_decref(b.history);
    store_lot_free(&b.lot);
    return r;
}
