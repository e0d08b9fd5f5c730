/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/util.h"

/*
 * What the daemon answers, value by value. One table of fields for each kind of thing says how each key of
 * the contract is called, read and shown.
 *
 * JSON keys are the contract's, small and with underscores ("PortalLot" and "portal-lot" are "portal_lot").
 * Instants are ISO 8601 texts with zone, dates "YYYY-MM-DD", money a text with two decimals, states and types
 * their stable names; what is not there is null, a text too. A list may be empty, a count 0, a flag false.
 */
enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER, /* names a thing; 0 for none */
    FIELD_COUNT,
    FIELD_DAYS,  /* may be negative; null for none */
    FIELD_MONEY, /* centavos; 0 for none */
    FIELD_INSTANT,
    FIELD_PLANNED, /* the instant, where the lot waits for it */
    FIELD_DATE,
    FIELD_FLAG,
    FIELD_LIST,      /* of texts */
    FIELD_HOLD,      /* the reason in a sentence, and "HoldText" where it says more */
    FIELD_LOT_STATE, /* with the flag "Held" beside it */
    FIELD_MOVEMENT_STATE,
    FIELD_MOVEMENT_TYPE,
    FIELD_WORKER_TYPE, /* codes of IMSS's catalogues */
    FIELD_SALARY_TYPE,
    FIELD_REDUCED_WEEK,
    FIELD_APPROVAL, /* the instant, where the state beside it is that */
    FIELD_REJECTION,
    FIELD_ACT, /* these four: of the history */
    FIELD_OBJECT,
    FIELD_OUTCOME,
    FIELD_DETAIL,
    FIELD_WORKER_STATUS,
    FIELD_SEVERITY, /* of a finding, or of the rule */
    FIELD_OLDER,    /* lots that one waits for, in sentences; structures in JSON */
    FIELD_TUPLES,   /* structures, whose members `sub` names; on one line, not in records */
};

enum field_use {
    FIELD_COLUMN = 1 << 0, /* in tables */
    FIELD_RECORD = 1 << 1, /* in records, where it is not empty */
    FIELD_CUT = 1 << 2,    /* may be cut off in a narrow terminal */
    FIELD_SPARE = 1 << 3,  /* left out of a table that does not fit, the last one first; and as FIELD_RARE */
    FIELD_RARE = 1 << 4,   /* left out of a table in which no row has it */
};

struct field {
    const char *key; /* of the contract; NULL ends the table */
    enum field_kind kind;
    unsigned use;
    const char *heading; /* untranslated */
    const struct field *sub;
};

/* "PortalLot" as "portal_lot"; a new string. */
char *field_key(const char *contract_key);
/*
 * A row as it goes into --json; a new reference. Of keys that the table does not know only empty texts
 * change.
 */
json_t *field_json(const json_t *row, const struct field *fields);
/* All rows of an array, the same way. */
json_t *field_json_rows(const json_t *rows, const struct field *fields);
/* One value for people; a new string, "" where there is none. */
char *field_text(const json_t *row, const struct field *field);
/* A colour's name as libsmartcols knows it, or NULL. */
const char *field_colour(const json_t *row, const struct field *field);
/*
 * Structures, arrays on the wire, as objects with the names that `members` gives in order; a new reference.
 */
json_t *field_tuples(const json_t *tuples, const struct field *members);
