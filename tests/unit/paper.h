/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/unit/engine-world.h"
#include "vault/digest.h"

/* Receipts that people bring, as the fake portal prints them. */
struct paper {
    enum document_kind kind;
    const char *number;
    const char *rp;
    char right; /* 'r', or 'w' for one that does not add up */
    unsigned reject_every;
    const struct buf *records;
    const struct paper *next; /* of another employer, in the same document */
    const char *mark;         /* behind it, so that its bytes are others; NULL: none */
};

struct brought {
    struct engine_import_result result;
    struct err err;
    bool ended;
};

static inline void on_prepared(void *data, struct engine_import *import, const struct err *err)
{
    struct brought *brought = data;
    assert_int_equal(store_begin(world->store, NULL), 0);
    int r = err ? err_set(&brought->err, err->code, "%s", err_text(err))
                : engine_import_conclude(import, &brought->result, &brought->err);
    assert_int_equal(store_end(world->store, r >= 0, NULL), 0);
    engine_import_free(import);
    brought->ended = true;
}

static inline struct engine_receipt receipt_of(const void *data, size_t n, bool is_pdf)
{
    struct engine_receipt receipt = {
        .sha256 = digest_sha256_hex(data, n), .name = xstrdup("papel.pdf"), .who = xstrdup("uid 1000")};
    buf_add(&receipt.bytes, data, n);
    if (is_pdf)
        buf_add(&receipt.copy, data, n);
    return receipt;
}

static inline void print_paper(const struct paper *paper, struct buf *ret)
{
    buf_printf(ret, "%u %s %s %c %u\n", paper->kind, paper->number, paper->rp ? paper->rp : RP,
               paper->right ? paper->right : 'r', paper->reject_every);
    buf_add(ret, paper->records->data, paper->records->len);
    if (!paper->next)
        return;
    buf_add_char(ret, '\f');
    print_paper(paper->next, ret);
}

static inline struct brought *bring(struct engine_receipt receipt)
{
    static struct brought brought;
    engine_import_result_free(&brought.result);
    err_clear(&brought.err);
    brought = (struct brought){.ended = false};
    engine_import(world->engine, &receipt, on_prepared, &brought);
    settle_down();
    assert_true(brought.ended);
    return &brought;
}

static inline struct brought *bring_paper(struct paper paper)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    print_paper(&paper, &bytes);
    struct engine_receipt receipt = receipt_of(bytes.data, bytes.len, true);
    if (paper.mark) { /* the reader does not see it */
        free(receipt.sha256);
        buf_add_str(&receipt.bytes, paper.mark);
        receipt.sha256 = digest_sha256_hex(receipt.bytes.data, receipt.bytes.len);
    }
    return bring(receipt);
}

static inline void assert_outcome(const struct brought *brought, const char *expected)
{
    if (brought->err.code)
        fail_msg("%s", err_text(&brought->err));
    assert_string_equal(import_outcome_name(brought->result.outcome), expected);
}
