/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/import.h"

#include <jansson.h>

#include "daemon/engine/crash.h"
#include "daemon/iface.h"
#include "daemon/input.h"
#include "daemon/notices.h"
#include "idse/adoption.h"
#include "vault/digest.h"

enum {
    NAME_MAX_BYTES = 255,
    UNDER_WAY_BYTES = 96 * 1024 * 1024, /* of files, in memory twice */
};

struct options {
    const char *name; /* of the message */
    uint64_t lot;
    bool add_rp;
};

struct import {
    struct imports *all;
    struct import *next, **link; /* of those under way */
    struct act *act;
    struct input input;
    struct engine_receipt receipt;
    bool counted; /* its bytes are in all->bytes */
    int result;
    struct engine_import *engine_import;
};

struct imports {
    struct daemon *daemon;
    struct import *first;
    size_t bytes;
};

/* The one way out. What act_end() undoes comes before what the engine undoes. */
static void finish(struct import *import, int r)
{
    *import->link = import->next;
    if (import->next)
        import->next->link = import->link;
    if (import->counted)
        import->all->bytes -= import->input.size;
    act_end(import->act, r);
    engine_import_free(import->engine_import);
    engine_receipt_free(&import->receipt);
    input_close(&import->input);
    free(import);
}

/* ---- reading the file; touches nothing but the import, so that a worker can do it ---- */

static bool starts_with(const struct buf *bytes, const char *start)
{
    return bytes->len >= strlen(start) && memcmp(bytes->data, start, strlen(start)) == 0;
}

/* PDF readers look for the mark in the first kilobyte, and so do the programs that write something before it. */
static bool is_pdf(const struct buf *bytes)
{
    return memmem(bytes->data, MIN(bytes->len, (size_t)1024), "%PDF-", 5) != NULL;
}

static int look_into(struct import *import)
{
    struct engine_receipt *receipt = &import->receipt;
    struct err *err = &import->act->err;
    if (is_pdf(&receipt->bytes)) {
        buf_add(&receipt->copy, receipt->bytes.data, receipt->bytes.len);
        return 0;
    }
    if (starts_with(&receipt->bytes, "PK\003\004"))
        return err_set(err, ERR_INVALID_FILE, _("it is a ZIP archive; hand over the files in it"));
    if (memchr(receipt->bytes.data, '\0', receipt->bytes.len))
        return err_set(err, ERR_INVALID_FILE, _("it is neither a PDF nor a table (CSV)"));
    adoption_csv_lot(receipt->bytes.data, receipt->bytes.len, &receipt->portal_lot, &receipt->rp);
    return 0;
}

static void take_in(void *data)
{
    struct import *import = data;
    struct engine_receipt *receipt = &import->receipt;
    import->result = input_read(&import->input, &receipt->bytes, &import->act->err);
    if (import->result >= 0)
        import->result = look_into(import);
    if (import->result >= 0)
        receipt->sha256 = digest_sha256_hex(receipt->bytes.data, receipt->bytes.len);
}

/* ---- the end ---- */

static void committed(void *data, const struct err *commit_err)
{
    crash_point(CRASH_IMPORT_AFTER_COMMIT);
}

static void write_result(struct bus_writer *w, const struct engine_import_result *result)
{
    bus_open_array(w);
    bus_entry_string(w, "kind", document_kind_name(result->kind));
    bus_entry_string(w, "outcome", import_outcome_name(result->outcome));
    bus_entry_u64(w, "lot", (uint64_t)result->lot);
    bus_entry_u64(w, "replaces", (uint64_t)result->replaced);
    bus_entry_string(w, "state", lot_state_name(result->state));
    bus_entry_string(w, "registration", result->rp);
    bus_entry_string(w, "portal-lot", result->portal_lot);
    bus_entry_string(w, "text", result->text);
    bus_close(w);
}

static void describe(struct import *import, const struct engine_import_result *result)
{
    struct act *act = import->act;
    json_t *detail = json_pack("{s:s, s:s, s:s?}", "kind", document_kind_name(result->kind), "outcome",
                               import_outcome_name(result->outcome), "document", import->receipt.sha256);
    if (result->portal_lot)
        json_object_set_new(detail, "portal-lot", json_string(result->portal_lot));
    if (result->replaced)
        json_object_set_new(detail, "replaces", json_integer(result->replaced));
    if (engine_import_registered(import->engine_import))
        json_object_set_new(detail, "registered",
                            json_string(engine_import_registered(import->engine_import)));
    replace_str(&act->object, xasprintf("lot %lld", (long long)result->lot));
    replace_str(&act->detail, json_dumps(detail, JSON_COMPACT));
    json_decref(detail);
}

/* All that the receipt changes, in one write turn with the act's record. */
static int conclude(struct import *import)
{
    struct daemon *daemon = import->all->daemon;
    struct act *act = import->act;
    struct engine_import_result result = {0};
    int r = act_write(act);
    if (r >= 0)
        r = engine_import_conclude(import->engine_import, &result, &act->err);
    if (r < 0)
        return r;
    if (result.outcome == IMPORT_ADOPTED)
        notices_lot_added(daemon->notices, result.lot);
    if (result.replaced)
        notices_lot_removed(daemon->notices, result.replaced);
    describe(import, &result);
    write_result(bus_call_results(act->call), &result);
    engine_import_result_free(&result);
    crash_point(CRASH_IMPORT_BEFORE_COMMIT);
    store_after_commit(daemon->store, committed, NULL);
    return 0;
}

static void prepared(void *data, struct engine_import *engine_import, const struct err *err)
{
    struct import *import = data;
    const char *registered = engine_import_registered(engine_import);
    if (registered)
        notices_rp_added(import->all->daemon->notices, registered);
    import->engine_import = engine_import;
    finish(import, err ? err_set(&import->act->err, err->code, "%s", err_text(err)) : conclude(import));
}

static void taken_in(void *data)
{
    struct import *import = data;
    if (import->result < 0)
        finish(import, import->result);
    else
        import->engine_import =
            engine_import(import->all->daemon->engine, &import->receipt, prepared, import);
}

/* ---- the method ---- */

static int start(struct import *import, const struct options *options)
{
    struct imports *all = import->all;
    struct daemon *daemon = all->daemon;
    struct err *err = &import->act->err;
    int r = input_check(&import->input, (size_t)daemon->config.max_file_size, err);
    if (r >= 0 && options->name && strlen(options->name) > NAME_MAX_BYTES)
        r = err_set(err, ERR_INVALID_ARGUMENT, _("name: longer than %d bytes"), NAME_MAX_BYTES);
    if (r >= 0 && all->bytes + import->input.size > UNDER_WAY_BYTES)
        r = err_set(err, ERR_BUSY, _("other large files are being read; try again in a moment"));
    if (r < 0)
        return r;
    import->receipt.name = str_empty(options->name) ? NULL : xstrdup(options->name);
    import->receipt.who = xstrdup(import->act->who);
    import->receipt.lot = (int64_t)MIN(options->lot, (uint64_t)INT64_MAX);
    import->receipt.add_rp = options->add_rp;
    r = worker_run(daemon->loop, take_in, taken_in, import, err);
    if (r >= 0) {
        all->bytes += import->input.size;
        import->counted = true;
    }
    return r;
}

void import_receipt(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"name", "s", offsetof(struct options, name)},
        {"lot", "t", offsetof(struct options, lot)},
        {"add-registration", "b", offsetof(struct options, add_rp)},
        BUS_OPTION_COMMON,
    };
    struct daemon *daemon = data;
    struct imports *all = daemon->imports;
    struct options given = {0};
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    struct import *import = xcalloc(1, sizeof(*import));
    *import = (struct import){.all = all, .next = all->first, .link = &all->first, .input = INPUT_INIT};
    if (import->next)
        import->next->link = &import->next;
    all->first = import;
    import->act = act_new(daemon, call, "import", "receipt");
    int r = 0;
    if (!bus_read_fd(&reader, &import->input.fd))
        r = err_set(&import->act->err, ERR_INVALID_FILE, _("there is no descriptor"));
    if (r >= 0)
        r = act_options(import->act, &reader, options, ELEMENTSOF(options), &given);
    if (r >= 0)
        r = start(import, &given);
    if (r < 0)
        finish(import, r);
}

struct imports *imports_new(struct daemon *daemon)
{
    struct imports *all = xcalloc(1, sizeof(*all));
    all->daemon = daemon;
    return all;
}

struct imports *imports_free(struct imports *all)
{
    while (all && all->first)
        finish(all->first, err_set(&all->first->act->err, ERR_BUSY,
                                   _("the daemon is stopping; import the receipt again")));
    free(all);
    return NULL;
}

bool imports_busy(const struct imports *imports)
{
    return imports->first != NULL;
}
