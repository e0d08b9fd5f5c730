/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/finding.h"
#include "idse/movement.h"

/*
 * The DISPMAG record codec: 168 columns and a control record (domain: "Estructura de Movimientos
 * afiliatorios"). One table of fields drives the reader, the writer and the documentation of rules.
 */
enum {
    RECORD_COLUMNS = 168,
    RECORD_MAX_MOVEMENTS = 999999, /* what the control record's six digits can count */
};

/* What becomes of Ñ, which IMSS does not specify: '#', the byte of cp1252, or N. */
enum enye_policy { ENYE_HASH, ENYE_LATIN1, ENYE_N };
const char *enye_policy_name(enum enye_policy policy); /* "hash", "latin1", "n" */
int enye_policy_from_name(const char *name);           /* negative when it is none */

struct record_field {
    const char *name; /* stable: "rp", "nss", "sbc", …, used in findings and JSON */
    uint8_t first;    /* 1-based, inclusive */
    uint8_t last;
    char type;       /* 'N' digits, 'A' text, 'X' letters and digits; ' ', '0' or '*': a filler of these */
    uint8_t codec;   /* private: which codec reads and writes it, */
    uint16_t offset; /* and into which member */
};

/* The fields of a type in column order, without gaps; MOVEMENT_NONE gives the control record. Ends with a
 * NULL name. */
const struct record_field *record_fields(enum movement_type type);

/*
 * Reading. The reader walks bytes that the caller keeps alive, movement by movement, accepting every variant
 * seen in use (LF, CRLF, lone CR, no control record, any filler, UTF-8 or cp1252, mixed types) and reporting
 * into `findings` what it normalised (severity note or warning) and what is wrong (error). A record with an
 * error is reported and skipped, so that one pass finds everything.
 */
struct record_reader;

/* `findings` may be NULL. */
struct record_reader *record_reader_new(const void *data, size_t n, struct findings *findings);
struct record_reader *record_reader_free(struct record_reader *reader);
DEFINE_CLEANUP(struct record_reader *, record_reader_cleanup, record_reader_free)
/* 1 and *ret filled for a movement, 0 at the end. */
int record_reader_next(struct record_reader *reader, struct movement *ret);
/* The same, but READ_BROKEN for a movement of known type with an error, which was reported. */
int record_reader_next_any(struct record_reader *reader, struct movement *ret);
/* Was this field of the movement read last, of that type, without an error? */
bool record_reader_is_right(const struct record_reader *reader, enum movement_type type, const char *field);
/* The 1-based line of the movement read last. */
uint32_t record_reader_line(const struct record_reader *reader);
/* How many movements were read, and how many records had errors. */
size_t record_reader_count(const struct record_reader *reader);
size_t record_reader_bad(const struct record_reader *reader);

/* Writing the canonical form: one byte per column, CRLF behind every line. */

/* Appends one record of RECORD_COLUMNS + 2 bytes. The movement must be one that a reader could give. */
void record_write(struct buf *buf, const struct movement *movement, enum enye_policy enye);
/* Appends the control record for `count` movements under `guia`. */
void record_write_control(struct buf *buf, size_t count, const char *guia);
