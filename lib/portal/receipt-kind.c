/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/receipt-kind.h"

/* The titles; the first of them that the document prints is its own, for further down each may speak of the other. */
static const struct {
    enum document_kind kind;
    const char *phrase;
} titles[] = {
    {DOCUMENT_ACUSE, "Acuse de recibo"},
    {DOCUMENT_CONSTANCIA, "Constancia de presentación"},
};

enum document_kind receipt_kind(const struct layout *layout)
{
    for (size_t i = 0; i < layout->n_lines; i++)
        for (size_t k = 0; k < ELEMENTSOF(titles); k++) {
            size_t from, to;
            if (line_find(&layout->lines[i], titles[k].phrase, &from, &to))
                return titles[k].kind;
        }
    return DOCUMENT_UNKNOWN;
}
