/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/field-codec.h"

#define M(member) offsetof(struct movement, member)

/* What all three types begin with. */
#define FIELDS_WHO                                                                                           \
    {"rp", 1, 11, 'X', CODEC_RP, M(rp)}, {"nss", 12, 22, 'N', CODEC_NSS, M(nss)},                            \
        {"first-surname", 23, 49, 'A', CODEC_NAME, M(paterno)},                                              \
        {"second-surname", 50, 76, 'A', CODEC_NAME, M(materno)},                                             \
    {                                                                                                        \
        "names", 77, 103, 'A', CODEC_NAME, M(nombres)                                                        \
    }

static const struct record_field fields_reingreso[] = {
    FIELDS_WHO,
    {"sbc", 104, 109, 'N', CODEC_SBC, M(sbc_centavos)},
    {"filler", 110, 115, ' ', CODEC_FILLER},
    {"tipo-trabajador", 116, 116, 'N', CODEC_TRABAJADOR, M(tipo_trabajador)},
    {"tipo-salario", 117, 117, 'N', CODEC_SALARIO, M(tipo_salario)},
    {"jornada", 118, 118, 'N', CODEC_JORNADA, M(jornada)},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"umf", 127, 129, 'N', CODEC_UMF, M(umf)},
    {"filler", 130, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"filler", 149, 149, ' ', CODEC_FILLER},
    {"curp", 150, 167, 'X', CODEC_CURP, M(curp)},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_modificacion[] = {
    FIELDS_WHO,
    {"sbc", 104, 109, 'N', CODEC_SBC, M(sbc_centavos)},
    {"filler", 110, 115, ' ', CODEC_FILLER},
    {"tipo-trabajador", 116, 116, ' ', CODEC_FILLER},
    {"tipo-salario", 117, 117, 'N', CODEC_SALARIO, M(tipo_salario)},
    {"jornada", 118, 118, 'N', CODEC_JORNADA, M(jornada)},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"filler", 127, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"filler", 149, 149, ' ', CODEC_FILLER},
    {"curp", 150, 167, 'X', CODEC_CURP, M(curp)},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_baja[] = {
    FIELDS_WHO,
    {"filler", 104, 118, '0', CODEC_FILLER},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"filler", 127, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"causa-baja", 149, 149, 'X', CODEC_CAUSA, M(causa_baja)},
    {"filler", 150, 167, ' ', CODEC_FILLER},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_control[] = {
    {"asterisks", 1, 13, '*', CODEC_FILLER},
    {"filler", 14, 56, ' ', CODEC_FILLER},
    {"count", 57, 62, 'N', CODEC_COUNT, offsetof(struct control, count)},
    {"filler", 63, 133, ' ', CODEC_FILLER},
    {"guia", 134, 138, 'N', CODEC_GUIA, offsetof(struct control, guia)},
    {"filler", 139, 167, ' ', CODEC_FILLER},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

const struct record_field *record_fields(enum movement_type type)
{
    switch (type) {
    case MOVEMENT_REINGRESO:
        return fields_reingreso;
    case MOVEMENT_MODIFICACION:
        return fields_modificacion;
    case MOVEMENT_BAJA:
        return fields_baja;
    case MOVEMENT_NONE:
        break;
    }
    return fields_control;
}
