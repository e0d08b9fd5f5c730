/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/fixes.h"

#include <stdio.h>

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "idse/csv-writer.h"
#include "idse/identifier.h"
#include "idse/imss-name.h"

/* How the contract's keys of a movement stand in the structure. */
static const struct {
    const char *key;
    size_t offset, size; /* size 1: a code, which has no end */
} members[] = {
#define MEMBER(key, member)                                                                                  \
    {                                                                                                        \
        key, offsetof(struct movement, member), sizeof(((struct movement *)0)->member)                       \
    }
    MEMBER("registration", rp),
    MEMBER("nss", nss),
    MEMBER("first-surname", paterno),
    MEMBER("second-surname", materno),
    MEMBER("names", nombres),
    MEMBER("curp", curp),
    MEMBER("umf", umf),
    MEMBER("guia", guia),
    MEMBER("clave", clave),
    MEMBER("worker-type", tipo_trabajador),
    MEMBER("salary-type", tipo_salario),
    MEMBER("reduced-week", jornada),
    MEMBER("cause", causa_baja),
#undef MEMBER
};

static void read_movement(const json_t *row, struct movement *ret)
{
    *ret = (struct movement){.date = (int32_t)row_number(row, "date"),
                             .sbc_centavos = (int32_t)row_number(row, "sbc")};
    int type = movement_type_from_name(row_text(row, "type"));
    ret->type = type < 0 ? MOVEMENT_NONE : (enum movement_type)type;
    for (size_t i = 0; i < ELEMENTSOF(members); i++) {
        char *to = (char *)ret + members[i].offset;
        const char *text = row_text(row, members[i].key);
        if (members[i].size == 1)
            *to = *text;
        else
            snprintf(to, members[i].size, "%s", text);
    }
}

static void take_name(const struct invocation *inv, const json_t *row, struct movement *movement)
{
    const char *name = row_text(row, "imss-name");
    unsigned long long position = row_number(row, "position");
    if (!imss_name_differs(movement, name))
        return;
    if (imss_name_apply(movement, name))
        output_warn(inv, _("No. %llu: the name is IMSS's now, '%s'; see whether it is right"), position,
                    name);
    else
        output_warn(inv, _("No. %llu: IMSS has the name '%s', which could not be split; correct it by hand"),
                    position, name);
}

/* "Dato registrado en el IMSS", where it can be nothing but a CURP. */
static void take_curp(const struct invocation *inv, const json_t *row, struct movement *movement)
{
    _cleanup_json_ json_t *errors = field_tuples(json_object_get(row, "errors"), error_members);
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const char *value = row_text(json_array_get(errors, i), "imss-value");
        if (movement->type == MOVEMENT_BAJA || curp_verdict(value) != IDENTIFIER_OK ||
            streq(value, movement->curp))
            continue;
        snprintf(movement->curp, sizeof(movement->curp), "%s", value);
        output_warn(inv,
                    _("No. %llu: the CURP is IMSS's now, %s; see whether NSS and CURP are of the worker"),
                    (unsigned long long)row_number(row, "position"), value);
    }
}

int fixes_print(const struct invocation *inv, const json_t *movements)
{
    _cleanup_buf_ struct buf table = BUF_INIT;
    csv_write_headings(&table);
    for (size_t i = 0; i < json_array_size(movements); i++) {
        const json_t *row = json_array_get(movements, i);
        struct movement movement;
        read_movement(row, &movement);
        take_name(inv, row, &movement);
        take_curp(inv, row, &movement);
        csv_write_row(&table, (uint32_t)row_number(row, "position"), &movement);
    }
    fwrite(table.data, 1, table.len, stdout);
    return 0;
}
