/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-writer.h"

#include "idse/csv-column.h"
#include "idse/date.h"
#include "idse/limits.h"

/* ---- the template ---- */

static const enum movement_type shown[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};

static bool has_column(uint32_t types, const struct csv_column *column)
{
    if (streq(column->field, "position"))
        return false;
    for (size_t i = 0; i < ELEMENTSOF(shown); i++)
        for (const struct record_field *field = record_fields(shown[i]); field->name && types >> shown[i] & 1;
             field++)
            if (streq(field->name, column->field) && field->type != ' ')
                return true;
    return types == 0;
}

void csv_template(struct buf *buf, uint32_t types, int32_t today)
{
    _cleanup_free_ char *date =
        xasprintf("%02d/%02d/%04d", date_day(today), date_month(today), date_year(today));
    buf_add_str(buf, "\xEF\xBB\xBF");
    for (int row = -1; row < (int)ELEMENTSOF(shown); row++) {
        const char *comma = "";
        if (row >= 0 && types != 0 && !(types >> shown[row] & 1))
            continue;
        for (size_t i = 0; i < CSV_COLUMNS; i++) {
            if (!has_column(types, &csv_columns[i]))
                continue;
            const char *example = row < 0 ? csv_columns[i].heading : csv_columns[i].examples[row];
            buf_printf(buf, "%s%s", comma, example ? example : date);
            comma = ",";
        }
        buf_add_str(buf, "\r\n");
    }
}

/* ---- a table of corrections ---- */

/* What the column's cell says of a movement; a new string. */
static char *cell_text(const char *field, uint32_t position, const struct movement *movement)
{
    static const struct {
        const char *field;
        size_t offset;
        bool code; /* one character, or none */
    } members[] = {
        {"rp", offsetof(struct movement, rp)},
        {"nss", offsetof(struct movement, nss)},
        {"first-surname", offsetof(struct movement, paterno)},
        {"second-surname", offsetof(struct movement, materno)},
        {"names", offsetof(struct movement, nombres)},
        {"umf", offsetof(struct movement, umf)},
        {"guia", offsetof(struct movement, guia)},
        {"clave", offsetof(struct movement, clave)},
        {"curp", offsetof(struct movement, curp)},
        {"tipo-trabajador", offsetof(struct movement, tipo_trabajador), true},
        {"tipo-salario", offsetof(struct movement, tipo_salario), true},
        {"jornada", offsetof(struct movement, jornada), true},
        {"causa-baja", offsetof(struct movement, causa_baja), true},
    };
    for (size_t i = 0; i < ELEMENTSOF(members); i++) {
        const char *at = (const char *)movement + members[i].offset;
        if (streq(members[i].field, field))
            return members[i].code ? xstrndup(at, *at != '\0') : xstrdup(at);
    }
    if (streq(field, "position"))
        return xasprintf("%u", position);
    if (streq(field, "type"))
        return xstrdup(movement_type_name(movement->type));
    if (streq(field, "date"))
        return xasprintf("%02d/%02d/%04d", date_day(movement->date), date_month(movement->date),
                         date_year(movement->date));
    return movement->type == MOVEMENT_BAJA ? xstrdup("") : money_text(movement->sbc_centavos); /* "sbc" */
}

void csv_write_headings(struct buf *buf)
{
    buf_add_str(buf, "\xEF\xBB\xBF");
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        buf_printf(buf, "%s%s", i == 0 ? "" : ",", csv_columns[i].heading);
    buf_add_str(buf, "\r\n");
}

void csv_write_row(struct buf *buf, uint32_t position, const struct movement *movement)
{
    for (size_t i = 0; i < CSV_COLUMNS; i++) {
        _cleanup_free_ char *text = cell_text(csv_columns[i].field, position, movement);
        if (i > 0)
            buf_add_char(buf, ',');
        csv_write_cell(buf, text);
    }
    buf_add_str(buf, "\r\n");
}
