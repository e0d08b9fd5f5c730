/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <unistd.h>

#include "base/file.h"
#include "client/format.h"
#include "client/listing.h"
#include "client/output.h"
#include "client/receipts.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"

/* idsectl worker: who works where, and what the law says of people's data. */

enum { MAX_EXPORT = 256 << 20 };

int verb_worker_list(struct invocation *inv, struct err *err)
{
    return listing_run(inv, LISTING_WORKERS, err);
}

/* They are not in what was handed over, so it is said how to get them. */
static void tell_documents(const struct invocation *inv, const struct buf *bytes)
{
    _cleanup_json_ json_t *worker = json_loadb(bytes->data, bytes->len, 0, NULL);
    const json_t *documents = json_object_get(worker, "documents");
    size_t n = json_array_size(documents), names_others = 0;
    for (size_t i = 0; i < n; i++)
        names_others += json_is_true(json_object_get(json_array_get(documents, i), "names_others"));
    if (n > 0)
        output_warn(inv,
                    _("Documents that are listed, not handed over: %zu, of which %zu name others too; "
                      "'idsectl receipts "
                      "get LOT ID' gives each."),
                    n, names_others);
}

int verb_worker_export(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    _cleanup_close_ int fd = -1;
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ExportWorker", "sa{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    int r = remote_file(inv->remote, &w, "h", &fd, err);
    if (r >= 0)
        r = file_read_fd(fd, MAX_EXPORT, &bytes, err);
    if (r < 0)
        return r;
    buf_add_char(&bytes, '\n');
    r = inv->value[OPT_OUTPUT] ? document_write(inv, inv->value[OPT_OUTPUT], &bytes, err)
                               : file_write_fd(STDOUT_FILENO, bytes.data, bytes.len, err);
    if (r >= 0)
        tell_documents(inv, &bytes);
    return r;
}

static void tell_erased(const struct invocation *inv, const json_t *reply)
{
    uint64_t erased = (uint64_t)json_integer_value(json_array_get(reply, 0)),
             kept = (uint64_t)json_integer_value(json_array_get(reply, 1));
    uint32_t until = (uint32_t)json_integer_value(json_array_get(reply, 2));
    _cleanup_free_ char *date = format_date(until);
    if (inv->value[OPT_JSON]) {
        output_print_json(json_pack("{s:I, s:I, s:s?}", "erased", (json_int_t)erased, "kept",
                                    (json_int_t)kept, "until", until ? date : NULL));
        return;
    }
    output_note(inv,
                dngettext(IDSED_TEXTDOMAIN, "%llu movement erased, with the documents of its lot",
                          "%llu movements erased, with the documents of their lots", erased),
                (unsigned long long)erased);
    if (kept > 0 && until)
        output_note(inv,
                    dngettext(IDSED_TEXTDOMAIN,
                              "%llu movement must be kept (LSS 15-II); from %s on it can be erased",
                              "%llu movements must be kept (LSS 15-II); from %s on they can be erased", kept),
                    (unsigned long long)kept, date);
    else if (kept > 0)
        output_note(inv,
                    dngettext(IDSED_TEXTDOMAIN, "%llu movement must be kept: its lot is not finished",
                              "%llu movements must be kept: some are in lots that are not finished", kept),
                    (unsigned long long)kept);
    output_note(
        inv,
        _("Copies of the database, made by 'idsectl backup' or before an upgrade, keep what they have."));
}

int verb_worker_erase(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    _cleanup_json_ json_t *reply = NULL;
    _cleanup_free_ char *question =
        xasprintf(_("%s: erase what is stored of this worker? It cannot be undone."), inv->args[0]);
    if (!inv->value[OPT_YES] && !terminal_confirm(question))
        return EXIT_STATUS_FAILURE;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "EraseWorker", "sa{sv}", &w);
    bus_write_string(&w, inv->args[0]);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    int r = remote_call(inv->remote, &w, REMOTE_LONG, "uuu", &reply, err);
    if (r >= 0)
        tell_erased(inv, reply);
    return r;
}
