/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cmdline.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/remote.h"

/*
 * `idsectl receipts import`: each receipt is one act of the daemon, which says what it is and what became of it. Several are
 * under way together; a run that was broken off is simply started again, for what is there already is left as it is. What the
 * daemon says of a zip is what is in it, and of a constancia of several employers whose rows were left: each is an act more.
 */

enum { AT_ONCE = 4 };

/* What is to be handed over: a file, a file in a zip, or a part of a document. */
struct item {
    char *file;
    uint64_t entry; /* of the zip, from 1; 0: the file itself */
    char *name;     /* of the entry */
    char *rp, *portal_lot;
    char *label; /* for people, and the JSON */
    bool named;  /* on the command line; not found in a folder */
};

/* An answer that is awaited. */
struct sent {
    struct item *item;
    DBusPendingCall *pending;
};

struct batch {
    struct invocation *inv;
    uint64_t lot;
    struct item **items;
    size_t n_items;
    int input;                 /* standard input, once it was read; -1 */
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

static void add_item(struct batch *batch, struct item item)
{
    batch->items = xreallocarray(batch->items, batch->n_items + 1, sizeof(*batch->items));
    batch->items[batch->n_items++] = xmemdup(&item, sizeof(item));
}

static void add_file(struct batch *batch, const char *path, bool named)
{
    add_item(batch, (struct item){.file = xstrdup(path), .label = xstrdup(path), .named = named});
}

static void free_items(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_items; i++) {
        struct item *item = batch->items[i];
        free(item->file);
        free(item->name);
        free(item->rp);
        free(item->portal_lot);
        free(item->label);
        free(item);
    }
    free(batch->items);
}

/* Of a folder only what can be a receipt: whoever keeps receipts keeps other things beside them. */
static bool may_be_receipt(const char *path)
{
    return is_table(path) || strcasecmp(extension(path), ".pdf") == 0;
}

static bool may_have_receipts(const char *path)
{
    return may_be_receipt(path) || strcasecmp(extension(path), ".zip") == 0;
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
    const size_t before = batch->n_items;
    int r = 0;
    FTSENT *entry;
    while (r >= 0 && (errno = 0, entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            r = err_set_errno(err, file_fault(entry->fts_errno), entry->fts_errno, "%s", entry->fts_path);
        else if (entry->fts_info == FTS_F && (entry->fts_level == 0 || may_have_receipts(entry->fts_path)))
            add_file(batch, entry->fts_path, entry->fts_level == 0);
        else if (entry->fts_level == 0 && entry->fts_info == FTS_DEFAULT)
            add_file(batch, entry->fts_path, true); /* a pipe, say */
    }
    fts_close(walk);
    if (r >= 0 && batch->n_items == before)
        output_warn(batch->inv, _("%s: there is neither a PDF nor a table (CSV) nor a zip in the folder"),
                    path);
    return r;
}

/* ---- sending and receiving ---- */

/* Zips that were made elsewhere have other slashes, too. */
static const char *base_name(const char *path)
{
    for (const char *c = path; *c; c++)
        if (*c == '/' || *c == '\\')
            path = c + 1;
    return path;
}

/* What came by standard input may be needed more than once. */
static int open_file(struct batch *batch, const char *file, int *ret, struct err *err)
{
    if (!streq(file, "-"))
        return input_open(file, ret, err);
    int r = batch->input < 0 ? input_open(file, &batch->input, err) : 0;
    if (r >= 0 && (*ret = fcntl(batch->input, F_DUPFD_CLOEXEC, 3)) < 0)
        r = err_set_errno(err, ERR_IO, errno, "%s", file);
    return r;
}

static void write_part(struct bus_writer *w, const struct item *item)
{
    if (item->entry)
        bus_entry_u64(w, "entry", item->entry);
    if (!item->rp)
        return;
    bus_entry_string(w, "registration", item->rp);
    bus_entry_string(w, "portal-lot", item->portal_lot);
}

static int send_item(struct batch *batch, const struct item *item, DBusPendingCall **ret, struct err *err)
{
    struct remote *remote = batch->inv->remote;
    _cleanup_close_ int fd = -1;
    int r = open_file(batch, item->file, &fd, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(remote, REMOTE_ROOT, REMOTE_MANAGER, "ImportReceipt", "ha{sv}", &w);
    bus_write_fd(&w, fd);
    remote_open_options(&w);
    const char *name = item->name ? item->name : item->file;
    if (!streq(name, "-"))
        bus_entry_string(&w, "name", base_name(name));
    write_part(&w, item);
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

/* The rows of others in the same document. */
static void add_parts(struct batch *batch, const struct item *item, const json_t *others)
{
    for (size_t i = 0; !item->rp && i < json_array_size(others); i++) {
        const json_t *other = json_array_get(others, i);
        const char *rp = row_text(other, "registration"), *lot = row_text(other, "portal_lot");
        add_item(batch, (struct item){.file = xstrdup(item->file),
                                      .entry = item->entry,
                                      .name = xstrdup(item->name),
                                      .rp = xstrdup(rp),
                                      .portal_lot = xstrdup(lot),
                                      .label = xstrdup(item->label)});
    }
}

/* Of a zip the same as of a folder: what can be a receipt. */
static void add_entries(struct batch *batch, const struct item *zip, const json_t *names)
{
    size_t before = batch->n_items;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (may_have_receipts(name))
            add_item(batch, (struct item){.file = xstrdup(zip->file),
                                          .entry = i + 1,
                                          .name = xstrdup(name),
                                          .label = xasprintf("%s/%s", zip->file, name)});
    }
    if (batch->n_items > before)
        return;
    _cleanup_err_ struct err fault = ERR_INIT;
    err_set(&fault, ERR_INVALID_FILE, _("there is neither a PDF nor a table (CSV) in the zip"));
    if (zip->named) {
        note_failure(batch, zip->label, &fault);
        return;
    }
    progress_hide(batch->progress);
    output_warn(batch->inv, "%s: %s", zip->label, err_text(&fault));
}

static void take_answer(struct batch *batch, const struct item *item, json_t *row)
{
    if (streq(row_text(row, "kind"), "zip")) {
        add_entries(batch, item, json_object_get(row, "entries"));
        return;
    }
    json_object_set_new(row, "others", field_tuples(json_object_get(row, "others"), part_members));
    note_result(batch, item->label, row);
    if (batch->lot == 0) /* else the lot's part is all that was wanted */
        add_parts(batch, item, json_object_get(row, "others"));
}

static void receive_one(struct batch *batch)
{
    struct sent *sent = &batch->sent[batch->n_received++ % AT_ONCE];
    _cleanup_err_ struct err fault = ERR_INIT;
    _cleanup_json_ json_t *reply = NULL;
    if (remote_receive(sent->pending, "a{sv}", &reply, &fault) < 0)
        note_failure(batch, sent->item->label, &fault);
    else
        take_answer(batch, sent->item, json_array_get(reply, 0));
    progress_show(batch->progress, batch->n_received, batch->n_items, sent->item->label);
}

/* Receives until at most so many are under way. */
static void receive_until(struct batch *batch, size_t under_way)
{
    while (batch->n_sent - batch->n_received > under_way)
        receive_one(batch);
}

static void import_item(struct batch *batch, struct item *item)
{
    _cleanup_err_ struct err fault = ERR_INIT;
    DBusPendingCall *pending = NULL;
    if (send_item(batch, item, &pending, &fault) < 0)
        note_failure(batch, item->label, &fault);
    else
        batch->sent[batch->n_sent++ % AT_ONCE] = (struct sent){item, pending};
}

static bool item_is_table(const struct item *item)
{
    return is_table(item->name ? item->name : item->file);
}

/*
 * A table is of a lot that its PDFs make known, so tables come last, with nothing else under way; the rest keeps its order.
 * Answers bring further items, which stand behind those that there are.
 */
static void import_items(struct batch *batch)
{
    const size_t at_once = remote_asks_people(batch->inv->remote) ? 1 : AT_ONCE;
    for (size_t i = 0; i < batch->n_items; i++) {
        receive_until(batch, at_once - 1);
        if (!item_is_table(batch->items[i]))
            import_item(batch, batch->items[i]);
        if (i + 1 == batch->n_items)
            receive_until(batch, 0);
    }
    const size_t n = batch->n_items;
    for (size_t i = 0; i < batch->n_items; i++) {
        receive_until(batch, 0);
        if (i >= n || item_is_table(batch->items[i]))
            import_item(batch, batch->items[i]);
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
            buf_printf(&text, "%s%s: %zu", text.len ? ", " : "", _(outcomes[i].label), n);
    }
    size_t n = json_array_size(batch->rows);
    output_note(batch->inv, dngettext(IDSED_TEXTDOMAIN, "%zu receipt (%s)", "%zu receipts (%s)", n), n,
                text.len ? text.data : "-");
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
    if (json_array_size(batch->rows) > 1)
        print_sum(batch);
}

int verb_receipts_import(struct invocation *inv, struct err *err)
{
    struct batch batch = {.inv = inv, .input = -1, .rows = json_array()};
    int r = 0;
    if (inv->value[OPT_LOT] && (!str_to_uint(inv->value[OPT_LOT], INT64_MAX, &batch.lot) || batch.lot == 0))
        r = err_set(err, ERR_USAGE, _("'%s' is no number of a lot."), inv->value[OPT_LOT]);
    for (int i = 0; r >= 0 && i < inv->n_args; i++) {
        if (streq(inv->args[i], "-"))
            add_file(&batch, "-", true);
        else
            r = add_path(&batch, inv->args[i], err);
    }
    if (r >= 0) {
        batch.progress = batch.n_items > 1 ? progress_open(inv) : NULL;
        import_items(&batch);
        batch.progress = progress_close(batch.progress);
        print_batch(&batch);
        r = batch.status;
    }
    free_items(&batch);
    if (batch.input >= 0)
        close(batch.input);
    json_decref(batch.rows);
    return r;
}
