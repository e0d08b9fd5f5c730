/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads receipts as the daemon does, for the tests beside. On the standard input, any number of times: a line
 * "KIND WORDS SENT" (acuse or constancia; two sizes in bytes), what pdftotext printed, and the records that were sent. On the
 * standard output a line of JSON for each: "refused" with the reason, or what was read, with "difference" from what was sent
 * or, of a constancia, with the row of each movement sent.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "idse/record.h"
#include "portal/receipt-text.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *acuse_json(const struct acuse *acuse)
{
    _cleanup_free_ char *records = cp1252_to_utf8(acuse->records, acuse->records_len);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:s}", "portal_lot",
                     text_or_null(acuse->portal_lot), "folio", text_or_null(acuse->folio), "rp",
                     text_or_null(acuse->rp), "rfc", text_or_null(acuse->rfc), "razon_social",
                     text_or_null(acuse->razon_social), "serial", text_or_null(acuse->certificate_serial),
                     "huella", text_or_null(acuse->huella), "sello", text_or_null(acuse->sello),
                     "received_us", (json_int_t)acuse->received_us, "records", records);
}

static json_t *row_json(const struct constancia_row *row)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < row->n_errors; i++)
        json_array_append_new(errors, json_pack("[s, s, o]", row->errors[i].code, row->errors[i].text,
                                                text_or_null(row->errors[i].imss_value)));
    const char verdict[] = {row->extemporaneo, '\0'};
    return json_pack("{s:i, s:b, s:s, s:s, s:i, s:i, s:s, s:o, s:o}", "type", (int)row->type, "operated",
                     (int)row->operated, "nss", row->nss, "name", row->name, "date", (int)row->date, "sbc",
                     (int)row->sbc_centavos, "extemporaneo", verdict, "umf", text_or_null(row->umf), "errors",
                     errors);
}

static json_t *constancia_json(const struct constancia *constancia)
{
    const uint32_t *blocks[] = {constancia->received, constancia->operated, constancia->rejected};
    json_t *totals = json_array(), *rows = json_array(), *owners = json_array();
    for (size_t i = 0; i < ELEMENTSOF(blocks) * _COUNT_MAX; i++)
        json_array_append_new(totals, json_integer(blocks[i / _COUNT_MAX][i % _COUNT_MAX]));
    for (size_t i = 0; i < constancia->n_owners; i++)
        json_array_append_new(
            owners, json_pack("[s, s]", constancia->others[i].rp, constancia->others[i].portal_lot));
    for (size_t i = 0; i < constancia->n_rows; i++)
        json_array_append_new(rows, row_json(&constancia->rows[i]));
    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:I, s:o, s:o}", "portal_lot",
                     text_or_null(constancia->portal_lot), "folio", text_or_null(constancia->folio), "rp",
                     text_or_null(constancia->rp), "received_us", (json_int_t)constancia->received_us,
                     "totals", totals, "others", (json_int_t)constancia->n_others, "owners", owners, "rows",
                     rows);
}

static json_t *read_acuse(const struct layout *layout, const struct buf *sent, struct err *err)
{
    struct acuse acuse;
    _cleanup_err_ struct err difference = ERR_INIT;
    if (acuse_read(layout, &acuse, err) < 0)
        return NULL;
    json_t *json = acuse_json(&acuse);
    if (acuse_match(&acuse, sent->data, sent->len, &difference) < 0)
        json_object_set_new(json, "difference", json_string(err_text(&difference)));
    acuse_free(&acuse);
    return json;
}

static json_t *read_constancia(const struct layout *layout, const struct buf *sent, struct err *err)
{
    enum { RP_COLUMNS = 11 };
    struct constancia constancia;
    _cleanup_err_ struct err difference = ERR_INIT;
    _cleanup_free_ char *rp = xstrndup(str_or_empty(sent->data), RP_COLUMNS);
    if (constancia_read_of(layout, &(struct receipt_owner){.rp = sent->len ? rp : NULL}, &constancia, err) <
        0)
        return NULL;
    json_t *json = constancia_json(&constancia);
    _cleanup_free_ size_t *row_of = NULL;
    size_t n = 0;
    if (constancia_match_records(&constancia, sent->data, sent->len, &row_of, &n, &difference) < 0)
        json_object_set_new(json, "difference", json_string(err_text(&difference)));
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(rows, json_integer((json_int_t)row_of[i]));
    json_object_set_new(json, "row_of", rows);
    constancia_free(&constancia);
    return json;
}

static void answer(const char *kind, struct buf *words, const struct buf *sent)
{
    struct layout layout = {0};
    _cleanup_err_ struct err err = ERR_INIT;
    json_t *json = NULL;
    if (layout_parse(words, &layout, &err) >= 0)
        json = streq(kind, "acuse") ? read_acuse(&layout, sent, &err) : read_constancia(&layout, sent, &err);
    layout_free(&layout);
    if (!json)
        json = json_pack("{s:s}", "refused", err_text(&err));
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static bool read_bytes(size_t n, struct buf *ret)
{
    buf_reset(ret);
    ret->len = fread(buf_reserve(ret, n), 1, n, stdin);
    ret->data[ret->len] = '\0';
    return ret->len == n;
}

int main(void)
{
    char kind[16];
    size_t n_words, n_sent;
    _cleanup_buf_ struct buf words = BUF_INIT, sent = BUF_INIT;
    while (scanf("%15s %zu %zu", kind, &n_words, &n_sent) == 3) {
        if (getchar() != '\n' || !read_bytes(n_words, &words) || !read_bytes(n_sent, &sent))
            return EXIT_FAILURE;
        answer(kind, &words, &sent);
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
