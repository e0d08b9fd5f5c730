/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/record.h"

/*
 * What the practice portal accepts and rejects: by what it has operated before for the same NSS, by dates and by
 * amounts. Nothing here asks a clock or a random source, so the same seed and the same lots give the same answers.
 *
 * The codes are practice codes: IMSS's catalogue is not public, only its shape is (three characters, the first a zero).
 * CAUSE_TABLE(X): X(id, code, text)
 */
#define CAUSE_TABLE(X)                                                                                       \
    X(NSS_CHECK_DIGIT, "011", "El dígito verificador del número de seguridad social es incorrecto")          \
    X(CATALOGUE, "012",                                                                                      \
      "El tipo de trabajador, el tipo de salario, la jornada o la causa de baja no existe en el catálogo")   \
    X(ACTIVE, "021", "El asegurado ya tiene una relación laboral vigente con este registro patronal")        \
    X(NOT_ACTIVE, "022", "El asegurado no tiene una relación laboral vigente con este registro patronal")    \
    X(BEFORE_ALTA, "023", "La fecha del movimiento es anterior a la del último reingreso del asegurado")     \
    X(CURP, "031", "La CURP no corresponde al número de seguridad social del asegurado")                     \
    X(DATE_INVALID, "041", "La fecha del movimiento no es una fecha del calendario")                         \
    X(DATE_FUTURE, "042", "La fecha del movimiento es posterior a la permitida")                             \
    X(DATE_OLD, "043", "La fecha del movimiento es anterior en más de cinco años a la de recepción")         \
    X(SBC_OVER, "051",                                                                                       \
      "El salario base de cotización es superior al límite de veinticinco veces la UMA vigente en la fecha") \
    X(SBC_UNDER, "052",                                                                                      \
      "El salario base de cotización es inferior al salario mínimo general vigente en la fecha del "       \
      "movimiento")                                                                                          \
    X(DUPLICATE, "061", "El movimiento ya fue operado con el mismo tipo y la misma fecha")

enum cause {
#define X(id, code, text) CAUSE_##id,
    CAUSE_TABLE(X)
#undef X
        _CAUSES
};
const char *cause_code(enum cause cause);
const char *cause_text(enum cause cause); /* Spanish */

/* One error of one movement. */
struct rejection {
    uint32_t seq; /* 0-based position of the movement in its file */
    enum cause cause;
    char *known; /* "Dato registrado en el IMSS", cp1252; NULL: none */
};

struct result {
    size_t operated[_RECORD_KINDS], rejected[_RECORD_KINDS];
    struct rejection *rejections; /* by seq; a movement may have several */
    size_t n;
};
void result_free(struct result *result);

/* What IMSS knows of workers. */
struct history;
/*
 * With seed 0 a worker seen for the first time is whatever makes the movement valid (the employer's history before the
 * practice portal). Any other seed gives one in twenty of them the other status, and one in forty another CURP.
 */
struct history *history_new(uint64_t seed);
struct history *history_free(struct history *history);
DEFINE_CLEANUP(struct history *, history_cleanup, history_free)

/* Judges a lot received on that date, movement by movement, and remembers what was operated. */
void history_judge(struct history *history, const struct record_list *list, int32_t received,
                   struct result *ret);

/* Later than five working days after its date: the "Ext." column. */
bool record_extemporaneous(const char *record, int32_t received);
