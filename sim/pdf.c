/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/pdf.h"

#include <hpdf.h>

/* Letter, landscape. Courier's characters are 0.6 of its size wide. */
#define PAGE_WIDTH  792.0F
#define PAGE_HEIGHT 612.0F
#define FONT_SIZE   7.0F
#define COLUMN      (FONT_SIZE * 0.6F)
#define LEFT        ((PAGE_WIDTH - PDF_COLUMNS * COLUMN) / 2)
#define LINE        9.0F
#define TOP         (PAGE_HEIGHT - 36.0F)
#define FOOT        24.0F

struct pdf {
    HPDF_Doc doc;
    HPDF_Font font;
    HPDF_Page *pages;
    size_t n;
    unsigned line;
    HPDF_STATUS fault; /* the first one */
    struct buf text;   /* NUL-terminated copy of what is being typed */
};

static void on_fault(HPDF_STATUS error, HPDF_STATUS detail, void *data)
{
    struct pdf *pdf = data;
    if (!pdf->fault)
        pdf->fault = error;
}

struct pdf *pdf_new(const char *title)
{
    struct pdf *pdf = xcalloc(1, sizeof *pdf);
    pdf->doc = HPDF_New(on_fault, pdf);
    HPDF_SetCompressionMode(pdf->doc, HPDF_COMP_ALL);
    HPDF_SetInfoAttr(pdf->doc, HPDF_INFO_TITLE, title);
    pdf->font = HPDF_GetFont(pdf->doc, "Courier", "WinAnsiEncoding");
    return pdf;
}

struct pdf *pdf_free(struct pdf *pdf)
{
    if (!pdf)
        return NULL;
    HPDF_Free(pdf->doc);
    free(pdf->pages);
    buf_free(&pdf->text);
    free(pdf);
    return NULL;
}

void pdf_page(struct pdf *pdf)
{
    if ((pdf->n & (pdf->n - 1)) == 0)
        pdf->pages = xreallocarray(pdf->pages, MAX(pdf->n * 2, (size_t)1), sizeof *pdf->pages);
    HPDF_Page page = HPDF_AddPage(pdf->doc);
    HPDF_Page_SetWidth(page, PAGE_WIDTH);
    HPDF_Page_SetHeight(page, PAGE_HEIGHT);
    HPDF_Page_SetFontAndSize(page, pdf->font, FONT_SIZE);
    pdf->pages[pdf->n++] = page;
    pdf->line = 0;
}

void pdf_feed(struct pdf *pdf)
{
    pdf->line++;
}

unsigned pdf_left(const struct pdf *pdf)
{
    return pdf->line < PDF_LINES ? PDF_LINES - pdf->line : 0;
}

static void type(HPDF_Page page, float y, unsigned column, const char *text)
{
    HPDF_Page_BeginText(page);
    HPDF_Page_TextOut(page, LEFT + (float)column * COLUMN, y, text);
    HPDF_Page_EndText(page);
}

void pdf_type(struct pdf *pdf, unsigned column, const char *text, size_t n)
{
    buf_reset(&pdf->text);
    buf_add(&pdf->text, text, n);
    type(pdf->pages[pdf->n - 1], TOP - (float)pdf->line * LINE, column, pdf->text.data);
}

void pdf_foot(struct pdf *pdf, size_t page, const char *seal, const char *number)
{
    type(pdf->pages[page], FOOT + LINE, 0, seal);
    type(pdf->pages[page], FOOT, PDF_COLUMNS - 30, number);
}

size_t pdf_pages(const struct pdf *pdf)
{
    return pdf->n;
}

int pdf_finish(struct pdf *pdf, struct buf *ret, struct err *err)
{
    HPDF_SaveToStream(pdf->doc);
    HPDF_UINT32 size = HPDF_GetStreamSize(pdf->doc);
    HPDF_ResetStream(pdf->doc);
    HPDF_BYTE *to = (HPDF_BYTE *)buf_reserve(ret, size);
    if (!pdf->fault)
        HPDF_ReadFromStream(pdf->doc, to, &size);
    if (pdf->fault)
        return err_set(err, ERR_FAILED, _("the PDF library reports 0x%04lX"), (unsigned long)pdf->fault);
    ret->len += size;
    ret->data[ret->len] = '\0';
    return 0;
}
