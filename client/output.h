/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/util.h"

/*
 * What the daemon answers, as tables, as records and as JSON. One table of fields for each kind of thing says how each
 * key of the contract is called, read and shown.
 *
 * JSON keys are the contract's, small and with underscores ("PortalLot" and "portal-lot" are "portal_lot"). Instants are
 * ISO 8601 texts with zone, dates "YYYY-MM-DD", money a text with two decimals, states and types their stable names;
 * what is not there is null.
 */
enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER, /* names a thing; 0 for none */
    FIELD_COUNT,
    FIELD_MONEY, /* centavos; 0 for none */
    FIELD_INSTANT,
    FIELD_DATE,
    FIELD_FLAG,
    FIELD_LIST,      /* of texts */
    FIELD_HOLD,      /* the reason in a sentence, and "HoldText" where it says more */
    FIELD_LOT_STATE, /* with the flag "Held" beside it */
    FIELD_MOVEMENT_STATE,
    FIELD_MOVEMENT_TYPE,
    FIELD_TUPLES, /* structures, whose members `sub` names; on one line, not in records */
};

enum field_use {
    FIELD_COLUMN = 1 << 0, /* in tables */
    FIELD_RECORD = 1 << 1, /* in records, where it is not empty */
    FIELD_CUT = 1 << 2,    /* may be cut off in a narrow terminal */
    FIELD_SPARE = 1 << 3,  /* left out of a table that does not fit, the last one first */
};

struct field {
    const char *key; /* of the contract; NULL ends the table */
    enum field_kind kind;
    unsigned use;
    const char *heading; /* untranslated */
    const struct field *sub;
};

struct output; /* a list under way */

/* "PortalLot" as "portal_lot"; a new string. */
char *output_key(const char *contract_key);
/* A row as it goes into --json; a new reference. Keys that the table does not know stay as they are. */
json_t *output_json(const json_t *row, const struct field *fields);
/* All rows of an array, the same way. */
json_t *output_json_rows(const json_t *rows, const struct field *fields);
/* One value for people; a new string, "" where there is none. */
char *output_text(const json_t *row, const struct field *field);

struct invocation;
/*
 * A list: a table that fits the terminal, or a JSON array. JSON leaves row by row, a table when it is closed. In place
 * of an empty table a terminal shows `nothing` (translated; may be NULL).
 */
struct output *output_open(const struct invocation *inv, const struct field *fields, const char *nothing);
void output_rows(struct output *output, const json_t *rows);
struct output *output_close(struct output *output);
/* All at once. */
void output_list(const struct invocation *inv, const struct field *fields, const json_t *rows,
                 const char *nothing);

/* "Label: value" for each FIELD_RECORD of the row that has one. */
void output_record(const json_t *row, const struct field *fields);
/* Prints a document and a newline; takes it over. */
void output_print_json(json_t *document);
/* A line for people on standard output, unless --quiet or --json. */
void output_note(const struct invocation *inv, const char *fmt, ...) _printf_(2, 3);
/* A line on standard error, unless --quiet. */
void output_warn(const struct invocation *inv, const char *fmt, ...) _printf_(2, 3);
/* "idsectl: about: what went wrong" on standard error; `about` may be NULL. */
struct err;
void output_error(const char *about, const struct err *err);
