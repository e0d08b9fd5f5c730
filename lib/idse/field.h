/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/record.h"

/* The fields of a record, read and written one by one as their table says. Private to the record codec. */

static inline size_t field_width(const struct record_field *field)
{
    return (size_t)(field->last - field->first + 1);
}

/* What reading the fields of one record after the other needs to remember. */
struct field_reader {
    struct findings *findings;
    uint32_t line;
    const uint8_t *columns; /* of the record being read */
    uint32_t wrong;         /* codecs of its fields that have an error, as bits; 0: it is of use */
    uint8_t rp[11];         /* the last registro patronal that was good: the next one is mostly the same */
    /* Where the record was made of a table's row, by the first column of the field; else NULL. */
    const uint16_t *cells; /* the cell that a finding names instead of the record's column */
    const bool *skip;      /* fields that have a finding already and are not read */
};

/* What the control record holds. */
struct control {
    uint32_t count;
    char guia[6];
};

/* The type that the columns say, or negative after a finding. */
int field_type(struct field_reader *reader, const uint8_t *columns);
/* Does a field of this name have an error in the record read last, which was of that type? */
bool fields_have_error(const struct field_reader *reader, enum movement_type type, const char *name);
/* Reads all fields of a movement; reader->wrong says which of them are of no use. */
void fields_read(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                 struct movement *ret);
/* Of a record without a type: reports what is wrong with it whatever its type is. */
void fields_check_common(struct field_reader *reader, const uint8_t *columns);
/* The same for a record that was made of a row, see reader->cells, and of which reader->wrong may have bits already. */
void fields_read_row(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                     struct movement *ret);
/* Writes RECORD_COLUMNS bytes: `values` is a struct movement, or for MOVEMENT_NONE a struct control. */
void fields_write(enum movement_type type, const void *values, enum enye_policy enye, char *columns);
