/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/findings.h"

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "idse/finding.h"

json_t *findings_json(const struct findings *findings)
{
    _cleanup_json_ json_t *rows = json_array();
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->items[i];
        json_array_append_new(
            rows, json_pack("{s:i, s:i, s:s?, s:s, s:s, s:s?, s:s, s:s?, s:s?}", "line", (int)finding->line,
                            "column", (int)finding->column, "field", finding->field, "rule", finding->rule,
                            "severity", finding_severity_name(finding->severity), "value", finding->value,
                            "text", finding->text, "expected", finding->expected, "fix", finding->fix));
    }
    return field_json_rows(rows, finding_kind);
}

json_t *findings_told(const json_t *told)
{
    _cleanup_json_ json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(told); i++) {
        json_t *row = json_copy(json_array_get(told, i));
        int rule = finding_rule_from_name(row_text(row, "rule"));
        const char *detail = json_string_value(json_object_get(row, "detail"));
        if (rule >= 0 && detail) {
            _cleanup_free_ char *text = finding_rule_told((enum finding_rule)rule, *detail ? detail : NULL);
            json_object_set_new(row, "text", json_string(text));
        }
        json_object_del(row, "detail");
        json_array_append_new(rows, row);
    }
    return field_json_rows(rows, finding_kind);
}

const char *findings_severity_label(const char *severity)
{
    return streq(severity, "error")     ? _("error")
           : streq(severity, "warning") ? _("warning")
           : streq(severity, "note")    ? _("note")
                                        : severity;
}

static void print_finding(FILE *stream, const char *file, const json_t *finding)
{
    unsigned line = (unsigned)row_number(finding, "line"), column = (unsigned)row_number(finding, "column");
    _cleanup_free_ char *where = line && column ? xasprintf(":%u:%u", line, column)
                                 : line         ? xasprintf(":%u", line)
                                                : xstrdup("");
    const char *label = findings_severity_label(row_text(finding, "severity"));
    const char *fix = row_text(finding, "fix"), *value = row_text(finding, "value");
    bool cites = *value && streq(row_text(finding, "severity"), "error");
    _cleanup_free_ char *found = cites ? xasprintf(_(", found: %s"), value) : xstrdup("");
    _cleanup_free_ char *proposal = *fix ? xasprintf(_(", proposed: %s"), fix) : xstrdup("");
    _cleanup_free_ char *text =
        terminal_harmless(xasprintf("%s%s: %s: %s%s%s (%s)", file, where, label, row_text(finding, "text"),
                                    found, proposal, row_text(finding, "rule")));
    fprintf(stream, "%s\n", text);
}

static void print_count(FILE *stream, const char *file, json_int_t n, const char *rule)
{
    _cleanup_free_ char *text =
        n < FINDINGS_KEPT_PER_RULE
            ? xasprintf(_("%s: %lld times %s in all; --json shows each"), file, n, rule)
            : xasprintf(_("%s: %lld times %s, or more; --json shows these"), file, n, rule);
    fprintf(stream, "%s\n", text);
}

void findings_print(FILE *stream, const char *file, const json_t *findings)
{
    enum { SHOWN_PER_RULE = 3 };
    _cleanup_json_ json_t *counts = json_object();
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        const char *rule = row_text(finding, "rule");
        json_int_t n = (json_int_t)row_number(counts, rule) + 1;
        json_object_set_new(counts, rule, json_integer(n));
        if (n <= SHOWN_PER_RULE || streq(row_text(finding, "severity"), "error"))
            print_finding(stream, file, finding);
    }
    const char *rule;
    json_t *n;
    json_object_foreach (counts, rule, n) {
        if (json_integer_value(n) > SHOWN_PER_RULE)
            print_count(stream, file, json_integer_value(n), rule);
    }
}

/* The first errors; how many they are. */
static uint64_t print_errors(const char *file, const json_t *findings)
{
    enum { SHOWN = 20 };
    uint64_t shown = 0;
    for (size_t i = 0; i < json_array_size(findings) && shown < SHOWN; i++) {
        const json_t *finding = json_array_get(findings, i);
        if (!streq(row_text(finding, "severity"), "error"))
            continue;
        print_finding(stderr, file, finding);
        shown++;
    }
    return shown;
}

void findings_refused(const char *file, const json_t *reasons, const struct err *fault)
{
    _cleanup_json_ json_t *findings = findings_told(json_array_get(reasons, 0));
    _cleanup_err_ struct err refusal = ERR_INIT;
    unsigned long long errors = (unsigned long long)json_integer_value(json_array_get(reasons, 1));
    unsigned long long shown = print_errors(file, findings), more = errors - MIN(errors, shown);
    if (json_array_size(findings) == 0) {
        output_error(file, fault);
        return;
    }
    if (more == 0)
        err_set(&refusal, fault->code, _("refused, nothing of it was queued; errors: %llu"), errors);
    else
        err_set(&refusal, fault->code,
                _("refused, nothing of it was queued; errors: %llu, of which %llu are not shown: see "
                  "'idsectl check %s'"),
                errors, more, file);
    output_error(file, &refusal);
}
