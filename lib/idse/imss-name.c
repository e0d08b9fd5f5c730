/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/imss-name.h"

#include "idse/fold.h"

enum { MAX_NAME = 4 * MOVEMENT_NAME_COLUMNS };

/* Text as words with one blank between them, Ñ in all its forms as N; returns how many columns. */
static size_t plain(const char *text, uint8_t ret[static MAX_NAME])
{
    uint8_t folded[MAX_NAME];
    size_t n = fold_text(text, folded, sizeof(folded)), used = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = folded[i] == COLUMN_ENYE || folded[i] == '#' ? 'N' : folded[i];
        if (c != ' ' || (used > 0 && ret[used - 1] != ' '))
            ret[used++] = c;
    }
    return used > 0 && ret[used - 1] == ' ' ? used - 1 : used;
}

bool imss_name_differs(const struct movement *movement, const char *name)
{
    uint8_t ours[MAX_NAME], theirs[MAX_NAME];
    if (str_empty(name))
        return false;
    _cleanup_free_ char *whole =
        xasprintf("%s %s %s", movement->paterno, movement->materno, movement->nombres);
    size_t n = plain(whole, ours);
    return n != plain(name, theirs) || memcmp(ours, theirs, n) != 0;
}

static size_t count_words(const char *text)
{
    size_t n = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " "), n++)
        at += strcspn(at, " ");
    return n;
}

/* The next n words, with one blank between them; false when they are too long for a field of a name. */
static bool take_words(const char **at, size_t n, char ret[static MOVEMENT_NAME_SIZE])
{
    uint8_t columns[MOVEMENT_NAME_COLUMNS + 1];
    const char *from = *at + strspn(*at, " "), *to = from;
    for (size_t i = 0; i < n; i++) {
        to += strspn(to, " ");
        to += strcspn(to, " ");
    }
    *at = to;
    _cleanup_free_ char *words = xstrndup(from, (size_t)(to - from));
    size_t used = fold_text(words, columns, sizeof(columns));
    if (used > MOVEMENT_NAME_COLUMNS)
        return false;
    for (size_t i = 0; i < used; i++)
        if (columns[i] == '#')
            columns[i] = COLUMN_ENYE;
    if (memchr(columns, '?', used))
        return false; /* a sign that no record can have */
    fold_to_utf8(columns, used, ret);
    return true;
}

bool imss_name_apply(struct movement *movement, const char *name)
{
    struct movement changed = *movement;
    size_t paterno = count_words(movement->paterno), materno = count_words(movement->materno),
           nombres = count_words(movement->nombres);
    if (count_words(name) != paterno + materno + nombres)
        return false;
    if (!take_words(&name, paterno, changed.paterno) || !take_words(&name, materno, changed.materno) ||
        !take_words(&name, nombres, changed.nombres))
        return false;
    *movement = changed;
    return true;
}
