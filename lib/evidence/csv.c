/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/csv.h"

#include "idse/csv-table.h"

static const char *const keys[] = {
#define X(key) key,
    EVIDENCE_MOVEMENT_TABLE(X)
#undef X
};

void evidence_csv_head(struct buf *buf)
{
    buf_add_str(buf, "\xEF\xBB\xBF");
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        buf_printf(buf, "%s%s", i ? "," : "", keys[i]);
    buf_add_str(buf, "\r\n");
}

void evidence_error_text(struct buf *buf, const json_t *error)
{
    const char *value = json_string_value(json_object_get(error, "imss_value"));
    buf_printf(buf, "%s %s", str_or_empty(json_string_value(json_object_get(error, "code"))),
               str_or_empty(json_string_value(json_object_get(error, "text"))));
    if (!str_empty(value))
        buf_printf(buf, " [%s]", value);
}

static void add_errors(struct buf *buf, const json_t *errors)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    for (size_t i = 0; i < json_array_size(errors); i++) {
        if (i)
            buf_add_str(&text, " | ");
        evidence_error_text(&text, json_array_get(errors, i));
    }
    csv_write_cell(buf, str_or_empty(text.data));
}

void evidence_csv_row(struct buf *buf, const json_t *movement)
{
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        const json_t *value = json_object_get(movement, keys[i]);
        if (i)
            buf_add_char(buf, ',');
        if (json_is_integer(value))
            buf_printf(buf, "%lld", (long long)json_integer_value(value));
        else if (json_is_array(value))
            add_errors(buf, value);
        else if (!str_empty(json_string_value(value)))
            csv_write_cell(buf, json_string_value(value));
    }
    buf_add_str(buf, "\r\n");
}
