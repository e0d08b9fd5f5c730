/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * IMSS's catalogues of a movement's one-character codes (domain: the notes of the DISPMAG layout), with both
 * names: the Spanish one is IMSS's own and goes into exports in every locale, the English one is a
 * translation.
 */
struct catalogue_entry {
    const char *code; /* as the record has it; NULL ends a catalogue */
    const char *spanish;
    const char *english;
};

extern const struct catalogue_entry catalogue_tipo_movimiento[]; /* "08", "07", "02" */
extern const struct catalogue_entry catalogue_tipo_trabajador[];
extern const struct catalogue_entry catalogue_tipo_salario[];
extern const struct catalogue_entry catalogue_jornada[];
extern const struct catalogue_entry catalogue_causa_baja[];

/* The entry of that code, or NULL. */
const struct catalogue_entry *catalogue_find(const struct catalogue_entry *catalogue, const char *code);
/* As above by a single character; 0, which is "the record has none", finds nothing. */
const struct catalogue_entry *catalogue_find_char(const struct catalogue_entry *catalogue, char code);
/* The name in the language of the locale; "" for NULL. */
const char *catalogue_label(const struct catalogue_entry *entry);
/* Its codes as people read them, "1, 2, 3, 4"; new string. */
char *catalogue_codes(const struct catalogue_entry *catalogue);
