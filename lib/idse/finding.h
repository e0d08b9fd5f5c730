/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * What a check found in an input: where, which rule, and what to do. Findings of one rule and severity that
 * repeat on line after line are kept once per line up to a limit and then only counted, so that a file of a
 * million odd lines cannot grow the list.
 */
enum finding_severity { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };

enum finding_trait {
    FINDING_NONE,
    FINDING_REPAIRED, /* writing the canonical file puts it right */
    FINDING_EXPECTS,  /* the detail is what was expected */
};

#include "idse/rule-table.h"

enum finding_rule {
#define X(id, name, severity, trait, source, text) RULE_##id,
    RULE_TABLE(X)
#undef X
        _RULE_MAX
};

const char *finding_rule_name(enum finding_rule rule); /* "nss-check-digit": stable */
int finding_rule_from_name(const char *name);          /* negative when there is none */
enum finding_severity finding_rule_severity(enum finding_rule rule);
const char *finding_rule_text(enum finding_rule rule); /* translated */
enum finding_trait finding_rule_trait(enum finding_rule rule);
/* As in the finding of a breach, see findings_report(). New string. */
char *finding_rule_told(enum finding_rule rule, const char *detail);
const char *finding_rule_source(enum finding_rule rule); /* "LSS 28"; translated where it is in words */

struct finding {
    const char *rule;  /* stable id, e.g. "nss-check-digit"; static */
    const char *field; /* record field name, or NULL; static */
    enum finding_severity severity;
    uint32_t line;   /* 1-based; 0: the whole file */
    uint16_t column; /* 1-based; 0: the whole line */
    char *value;     /* what stands there, UTF-8; may be NULL */
    char *text;      /* what is wrong and what is expected, translated */
    char *detail;    /* what the text says beyond the rule's own words; or NULL */
    char *expected;  /* what should stand there, by itself, where the rule knows; or NULL */
    char *fix;       /* what is proposed instead; or NULL */
};

enum { FINDINGS_KEPT_PER_RULE = 100 };

struct findings {
    struct finding *items;
    size_t n;
    size_t errors, warnings, notes; /* all that were reported, kept or not */
    struct finding_count *counts;   /* per rule; private */
    size_t n_counts;
};

#define FINDINGS_INIT      ((struct findings){0})
#define _cleanup_findings_ _cleanup_(findings_free)

void findings_free(struct findings *findings);
/* Adds one; `value` is copied and may be NULL. Does nothing when findings is NULL. */
void findings_add(struct findings *findings, const char *rule, enum finding_severity severity, uint32_t line,
                  uint16_t column, const char *field, const char *value, const char *fmt, ...) _printf_(8, 9);
/*
 * A breach of a rule of the table, in the table's words; `detail` (may be NULL) follows them: what was
 * expected, or more precisely what was found. The finding is valid until the next one; NULL when it is only counted.
 */
struct finding *findings_report(struct findings *findings, enum finding_rule rule, uint32_t line,
                                uint16_t column, const char *field, const char *value, const char *detail);
/* Proposes a fix, a copy of the text. Does nothing when the finding is NULL. */
void finding_propose(struct finding *finding, const char *fix);
/* In the order of the file: by line and column, and what is of the file as a whole last. */
void findings_sort(struct findings *findings);
/* That of the rule among those of the line, which was told last; NULL when there is none. Valid until the next one. */
struct finding *findings_last(struct findings *findings, enum finding_rule rule, uint32_t line);
/* Would the next finding of the rule be kept, or only counted? Spares making words that nobody reads. */
bool findings_keep(const struct findings *findings, enum finding_rule rule);
/* How often the rule was reported, kept or not. */
size_t findings_count(const struct findings *findings, const char *rule);
/* The first error as one sentence with line and column, for an error message; NULL when there is none. New
 * string. */
char *findings_first_error(const struct findings *findings);
/* Under this code, the first error so, and how many more there are; there must be one. */
int findings_refuse(const struct findings *findings, enum err_code code, struct err *err);
const char *finding_severity_name(enum finding_severity severity); /* "note", "warning", "error" */
