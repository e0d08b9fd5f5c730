/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/examine.h"

#include "base/file.h"
#include "base/text.h"
#include "config.h"
#include "evidence/csv.h"
#include "evidence/report.h"
#include "idse/lot.h"
#include "idse/record.h"
#include "net/loop.h"
#include "portal/layout.h"
#include "portal/pdf.h"
#include "portal/receipt-text.h"

/* What IMSS issued, read again from its own bytes, against what was sent and against what idsed made of it. */

/* ---- the words of a PDF, by a confined child, as in the daemon ---- */

struct words {
    struct loop *loop;
    struct buf *words;
    struct err *err;
    int result;
};

static void words_are_here(void *data, struct buf *words, const struct err *err)
{
    struct words *w = data;
    if (words)
        buf_take(w->words, words);
    w->result = words ? 0 : err_set(w->err, err->code, "%s", err_text(err));
    loop_quit(w->loop, 0);
}

static int read_words(int document, struct buf *ret, struct err *err)
{
    _cleanup_(loop_cleanup) struct loop *loop = loop_new(&clock_system);
    if (!loop)
        return err_set(err, ERR_FAILED, "epoll");
    struct words w = {.loop = loop, .words = ret, .err = err};
    struct pdf *pdf = pdf_new(loop, "/usr/bin/pdftotext");
    pdf_read_words(pdf, document, words_are_here, &w);
    loop_run(loop);
    pdf_free(pdf);
    return w.result;
}

static int read_layout(struct examination *e, const char *file, struct layout *ret, struct err *err)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT, words = BUF_INIT;
    int r = bundle_read(e->bundle, file, &bytes, err);
    if (r >= 0)
        r = read_words(file_sealed_memory("receipt", bytes.data, bytes.len, err), &words, err);
    if (r < 0 && err->code != ERR_INVALID_FILE && err->code != ERR_UNREADABLE_RECEIPT)
        e->incomplete = true; /* pdftotext is not here, for instance */
    return r < 0 ? r : layout_parse(&words, ret, err);
}

static enum verdict unreadable(const struct examination *e, const char *file, const struct err *err,
                               struct buf *text)
{
    return said(e->incomplete ? VERDICT_NOT_CHECKED : VERDICT_FAILED, text, "%s: %s", file, err_text(err));
}

/* A lot in one of these states has the document. */
static enum verdict absent(const struct examination *e, bool answered_only, struct buf *text)
{
    int state = lot_state_from_name(text_of(lot_of(e), "state"));
    bool answered = state == LOT_STATE_ACCEPTED || state == LOT_STATE_PARTIAL || state == LOT_STATE_REJECTED;
    if (answered || (!answered_only && state == LOT_STATE_QUARANTINED))
        return said(VERDICT_FAILED, text, _("The lot is %s, but the document is missing."),
                    lot_state_label((enum lot_state)state));
    return said(VERDICT_NOT_CHECKED, text, _("IMSS has not issued it."));
}

/* Numbers that a document prints and lot.json repeats. */
static enum verdict check_number(const char *what, const char *printed, const char *kept, struct buf *text)
{
    if (!printed || streq(printed, kept))
        return VERDICT_OK;
    return said(VERDICT_FAILED, text, _("The document is of another lot: %s is %s there, %s in lot.json."),
                what, printed, kept);
}

static bool same_rp(const char *printed, const char *rp)
{
    size_t n = printed ? strlen(printed) : 0;
    return (n == 10 || n == 11) && strncmp(printed, rp, n) == 0;
}

/* ---- acuse ---- */

static enum verdict compare_acuse(struct examination *e, struct buf *text)
{
    const struct acuse *acuse = &e->acuse;
    _cleanup_err_ struct err err = ERR_INIT;
    enum verdict verdict =
        check_number(_("the número de lote"), acuse->portal_lot, text_of(lot_of(e), "portal_lot"), text);
    if (verdict == VERDICT_OK)
        verdict = check_number(_("the folio"), acuse->folio, text_of(lot_of(e), "folio"), text);
    if (verdict != VERDICT_OK)
        return verdict;
    if (acuse_match(acuse, str_or_empty(e->records.data), e->records.len, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    if (!same_rp(acuse->rp, text_of(lot_of(e), "registration")))
        return said(VERDICT_FAILED, text, _("The acuse is of another registro patronal: %s."),
                    str_or_empty(acuse->rp));
    return said(VERDICT_OK, text,
                _("The acuse (folio %s, número de lote %s) reprints records.txt, byte for byte."),
                str_or_empty(acuse->folio), str_or_empty(acuse->portal_lot));
}

enum verdict check_acuse(struct examination *e, struct buf *text)
{
    const json_t *document = document_of(e, DOCUMENT_ACUSE);
    _cleanup_err_ struct err err = ERR_INIT;
    struct layout layout;
    if (!document)
        return absent(e, false, text);
    const char *file = text_of(document, "file");
    if (read_layout(e, file, &layout, &err) < 0)
        return unreadable(e, file, &err, text);
    e->has_acuse = acuse_read(&layout, &e->acuse, &err) >= 0;
    layout_free(&layout);
    return e->has_acuse ? compare_acuse(e, text) : unreadable(e, file, &err, text);
}

enum verdict check_serial(struct examination *e, struct buf *text)
{
    if (!e->has_acuse || !e->acuse.certificate_serial)
        return said(VERDICT_NOT_CHECKED, text,
                    _("There is no acuse that prints a certificate's serial number."));
    if (e->n_signatures == 0)
        return said(VERDICT_NOT_CHECKED, text, _("There is no signature."));
    for (size_t i = 0; i < e->n_signatures; i++)
        if (streq_null(e->signatures[i].signer.serial, e->acuse.certificate_serial))
            return said(VERDICT_OK, text,
                        _("The acuse prints the serial number of the certificate that signed: %s."),
                        e->acuse.certificate_serial);
    return said(VERDICT_FAILED, text,
                _("The acuse prints the serial number %s, which is not that of the signature."),
                e->acuse.certificate_serial);
}

/* ---- constancia ---- */

static enum verdict compare_constancia(struct examination *e, struct buf *text)
{
    const struct constancia *constancia = &e->constancia;
    _cleanup_err_ struct err err = ERR_INIT;
    size_t n = 0;
    enum verdict verdict =
        check_number(_("the número de lote"), constancia->portal_lot, text_of(lot_of(e), "portal_lot"), text);
    if (verdict != VERDICT_OK)
        return verdict;
    if (constancia_match_records(constancia, str_or_empty(e->records.data), e->records.len, &e->row_of, &n,
                                 &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    return said(VERDICT_OK, text,
                _("Of %u movements received IMSS operated %u and rejected %u; every one that was sent is in "
                  "exactly one list, "
                  "and the totals add up."),
                constancia->received[COUNT_TOTAL], constancia->operated[COUNT_TOTAL],
                constancia->rejected[COUNT_TOTAL]);
}

enum verdict check_constancia(struct examination *e, struct buf *text)
{
    const json_t *document = document_of(e, DOCUMENT_CONSTANCIA);
    _cleanup_err_ struct err err = ERR_INIT;
    struct layout layout;
    if (!document)
        return absent(e, true, text);
    const char *file = text_of(document, "file");
    if (read_layout(e, file, &layout, &err) < 0)
        return unreadable(e, file, &err, text);
    const struct receipt_owner whose = {.rp = (char *)text_of(lot_of(e), "registration"),
                                        .portal_lot = (char *)text_of(lot_of(e), "portal_lot")};
    e->has_constancia = constancia_read_of(&layout, &whose, &e->constancia, &err) >= 0;
    layout_free(&layout);
    return e->has_constancia ? compare_constancia(e, text) : unreadable(e, file, &err, text);
}

/* ---- movements ---- */

/* What movements.json repeats of a record. */
static const char *differs_from_record(const json_t *row, const struct movement *movement)
{
    _cleanup_free_ char *date =
        xasprintf("%04d-%02d-%02d", movement->date / 10000, movement->date / 100 % 100, movement->date % 100);
    _cleanup_free_ char *sbc = movement->sbc_centavos ? xasprintf("%d.%02d", movement->sbc_centavos / 100,
                                                                  movement->sbc_centavos % 100)
                                                      : xstrdup("");
    const struct {
        const char *key, *value;
    } pairs[] = {{"registration", movement->rp},
                 {"nss", movement->nss},
                 {"type", movement_type_name(movement->type)},
                 {"date", date},
                 {"sbc", sbc},
                 {"first_surname", movement->paterno},
                 {"second_surname", movement->materno},
                 {"names", movement->nombres},
                 {"curp", movement->curp}};
    for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
        if (!streq(text_of(row, pairs[i].key), pairs[i].value))
            return pairs[i].key;
    return NULL;
}

static bool errors_differ(const json_t *errors, const struct constancia_row *row)
{
    if (json_array_size(errors) != row->n_errors)
        return true;
    for (size_t i = 0; i < row->n_errors; i++) {
        const json_t *error = json_array_get(errors, i);
        if (!streq(text_of(error, "code"), str_or_empty(row->errors[i].code)) ||
            !streq(text_of(error, "text"), str_or_empty(row->errors[i].text)) ||
            !streq(text_of(error, "imss_value"), str_or_empty(row->errors[i].imss_value)))
            return true;
    }
    return false;
}

/* … and of the constancia. A movement that was corrected since is superseded, whatever was said of it. */
static const char *differs_from_constancia(const json_t *row, const struct constancia_row *answer)
{
    const char *state = text_of(row, "state");
    bool superseded = streq(state, movement_state_name(MOVEMENT_STATE_SUPERSEDED));
    enum movement_state said_state = answer->operated ? MOVEMENT_STATE_APPROVED : MOVEMENT_STATE_REJECTED;
    if (!streq(state, movement_state_name(said_state)) && !(superseded && !answer->operated))
        return "state";
    if (errors_differ(json_object_get(row, "errors"), answer))
        return "errors";
    if (!streq(text_of(row, "imss_name"), str_or_empty(answer->name)))
        return "imss_name";
    const char late[] = {answer->extemporaneo, '\0'};
    return streq(text_of(row, "extemporaneous"), late) ? NULL : "extemporaneous";
}

/* Without a constancia that counts, no movement is answered. */
static const char *differs_unanswered(const json_t *row)
{
    int state = movement_state_from_name(text_of(row, "state"));
    return state == MOVEMENT_STATE_APPROVED || state == MOVEMENT_STATE_REJECTED ? "state" : NULL;
}

static enum verdict check_counts(const struct examination *e, struct buf *text)
{
    int64_t approved = e->row_of ? e->constancia.operated[COUNT_TOTAL] : 0;
    int64_t rejected = e->row_of ? e->constancia.rejected[COUNT_TOTAL] : 0;
    const char *state = text_of(lot_of(e), "state");
    enum lot_state expected = rejected == 0   ? LOT_STATE_ACCEPTED
                              : approved == 0 ? LOT_STATE_REJECTED
                                              : LOT_STATE_PARTIAL;
    if (number_of(lot_of(e), "approved") != approved || number_of(lot_of(e), "rejected") != rejected ||
        (e->row_of && !streq(state, lot_state_name(expected)) &&
         !streq(state, lot_state_name(LOT_STATE_RECEIVED)) &&
         !streq(state, lot_state_name(LOT_STATE_QUARANTINED))))
        return said(VERDICT_FAILED, text,
                    _("The state and the counts in lot.json are not those of the constancia."));
    return VERDICT_OK;
}

static enum verdict compare_movement(const struct examination *e, size_t i, const json_t *row,
                                     const struct movement *movement, bool answered, struct buf *text)
{
    const char *key =
        number_of(row, "position") == (int64_t)i + 1 ? differs_from_record(row, movement) : "position";
    if (key)
        return said(VERDICT_FAILED, text, _("movements.json, movement %zu: '%s' is not that of the record."),
                    i + 1, key);
    key =
        answered ? differs_from_constancia(row, &e->constancia.rows[e->row_of[i]]) : differs_unanswered(row);
    if (key)
        return said(VERDICT_FAILED, text,
                    _("movements.json, movement %zu: '%s' is not what the constancia says."), i + 1, key);
    return VERDICT_OK;
}

static enum verdict compare_movements(struct examination *e, struct record_reader *records, bool answered,
                                      struct buf *text)
{
    struct movements_reader rows = movements_reader(&e->movements);
    _cleanup_err_ struct err err = ERR_INIT;
    struct movement movement;
    json_t *row = NULL;
    size_t i = 0;
    int r;
    enum verdict verdict = VERDICT_OK;
    while (verdict == VERDICT_OK && (r = movements_next(&rows, &row, &err)) != 0) {
        if (r < 0)
            return said(VERDICT_FAILED, text, "%s", err_text(&err));
        verdict = record_reader_next(records, &movement) > 0
                      ? compare_movement(e, i++, row, &movement, answered, text)
                      : said(VERDICT_FAILED, text, _("movements.json has more movements than records.txt."));
        json_decref(row);
    }
    if (verdict == VERDICT_OK && i != e->n_records)
        verdict = said(VERDICT_FAILED, text, _("Movements in movements.json: %zu; in records.txt: %zu."), i,
                       e->n_records);
    return verdict;
}

enum verdict check_movements(struct examination *e, struct buf *text)
{
    const char *state = text_of(lot_of(e), "state");
    /* Until its receipts are accepted as they are, a lot's movements have no answer. */
    bool answered = e->row_of && !streq(state, lot_state_name(LOT_STATE_RECEIVED)) &&
                    !streq(state, lot_state_name(LOT_STATE_QUARANTINED));
    if (e->incomplete && !e->row_of)
        return said(VERDICT_NOT_CHECKED, text, _("The constancia could not be read here."));
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(str_or_empty(e->records.data), e->records.len, NULL);
    enum verdict verdict = compare_movements(e, reader, answered, text);
    if (verdict == VERDICT_OK && (answered || !e->row_of))
        verdict = check_counts(e, text);
    if (verdict != VERDICT_OK)
        return verdict;
    return answered
               ? said(verdict, text,
                      _("The answer of every movement in movements.json is the one in the constancia."))
               : said(verdict, text, _("movements.json repeats the records and claims no answer of IMSS."));
}

/* ---- what idsed wrote for people ---- */

static int compare_next(void *data, const void *bytes, size_t n, struct err *err)
{
    struct buf *rest = data; /* what is still to come; `cap` counts what was seen of it */
    if (rest->cap + n > rest->len || memcmp(rest->data + rest->cap, bytes, n) != 0)
        rest->len = SIZE_MAX / 2; /* never equal any more */
    else
        rest->cap += n;
    return 0;
}

static bool is_file(struct examination *e, const char *name, const struct buf *expected)
{
    const struct bundle_file *file = bundle_find(e->bundle, name);
    struct buf rest = {.data = expected->data, .len = expected->len};
    return file && file->size == expected->len &&
           bundle_stream(e->bundle, file, compare_next, &rest, NULL) >= 0 && rest.cap == expected->len;
}

typedef void row_fn(void *data, const json_t *row);

/* As far as it can be read; where it cannot, the check of the movements has said so. */
static void each_movement(const struct examination *e, row_fn *fn, void *data)
{
    struct movements_reader rows = movements_reader(&e->movements);
    for (json_t *row; movements_next(&rows, &row, NULL) > 0; json_decref(row))
        fn(data, row);
}

static void add_csv(void *data, const json_t *row)
{
    evidence_csv_row(data, row);
}

static void add_to_report(void *data, const json_t *row)
{
    report_movement(data, row);
}

enum verdict check_tables(struct examination *e, struct buf *text)
{
    _cleanup_buf_ struct buf csv = BUF_INIT;
    evidence_csv_head(&csv);
    each_movement(e, add_csv, &csv);
    if (!is_file(e, EVIDENCE_CSV, &csv))
        return said(VERDICT_FAILED, text, _("movements.csv does not say what movements.json says."));
    return said(VERDICT_OK, text, _("movements.csv says what movements.json says."));
}

static void add_to(void *data, const void *bytes, size_t n)
{
    buf_add(data, bytes, n);
}

static bool is_report(struct examination *e, enum report_format format, const char *name)
{
    _cleanup_buf_ struct buf expected = BUF_INIT;
    struct report *report = report_begin(format, e->lot, add_to, &expected);
    each_movement(e, add_to_report, report);
    report_end(report, e->history);
    return is_file(e, name, &expected);
}

enum verdict check_report(struct examination *e, struct buf *text)
{
    _cleanup_free_ char *language = report_language();
    if (!streq(text_of(e->lot, "made_by"), "idsed " IDSED_VERSION) ||
        !streq(text_of(e->lot, "language"), language))
        return said(VERDICT_NOT_CHECKED, text,
                    _("report.txt and report.html were written by another version or in another language; "
                      "'idsectl report' "
                      "writes them anew from what was checked."));
    if (!is_report(e, REPORT_TEXT, EVIDENCE_REPORT) || !is_report(e, REPORT_HTML, EVIDENCE_HTML))
        return said(VERDICT_FAILED, text,
                    _("report.txt or report.html does not say what the other files say."));
    return said(VERDICT_OK, text, _("report.txt and report.html say what the other files say."));
}

enum verdict check_sello(struct examination *e, struct buf *text)
{
    return said(VERDICT_NOT_CHECKED, text,
                _("IMSS publishes neither the algorithm nor the key of its sello digital; only IMSS can "
                  "confirm it, by the folio."));
}
