/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/words.h"

#include "idse/fold.h"

static uint8_t without_joints(uint8_t column)
{
    return column == '-' || column == '_' ? ' ' : column;
}

bool word_is(const char *typed, const char *word)
{
    enum { LONGEST = 80 };
    uint8_t a[LONGEST], b[LONGEST];
    size_t n = fold_text(typed, a, LONGEST);
    if (n == LONGEST || fold_text(word, b, LONGEST) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (without_joints(a[i]) != without_joints(b[i]))
            return false;
    return true;
}
