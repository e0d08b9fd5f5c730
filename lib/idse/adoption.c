/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/adoption.h"

#include <stdio.h>

#include "base/text.h"
#include "idse/csv-table.h"

void adoption_movement(const struct constancia_row *row, const char *rp, struct movement *ret)
{
    *ret = (struct movement){.type = row->type, .date = row->date, .sbc_centavos = MAX(row->sbc_centavos, 0)};
    snprintf(ret->rp, sizeof(ret->rp), "%s", rp);
    snprintf(ret->nss, sizeof(ret->nss), "%s", row->nss);
    snprintf(ret->umf, sizeof(ret->umf), "%s", str_or_empty(row->umf));
}

int adoption_check(const struct constancia *constancia, size_t **ret_row, size_t *ret_n, struct err *err)
{
    size_t n = constancia->n_rows;
    if (n == 0)
        return err_set(err, ERR_UNREADABLE_RECEIPT, _("there is no movement in it"));
    _cleanup_free_ struct movement *sent = xcalloc(n, sizeof(*sent));
    _cleanup_free_ size_t *row_of = xcalloc(n, sizeof(*row_of));
    for (size_t i = 0; i < n; i++)
        adoption_movement(&constancia->rows[i], str_or_empty(constancia->rp), &sent[i]);
    int r = constancia_match(constancia, sent, n, row_of, err);
    if (r < 0)
        return r;
    *ret_row = STEAL(row_of);
    *ret_n = n;
    return 0;
}

/* ---- the CSV ---- */

enum { CSV_LOT, CSV_RP, _CSV_MAX };

static int column_of(const char *word, const char **ret_field)
{
    static const char *const names[_CSV_MAX] = {"portal-lot", "registration"};
    static const char *const headings[_CSV_MAX] = {
        [CSV_LOT] = "LOTE NUMERODELOTE NOLOTE NUMLOTE NUMEROLOTE",
        [CSV_RP] = "REGISTROPATRONAL REGPATRONAL RP",
    };
    for (int i = 0; i < _CSV_MAX; i++)
        if (csv_word_listed(headings[i], word)) {
            *ret_field = names[i];
            return i;
        }
    return -1;
}

/* Takes the cell as the one value of its column; false when the rows before had another. */
static bool take_value(char **value, const char *cell)
{
    if (!*value)
        *value = xstrdup(cell);
    return streq(*value, cell);
}

int adoption_csv_lot(const void *data, size_t n, char **ret_portal_lot, char **ret_rp)
{
    _cleanup_(csv_table_cleanup) struct csv_table *table = csv_table_new(data, n, NULL);
    _cleanup_free_ char *lot = NULL, *rp = NULL;
    int cells[_CSV_MAX] = {-1, -1};
    if (!csv_table_is_text(table) || !csv_table_next(table))
        return 0;
    csv_table_read_headings(table, column_of, cells);
    if (cells[CSV_LOT] < 0)
        return 0;
    while (csv_table_next(table)) {
        const char *number = csv_table_cell(table, (size_t)cells[CSV_LOT]);
        if (!str_all_digits(number) || !take_value(&lot, number) ||
            (cells[CSV_RP] >= 0 && !take_value(&rp, csv_table_cell(table, (size_t)cells[CSV_RP]))))
            return 0;
    }
    if (!lot)
        return 0;
    *ret_portal_lot = STEAL(lot);
    *ret_rp = STEAL(rp);
    return 1;
}
