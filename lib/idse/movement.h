/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * One movimiento afiliatorio, as the 168-column record carries it. Text is UTF-8, upper case, without surrounding
 * blanks; the arrays hold the most that the columns can (one column is at most two UTF-8 bytes here).
 */
enum movement_type {
    MOVEMENT_NONE = 0, /* "any" in filters, "mixed" for a lot */
    MOVEMENT_BAJA = 2,
    MOVEMENT_MODIFICACION = 7,
    MOVEMENT_REINGRESO = 8, /* alta or reingreso */
};

enum { MOVEMENT_NAME_COLUMNS = 27, MOVEMENT_NAME_SIZE = 2 * MOVEMENT_NAME_COLUMNS + 1 };

#define GUIA_NONE "00000" /* what stands in a record whose guía nobody knows */

struct movement {
    enum movement_type type;
    int32_t date;         /* yyyymmdd: the day that it takes effect, as the employer states it */
    int32_t sbc_centavos; /* salario base de cotización; 0 in a baja */
    char tipo_trabajador; /* '1'…'4', or 0 where the record has none */
    char tipo_salario;    /* '0'…'2', or 0 */
    char jornada;         /* semana o jornada reducida '0'…'6', or 0 */
    char causa_baja;      /* '1'…'9' or 'A', or 0 */
    char rp[12];          /* 10 characters and the check digit */
    char nss[12];         /* 10 digits and the check digit */
    char paterno[MOVEMENT_NAME_SIZE];
    char materno[MOVEMENT_NAME_SIZE];
    char nombres[MOVEMENT_NAME_SIZE];
    char umf[4];           /* three digits, or empty */
    char guia[6];          /* five digits; GUIA_NONE where none is known */
    char clave[21];        /* clave del trabajador: the employer's own, at most 10 columns; may be empty */
    char curp[2 * 18 + 1]; /* may be empty */
};

/* What a reader came to that gives also movements with an error: of these some fields are right. */
enum { READ_END, READ_GOOD, READ_BROKEN };

/* "Estado aviso" of a movement. The codes are stored and never renumbered. MOVEMENT_STATE_TABLE(X): X(id, code, name, label) */
#define MOVEMENT_STATE_TABLE(X)                                                                              \
    X(UNSENT, 0, "unsent", N_("not sent"))                                                                   \
    X(SENT, 1, "sent", N_("sent"))                                                                           \
    X(RECEIVED, 2, "received", N_("received"))                                                               \
    X(APPROVED, 3, "approved", N_("approved"))                                                               \
    X(REJECTED, 4, "rejected", N_("rejected"))                                                               \
    X(UNKNOWN, 5, "unknown", N_("unknown"))                                                                  \
    X(SUPERSEDED, 6, "superseded", N_("superseded"))                                                         \
    X(CANCELLED, 7, "cancelled", N_("cancelled"))

enum movement_state {
#define X(id, code, name, label) MOVEMENT_STATE_##id = code,
    MOVEMENT_STATE_TABLE(X)
#undef X
        _MOVEMENT_STATE_MAX
};

/* Stable name ("approved"), for D-Bus and JSON. */
const char *movement_state_name(enum movement_state state);
/* For people, translated. */
const char *movement_state_label(enum movement_state state);
/* The state of that stable name, or negative. */
int movement_state_from_name(const char *name);

/* "reingreso", "modificacion", "baja"; "mixed" for MOVEMENT_NONE. Stable. */
const char *movement_type_name(enum movement_type type);
/* For people, translated. */
const char *movement_type_label(enum movement_type type);
/* "08", "07", "02" as the record has it; "" for MOVEMENT_NONE. */
const char *movement_type_code(enum movement_type type);
/* By stable name, "08"/"8" and so on; negative when it is none. */
int movement_type_from_name(const char *name);
