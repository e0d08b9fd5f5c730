/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * A PDF as a typewriter makes it: landscape letter pages of lines of equally wide columns. Text is cp1252 and each piece
 * is a run of its own. A fault of the library shows at pdf_finish(). One document belongs to one thread at a time.
 */
enum { PDF_COLUMNS = 168, PDF_LINES = 58 };

struct pdf;

struct pdf *pdf_new(const char *title); /* UTF-8 */
struct pdf *pdf_free(struct pdf *pdf);
DEFINE_CLEANUP(struct pdf *, pdf_cleanup, pdf_free)

/* Begins a page, on its first line. */
void pdf_page(struct pdf *pdf);
/* Moves down; the lines that are left on the page are pdf_left(). */
void pdf_feed(struct pdf *pdf);
unsigned pdf_left(const struct pdf *pdf);
/* Types at a column (0-based) of the current line. */
void pdf_type(struct pdf *pdf, unsigned column, const char *text, size_t n);
/* Types the two lines at the foot of a page below pdf_pages(). */
void pdf_foot(struct pdf *pdf, size_t page, const char *seal, const char *number);
size_t pdf_pages(const struct pdf *pdf);
/* Appends the file to ret. */
int pdf_finish(struct pdf *pdf, struct buf *ret, struct err *err);
