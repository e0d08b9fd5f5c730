/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/clock.h"
#include "base/data.h"
#include "base/file.h"
#include "base/text.h"
#include "client/at.h"
#include "client/findings.h"
#include "client/format.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/receipts.h"
#include "client/remote.h"
#include "client/verbs.h"
#include "idse/check.h"
#include "idse/law.h"
#include "idse/record.h"

enum { MAX_FILE = 1 << 30 };

/* All files of one call. */
struct checking {
    struct invocation *inv;
    struct check_options options;
    enum enye_policy enye;
    json_t *files; /* what --json shows of each */
    int status;
};

/* One file that was read. */
struct report {
    enum source_format format;
    size_t movements, left_out;
    struct findings findings;
    struct buf lines; /* of the good movements, as uint32_t, */
    struct buf fixed; /* and they in canonical form, for --fix */
};

static void report_free(struct report *report)
{
    findings_free(&report->findings);
    buf_free(&report->fixed);
    buf_free(&report->lines);
}

static int list_rules(const struct invocation *inv)
{
    _cleanup_json_ json_t *rows = json_array();
    for (int i = 0; i < _RULE_MAX; i++) {
        enum finding_rule rule = (enum finding_rule)i;
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:b, s:s, s:s}", "rule", finding_rule_name(rule),
                                        "severity", finding_severity_name(finding_rule_severity(rule)),
                                        "repaired", finding_rule_trait(rule) == FINDING_REPAIRED, "source",
                                        finding_rule_source(rule), "text", finding_rule_text(rule)));
    }
    output_list(inv, rule_kind, rows, NULL);
    return EXIT_STATUS_OK;
}

/* ---- one file ---- */

static void keep(const struct checking *checking, struct report *report, struct movement *movement,
                 uint32_t line)
{
    buf_add(&report->lines, &line, sizeof(line));
    if (!checking->inv->value[OPT_FIX])
        return;
    if (checking->inv->value[OPT_GUIA])
        memcpy(movement->guia, checking->inv->value[OPT_GUIA], sizeof(movement->guia));
    record_write(&report->fixed, movement, checking->enye);
}

enum { RECORD = RECORD_COLUMNS + 2 };

/* The control record, under the guía of the last record. */
static void close_file(struct report *report)
{
    enum { GUIA_AT = 133, GUIA_LEN = 5 };
    char guia[GUIA_LEN + 1] = "";
    memcpy(guia, report->fixed.data + report->fixed.len - RECORD + GUIA_AT, GUIA_LEN);
    record_write_control(&report->fixed, report->movements, guia);
}

/* That a movement came before, or is contradicted, is known when all were read. */
static void drop_repeated(struct report *report, const struct check *check)
{
    size_t n = report->lines.len / sizeof(uint32_t);
    bool written = report->fixed.len > 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t line;
        memcpy(&line, report->lines.data + i * sizeof(line), sizeof(line));
        if (check_is_left_out(check, line))
            continue;
        if (written)
            memmove(report->fixed.data + report->movements * RECORD, report->fixed.data + i * RECORD, RECORD);
        report->movements++;
    }
    if (written)
        report->fixed.len = report->movements * RECORD;
}

static void read_movements(const struct checking *checking, const struct buf *bytes, struct report *ret)
{
    struct movement movement = {0};
    _cleanup_(source_cleanup) struct source *source =
        source_new(str_or_empty(bytes->data), bytes->len, &ret->findings);
    _cleanup_(check_cleanup) struct check *check =
        check_new(&checking->options, source, &ret->findings, bytes->len / (RECORD_COLUMNS + 1));
    int r;
    while ((r = source_next_any(source, &movement)) != READ_END) {
        if (r == READ_BROKEN)
            check_broken(check, &movement);
        if (r == READ_BROKEN || !check_movement(check, &movement))
            continue;
        keep(checking, ret, &movement, source_line(source));
    }
    check_finish(check);
    if (check_has_repeated(check)) {
        _cleanup_(source_cleanup) struct source *again =
            source_new(str_or_empty(bytes->data), bytes->len, NULL);
        check_contradictions(check, again);
    }
    findings_sort(&ret->findings);
    drop_repeated(ret, check);
    ret->left_out = source_count(source) + source_bad(source) - ret->movements;
    ret->format = source_format(source);
    if (ret->fixed.len > 0)
        close_file(ret);
}

static bool is_repaired(const struct invocation *inv, const char *name)
{
    int rule = finding_rule_from_name(name);
    return rule >= 0 && (finding_rule_trait((enum finding_rule)rule) == FINDING_REPAIRED ||
                         (rule == RULE_GUIA_MISSING && inv->value[OPT_GUIA]));
}

/* With --fix, what the canonical file has put right is no news any more. */
static void drop_repaired(const struct invocation *inv, json_t *findings)
{
    for (size_t i = json_array_size(findings); i-- > 0;)
        if (is_repaired(inv, row_text(json_array_get(findings, i), "rule")))
            json_array_remove(findings, i);
}

static void print_report(const struct checking *checking, const char *file, const struct report *report,
                         json_t *findings)
{
    const char *fix = checking->inv->value[OPT_FIX];
    const struct findings *found = &report->findings;
    if (!checking->inv->value[OPT_JSON])
        findings_print(stdout, file, findings);
    output_note(checking->inv,
                _("%s: movements: %zu, of these good: %zu, with errors: %zu; errors: %zu, warnings: %zu, "
                  "notes: %zu"),
                file, report->movements + report->left_out, report->movements, report->left_out,
                found->errors, found->warnings, found->notes);
    if (fix && report->fixed.len > 0)
        output_note(checking->inv, _("%s: written; movements: %zu, left out: %zu"), fix, report->movements,
                    report->left_out);
    else if (fix)
        output_warn(checking->inv, _("%s: not written, for no movement is good"), fix);
    json_array_append_new(
        checking->files,
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:O, s:s?, s:n}", "file", file, "format",
                  source_format_name(report->format), "movements", (json_int_t)report->movements, "left_out",
                  (json_int_t)report->left_out, "errors", (json_int_t)found->errors, "warnings",
                  (json_int_t)found->warnings, "notes", (json_int_t)found->notes, "findings", findings,
                  "fixed", report->fixed.len > 0 ? fix : NULL, "error"));
}

static int check_file(struct checking *checking, const char *file, struct err *err)
{
    const char *fix = checking->inv->value[OPT_FIX];
    _cleanup_(report_free) struct report report = {0};
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    _cleanup_close_ int fd = -1;
    int r = input_open(file, &fd, err);
    if (r >= 0)
        r = file_read_fd(fd, MAX_FILE, &bytes, err);
    if (r < 0)
        return r;
    read_movements(checking, &bytes, &report);
    if (fix && report.fixed.len > 0)
        r = document_write(checking->inv, fix, &report.fixed, err);
    if (r < 0)
        return r;
    _cleanup_json_ json_t *findings = findings_json(&report.findings);
    if (fix)
        drop_repaired(checking->inv, findings);
    print_report(checking, file, &report, findings);
    return report.findings.errors > 0 ? EXIT_STATUS_INVALID : EXIT_STATUS_OK;
}

static void check_next(struct checking *checking, const char *file)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = check_file(checking, file, &err);
    if (r < 0) {
        output_error(file, &err);
        json_array_append_new(checking->files,
                              json_pack("{s:s, s:[], s:{s:s, s:s}}", "file", file, "findings", "error",
                                        "name", err_dbus_name(err.code), "text", err_text(&err)));
        r = (int)err_exit_status(err.code);
    }
    checking->status = MAX(checking->status, r);
}

/* ---- the verb ---- */

static int read_options(struct checking *checking, struct err *err)
{
    const struct invocation *inv = checking->inv;
    const char *today = inv->value[OPT_TODAY], *guia = inv->value[OPT_GUIA], *enye = inv->value[OPT_ENYE];
    uint32_t date = (uint32_t)time_to_date(clock_wall_us(&clock_system));
    if (inv->n_args == 0)
        return err_set(err, ERR_USAGE, _("Missing argument: idsectl %s %s"), inv->verb->name,
                       _(inv->verb->args));
    if (inv->value[OPT_FIX] && inv->n_args > 1)
        return err_set(err, ERR_USAGE, _("--fix writes one file; give one to check."));
    if (today && !parse_date(today, &date))
        return err_set(err, ERR_USAGE, _("'%s' is not a date YYYY-MM-DD."), today);
    if (guia && (strlen(guia) != 5 || !str_all_digits(guia)))
        return err_set(err, ERR_USAGE, _("A guía has five digits."));
    int r = at_check(inv, err);
    if (r < 0)
        return r;
    checking->options.today = (int32_t)date;
    checking->options.sent = inv->value[OPT_AT] ? time_to_date(at_time(inv)) : 0;
    checking->options.north = inv->value[OPT_ZONE] && streq(inv->value[OPT_ZONE], "norte");
    checking->enye = enye ? (enum enye_policy)enye_policy_from_name(enye) : ENYE_HASH;
    return 0;
}

int verb_check(struct invocation *inv, struct err *err)
{
    _cleanup_law_ struct law law = {0};
    _cleanup_json_ json_t *files = json_array();
    struct checking checking = {.inv = inv, .files = files};
    if (inv->value[OPT_RULES])
        return list_rules(inv);
    int r = read_options(&checking, err);
    if (r >= 0)
        r = law_load(data_read, &law, err);
    if (r < 0)
        return r;
    checking.options.limits = law.limits;
    checking.options.calendar = law.calendar;
    for (int i = 0; i < inv->n_args; i++)
        check_next(&checking, inv->args[i]);
    if (inv->value[OPT_JSON])
        output_print_json(json_pack("{s:O}", "files", files));
    return checking.status;
}
