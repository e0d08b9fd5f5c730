/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fts.h>
#include <unistd.h>

#include "base/text.h"
#include "client/cmdline.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/remote.h"

/*
 * `idsectl receipts import`: each file is one act of the daemon, which says what it is and what became of it. Several are
 * under way together; a run that was broken off is simply started again, for what is there already is left as it is.
 */

enum { AT_ONCE = 4 };

/* A file's answer that is awaited. */
struct sent {
    const char *file;
    DBusPendingCall *pending;
};

struct batch {
    struct invocation *inv;
    uint64_t lot;
    char **files;
    size_t n_files;
    struct sent sent[AT_ONCE]; /* a ring */
    size_t n_sent, n_received;
    json_t *rows;
    struct progress *progress;
    int status; /* the worst of all */
};

/* ---- which files ---- */

static const char *extension(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    return dot && (!slash || dot > slash) ? dot : "";
}

static bool is_table(const char *path)
{
    return strcasecmp(extension(path), ".csv") == 0;
}

static void add_file(struct batch *batch, const char *path)
{
    batch->files = xreallocarray(batch->files, batch->n_files + 1, sizeof(*batch->files));
    batch->files[batch->n_files++] = xstrdup(path);
}

/* Of a folder only what can be a receipt: whoever keeps receipts keeps other things beside them. */
static bool may_be_receipt(const char *path)
{
    return is_table(path) || strcasecmp(extension(path), ".pdf") == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_path(struct batch *batch, char *path, struct err *err)
{
    char *roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (!walk)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    int r = 0;
    FTSENT *entry;
    while (r >= 0 && (errno = 0, entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            r = err_set_errno(err, ERR_INVALID_FILE, entry->fts_errno, "%s", entry->fts_path);
        else if (entry->fts_info == FTS_F && (entry->fts_level == 0 || may_be_receipt(entry->fts_path)))
            add_file(batch, entry->fts_path);
        else if (entry->fts_level == 0 && entry->fts_info == FTS_DEFAULT)
            add_file(batch, entry->fts_path); /* a pipe, say */
    }
    fts_close(walk);
    return r;
}

/* A table is of a lot that its PDFs make known, so tables come last; the rest keeps its order. */
static void put_tables_last(struct batch *batch)
{
    char **sorted = xcalloc(batch->n_files, sizeof(*sorted));
    size_t n = 0;
    for (int tables = 0; tables <= 1; tables++)
        for (size_t i = 0; i < batch->n_files; i++)
            if (is_table(batch->files[i]) == (tables == 1))
                sorted[n++] = batch->files[i];
    free(batch->files);
    batch->files = sorted;
}

/* ---- sending and receiving ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int send_file(struct batch *batch, const char *file, DBusPendingCall **ret, struct err *err)
{
    struct remote *remote = batch->inv->remote;
    _cleanup_close_ int fd = -1;
    int r = input_open(file, &fd, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(remote, REMOTE_ROOT, REMOTE_MANAGER, "ImportReceipt", "ha{sv}", &w);
    bus_write_fd(&w, fd);
    remote_open_options(&w);
    if (!streq(file, "-"))
        bus_entry_string(&w, "name", base_name(file));
    if (batch->lot)
        bus_entry_u64(&w, "lot", batch->lot);
    if (batch->inv->value[OPT_ADD_RP])
        bus_entry_bool(&w, "add-registration", true);
    remote_close_options(remote, &w);
    return remote_send(remote, &w, ret, err);
}

static void note_failure(struct batch *batch, const char *file, const struct err *fault)
{
    progress_hide(batch->progress);
    output_error(file, fault);
    batch->status = MAX(batch->status, (int)err_exit_status(fault->code));
    json_array_append_new(batch->rows, json_pack("{s:s, s:{s:s, s:s}}", "file", file, "error", "name",
                                                 err_dbus_name(fault->code), "text", err_text(fault)));
}

static void note_result(struct batch *batch, const char *file, json_t *row)
{
    const char *outcome = row_text(row, "outcome");
    if (streq(outcome, "quarantined") || streq(outcome, "contradicts"))
        batch->status = MAX(batch->status, EXIT_STATUS_HELD);
    json_object_set_new(row, "file", json_string(file));
    json_array_append(batch->rows, row);
}

static void receive_one(struct batch *batch)
{
    struct sent *sent = &batch->sent[batch->n_received++ % AT_ONCE];
    _cleanup_err_ struct err fault = ERR_INIT;
    _cleanup_json_ json_t *reply = NULL;
    if (remote_receive(sent->pending, "a{sv}", &reply, &fault) < 0)
        note_failure(batch, sent->file, &fault);
    else
        note_result(batch, sent->file, json_array_get(reply, 0));
    progress_show(batch->progress, json_array_size(batch->rows), batch->n_files, sent->file);
}

/* Receives until at most so many are under way. */
static void receive_until(struct batch *batch, size_t under_way)
{
    while (batch->n_sent - batch->n_received > under_way)
        receive_one(batch);
}

static void import_files(struct batch *batch)
{
    const size_t at_once = remote_asks_people(batch->inv->remote) ? 1 : AT_ONCE;
    for (size_t i = 0; i < batch->n_files; i++) {
        const char *file = batch->files[i];
        _cleanup_err_ struct err fault = ERR_INIT;
        DBusPendingCall *pending = NULL;
        receive_until(
            batch, is_table(file) ? 0 : at_once - 1); /* a table overtakes PDFs, which take longer to read */
        if (send_file(batch, file, &pending, &fault) < 0)
            note_failure(batch, file, &fault);
        else
            batch->sent[batch->n_sent++ % AT_ONCE] = (struct sent){file, pending};
    }
    receive_until(batch, 0);
}

/* ---- what came of it ---- */

static const struct {
    const char *outcome, *label;
} outcomes[] = {
    {"adopted", N_("adopted")},
    {"found", N_("found")},
    {"answered", N_("answered")},
    {"completed", N_("completed")},
    {"kept", N_("kept")},
    {"present", N_("there already")},
    {"quarantined", N_("quarantined")},
    {"contradicts", N_("contradicts")},
};

static size_t count_outcome(const json_t *rows, const char *outcome)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        n += streq(row_text(json_array_get(rows, i), "outcome"), outcome);
    return n;
}

static void print_sum(const struct batch *batch)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    for (size_t i = 0; i < ELEMENTSOF(outcomes); i++) {
        size_t n = count_outcome(batch->rows, outcomes[i].outcome);
        if (n > 0)
            buf_printf(&text, "%s%zu %s", text.len ? ", " : "", n, _(outcomes[i].label));
    }
    output_note(batch->inv, _("%zu files: %s"), batch->n_files, text.len ? text.data : "-");
}

static const char *label_of(const char *outcome)
{
    for (size_t i = 0; i < ELEMENTSOF(outcomes); i++)
        if (*outcome && streq(outcomes[i].outcome, outcome))
            return _(outcomes[i].label);
    return NULL;
}

/* The table has those that something came of; those that were refused were told of before. */
static void print_batch(const struct batch *batch)
{
    if (batch->inv->value[OPT_JSON]) {
        output_print_json(field_json_rows(batch->rows, import_kind));
        return;
    }
    _cleanup_json_ json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(batch->rows); i++) {
        const json_t *row = json_array_get(batch->rows, i);
        const char *label = label_of(row_text(row, "outcome"));
        json_t *shown = label ? json_copy((json_t *)row) : NULL;
        if (!shown)
            continue;
        json_object_set_new(shown, "outcome", json_string(label));
        json_array_append_new(rows, shown);
    }
    output_list(batch->inv, import_kind, rows, NULL);
    if (batch->n_files > 1)
        print_sum(batch);
}

int verb_receipts_import(struct invocation *inv, struct err *err)
{
    struct batch batch = {.inv = inv, .rows = json_array()};
    int r = 0;
    if (inv->value[OPT_LOT] && (!str_to_uint(inv->value[OPT_LOT], INT64_MAX, &batch.lot) || batch.lot == 0))
        r = err_set(err, ERR_USAGE, _("'%s' is no number of a lot."), inv->value[OPT_LOT]);
    for (int i = 0; r >= 0 && i < inv->n_args; i++) {
        if (streq(inv->args[i], "-"))
            add_file(&batch, "-");
        else
            r = add_path(&batch, inv->args[i], err);
    }
    if (r >= 0) {
        put_tables_last(&batch);
        batch.progress = batch.n_files > 1 ? progress_open(inv) : NULL;
        import_files(&batch);
        batch.progress = progress_close(batch.progress);
        print_batch(&batch);
        r = batch.status;
    }
    for (size_t i = 0; i < batch.n_files; i++)
        free(batch.files[i]);
    free(batch.files);
    json_decref(batch.rows);
    return r;
}
