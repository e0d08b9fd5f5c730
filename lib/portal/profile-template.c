/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/profile-private.h"

#include "base/buf.h"

static const char *const variable_names[] = {
#define X(id, name) [PROFILE_VARIABLE_##id] = name,
    PROFILE_VARIABLE_TABLE(X)
#undef X
};

static int variable_find(const char *name, size_t n)
{
    for (int i = 0; i < _PROFILE_VARIABLE_MAX; i++)
        if (strlen(variable_names[i]) == n && memcmp(variable_names[i], name, n) == 0)
            return i;
    return -1;
}

/* Walks a template: *ret_text up to the next variable, which is returned, or -1 at the end and -2 at one unknown. */
static int template_next(const char **at, const char **ret_text, size_t *ret_n)
{
    const char *start = *at, *open = strstr(start, "${");
    *ret_text = start;
    *ret_n = open ? (size_t)(open - start) : strlen(start);
    if (!open)
        return -1;
    const char *name = open + 2, *close = strchr(name, '}');
    if (!close)
        return -2;
    *at = close + 1;
    int variable = variable_find(name, (size_t)(close - name));
    return variable < 0 ? -2 : variable;
}

int profile_template_variables(const char *template)
{
    int bits = 0, variable;
    const char *text;
    size_t n;
    while ((variable = template_next(&template, &text, &n)) >= 0)
        bits |= 1 << variable;
    return variable == -1 ? bits : -1;
}

char *profile_expand(const char *template, const char *const values[_PROFILE_VARIABLE_MAX])
{
    /* All the room first: growing would leave a copy of a secret behind. */
    size_t need = strlen(template);
    const char *at = template, *text;
    size_t n;
    for (int variable; (variable = template_next(&at, &text, &n)) >= 0;)
        need += strlen(str_or_empty(values[variable]));
    struct buf out = BUF_INIT;
    buf_reserve(&out, need);
    at = template;
    int variable;
    do {
        variable = template_next(&at, &text, &n);
        buf_add(&out, text, n);
        if (variable >= 0)
            buf_add_str(&out, str_or_empty(values[variable]));
    } while (variable >= 0);
    return buf_steal(&out, NULL);
}
