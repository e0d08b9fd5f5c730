/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/catalogue.h"

#include "base/buf.h"

const struct catalogue_entry catalogue_tipo_movimiento[] = {
    {"08", "reingreso", "alta or reingreso"},
    {"07", "modificación de salario", "salary change"},
    {"02", "baja", "termination"},
    {NULL},
};

const struct catalogue_entry catalogue_tipo_trabajador[] = {
    {"1", "permanente", "permanent"},
    {"2", "eventual de la ciudad", "temporary, urban"},
    {"3", "eventual de la construcción", "temporary, construction"},
    {"4", "eventual del campo", "temporary, rural"},
    {NULL},
};

const struct catalogue_entry catalogue_tipo_salario[] = {
    {"0", "fijo", "fixed"},
    {"1", "variable", "variable"},
    {"2", "mixto", "mixed"},
    {NULL},
};

/* '1' is a week of one day, not the normal one: a well known trap. */
const struct catalogue_entry catalogue_jornada[] = {
    {"0", "normal", "normal"},
    {"1", "semana reducida de un día", "reduced week of one day"},
    {"2", "semana reducida de dos días", "reduced week of two days"},
    {"3", "semana reducida de tres días", "reduced week of three days"},
    {"4", "semana reducida de cuatro días", "reduced week of four days"},
    {"5", "semana reducida de cinco días", "reduced week of five days"},
    {"6", "jornada reducida", "reduced working day"},
    {NULL},
};

const struct catalogue_entry catalogue_causa_baja[] = {
    {"1", "término de contrato", "end of contract"},
    {"2", "separación voluntaria", "voluntary leave"},
    {"3", "abandono de empleo", "job abandonment"},
    {"4", "defunción", "death"},
    {"5", "clausura", "closure of the business"},
    {"6", "otra", "other"},
    {"7", "ausentismo", "absenteeism"},
    {"8", "rescisión de contrato", "rescission of contract"},
    {"9", "jubilación", "retirement"},
    {"A", "pensión", "pension"},
    {NULL},
};

const struct catalogue_entry *catalogue_find(const struct catalogue_entry *catalogue, const char *code)
{
    for (; catalogue->code; catalogue++)
        if (streq(catalogue->code, code))
            return catalogue;
    return NULL;
}

const struct catalogue_entry *catalogue_find_char(const struct catalogue_entry *catalogue, char code)
{
    return catalogue_find(catalogue, (char[]){code, '\0'});
}

const char *catalogue_label(const struct catalogue_entry *entry)
{
    if (!entry)
        return "";
    /* TRANSLATORS: the language in which IMSS's catalogues are shown: "es" where that is read, else "en". */
    return streq(_("en"), "es") ? entry->spanish : entry->english;
}

char *catalogue_codes(const struct catalogue_entry *catalogue)
{
    struct buf text = BUF_INIT;
    for (; catalogue->code; catalogue++)
        buf_printf(&text, "%s%s", text.len ? ", " : "", catalogue->code);
    return buf_steal(&text, NULL);
}
