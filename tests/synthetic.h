/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "idse/identifier.h"
#include "idse/record.h"

/* Invented movements with right check digits; the same number gives the same one. For tests and measures. */

static const char *const synthetic_rps[] = {"Z9900001108", "Z9900002106", "A9900003103"};

static inline void synthetic_nss(unsigned number, char ret[12])
{
    snprintf(ret, 12, "99%08u", number % 100000000);
    ret[10] = nss_check_digit(ret);
    ret[11] = '\0';
}

static inline void synthetic_curp(unsigned number, char ret[2 * 18 + 1])
{
    snprintf(ret, 19, "PEXJ%02u%02u%02uHDFRXN0", 50 + number % 50, 1 + number / 50 % 12,
             1 + number / 600 % 28);
    ret[17] = curp_check_digit(ret);
    ret[18] = '\0';
}

static inline struct movement synthetic_movement(enum movement_type type, unsigned number)
{
    static const char *const surnames[] = {"PEREZ",          "MUÑOZ",  "DE LA CRUZ", "X",
                                           "LOPEZ PORTILLO", "IBAÑEZ", "D'ARCO"};
    static const char *const names[] = {"JUAN", "MARIA DE LOS ANGELES", "BEGOÑA", "MA. LUISA", "JOSE"};
    struct movement m = {.type = type, .date = 20261102 + (int32_t)(number % 20), .guia = "06400"};
    snprintf(m.rp, sizeof(m.rp), "%s", synthetic_rps[0]);
    snprintf(m.paterno, sizeof(m.paterno), "%s", surnames[number % 7]);
    snprintf(m.materno, sizeof(m.materno), "%s", number % 11 ? surnames[number / 7 % 7] : "");
    snprintf(m.nombres, sizeof(m.nombres), "%s", names[number % 5]);
    snprintf(m.clave, sizeof(m.clave), "E%07u", number % 10000000);
    synthetic_nss(number, m.nss);
    if (type == MOVEMENT_BAJA) {
        m.causa_baja = "123456789A"[number % 10];
        return m;
    }
    m.sbc_centavos = 31504 + (int32_t)(number % 200000);
    m.tipo_salario = "012"[number % 3];
    m.jornada = '0';
    synthetic_curp(number, m.curp);
    if (type == MOVEMENT_REINGRESO) {
        m.tipo_trabajador = "1234"[number % 4];
        snprintf(m.umf, sizeof(m.umf), "%03u", number % 200);
    }
    return m;
}
