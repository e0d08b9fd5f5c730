/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "net/loop.h"

/*
 * Words and their places out of a PDF, by poppler's pdftotext in a child that has nothing: no files but the document, no
 * environment, no network, little memory, little time. At most a few at a time; others wait.
 */
struct pdf;

/*
 * `words` is what `pdftotext -bbox` printed, NULL when it failed; then err says why, with ERR_UNREADABLE_RECEIPT for a
 * document that it cannot read and another code for a fault of this machine. Valid during the callback only.
 */
typedef void pdf_fn(void *data, struct buf *words, const struct err *err);

/* `program` is pdftotext, by its path. */
struct pdf *pdf_new(struct loop *loop, const char *program);
struct pdf *pdf_free(struct pdf *pdf); /* kills what runs; no callback is called any more */
/*
 * `document` is a sealed memory file (file_sealed_memory()), taken over; -1 is a document that cannot be read. `fn` is called
 * once, later, from the loop.
 */
void pdf_read_words(struct pdf *pdf, int document, pdf_fn *fn, void *data);
