/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/approval.h"
#include "daemon/iface.h"

/* ---- acts ---- */

static struct act *new_act(struct bus_call *call, const struct lot_object *object, const char *verb)
{
    return act_new(object->daemon, call, verb, "lot %lld", (long long)object->lot.id);
}

/* Most methods are one word to the engine. */
typedef int engine_act_fn(struct engine *engine, int64_t lot, const char *who, struct err *err);

static void tell_engine(struct bus_call *call, void *data, const char *verb, engine_act_fn *fn)
{
    const struct lot_object *object = data;
    struct act *act = new_act(call, object, verb);
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = fn(object->daemon->engine, object->lot.id, act->who, &act->err);
    act_end(act, r);
}

static void lot_release(struct bus_call *call, void *object)
{
    tell_engine(call, object, "release", engine_release);
}

static void lot_retry(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {{"ahead", "b", 0}, BUS_OPTION_COMMON};
    const struct lot_object *object = data;
    struct act *act = new_act(call, object, "retry");
    bool ahead = false;
    struct bus_reader r;
    bus_call_arguments(call, &r);
    int result = act_options(act, &r, options, ELEMENTSOF(options), &ahead);
    if (ahead)
        act->detail = xstrdup("{\"ahead\":true}");
    if (result >= 0)
        result = act_write(act);
    if (result >= 0)
        result = (ahead ? engine_go_ahead : engine_retry)(object->daemon->engine, object->lot.id, act->who,
                                                          &act->err);
    act_end(act, result);
}

static void lot_reconcile(struct bus_call *call, void *object)
{
    tell_engine(call, object, "reconcile", engine_reconcile);
}

/* Reads why somebody does it, which may be left out, and begins to write. */
static int begin_with_reason(struct act *act, const char **ret_text)
{
    static const struct bus_option options[] = {{"text", "s", 0}, BUS_OPTION_COMMON};
    struct bus_reader r;
    bus_call_arguments(act->call, &r);
    int result = act_options(act, &r, options, ELEMENTSOF(options), ret_text);
    return result < 0 ? result : act_write(act);
}

static void lot_cancel(struct bus_call *call, void *data)
{
    const struct lot_object *object = data;
    struct act *act = new_act(call, object, "cancel");
    const char *text = NULL;
    int result = begin_with_reason(act, &text);
    if (!str_empty(text)) {
        json_t *detail = json_pack("{s:s}", "text", text);
        act->detail = json_dumps(detail, JSON_COMPACT);
        json_decref(detail);
    }
    if (result >= 0)
        result = engine_cancel(object->daemon->engine, object->lot.id, text, act->who, &act->err);
    act_end(act, result);
}

static void lot_hold(struct bus_call *call, void *data)
{
    const struct lot_object *object = data;
    struct act *act = new_act(call, object, "hold");
    const char *text = NULL;
    int result = begin_with_reason(act, &text);
    if (result >= 0)
        result =
            engine_hold(object->daemon->engine, object->lot.id, LOT_HOLD_OPERATOR,
                        str_empty(text) ? lot_hold_sentence(LOT_HOLD_OPERATOR) : text, act->who, &act->err);
    act_end(act, result);
}

/* ---- documents ---- */

/* Bytes as a sealed memory file, the next result. */
static int write_file(struct bus_writer *w, const char *name, const struct buf *bytes, struct err *err)
{
    _cleanup_close_ int fd = file_sealed_memory(name, bytes->data, bytes->len, err);
    if (fd < 0)
        return fd;
    bus_write_fd(w, fd);
    return 0;
}

/* What it is; DOCUMENT_UNKNOWN where the lot has none of this number. */
static enum document_kind kind_of_document(struct store *store, int64_t lot, int64_t id)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    enum document_kind kind = DOCUMENT_UNKNOWN;
    if (store_document_list(store, lot, &documents, &n, NULL) < 0)
        return DOCUMENT_UNKNOWN;
    for (size_t i = 0; i < n; i++)
        if (documents[i].id == id)
            kind = documents[i].kind;
    store_documents_free(documents, n);
    return kind;
}

static int write_document(struct bus_call *call, struct lot_object *object, int64_t id, struct err *err)
{
    struct store *store = object->daemon->store;
    struct store_document *document = xcalloc(1, sizeof(*document));
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    struct bus_writer *w = bus_call_results(call);
    int r = store_document_get(store, id, document, &bytes, err);
    if (r >= 0)
        r = write_file(w, "receipt", &bytes, err);
    if (r >= 0) {
        bus_write_string(w, document->name);
        bus_write_string(w, document->media_type);
    }
    store_documents_free(document, 1);
    return r;
}

static void write_documents(struct bus_writer *w, const struct lot_object *lot, bool receipts_only)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    if (lot->lot.attempts > 0 || lot->lot.portal_lot) /* nothing comes back for what never left */
        store_document_list(lot->daemon->store, lot->lot.id, &documents, &n, NULL);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        if (receipts_only && !document_kind_is_receipt(documents[i].kind))
            continue;
        bus_open_struct(w);
        bus_write_u64(w, (uint64_t)documents[i].id);
        bus_write_string(w, document_kind_name(documents[i].kind));
        bus_write_string(w, documents[i].name);
        bus_write_string(w, documents[i].sha256);
        bus_write_u64(w, documents[i].size);
        bus_close(w);
    }
    bus_close(w);
    store_documents_free(documents, n);
}

/* What every receipt says of its lot, so that files and tables can be named by it. */
static void write_heading(struct bus_writer *w, const struct store_lot *lot)
{
    bus_open_array(w);
    bus_entry_u64(w, "Id", (uint64_t)lot->id);
    bus_entry_string(w, "Registration", lot->rp);
    bus_entry_string(w, "PortalLot", lot->portal_lot);
    bus_entry_string(w, "Folio", lot->folio);
    bus_entry_u64(w, "Received", (uint64_t)lot->received_us);
    bus_entry_u64(w, "Erased", (uint64_t)lot->erased_us);
    bus_close(w);
}

static void lot_list_receipts(struct bus_call *call, void *data)
{
    struct lot_object *object = data;
    bool sees_lots = false;
    if (!bus_call_may(call, ACTION_SUBMIT, &sees_lots))
        return;
    struct bus_writer *w = bus_call_results(call);
    write_heading(w, &object->lot);
    write_documents(w, object, !sees_lots);
    answer(object->daemon, call, 0, NULL);
}

static void lot_get_receipt(struct bus_call *call, void *data)
{
    struct lot_object *object = data;
    _cleanup_err_ struct err err = ERR_INIT;
    struct bus_reader reader;
    uint64_t id = 0;
    bus_call_arguments(call, &reader);
    bus_read_u64(&reader, &id);
    enum document_kind kind = kind_of_document(object->daemon->store, object->lot.id, iface_number(id));
    if (kind != DOCUMENT_UNKNOWN && !document_kind_is_receipt(kind) && !bus_call_must(call, ACTION_SUBMIT))
        return;
    int r = kind == DOCUMENT_UNKNOWN ? err_set(&err, ERR_UNKNOWN_DOCUMENT, _("lot %lld has no document %llu"),
                                               (long long)object->lot.id, (unsigned long long)id)
                                     : write_document(call, object, iface_number(id), &err);
    answer(object->daemon, call, r, &err);
}

static void lot_get_records(struct bus_call *call, void *data)
{
    struct lot_object *object = data;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf records = BUF_INIT;
    int r = store_lot_records(object->daemon->store, object->lot.id, &records, &err);
    if (r >= 0 && !object->lot.sha256)
        r = err_set(&err, ERR_UNKNOWN_DOCUMENT,
                    _("lot %lld is known from its constancia alone; import its acuse, which has the records"),
                    (long long)object->lot.id);
    if (r >= 0)
        r = write_file(bus_call_results(call), "records", &records, &err);
    answer(object->daemon, call, r, &err);
}

/* ---- attempts ---- */

static void write_attempt(struct bus_writer *w, const struct store_attempt *attempt)
{
    bus_open_array(w);
    bus_entry_u64(w, "id", (uint64_t)attempt->id);
    bus_entry_u64(w, "certificate", (uint64_t)attempt->certificate);
    bus_entry_u64(w, "started", (uint64_t)attempt->started_us);
    bus_entry_u64(w, "ended", (uint64_t)attempt->ended_us);
    bus_entry_string(w, "reason", attempt->ended_us ? outcome_reason_name(attempt->reason) : "");
    bus_entry_string(w, "text", attempt->text);
    bus_entry_bool(w, "sent", attempt->sent);
    bus_close(w);
}

static void lot_list_attempts(struct bus_call *call, void *data)
{
    struct lot_object *object = data;
    _cleanup_err_ struct err err = ERR_INIT;
    struct store_attempt *attempts = NULL;
    size_t n = 0;
    int r = store_attempt_list(object->daemon->store, object->lot.id, &attempts, &n, &err);
    if (r >= 0) {
        struct bus_writer *w = bus_call_results(call);
        bus_open_array(w);
        for (size_t i = 0; i < n; i++)
            write_attempt(w, &attempts[i]);
        bus_close(w);
    }
    store_attempts_free(attempts, n);
    answer(object->daemon, call, r, &err);
}

static bool has_attempt(struct store *store, int64_t lot, int64_t id)
{
    struct store_attempt *attempts = NULL;
    size_t n = 0;
    bool found = false;
    if (store_attempt_list(store, lot, &attempts, &n, NULL) < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        found |= attempts[i].id == id;
    store_attempts_free(attempts, n);
    return found;
}

static void lot_get_transcript(struct bus_call *call, void *data)
{
    struct lot_object *object = data;
    struct store *store = object->daemon->store;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf transcript = BUF_INIT;
    struct bus_reader reader;
    uint64_t id = 0;
    bus_call_arguments(call, &reader);
    bus_read_u64(&reader, &id);
    int r = 0;
    if (id > INT64_MAX || !has_attempt(store, object->lot.id, (int64_t)id))
        r = err_set(&err, ERR_UNKNOWN_DOCUMENT, _("lot %lld has no attempt %llu"), (long long)object->lot.id,
                    (unsigned long long)id);
    if (r >= 0)
        r = store_attempt_transcript(store, (int64_t)id, &transcript, &err);
    if (r >= 0)
        r = write_file(bus_call_results(call), "transcript", &transcript, &err);
    answer(object->daemon, call, r, &err);
}

/* ---- properties ---- */

static void get_rp(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, ((struct lot_object *)object)->lot.rp);
}

static void get_type(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, movement_type_name(((struct lot_object *)object)->lot.type));
}

static void get_state(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, lot_state_name(((struct lot_object *)object)->lot.state));
}

static void get_held(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_bool(w, ((struct lot_object *)object)->lot.hold != LOT_HOLD_NONE);
}

static void get_hold_reason(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, lot_hold_name(((struct lot_object *)object)->lot.hold));
}

/* Nobody looks at more of them. */
enum { WAITS_FOR_MAX = 20 };

static void get_waits_for(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct lot_object *lot = object;
    struct store_older *older = NULL;
    size_t n = 0;
    if (lot->lot.state == LOT_STATE_QUEUED)
        store_lot_waits_for(lot->daemon->store, lot->lot.id, WAITS_FOR_MAX, &older, &n, NULL);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        bus_open_struct(w);
        bus_write_u64(w, (uint64_t)older[i].lot);
        bus_write_string(w, lot_state_name(older[i].state));
        bus_write_string(w, lot_hold_name(older[i].hold));
        bus_close(w);
    }
    bus_close(w);
    free(older);
}

static void get_next_step(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct lot_object *lot = object;
    bus_write_u64(w, (uint64_t)engine_lot_due_us(lot->daemon->engine, lot->lot.id));
}

static void get_deadline(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_u32(w, (uint32_t)MAX(((struct lot_object *)object)->lot.deadline, 0));
}

static void get_last_reason(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct store_lot *lot = &((struct lot_object *)object)->lot;
    bus_write_string(w, lot->last_error ? outcome_reason_name(lot->last_reason) : "");
}

static void get_corrected_by(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct lot_object *lot = object;
    int64_t id = 0;
    if (lot->lot.rejected > 0)
        store_lot_corrected_by(lot->daemon->store, lot->lot.id, &id, NULL);
    bus_write_u64(w, (uint64_t)id);
}

static void get_receipts(struct bus_writer *w, const struct bus_property *property, void *object)
{
    write_documents(w, object, false);
}

#define LOT(field) offsetof(struct lot_object, lot.field)

static const struct bus_property properties[] = {
    {"Id", "t", BUS_EMITS_CONST, NULL, LOT(id)},
    {"Registration", "s", BUS_EMITS_CONST, get_rp},
    {"Type", "s", BUS_EMITS_CONST, get_type},
    {"State", "s", BUS_EMITS_CHANGE, get_state},
    {"Held", "b", BUS_EMITS_CHANGE, get_held},
    {"HoldReason", "s", BUS_EMITS_CHANGE, get_hold_reason},
    {"HoldText", "s", BUS_EMITS_CHANGE, NULL, LOT(hold_text)},
    {"HoldBy", "s", BUS_EMITS_CHANGE, NULL, LOT(hold_by)},
    {"HoldSince", "t", BUS_EMITS_CHANGE, NULL, LOT(hold_us)},
    {"WaitsFor", "a(tss)", BUS_EMITS_CHANGE, get_waits_for},
    {"ApprovedBy", "s", BUS_EMITS_CHANGE, NULL, LOT(approved_by)},
    {"ApprovedTime", "t", BUS_EMITS_CHANGE, NULL, LOT(approved_us)},
    {"NotBefore", "t", BUS_EMITS_CHANGE, NULL, LOT(not_before_us)},
    {"Deadline", "u", BUS_EMITS_CHANGE, get_deadline},
    {"Created", "t", BUS_EMITS_CONST, NULL, LOT(created_us)},
    {"CreatedBy", "s", BUS_EMITS_CONST, NULL, LOT(created_by)},
    {"Source", "s", BUS_EMITS_CONST, NULL, LOT(source)},
    {"Sha256", "s", BUS_EMITS_CONST, NULL, LOT(sha256)},
    {"Movements", "u", BUS_EMITS_CONST, NULL, LOT(counts[COUNT_TOTAL])},
    {"Bajas", "u", BUS_EMITS_CONST, NULL, LOT(counts[COUNT_BAJAS])},
    {"Modificaciones", "u", BUS_EMITS_CONST, NULL, LOT(counts[COUNT_MODIFICACIONES])},
    {"Reingresos", "u", BUS_EMITS_CONST, NULL, LOT(counts[COUNT_REINGRESOS])},
    {"Approved", "u", BUS_EMITS_CHANGE, NULL, LOT(approved)},
    {"Rejected", "u", BUS_EMITS_CHANGE, NULL, LOT(rejected)},
    {"Attempts", "u", BUS_EMITS_CHANGE, NULL, LOT(attempts)},
    {"LastAttempt", "t", BUS_EMITS_CHANGE, NULL, LOT(attempt_us)},
    {"NextStep", "t", BUS_EMITS_CHANGE, get_next_step},
    {"LastReason", "s", BUS_EMITS_CHANGE, get_last_reason},
    {"LastError", "s", BUS_EMITS_CHANGE, NULL, LOT(last_error)},
    {"Remarks", "s", BUS_EMITS_CHANGE, NULL, LOT(remarks)},
    {"Certificate", "t", BUS_EMITS_CHANGE, NULL, LOT(certificate)},
    {"PortalLot", "s", BUS_EMITS_CHANGE, NULL, LOT(portal_lot)},
    {"Folio", "s", BUS_EMITS_CHANGE, NULL, LOT(folio)},
    {"Received", "t", BUS_EMITS_CHANGE, NULL, LOT(received_us)},
    {"Finished", "t", BUS_EMITS_CHANGE, NULL, LOT(finished_us)},
    {"Erased", "t", BUS_EMITS_NOTHING, NULL, LOT(erased_us)},
    {"GivenUp", "t", BUS_EMITS_CHANGE, NULL, LOT(given_up_us)},
    {"GivenUpBy", "s", BUS_EMITS_CHANGE, NULL, LOT(given_up_by)},
    {"GivenUpText", "s", BUS_EMITS_CHANGE, NULL, LOT(given_up_text)},
    {"Parent", "t", BUS_EMITS_CONST, NULL, LOT(parent)},
    {"CorrectedBy", "t", BUS_EMITS_CHANGE, get_corrected_by},
    {"Adopted", "t", BUS_EMITS_CONST, NULL, LOT(adopted_us)},
    {"Receipts", "a(tssst)", BUS_EMITS_CHANGE, get_receipts},
    {0},
};

static const struct bus_method methods[] = {
    {"Hold", "a{sv}", "", "options", ACTION_CONTROL, lot_hold},
    {"Release", "a{sv}", "", "options", ACTION_CONTROL, lot_release},
    {"Approve", "a{sv}", "", "options", ACTION_CONTROL, lot_approve},
    {"Cancel", "a{sv}", "", "options", ACTION_CONTROL, lot_cancel},
    {"Retry", "a{sv}", "", "options", ACTION_CONTROL, lot_retry},
    {"Reconcile", "a{sv}", "", "options", ACTION_CONTROL, lot_reconcile},
    {"Correct", "a{sv}", "obaa{sv}", "options lot existing findings", ACTION_SUBMIT, lot_correct},
    {"ListReceipts", "", "a{sv}a(tssst)", "lot receipts", ACTION_READ, lot_list_receipts},
    {"GetReceipt", "t", "hss", "id file name media_type", ACTION_READ, lot_get_receipt},
    {"GetRecords", "", "h", "file", ACTION_SUBMIT, lot_get_records},
    {"ListAttempts", "", "aa{sv}", "attempts", ACTION_SUBMIT, lot_list_attempts},
    {"GetTranscript", "t", "h", "attempt file", ACTION_SUBMIT, lot_get_transcript},
    {"GetEvidence", "a{sv}", "h", "options file", ACTION_SUBMIT, lot_get_evidence},
    {0},
};

const struct bus_interface lot_interface = {
    .name = "mx.idsed1.Lot",
    .methods = methods,
    .properties = properties,
    .read_action = ACTION_SUBMIT,
};

/* ---- the node ---- */

static void *find(void *data, const char *name)
{
    struct daemon *daemon = data;
    int64_t id = iface_object_id(name);
    struct lot_object *object = xcalloc(1, sizeof(*object));
    object->daemon = daemon;
    if (id > 0 && store_lot_get(daemon->store, id, &object->lot, NULL) >= 0)
        return object;
    free(object);
    return NULL;
}

static void release(void *data)
{
    struct lot_object *object = data;
    store_lot_free(&object->lot);
    free(object);
}

static void list(void *data, struct bus_list *names)
{
    struct daemon *daemon = data;
    const struct store_lot_filter any = {.held = -1};
    struct store_lot *lots = NULL;
    size_t n = 0;
    if (store_lot_list(daemon->store, &any, 0, IFACE_RECENT_LOTS, &lots, &n, NULL) < 0)
        return;
    for (size_t i = 0; i < n; i++) {
        _cleanup_free_ char *name = xasprintf("%lld", (long long)lots[i].id);
        bus_list_add(names, name);
    }
    store_lots_free(lots, n);
}

static const struct bus_interface *const interfaces[] = {&lot_interface, NULL};

const struct bus_node lot_node = {
    .path = IFACE_ROOT "/lot",
    .interfaces = interfaces,
    .find = find,
    .release = release,
    .list = list,
    .missing = ERR_UNKNOWN_LOT,
};
