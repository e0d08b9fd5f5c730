/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/movement.h"

#include "idse/catalogue.h"

static const struct {
    const char *name, *label;
} states[_MOVEMENT_STATE_MAX] = {
#define X(id, code, name, label) [code] = {name, label},
    MOVEMENT_STATE_TABLE(X)
#undef X
};

const char *movement_state_name(enum movement_state state)
{
    return states[state].name;
}

const char *movement_state_label(enum movement_state state)
{
    return _(states[state].label);
}

int movement_state_from_name(const char *name)
{
    return ROW_INDEX(states, name, name);
}

static const struct {
    enum movement_type type;
    const char *name, *code;
} types[] = {
    {MOVEMENT_REINGRESO, "reingreso", "08"},
    {MOVEMENT_MODIFICACION, "modificacion", "07"},
    {MOVEMENT_BAJA, "baja", "02"},
};

const char *movement_type_name(enum movement_type type)
{
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "mixed";
}

const char *movement_type_label(enum movement_type type)
{
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (types[i].type == type)
            return catalogue_label(catalogue_find(catalogue_tipo_movimiento, types[i].code));
    return _("mixed");
}

const char *movement_type_code(enum movement_type type)
{
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (types[i].type == type)
            return types[i].code;
    return "";
}

int movement_type_from_name(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (streq(types[i].name, name) || streq(types[i].code, name) || streq(types[i].code + 1, name))
            return (int)types[i].type;
    return streq(name, "mixed") ? MOVEMENT_NONE : -1;
}
