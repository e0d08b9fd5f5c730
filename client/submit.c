/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"
#include "client/at.h"
#include "client/cmdline.h"
#include "client/existing.h"
#include "client/findings.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/output.h"

/* What came of all files together. */
struct submission {
    struct invocation *inv;
    json_t *files; /* one object for each file: what --json shows of it */
    char **paths;  /* of all lots, in the order of the files, each once; NULL-terminated */
    size_t n_paths;
    int status; /* the worst of the files that failed */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int send_file(struct invocation *inv, const char *file, json_t **ret, struct err *err)
{
    _cleanup_close_ int fd = -1;
    int r = input_open(file, &fd, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Submit", "ha{sv}", &w);
    bus_write_fd(&w, fd);
    remote_open_options(&w);
    if (!streq(file, "-"))
        bus_entry_string(&w, "name", base_name(file));
    if (inv->value[OPT_KEEP_MIXED])
        bus_entry_bool(&w, "keep-mixed", true);
    if (inv->value[OPT_ALLOW_DUPLICATE])
        bus_entry_bool(&w, "allow-duplicate", true);
    if (inv->value[OPT_HOLD])
        bus_entry_bool(&w, "hold", true);
    at_write(&w, inv);
    remote_close_options(inv->remote, &w);
    return remote_call_reasoned(inv->remote, &w, "aobaa{sv}", ret, err);
}

static bool has_path(const struct submission *submission, const char *path)
{
    for (size_t i = 0; i < submission->n_paths; i++)
        if (streq(submission->paths[i], path))
            return true;
    return false;
}

static void take_lots(struct submission *submission, const json_t *lots, json_t *numbers)
{
    for (size_t i = 0; i < json_array_size(lots); i++) {
        const char *path = json_string_value(json_array_get(lots, i));
        json_array_append_new(numbers, json_integer((json_int_t)remote_path_number(path)));
        if (has_path(submission, path))
            continue;
        submission->paths = xreallocarray(submission->paths, submission->n_paths + 2, sizeof(char *));
        submission->paths[submission->n_paths++] = xstrdup(path);
        submission->paths[submission->n_paths] = NULL;
    }
}

static void take_file(struct submission *submission, const char *file, const json_t *reply)
{
    bool existing = json_is_true(json_array_get(reply, 1));
    _cleanup_json_ json_t *findings = findings_told(json_array_get(reply, 2));
    json_t *numbers = json_array();
    if (!submission->inv->value[OPT_QUIET])
        findings_print(stderr, file, findings);
    if (existing)
        existing_tell(submission->inv, file, json_array_get(reply, 0));
    take_lots(submission, json_array_get(reply, 0), numbers);
    json_array_append_new(submission->files,
                          json_pack("{s:s, s:o, s:b, s:O, s:n}", "file", file, "lots", numbers, "existing",
                                    existing, "findings", findings, "error"));
}

static void refuse_file(struct submission *submission, const char *file, const json_t *reasons,
                        const struct err *fault)
{
    _cleanup_json_ json_t *findings = findings_told(json_array_get(reasons, 0));
    findings_refused(file, reasons, fault);
    if (fault->code == ERR_DUPLICATE_MOVEMENT)
        output_warn(submission->inv,
                    _("%s: nothing of it was queued, and the lot that has the movement stays as it is. To "
                      "change when it "
                      "is sent: 'idsectl hold', 'release', 'retry' or 'cancel' with its number."),
                    file);
    submission->status = MAX(submission->status, (int)err_exit_status(fault->code));
    json_array_append_new(submission->files,
                          json_pack("{s:s, s:[], s:b, s:O, s:{s:s, s:s}}", "file", file, "lots", "existing",
                                    false, "findings", findings, "error", "name", err_dbus_name(fault->code),
                                    "text", err_text(fault)));
}

/* The lots as they are now, or with --wait as they are when they are answered. */
static int look_at_lots(struct submission *submission, int64_t timeout_us, json_t **ret_rows, struct err *err)
{
    struct invocation *inv = submission->inv;
    if (inv->value[OPT_WAIT])
        return follow_lots(inv, submission->paths, submission->n_paths, timeout_us, ret_rows, err);
    *ret_rows = json_array();
    for (size_t i = 0; i < submission->n_paths; i++) {
        json_t *row = NULL;
        int r = remote_properties(inv->remote, submission->paths[i], REMOTE_LOT, &row, err);
        if (r < 0)
            return r;
        json_array_append_new(*ret_rows, row);
    }
    return EXIT_STATUS_OK;
}

static void print_submission(const struct submission *submission, const json_t *rows)
{
    if (submission->inv->value[OPT_JSON])
        output_print_json(
            json_pack("{s:o, s:O}", "lots", field_json_rows(rows, lot_kind), "files", submission->files));
    else
        output_list(submission->inv, lot_kind, rows, NULL);
}

int verb_submit(struct invocation *inv, struct err *err)
{
    int64_t timeout_us = -1;
    if (!str_empty(inv->value[OPT_WAIT]) && !parse_span(inv->value[OPT_WAIT], &timeout_us))
        return err_set(err, ERR_USAGE, _("--wait needs a time like 90, 5m or 2h, or none."));
    int r = at_check(inv, err);
    if (r < 0)
        return r;
    _cleanup_json_ json_t *files = json_array(), *rows = NULL;
    struct submission submission = {.inv = inv, .files = files, .paths = xcalloc(1, sizeof(char *))};
    for (int i = 0; i < inv->n_args; i++) {
        _cleanup_err_ struct err fault = ERR_INIT;
        _cleanup_json_ json_t *reply = NULL;
        if (send_file(inv, inv->args[i], &reply, &fault) < 0)
            refuse_file(&submission, inv->args[i], reply, &fault);
        else
            take_file(&submission, inv->args[i], reply);
    }
    r = look_at_lots(&submission, timeout_us, &rows, err);
    _cleanup_(strv_cleanup) char **paths = submission.paths;
    if (r < 0)
        return r;
    print_submission(&submission, rows);
    return MAX(r, submission.status);
}
