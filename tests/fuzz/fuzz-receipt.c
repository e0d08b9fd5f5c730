/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever pdftotext may print, reading it ends in a receipt or a refusal with its reason; a constancia that is read has what
 * a result needs, and matches nothing that it does not list. With clang's fuzzer this is the entry; without it, main()
 * replays the files named, each also with changes.
 */
#include <stdio.h>

#include "base/file.h"
#include "idse/record.h"
#include "portal/receipt-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz-receipt: %s\n", what);
    abort();
}

static void check_row(const struct constancia_row *row)
{
    must(strlen(row->nss) == 11 && row->name && *row->name, "a row without a worker");
    must(row->operated == (row->n_errors == 0), "a row that is operated with errors, or rejected without");
    must(row->operated == (row->date != 0), "an operated row without a date");
    for (size_t i = 0; i < row->n_errors; i++)
        must(row->errors[i].code && strlen(row->errors[i].code) == 3 && row->errors[i].text,
             "an error without code or text");
}

static void check_constancia(const struct constancia *constancia)
{
    uint64_t operated = 0;
    for (size_t i = 0; i < constancia->n_rows; i++) {
        check_row(&constancia->rows[i]);
        operated += constancia->rows[i].operated;
    }
    must(constancia->portal_lot && constancia->rp, "a constancia without lot or registro patronal");
    struct movement nobody = {.type = MOVEMENT_BAJA};
    size_t row;
    must(constancia_match(constancia, &nobody, 1, &row, NULL) < 0, "a movement without NSS has found a row");
    if (constancia_match(constancia, &nobody, 0, &row, NULL) == 0)
        must(constancia->n_rows == 0 && operated == 0, "rows that nobody sent were taken");
}

static void check_refusal(int r, const struct err *err)
{
    must(r == 0 || (r == -ERR_UNREADABLE_RECEIPT && err->code == ERR_UNREADABLE_RECEIPT && *err_text(err)),
         "refused without a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf words = BUF_INIT;
    struct layout layout;
    struct acuse acuse;
    struct constancia constancia;
    _cleanup_err_ struct err err = ERR_INIT, acuse_err = ERR_INIT, constancia_err = ERR_INIT;
    buf_add(&words, data, n);
    int r = layout_parse(&words, &layout, &err);
    check_refusal(r, &err);
    if (r < 0)
        return 0;
    r = acuse_read(&layout, &acuse, &acuse_err);
    check_refusal(r, &acuse_err);
    if (r == 0) {
        must(acuse.records_len % (RECORD_COLUMNS + 2) == 0 && acuse.records_len > 0,
             "records of another width");
        acuse_free(&acuse);
    }
    r = constancia_read(&layout, &constancia, &constancia_err);
    check_refusal(r, &constancia_err);
    if (r == 0) {
        check_constancia(&constancia);
        constancia_free(&constancia);
    }
    layout_free(&layout);
    return 0;
}

#ifndef FUZZ_WITH_ENGINE
/* The seed as it is; with each line dropped, doubled and brought to the front; and with bytes changed here and there. */
static void replay(const struct buf *seed)
{
    LLVMFuzzerTestOneInput((const uint8_t *)seed->data, seed->len);
    _cleanup_free_ char *copy = xmalloc(2 * seed->len + 1);
    for (size_t from = 0, to; from < seed->len; from = to) {
        const char *end = memchr(seed->data + from, '\n', seed->len - from);
        to = end ? (size_t)(end - seed->data) + 1 : seed->len;
        for (int times = 0; times <= 2; times += 2) {
            size_t n = from;
            memcpy(copy, seed->data, from);
            for (int i = 0; i < times; i++, n += to - from)
                memcpy(copy + n, seed->data + from, to - from);
            memcpy(copy + n, seed->data + to, seed->len - to);
            LLVMFuzzerTestOneInput((const uint8_t *)copy, n + seed->len - to);
        }
    }
    static const char others[] = {'0', '9', '"', '<', '.', '-', ' ', '\n', 'A', '\xC3'};
    for (size_t at = 0; at < seed->len; at += 37) {
        memcpy(copy, seed->data, seed->len);
        copy[at] = others[at / 37 % sizeof(others)];
        LLVMFuzzerTestOneInput((const uint8_t *)copy, seed->len);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        _cleanup_buf_ struct buf seed = BUF_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        if (file_read(argv[i], 1 << 20, &seed, &err) < 0) {
            fprintf(stderr, "fuzz-receipt: %s\n", err_text(&err));
            return EXIT_FAILURE;
        }
        replay(&seed);
    }
    return EXIT_SUCCESS;
}
#endif
