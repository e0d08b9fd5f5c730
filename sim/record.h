/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * The received file as the portal looks at it: lines of 168 columns, read here by column and on purpose not with
 * lib/idse's codec, so that the two check each other. Nothing is copied: the bytes must outlive the list.
 */
enum record_kind { RECORD_BAJA, RECORD_MODIFICACION, RECORD_REINGRESO, _RECORD_KINDS };

struct record_list {
    const char **at; /* the first byte of each movement, in the file's order */
    size_t n;
    size_t counts[_RECORD_KINDS];
    char rp[12]; /* the one registro patronal of the file */
};
void record_list_free(struct record_list *list);

/*
 * The check on reception: NULL and *ret filled when the file is in order, else why the whole file is refused, in
 * Spanish, with the line; new string.
 */
char *record_list_read(const char *data, size_t n, struct record_list *ret);

enum record_kind record_kind(const char *record);
/* "Bajas", "Modificaciones", "Reingresos", or "Mixto" for a list with more than one kind. */
const char *record_list_type(const struct record_list *list);

/* ---- columns of one record ---- */
enum { RECORD_WIDTH = 168, RECORD_NAME_ROOM = 3 * 27 + 3 };

int32_t record_sbc(const char *record);  /* centavos; -1 when not digits */
int32_t record_date(const char *record); /* yyyymmdd; 0 when it is no date */
void record_nss(const char *record, char ret[12]);
void record_curp(const char *record, char ret[19]); /* cp1252, "" when blank */
/* "PATERNO MATERNO NOMBRES" in cp1252, as IMSS would hold it: a '#' is an Ñ. */
void record_name(const char *record, char ret[RECORD_NAME_ROOM]);

/* The one-character columns, and where UMF begins (all 1-based, as in the official table). */
enum {
    COLUMN_TIPO_TRABAJADOR = 116,
    COLUMN_TIPO_SALARIO = 117,
    COLUMN_JORNADA = 118,
    COLUMN_UMF = 127,
    COLUMN_CAUSA_BAJA = 149,
};
static inline char record_column(const char *record, int column)
{
    return record[column - 1];
}
