/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/field.h"

/*
 * Between the three parts of the field codec: field-table.c says which fields a record has, field-text.c reads and writes
 * those that are text, field.c all others, and whole records.
 */

enum codec_id {
    CODEC_FILLER,
    CODEC_RP,
    CODEC_NSS,
    CODEC_NAME,
    CODEC_SBC,
    CODEC_TRABAJADOR,
    CODEC_SALARIO,
    CODEC_JORNADA,
    CODEC_CAUSA,
    CODEC_DATE,
    CODEC_UMF,
    CODEC_TYPE,
    CODEC_GUIA,
    CODEC_CLAVE,
    CODEC_CURP,
    CODEC_MARK,
    CODEC_COUNT,
    _CODEC_MAX,
};

/* n columns as a string; ret has room for n + 1 bytes. */
static inline void field_copy(const uint8_t *at, size_t n, char *ret)
{
    memcpy(ret, at, n);
    ret[n] = '\0';
}

/* A finding with the content of the field, at its first column or at that of the character at `offset`. NULL: nobody asks. */
struct finding *field_tell(struct field_reader *reader, enum finding_rule rule,
                           const struct record_field *field, const char *detail);
struct finding *field_tell_at(struct field_reader *reader, enum finding_rule rule,
                              const struct record_field *field, size_t offset, const char *detail);

/*
 * How a field is read and written. `at` is its first column; `ret` and `value` are its member. What is read is reported
 * as it was normalised, or with what is wrong, and is then of no use.
 */
typedef void field_read_fn(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                           void *ret);
typedef void field_write_fn(const struct record_field *field, char *at, const void *value,
                            enum enye_policy enye);

field_read_fn field_read_name, field_read_clave, field_read_curp;
field_write_fn field_write_name;

/* The columns [at, at + n) without the blanks around them: where they begin, and in *ret_n how many they are. */
const uint8_t *field_trim(const uint8_t *at, size_t n, size_t *ret_n);
