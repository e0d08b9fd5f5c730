/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/receipt.h"

static const char *const kinds[] = {
    [DOCUMENT_ACUSE] = "acuse", [DOCUMENT_CONSTANCIA] = "constancia", [DOCUMENT_CSV] = "csv",
    [DOCUMENT_PAGE] = "page",   [DOCUMENT_SIGNATURE] = "signature",
};

const char *document_kind_name(enum document_kind kind)
{
    return kinds[kind];
}

int document_kind_from_name(const char *name)
{
    for (size_t i = 1; i < ELEMENTSOF(kinds); i++)
        if (streq(kinds[i], name))
            return (int)i;
    return -1;
}

void acuse_free(struct acuse *acuse)
{
    char *owned[] = {acuse->portal_lot, acuse->folio,        acuse->rp,
                     acuse->rfc,        acuse->razon_social, acuse->certificate_serial,
                     acuse->huella,     acuse->sello,        acuse->records};
    for (size_t i = 0; i < ELEMENTSOF(owned); i++)
        free(owned[i]);
    *acuse = (struct acuse){0};
}

static void row_free(struct constancia_row *row)
{
    for (size_t i = 0; i < row->n_errors; i++) {
        free(row->errors[i].code);
        free(row->errors[i].text);
        free(row->errors[i].imss_value);
    }
    free(row->errors);
    free(row->name);
    free(row->umf);
}

void constancia_free(struct constancia *constancia)
{
    for (size_t i = 0; i < constancia->n_rows; i++)
        row_free(&constancia->rows[i]);
    free(constancia->rows);
    free(constancia->portal_lot);
    free(constancia->folio);
    free(constancia->rp);
    *constancia = (struct constancia){0};
}
