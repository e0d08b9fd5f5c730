/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/documents.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "sim/pdf.h"

enum { DOCUMENT_MAX = 1 << 30, FOOT_LINES = 2 };

/* What a document is made from. */
struct source {
    const struct sim_lot *lot;
    struct buf bytes;
    struct record_list list; /* points into bytes */
    enum fault_receipt fault;
    struct pdf *pdf;
    void (*heading)(struct source *source); /* of the table that goes over the page's end; NULL: none */
};

/* ---- typing ---- */

static char *to_cp1252(const char *utf8)
{
    char *text = xmalloc(strlen(utf8) + 1), *to = text;
    for (uint32_t c; (c = utf8_next(&utf8));) {
        int byte = cp1252_from_unicode(c);
        *to++ = (char)(byte < 0 ? '?' : byte);
    }
    *to = '\0';
    return text;
}

static void type(struct source *source, unsigned column, const char *utf8)
{
    _cleanup_free_ char *text = to_cp1252(utf8);
    pdf_type(source->pdf, column, text, strlen(text));
}

static void _printf_(3, 4) typef(struct source *source, unsigned column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    pdf_type(source->pdf, column, text, strlen(text));
}

/* Goes to a fresh line, with at least `need` of them left, on a new page where necessary. */
static void line(struct source *source, unsigned need)
{
    pdf_feed(source->pdf);
    if (pdf_left(source->pdf) >= need + FOOT_LINES)
        return;
    pdf_page(source->pdf);
    if (source->heading) {
        source->heading(source);
        pdf_feed(source->pdf);
    }
}

static void text_line(struct source *source, unsigned column, const char *utf8)
{
    line(source, 1);
    type(source, column, utf8);
}

/* Breaks cp1252 text between words into lines of at most `width`, each on a line of its own but the first. */
static void type_wrapped(struct source *source, unsigned column, unsigned width, const char *text)
{
    for (size_t left = strlen(text); left > 0; left = strlen(text)) {
        size_t take = left;
        if (left > width) {
            for (take = width; take > 0 && text[take] != ' '; take--)
                ;
            take = take == 0 ? width : take;
        }
        pdf_type(source->pdf, column, text, take);
        text += take + strspn(text + take, " ");
        if (*text)
            line(source, 1);
    }
}

/* ---- head and foot, which both PDFs share ---- */

/* A document of another lot, when the fault asks for it: every number on it differs. */
static char *foreign(const struct source *source, const char *digits)
{
    char *other = xstrdup(digits);
    if (source->fault == RECEIPT_FOREIGN)
        for (char *at = other; *at; at++)
            if (*at >= '0' && *at <= '9')
                *at = (char)('9' - (*at - '0'));
    return other;
}

static void head_line(struct source *source, const char *label, const char *value)
{
    text_line(source, 0, label);
    type(source, 40, value);
}

static void head(struct source *source, const char *title)
{
    const struct sim_lot *lot = source->lot;
    _cleanup_free_ char *folio = foreign(source, lot->folio), *number = foreign(source, lot->lot);
    _cleanup_free_ char *rp = foreign(source, lot->rp), *time = time_format_short(lot->received_us);
    pdf_page(source->pdf);
    type(source, 60, "INSTITUTO MEXICANO DEL SEGURO SOCIAL");
    text_line(source, 60, title);
    text_line(source, 60, "DOCUMENTO DE PRÁCTICA SIN VALIDEZ OFICIAL");
    line(source, 1);
    head_line(source, "Número de folio:", folio);
    head_line(source, "Razón Social:", lot->name);
    head_line(source, "Número de lote:", number);
    head_line(source, "RFC del patrón:", lot->rfc);
    head_line(source, "Fecha y hora de recepción del lote:", time);
    head_line(source, "Registro Patronal:", rp);
    head_line(source, "Serial del certificado:", lot->serial);
    head_line(source, "Huella Digital:", lot->huella);
    line(source, 1);
}

static void feet(struct source *source)
{
    const struct sim_lot *lot = source->lot;
    _cleanup_free_ char *sello = xasprintf("Sello Digital: %s | %s", lot->sello, lot->notary);
    for (size_t i = 0; i < pdf_pages(source->pdf); i++) {
        char page[64];
        _cleanup_free_ char *text = NULL;
        snprintf(page, sizeof page, "Página %zu de %zu", i + 1, pdf_pages(source->pdf));
        text = to_cp1252(page);
        pdf_foot(source->pdf, i, sello, text);
    }
}

/* ---- the acuse ---- */

static int make_acuse(struct source *source, struct buf *ret, struct err *err)
{
    head(source, "Acuse de Recibo Electrónico");
    text_line(source, 0,
              "Con fundamento en el artículo 6 del Reglamento de la Ley del Seguro Social en materia de "
              "afiliación, el "
              "Instituto acusa recibo del siguiente lote,");
    text_line(source, 0, "extraído de la notaría:");
    line(source, 1);
    bool falsify = source->fault != RECEIPT_AS_IS;
    const char *end = source->bytes.data + source->bytes.len;
    for (const char *at = source->bytes.data; at < end;
         at += RECORD_WIDTH + strspn(at + RECORD_WIDTH, "\r\n")) {
        char record[RECORD_WIDTH];
        memcpy(record, at, sizeof record);
        if (falsify) { /* the first worker's NSS */
            record[20] = record[20] == '9' ? '0' : (char)(record[20] + 1);
            falsify = false;
        }
        line(source, 1);
        pdf_type(source->pdf, 0, record, sizeof record);
    }
    feet(source);
    return pdf_finish(source->pdf, ret, err);
}

/* ---- the constancia ---- */

enum { ERROR_COLUMN = 106, ERROR_WIDTH = PDF_COLUMNS - ERROR_COLUMN };

struct heading {
    unsigned column;
    const char *first, *second;
};

static void type_heading(struct source *source, const struct heading *heading)
{
    line(source, 4);
    for (const struct heading *h = heading; h->first; h++)
        type(source, h->column, h->first);
    line(source, 1);
    for (const struct heading *h = heading; h->first; h++)
        if (*h->second)
            type(source, h->column, h->second);
}

static void operated_heading(struct source *source)
{
    static const struct heading heading[] = {
        {0, "Tipo", "Mov"},    {6, "NSS", ""},       {20, "Nombre Asegurado", ""},
        {106, "Sal.Base", ""}, {119, "Ext.", ""},    {126, "UMF", ""},
        {132, "Tipo", "Sal."}, {139, "Fec-Mov", ""}, {151, "Tipo", "Trab."},
        {158, "C.Baja", ""},   {0, NULL, NULL},
    };
    type_heading(source, heading);
}

static void rejected_heading(struct source *source)
{
    static const struct heading heading[] = {
        {0, "T-MOV", ""}, {6, "NSS", ""}, {20, "Nombre Asegurado", ""}, {ERROR_COLUMN, "Error", ""},
        {0, NULL, NULL},
    };
    type_heading(source, heading);
}

static const int kind_digit[_RECORD_KINDS] = {2, 7, 8};

static void type_who(struct source *source, const char *record)
{
    char nss[12], name[RECORD_NAME_ROOM];
    record_nss(record, nss);
    record_name(record, name);
    typef(source, 0, "%d", kind_digit[record_kind(record)]);
    typef(source, 6, "%s", nss);
    typef(source, 20, "%s", name);
}

/* The digit of a column, or a zero where the record has none. */
static char digit_of(const char *record, int column)
{
    char c = record_column(record, column);
    return c == ' ' ? '0' : c;
}

static void type_operated(struct source *source, const char *record)
{
    bool baja = record_kind(record) == RECORD_BAJA;
    int32_t sbc = MAX(record_sbc(record), 0), date = record_date(record);
    char umf[4] = "000";
    if (record_kind(record) == RECORD_REINGRESO)
        for (int i = 0; i < 3; i++)
            umf[i] = digit_of(record, COLUMN_UMF + i);
    line(source, 1);
    type_who(source, record);
    typef(source, 106, "$ %d.%02d", sbc / 100, sbc % 100);
    typef(source, 120, "%d", record_extemporaneous(record, time_to_date(source->lot->received_us)));
    typef(source, 126, "%s", umf);
    typef(source, 133, "%c", baja ? '0' : digit_of(record, COLUMN_TIPO_SALARIO));
    typef(source, 138, "%02d/%02d/%04d", date % 100, date / 100 % 100, date / 10000);
    typef(source, 152, "%c",
          record_kind(record) == RECORD_REINGRESO ? digit_of(record, COLUMN_TIPO_TRABAJADOR) : '0');
    typef(source, 160, "%c", baja ? digit_of(record, COLUMN_CAUSA_BAJA) : '0');
}

static void type_rejected(struct source *source, const struct rejection *rejection, bool first)
{
    _cleanup_free_ char *utf8 =
        xasprintf("%s %s", cause_code(rejection->cause), cause_text(rejection->cause));
    _cleanup_free_ char *text = to_cp1252(utf8);
    line(source, first ? 3 : 1);
    if (first)
        type_who(source, source->list.at[rejection->seq]);
    type_wrapped(source, ERROR_COLUMN, ERROR_WIDTH, text);
    if (rejection->known) {
        _cleanup_free_ char *known = xasprintf("Dato registrado en el IMSS: %s", rejection->known);
        line(source, 1);
        type_wrapped(source, ERROR_COLUMN, ERROR_WIDTH, known);
    }
}

static void type_rows(struct source *source)
{
    const struct result *result = &source->lot->result;
    text_line(source, 0, "Relación de movimientos operados");
    source->heading = operated_heading;
    operated_heading(source);
    for (size_t seq = 0, next = 0; seq < source->list.n; seq++) {
        if (next < result->n && result->rejections[next].seq == seq)
            while (next < result->n && result->rejections[next].seq == seq)
                next++;
        else
            type_operated(source, source->list.at[seq]);
    }
    source->heading = NULL;
    line(source, 5);
    text_line(source, 0, "Relación de movimientos rechazados");
    source->heading = rejected_heading;
    rejected_heading(source);
    for (size_t i = 0; i < result->n; i++)
        type_rejected(source, &result->rejections[i],
                      i == 0 || result->rejections[i].seq != result->rejections[i - 1].seq);
    source->heading = NULL;
}

static void type_totals(struct source *source)
{
    const struct sim_lot *lot = source->lot;
    const size_t *blocks[] = {lot->counts, lot->result.operated, lot->result.rejected};
    static const char *const titles[] = {"Movimientos recibidos por el IMSS", "Movimientos operados",
                                         "Movimientos rechazados"};
    static const char *const names[] = {"Bajas", "Modif.", "Reing.", "Total"};
    enum { BLOCK = 50, CELL = 11 };

    line(source, 3);
    for (unsigned b = 0; b < 3; b++)
        type(source, b * BLOCK, titles[b]);
    line(source, 2);
    for (unsigned i = 0; i < 12; i++)
        type(source, i / 4 * BLOCK + i % 4 * CELL, names[i % 4]);
    line(source, 1);
    for (unsigned i = 0; i < 12; i++) {
        const size_t *counts = blocks[i / 4];
        size_t value = i % 4 < _RECORD_KINDS ? counts[i % 4] : counts[0] + counts[1] + counts[2];
        if (source->fault == RECEIPT_MISMATCH && i == 7)
            value++; /* operados, total */
        typef(source, i / 4 * BLOCK + i % 4 * CELL, "%zu", value);
    }
    line(source, 1);
}

static int make_constancia(struct source *source, struct buf *ret, struct err *err)
{
    head(source, "Constancia de Presentación de Movimientos Afiliatorios");
    type_totals(source);
    type_rows(source);
    line(source, 4);
    text_line(source, 0,
              "Para efectos de esta constancia: NSS = Número de seguridad social, Sal.Base = Salario base de "
              "cotización, "
              "Ext. = Extemporáneo (1 = sí),");
    text_line(source, 0,
              "UMF = Unidad de medicina familiar, Fec-Mov = Fecha del movimiento, C.Baja = Causa de baja.");
    feet(source);
    return pdf_finish(source->pdf, ret, err);
}

/* ---- the CSV ---- */

static void csv_head(struct source *source, struct buf *ret, const char *record)
{
    char nss[12], name[RECORD_NAME_ROOM];
    int32_t date = record_date(record), sbc = MAX(record_sbc(record), 0);
    record_nss(record, nss);
    record_name(record, name);
    _cleanup_free_ char *utf8 = cp1252_to_utf8(name, strlen(name));
    _cleanup_free_ char *number = foreign(source, source->lot->lot),
                        *folio = foreign(source, source->lot->folio);
    buf_printf(ret, "%s,%s,%s,%02d,%s,\"%s\",%d.%02d,%02d/%02d/%04d,", number, folio, source->lot->rp,
               kind_digit[record_kind(record)], nss, utf8, sbc / 100, sbc % 100, date % 100, date / 100 % 100,
               date / 10000);
}

static int make_csv(struct source *source, struct buf *ret, struct err *err)
{
    const struct result *result = &source->lot->result;
    size_t next = 0;
    buf_add_str(ret,
                "LOTE,FOLIO,REGISTRO_PATRONAL,TIPO_MOVIMIENTO,NSS,NOMBRE,SBC,FECHA_MOVIMIENTO,ESTATUS,CODIGO,"
                "ERROR,DATO_IMSS\r\n");
    for (size_t seq = 0; seq < source->list.n; seq++) {
        bool rejected = next < result->n && result->rejections[next].seq == seq;
        if (!rejected || (source->fault == RECEIPT_MISMATCH && seq == 0)) {
            csv_head(source, ret, source->list.at[seq]);
            buf_add_str(ret, "OPERADO,,,\r\n");
        }
        for (; next < result->n && result->rejections[next].seq == seq; next++) {
            const struct rejection *rejection = &result->rejections[next];
            const char *known = str_or_empty(rejection->known);
            _cleanup_free_ char *utf8 = cp1252_to_utf8(known, strlen(known));
            csv_head(source, ret, source->list.at[seq]);
            buf_printf(ret, "RECHAZADO,%s,\"%s\",\"%s\"\r\n", cause_code(rejection->cause),
                       cause_text(rejection->cause), utf8);
        }
    }
    return 0;
}

/* ---- */

static const struct kind {
    enum step step;
    int (*make)(struct source *source, struct buf *ret, struct err *err);
    const char *media_type, *name, *extension, *title;
} kinds[] = {
    {STEP_ACUSE, make_acuse, "application/pdf", "Recibo", "pdf", "Acuse de recibo"},
    {STEP_CONSTANCIA, make_constancia, "application/pdf", "Constancia", "pdf", "Constancia"},
    {STEP_CSV, make_csv, "text/csv; charset=UTF-8", "Resultados", "csv", "Resultados"},
};

static const struct kind *kind_of(enum step step)
{
    for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
        if (kinds[i].step == step)
            return &kinds[i];
    abort();
}

const char *document_media_type(enum step kind)
{
    return kind_of(kind)->media_type;
}

char *document_file_name(const struct sim_lot *lot, enum step kind)
{
    const struct kind *k = kind_of(kind);
    return xasprintf("%s_%.10s_Lote_%s.%s", k->name, lot->rp, lot->lot, k->extension);
}

static int make(const struct sim_lot *lot, enum step step, enum fault_receipt fault, struct buf *ret,
                struct err *err)
{
    struct source source = {.lot = lot, .fault = fault};
    int r = lot_read(lot, &source.bytes, &source.list, err);
    if (r >= 0) {
        source.pdf = pdf_new(kind_of(step)->title);
        r = kind_of(step)->make(&source, ret, err);
        pdf_free(source.pdf);
    }
    record_list_free(&source.list);
    buf_free(&source.bytes);
    return r;
}

int document_get(const struct sim_lot *lot, enum step kind, enum fault_receipt fault, struct buf *ret,
                 struct err *err)
{
    if (fault != RECEIPT_AS_IS)
        return make(lot, kind, fault, ret, err);
    _cleanup_free_ char *path = xasprintf("%s.%s", lot->path, step_name(kind));
    if (access(path, F_OK) == 0)
        return file_read(path, DOCUMENT_MAX, ret, err);
    int r = make(lot, kind, fault, ret, err);
    return r < 0 ? r : file_replace(path, 0600, ret->data, ret->len, err);
}
