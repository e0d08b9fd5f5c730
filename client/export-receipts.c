/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"
#include "client/kinds.h"

static const struct export_column columns[] = {
    {"Lote", EXPORT_NUMBER, 8},   {"Registro Patronal", EXPORT_TEXT, 18}, {"Número de Lote", EXPORT_TEXT, 16},
    {"Folio", EXPORT_TEXT, 24},   {"Recepción", EXPORT_INSTANT, 17},      {"Documento", EXPORT_NUMBER, 11},
    {"Clase", EXPORT_TEXT, 13},   {"Archivo", EXPORT_TEXT, 44},           {"Bytes", EXPORT_NUMBER, 12},
    {"SHA-256", EXPORT_TEXT, 68}, {"Borrado", EXPORT_INSTANT, 17},
};
static const struct export_table table = {columns, ELEMENTSOF(columns), ELEMENTSOF(columns)};

static int write_row(const struct export_format *format, void *file, const json_t *receipt, struct err *err)
{
    const json_t *lot = json_object_get(receipt, RECEIPT_OF_LOT);
    const struct export_cell cells[ELEMENTSOF(columns)] = {
        {.number = (int64_t)row_number(lot, "Id")},
        {row_text(lot, "Registration")},
        {row_text(lot, "PortalLot")},
        {row_text(lot, "Folio")},
        {.number = (int64_t)row_number(lot, "Received")},
        {.number = (int64_t)row_number(receipt, "id")},
        {row_text(receipt, "kind")},
        {row_text(receipt, "name")},
        {.number = (int64_t)row_number(receipt, "size")},
        {row_text(receipt, "sha256")},
        {.number = (int64_t)row_number(lot, "Erased")},
    };
    return format->row(file, cells, err);
}

static int fill(void *data, const struct export_format *format, void *file, size_t *ret_rows, struct err *err)
{
    const json_t *receipts = data;
    int r = format->sheet ? format->sheet(file, "Documentos", err) : 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(receipts); i++)
        r = write_row(format, file, json_array_get(receipts, i), err);
    *ret_rows = json_array_size(receipts);
    return r;
}

int export_receipts(const struct invocation *inv, json_t *receipts, struct err *err)
{
    size_t n = 0;
    int r = export_file(inv, &table, fill, receipts, &n, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *counted =
        xasprintf(dngettext(IDSED_TEXTDOMAIN, "%zu document", "%zu documents", n), n);
    export_tell(inv, n, counted);
    return 0;
}
