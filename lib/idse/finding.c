/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/finding.h"

static const struct {
    const char *name, *text, *source;
    enum finding_severity severity;
    enum finding_trait trait;
} rules[_RULE_MAX] = {
#define X(id, name_, severity_, trait_, source_, text_)                                                      \
    [RULE_##id] = {name_, text_, source_, FINDING_##severity_, FINDING_##trait_},
    RULE_TABLE(X)
#undef X
};

const char *finding_rule_name(enum finding_rule rule)
{
    return rules[rule].name;
}

int finding_rule_from_name(const char *name)
{
    return ROW_INDEX(rules, name, name);
}

enum finding_severity finding_rule_severity(enum finding_rule rule)
{
    return rules[rule].severity;
}

const char *finding_rule_text(enum finding_rule rule)
{
    return _(rules[rule].text);
}

char *finding_rule_told(enum finding_rule rule, const char *detail)
{
    const char *text = finding_rule_text(rule);
    return detail ? xasprintf("%s: %s", text, detail) : xstrdup(text);
}

enum finding_trait finding_rule_trait(enum finding_rule rule)
{
    return rules[rule].trait;
}

const char *finding_rule_source(enum finding_rule rule)
{
    return _(rules[rule].source);
}

struct finding_count {
    const char *rule;
    enum finding_severity severity;
    size_t n;
};

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        free(findings->items[i].value);
        free(findings->items[i].text);
        free(findings->items[i].detail);
        free(findings->items[i].expected);
        free(findings->items[i].fix);
    }
    free(findings->items);
    free(findings->counts);
    *findings = FINDINGS_INIT;
}

/* Counts one more of the rule and severity, and tells how many there were before. */
static size_t count_one(struct findings *findings, const char *rule, enum finding_severity severity)
{
    size_t *totals[] = {
        [FINDING_NOTE] = &findings->notes,
        [FINDING_WARNING] = &findings->warnings,
        [FINDING_ERROR] = &findings->errors,
    };
    ++*totals[severity];
    for (size_t i = 0; i < findings->n_counts; i++) {
        struct finding_count *count = &findings->counts[i];
        if (count->severity == severity && (count->rule == rule || streq(count->rule, rule)))
            return count->n++;
    }
    findings->counts = xreallocarray(findings->counts, findings->n_counts + 1, sizeof(*findings->counts));
    findings->counts[findings->n_counts++] = (struct finding_count){rule, severity, 1};
    return 0;
}

/* A place for one more, or NULL when the rule has had its share. */
static struct finding *add_place(struct findings *findings, const char *rule, enum finding_severity severity)
{
    if (!findings || count_one(findings, rule, severity) >= FINDINGS_KEPT_PER_RULE)
        return NULL;
    if ((findings->n & (findings->n - 1)) == 0) /* full at every power of two */
        findings->items =
            xreallocarray(findings->items, MAX(findings->n * 2, (size_t)1), sizeof(*findings->items));
    return &findings->items[findings->n++];
}

void findings_add(struct findings *findings, const char *rule, enum finding_severity severity, uint32_t line,
                  uint16_t column, const char *field, const char *value, const char *fmt, ...)
{
    struct finding *finding = add_place(findings, rule, severity);
    if (!finding)
        return;
    va_list ap;
    va_start(ap, fmt);
    *finding = (struct finding){.rule = rule,
                                .field = field,
                                .severity = severity,
                                .line = line,
                                .column = column,
                                .value = xstrdup(value),
                                .text = xvasprintf(fmt, ap)};
    va_end(ap);
}

struct finding *findings_report(struct findings *findings, enum finding_rule rule, uint32_t line,
                                uint16_t column, const char *field, const char *value, const char *detail)
{
    struct finding *finding = add_place(findings, rules[rule].name, rules[rule].severity);
    if (!finding)
        return NULL;
    *finding = (struct finding){
        .rule = rules[rule].name,
        .field = field,
        .severity = rules[rule].severity,
        .line = line,
        .column = column,
        .value = xstrdup(value),
        .text = finding_rule_told(rule, detail),
        .detail = xstrdup(detail),
        .expected = rules[rule].trait == FINDING_EXPECTS ? xstrdup(detail) : NULL,
    };
    return finding;
}

void finding_propose(struct finding *finding, const char *fix)
{
    if (finding)
        replace_str(&finding->fix, xstrdup(fix));
}

struct placed {
    struct finding finding;
    size_t at; /* so that what stands in one place stays as it was reported */
};

static int by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    uint32_t x_line = x->finding.line - 1, y_line = y->finding.line - 1; /* 0 becomes the largest */
    if (x_line != y_line)
        return COMPARE(x_line, y_line);
    if (x->finding.column != y->finding.column)
        return COMPARE(x->finding.column, y->finding.column);
    return COMPARE(x->at, y->at);
}

void findings_sort(struct findings *findings)
{
    _cleanup_free_ struct placed *placed = xcalloc(findings->n, sizeof(*placed));
    for (size_t i = 0; i < findings->n; i++)
        placed[i] = (struct placed){findings->items[i], i};
    if (findings->n > 0)
        qsort(placed, findings->n, sizeof(*placed), by_place);
    for (size_t i = 0; i < findings->n; i++)
        findings->items[i] = placed[i].finding;
}

struct finding *findings_last(struct findings *findings, enum finding_rule rule, uint32_t line)
{
    for (size_t i = findings->n; i > 0 && findings->items[i - 1].line == line; i--)
        if (streq(findings->items[i - 1].rule, rules[rule].name))
            return &findings->items[i - 1];
    return NULL;
}

bool findings_keep(const struct findings *findings, enum finding_rule rule)
{
    return findings && findings_count(findings, rules[rule].name) < FINDINGS_KEPT_PER_RULE;
}

size_t findings_count(const struct findings *findings, const char *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->n_counts; i++)
        if (streq(findings->counts[i].rule, rule))
            n += findings->counts[i].n;
    return n;
}

char *findings_first_error(const struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity != FINDING_ERROR)
            continue;
        _cleanup_free_ char *value = finding->value ? xasprintf(" (\"%s\")", finding->value) : xstrdup("");
        if (finding->line == 0)
            return xasprintf("%s%s", finding->text, value);
        if (finding->column == 0)
            return xasprintf(_("line %u: %s%s"), finding->line, finding->text, value);
        return xasprintf(_("line %u, column %u: %s%s"), finding->line, finding->column, finding->text, value);
    }
    return NULL;
}

int findings_refuse(const struct findings *findings, enum err_code code, struct err *err)
{
    _cleanup_free_ char *first = findings_first_error(findings);
    if (findings->errors == 1)
        return err_set(err, code, "%s", first);
    size_t more = findings->errors - 1;
    return err_set(err, code,
                   dngettext(IDSED_TEXTDOMAIN, "%s; and %zu more error ('idsectl check' tells all)",
                             "%s; and %zu more errors ('idsectl check' tells all)", more),
                   first, more);
}

const char *finding_severity_name(enum finding_severity severity)
{
    switch (severity) {
    case FINDING_NOTE:
        return "note";
    case FINDING_WARNING:
        return "warning";
    case FINDING_ERROR:
        return "error";
    }
    return "error";
}
