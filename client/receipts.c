/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/receipts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cmdline.h"
#include "client/evidence.h"
#include "client/export.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/place.h"
#include "client/remote.h"
#include "client/verbs.h"

enum { MAX_DOCUMENT = 256 << 20 };

/* ---- what there is ---- */

json_t *receipt_rows(const json_t *lot)
{
    json_t *rows = field_tuples(json_object_get(lot, "Receipts"), receipt_members);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_object_set(json_array_get(rows, i), "lot", json_object_get(lot, "Id"));
        json_object_set(json_array_get(rows, i), "erased", json_object_get(lot, "Erased"));
    }
    return rows;
}

/* Those of one lot, each with the lot beside it. */
static int add_documents(struct invocation *inv, const char *number, json_t *rows, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *lot = NULL, *some = NULL;
    int r = remote_lot_receipts(inv->remote, number, &path, &lot, err);
    if (r < 0)
        return r;
    some = receipt_rows(lot);
    for (size_t i = 0; i < json_array_size(some); i++)
        json_object_set(json_array_get(some, i), RECEIPT_OF_LOT, lot);
    json_array_extend(rows, some);
    return 0;
}

/* … of the lots that the filter finds: of all of them in a file, of the newest on a screen. */
static int add_found(struct invocation *inv, json_t *rows, struct err *err)
{
    enum { DEFAULT_LIMIT = 1000 };
    struct filter filter = {0};
    bool more = false, all = inv->value[OPT_EXPORT] || inv->value[OPT_LIMIT];
    int r = filter_read(inv, LISTING_LOTS, &filter, err);
    if (r < 0)
        return r;
    _cleanup_(strv_cleanup) char **states = filter.states;
    _cleanup_json_ json_t *lots = json_array();
    r = listing_fetch(inv->remote, LISTING_LOTS, &filter, all ? filter.limit : DEFAULT_LIMIT, listing_collect,
                      lots, &more, err);
    for (size_t i = 0; r >= 0 && i < json_array_size(lots); i++) {
        _cleanup_free_ char *number =
            xasprintf("%llu", (unsigned long long)row_number(json_array_get(lots, i), "Id"));
        r = add_documents(inv, number, rows, err);
    }
    if (r >= 0 && more)
        output_warn(inv, _("There are more lots; --limit=N looks at N of them, --limit=0 at all."));
    return r;
}

/* Lots are named or searched for, not both. */
static int check_filter(const struct invocation *inv, struct err *err)
{
    static const enum opt filters[] = {OPT_RP, OPT_STATE, OPT_SINCE, OPT_UNTIL, OPT_LIMIT};
    for (size_t i = 0; inv->n_args > 0 && i < ELEMENTSOF(filters); i++)
        if (inv->value[filters[i]])
            return err_set(err, ERR_USAGE, _("--%s searches for lots; here some are named."),
                           option_table[filters[i]].name);
    return 0;
}

int verb_receipts_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = json_array();
    int r = check_filter(inv, err);
    if (r >= 0 && inv->value[OPT_EXPORT])
        r = export_check(inv, err); /* before everything is fetched for nothing */
    if (r >= 0 && inv->n_args == 0) {
        r = add_found(inv, rows, err);
        if (r < 0 && err->code == ERR_ACCESS_DENIED)
            err_prefix(err, "%s",
                       _("Lots cannot be looked for; name those whose receipts are wanted, "
                         "'idsectl movements' tells them"));
    }
    for (int i = 0; r >= 0 && i < inv->n_args; i++)
        r = add_documents(inv, inv->args[i], rows, err);
    if (r >= 0 && inv->value[OPT_EXPORT])
        return export_receipts(inv, rows, err);
    if (r >= 0)
        output_list(inv, receipt_kind, rows, _("There are no documents yet."));
    return r;
}

/* ---- names ---- */

/* Letters and digits of `text`, at most `max` of them, put behind `before`; nothing when there are none. */
static void add_harmless(struct buf *name, const char *before, const char *text, size_t max)
{
    bool first = true;
    for (; *text && max > 0; text++) {
        if (!isascii(*text) || !isalnum((unsigned char)*text))
            continue;
        if (first)
            buf_add_str(name, before);
        first = false;
        buf_add_char(name, (char)tolower((unsigned char)*text));
        max--;
    }
}

char *receipt_file_name(const json_t *lot, size_t index, const char *name)
{
    _cleanup_json_ json_t *rows = receipt_rows(lot);
    const json_t *row = json_array_get(rows, index);
    bool repeated = false;
    for (size_t i = 0; i < index; i++)
        repeated = repeated || streq(row_text(json_array_get(rows, i), "kind"), row_text(row, "kind"));
    struct buf out = BUF_INIT;
    buf_printf(&out, "%llu", (unsigned long long)row_number(lot, "Id"));
    add_harmless(&out, "-", row_text(lot, "PortalLot"), 32);
    const char *dot = strrchr(name, '.'), *extension = dot ? dot + 1 : "";
    if (!streq(extension, row_text(row, "kind"))) /* not "csv.csv" */
        add_harmless(&out, "-", row_text(row, "kind"), 32);
    if (repeated)
        buf_printf(&out, "-%llu", (unsigned long long)row_number(row, "id"));
    add_harmless(&out, ".", extension, 5);
    return buf_steal(&out, NULL);
}

/* ---- fetching and writing ---- */

/* GetReceipt; *ret_name is what the daemon calls the document. */
static int fetch_document(struct invocation *inv, const char *path, uint64_t id, struct buf *bytes,
                          struct err *err)
{
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_LOT, "GetReceipt", "t", &w);
    bus_write_u64(&w, id);
    _cleanup_close_ int fd = -1;
    int r = remote_file(inv->remote, &w, "hss", &fd, err);
    return r < 0 ? r : file_read_fd(fd, MAX_DOCUMENT, bytes, err);
}

static bool same_bytes(const char *path, const struct buf *bytes)
{
    _cleanup_buf_ struct buf there = BUF_INIT;
    return file_read(path, bytes->len, &there, NULL) >= 0 && there.len == bytes->len &&
           (bytes->len == 0 || memcmp(there.data, bytes->data, bytes->len) == 0);
}

static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

int document_write(const struct invocation *inv, const char *path, const struct buf *bytes, struct err *err)
{
    if (place_is_folder(path))
        return place_refuse(path, EISDIR, err);
    if (inv->value[OPT_FORCE])
        return file_replace(path, usual_mode(), str_or_empty(bytes->data), bytes->len, err);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return same_bytes(path, bytes)
                   ? 0
                   : err_set(err, ERR_IO, _("%s is there already, with other bytes; --force replaces it."),
                             path);
    if (fd < 0)
        return place_refuse(path, errno, err);
    int r = file_write_fd(fd, bytes->data, bytes->len, err);
    if (r < 0) {
        unlink(path);
        return err_prefix(err, "%s", path);
    }
    return 0;
}

/* ---- get ---- */

/* That of the last attempt. */
static int fetch_transcript(struct invocation *inv, const char *path, struct buf *bytes, struct err *err)
{
    _cleanup_json_ json_t *attempts = NULL;
    int r = remote_read(inv->remote, path, REMOTE_LOT, "ListAttempts", "aa{sv}", &attempts, err);
    if (r < 0)
        return r;
    size_t n = json_array_size(attempts);
    if (n == 0)
        return err_set(err, ERR_UNKNOWN_DOCUMENT, _("Nothing was said to the portal about this lot yet."));
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_LOT, "GetTranscript", "t", &w);
    bus_write_u64(&w, row_number(json_array_get(attempts, n - 1), "id"));
    _cleanup_close_ int fd = -1;
    r = remote_file(inv->remote, &w, "h", &fd, err);
    return r < 0 ? r : file_read_fd(fd, MAX_DOCUMENT, bytes, err);
}

/* By number, or the last one of a kind. */
static int fetch_receipt(struct invocation *inv, const char *path, const json_t *lot, const char *which,
                         struct buf *bytes, struct err *err)
{
    _cleanup_json_ json_t *rows = receipt_rows(lot);
    uint64_t number = 0, id = 0;
    bool by_number = str_to_uint(which, INT64_MAX, &number);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (by_number ? row_number(row, "id") == number : streq(row_text(row, "kind"), which))
            id = row_number(row, "id");
    }
    if (id == 0)
        return err_set(err, ERR_UNKNOWN_DOCUMENT,
                       _("The lot has no document '%s'; see 'idsectl receipts list'."), which);
    return fetch_document(inv, path, id, bytes, err);
}

/* The others are made of what the lot itself has. */
static bool is_document(const char *which)
{
    return !streq(which, "records") && !streq(which, "transcript");
}

int verb_receipts_get(struct invocation *inv, struct err *err)
{
    const char *which = inv->args[1], *output = inv->value[OPT_OUTPUT];
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *lot = NULL;
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    int r = is_document(which) ? remote_lot_receipts(inv->remote, inv->args[0], &path, &lot, err)
                               : remote_lot_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    r = lot                       ? fetch_receipt(inv, path, lot, which, &bytes, err)
        : streq(which, "records") ? remote_records(inv->remote, path, &bytes, err)
                                  : fetch_transcript(inv, path, &bytes, err);
    if (r < 0)
        return r;
    if (output)
        return document_write(inv, output, &bytes, err);
    if (isatty(STDOUT_FILENO) && !utf8_valid(str_or_empty(bytes.data), bytes.len))
        return err_set(err, ERR_USAGE, _("This document is not text; give --output=FILE."));
    return file_write_fd(STDOUT_FILENO, bytes.data, bytes.len, err);
}

/* ---- export ---- */

static int export_document(struct invocation *inv, const char *path, const json_t *lot, size_t index,
                           json_t *row, struct err *err)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    int r = fetch_document(inv, path, row_number(row, "id"), &bytes, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *name = receipt_file_name(lot, index, row_text(row, "name"));
    const char *folder = inv->value[OPT_TO] ? inv->value[OPT_TO] : ".";
    _cleanup_free_ char *file = xasprintf("%s/%s", folder, name);
    r = document_write(inv, file, &bytes, err);
    if (r < 0)
        return r;
    json_object_set_new(row, "path", json_string(file));
    if (!inv->value[OPT_JSON])
        puts(file);
    return 0;
}

static int export_lot(struct invocation *inv, const char *number, json_t *written, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *lot = NULL, *rows = NULL;
    int r = remote_lot_receipts(inv->remote, number, &path, &lot, err);
    if (r < 0)
        return r;
    rows = receipt_rows(lot);
    if (inv->value[OPT_TO])
        r = file_make_dirs(inv->value[OPT_TO], 0777, err);
    for (size_t i = 0; r >= 0 && i < json_array_size(rows); i++)
        r = export_document(inv, path, lot, i, json_array_get(rows, i), err);
    if (r < 0)
        return r;
    json_array_extend(written, rows);
    if (json_array_size(rows) == 0)
        output_warn(inv, _("Lot %s has no documents yet."), number);
    return 0;
}

int verb_receipts_export(struct invocation *inv, struct err *err)
{
    if (inv->value[OPT_BUNDLE] || inv->value[OPT_ZIP])
        return evidence_export(inv, err);
    _cleanup_json_ json_t *written = json_array();
    int r = 0;
    for (int i = 0; r >= 0 && i < inv->n_args; i++)
        r = export_lot(inv, inv->args[i], written, err);
    if (inv->value[OPT_JSON])
        output_print_json(field_json_rows(written, receipt_kind));
    return r;
}
