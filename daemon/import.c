/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/import.h"

#include <jansson.h>
#include <unistd.h>

#include "daemon/engine/crash.h"
#include "daemon/iface.h"
#include "daemon/input.h"
#include "daemon/notices.h"
#include "evidence/archive.h"
#include "idse/adoption.h"
#include "idse/file-guess.h"
#include "idse/result-csv.h"
#include "vault/digest.h"

enum {
    NAME_MAX_BYTES = 255,
    UNDER_WAY_BYTES = 96 * 1024 * 1024, /* of files, in memory twice */
    ENTRY_BYTES = 24 * 1024 * 1024,     /* of a file in a zip, at most: how large it is is not known before */
};

struct options {
    const char *name; /* of the message */
    uint64_t lot, entry;
    const char *rp, *portal_lot;
    bool add_rp;
};

struct import {
    struct imports *all;
    struct import *next, **link; /* of those under way */
    struct act *act;
    struct input input;
    struct engine_receipt receipt;
    size_t entry; /* of a zip: from 1; 0: the file itself */
    bool listed;  /* the file is a zip, and this is in it: */
    char **entries;
    size_t n_entries;
    size_t entry_max; /* bytes */
    size_t counted;   /* its bytes in all->bytes */
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
    import->all->bytes -= import->counted;
    act_end(import->act, r);
    engine_import_free(import->engine_import);
    engine_receipt_free(&import->receipt);
    archive_names_free(import->entries, import->n_entries);
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
    if (starts_with(&receipt->bytes, "PK\003\004"))
        return err_set(err, ERR_INVALID_FILE,
                       _("it is a zip in a zip; unpack it and hand over the files in it"));
    if (is_pdf(&receipt->bytes)) {
        buf_add(&receipt->copy, receipt->bytes.data, receipt->bytes.len);
        return 0;
    }
    enum result_csv_kind kind = result_csv_kind(receipt->bytes.data, receipt->bytes.len);
    if (kind != RESULT_CSV_RESULTS)
        receipt->guess = file_guess(receipt->bytes.data, receipt->bytes.len);
    if (kind == RESULT_CSV_NO_TABLE)
        return err_set(err, ERR_INVALID_FILE, "%s", receipt->guess);
    adoption_csv_lot(receipt->bytes.data, receipt->bytes.len, &receipt->portal_lot, &receipt->rp);
    return 0;
}

/* Workbooks and the like are zips. */
static int look_into_zip(struct import *import)
{
    struct err *err = &import->act->err;
    int r = archive_list(import->input.fd, &import->entries, &import->n_entries, err);
    for (size_t i = 0; r >= 0 && i < import->n_entries; i++)
        if (streq(import->entries[i], "[Content_Types].xml"))
            r = err_set(err, ERR_INVALID_FILE,
                        _("it seems to be a workbook or another document of an office; of a table of results "
                          "the CSV is "
                          "taken"));
    return r;
}

static bool is_zip(const struct input *input)
{
    char start[4];
    return pread(input->fd, start, sizeof(start), 0) == sizeof(start) && memcmp(start, "PK\003\004", 4) == 0;
}

static void take_in(void *data)
{
    struct import *import = data;
    struct engine_receipt *receipt = &import->receipt;
    struct err *err = &import->act->err;
    if (is_zip(&import->input) && import->entry == 0) {
        import->listed = true;
        import->result = look_into_zip(import);
        return;
    }
    import->result = import->entry == 0 ? input_read(&import->input, &receipt->bytes, err)
                                        : archive_read(import->input.fd, import->entry - 1, import->entry_max,
                                                       &receipt->bytes, err);
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

/* Of a zip: what is in it, for who brings it to say which is to be taken. Nothing is changed. */
static void write_entries(struct bus_writer *w, const struct import *import)
{
    bus_open_array(w);
    bus_entry_string(w, "kind", "zip");
    bus_entry_strings(w, "entries", (const char *const *)import->entries, import->n_entries);
    bus_close(w);
}

static void write_others(struct bus_writer *w, const struct engine_import_result *result)
{
    bus_open_entry(w, "others", "a(ss)");
    bus_open_array(w);
    for (size_t i = 0; i < result->n_others; i++) {
        bus_open_struct(w);
        bus_write_string(w, result->others[i].rp);
        bus_write_string(w, result->others[i].portal_lot);
        bus_close(w);
    }
    bus_close(w);
    bus_close_entry(w);
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
    write_others(w, result);
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

static void list_entries(struct import *import)
{
    struct act *act = import->act;
    json_t *detail = json_pack("{s:s, s:I}", "kind", "zip", "entries", (json_int_t)import->n_entries);
    replace_str(&act->detail, json_dumps(detail, JSON_COMPACT));
    json_decref(detail);
    write_entries(bus_call_results(act->call), import);
    finish(import, 0);
}

static void taken_in(void *data)
{
    struct import *import = data;
    if (import->result < 0)
        finish(import, import->result);
    else if (import->listed)
        list_entries(import);
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
    if (r >= 0 && options->rp && strlen(options->rp) != 10 && strlen(options->rp) != 11)
        r = err_set(err, ERR_INVALID_ARGUMENT, _("'%s' is no registro patronal"), options->rp);
    const size_t size = options->entry ? ENTRY_BYTES : import->input.size;
    if (r >= 0 && all->bytes + size > UNDER_WAY_BYTES)
        r = err_set(err, ERR_BUSY, _("other large files are being read; try again in a moment"));
    if (r < 0)
        return r;
    import->receipt.name = str_empty(options->name) ? NULL : xstrdup(options->name);
    import->receipt.who = xstrdup(import->act->who);
    import->receipt.lot = iface_number(options->lot);
    import->receipt.add_rp = options->add_rp;
    if (!str_empty(options->rp))
        import->receipt.part = (struct receipt_owner){
            xstrdup(options->rp), str_empty(options->portal_lot) ? NULL : xstrdup(options->portal_lot)};
    import->entry = (size_t)options->entry;
    import->entry_max = MIN((size_t)daemon->config.max_file_size, (size_t)ENTRY_BYTES);
    r = worker_run(daemon->loop, take_in, taken_in, import, err);
    if (r >= 0) {
        all->bytes += size;
        import->counted = size;
    }
    return r;
}

void import_receipt(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"name", "s", offsetof(struct options, name)},
        {"lot", "t", offsetof(struct options, lot)},
        {"add-registration", "b", offsetof(struct options, add_rp)},
        {"registration", "s", offsetof(struct options, rp)},
        {"portal-lot", "s", offsetof(struct options, portal_lot)},
        {"entry", "t", offsetof(struct options, entry)},
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
