/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/report.h"

#include <libintl.h>

#include "evidence/csv.h"
#include "idse/lot.h"
#include "idse/movement.h"

enum { FLUSH = 64 * 1024 };

struct report {
    enum report_format format;
    const json_t *lot; /* lot.json */
    report_sink *sink;
    void *data;
    struct buf out;
    bool in_table;
};

/* ---- writing, as text or as a page ---- */

static void flush(struct report *report, size_t from)
{
    if (report->out.len < from)
        return;
    report->sink(report->data, report->out.data, report->out.len);
    buf_reset(&report->out);
}

static void add_text(struct report *report, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};
    for (; *text; text++) {
        const char *entity = NULL;
        for (size_t i = 0; report->format == REPORT_HTML && i < ELEMENTSOF(entities); i++)
            if (entities[i].c == *text)
                entity = entities[i].entity;
        const unsigned char c = (unsigned char)text[0];
        bool control =
            c < ' ' || c == 0x7F || (c == 0xC2 && (unsigned char)text[1] < 0xA0); /* for a terminal */
        if (entity)
            buf_add_str(&report->out, entity);
        else
            buf_add_char(&report->out, control ? '?' : *text);
    }
}

/* `text` between two pieces that the format needs. */
static void add_between(struct report *report, const char *before, const char *text, const char *after)
{
    buf_add_str(&report->out, before);
    add_text(report, text);
    buf_add_str(&report->out, after);
}

static void close_table(struct report *report)
{
    if (report->in_table && report->format == REPORT_HTML)
        buf_add_str(&report->out, "</table>\n");
    report->in_table = false;
}

static void heading(struct report *report, const char *text)
{
    close_table(report);
    if (report->format == REPORT_HTML)
        add_between(report, "<h2>", text, "</h2>\n");
    else
        add_between(report, "\n== ", text, " ==\n");
}

static void paragraph(struct report *report, const char *text)
{
    close_table(report);
    if (report->format == REPORT_HTML)
        add_between(report, "<p>", text, "</p>\n");
    else
        add_between(report, "", text, "\n");
}

/* "Label: value"; nothing where there is no value. */
static void fact(struct report *report, const char *label, const char *value)
{
    if (str_empty(value))
        return;
    if (report->format == REPORT_HTML) {
        if (!report->in_table)
            buf_add_str(&report->out, "<table>\n");
        report->in_table = true;
        add_between(report, "<tr><th>", label, "</th><td>");
        add_between(report, "", value, "</td></tr>\n");
    } else {
        add_between(report, "  ", label, ": ");
        add_between(report, "", value, "\n");
    }
}

static void item(struct report *report, const char *text)
{
    close_table(report);
    if (report->format == REPORT_HTML)
        add_between(report, "<div class=\"item\">", text, "</div>\n");
    else
        add_between(report, "  ", text, "\n");
}

static void sub_item(struct report *report, const char *text)
{
    if (report->format == REPORT_HTML)
        add_between(report, "<div class=\"sub\">", text, "</div>\n");
    else
        add_between(report, "      ", text, "\n");
}

/* ---- reading ---- */

static const char *text_of(const json_t *object, const char *key)
{
    return str_or_empty(json_string_value(json_object_get(object, key)));
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* "2026-11-25T10:00:00-06:00" as people write it. */
static char *instant_of(const json_t *object, const char *key)
{
    char *text = xstrdup(text_of(object, key));
    char *t = strchr(text, 'T');
    if (t)
        *t = ' ';
    return text;
}

static void instant_fact(struct report *report, const char *label, const json_t *object, const char *key)
{
    _cleanup_free_ char *text = instant_of(object, key);
    fact(report, label, text);
}

static void number_fact(struct report *report, const char *label, const json_t *object, const char *key)
{
    _cleanup_free_ char *text = number_of(object, key) ? xasprintf("%lld", number_of(object, key)) : NULL;
    fact(report, label, text);
}

/* ---- the lot ---- */

static const char *const verdicts[_LOT_STATE_MAX] = {
    [LOT_STATE_QUEUED] = N_("The lot has not been sent."),
    [LOT_STATE_SENDING] = N_("The lot is being sent."),
    [LOT_STATE_UNCERTAIN] = N_("The lot was sent, and it is not known whether IMSS received it."),
    [LOT_STATE_RECEIVED] = N_("IMSS received the lot and has not answered its movements yet."),
    [LOT_STATE_ACCEPTED] = N_("IMSS received the lot and operated every movement."),
    [LOT_STATE_PARTIAL] = N_("IMSS received the lot, operated some movements and rejected others."),
    [LOT_STATE_REJECTED] = N_("IMSS received the lot and rejected every movement."),
    [LOT_STATE_FAILED] = N_("IMSS refused the whole file; none of its movements took effect."),
    [LOT_STATE_QUARANTINED] =
        N_("What IMSS issued does not agree with what was sent; a person has to look at it."),
    [LOT_STATE_CANCELLED] = N_("The lot was given up before it was sent."),
};

static void write_lot(struct report *report)
{
    const json_t *lot = json_object_get(report->lot, "lot");
    heading(report, _("What became of it"));
    int state = lot_state_from_name(text_of(lot, "state"));
    if (state >= 0)
        paragraph(report, _(verdicts[state]));
    fact(report, _("Registro patronal"), text_of(lot, "registration"));
    fact(report, _("Razón social"), text_of(lot, "registration_name"));
    number_fact(report, _("Movements"), lot, "movements");
    number_fact(report, _("Reingresos"), lot, "reingresos");
    number_fact(report, _("Modificaciones"), lot, "modificaciones");
    number_fact(report, _("Bajas"), lot, "bajas");
    number_fact(report, _("Operated by IMSS"), lot, "approved");
    number_fact(report, _("Rejected by IMSS"), lot, "rejected");
    fact(report, _("Número de lote"), text_of(lot, "portal_lot"));
    fact(report, _("Folio"), text_of(lot, "folio"));
    instant_fact(report, _("Received by IMSS (this counts for the deadline)"), lot, "received");
    instant_fact(report, _("Finished"), lot, "finished");
    fact(report, _("Last error"), text_of(lot, "last_error"));
    fact(report, _("Held because"), text_of(lot, "hold_text"));
    number_fact(report, _("Corrects lot"), lot, "parent");
    number_fact(report, _("Corrected by lot"), lot, "corrected_by");
    instant_fact(report, _("Given up"), lot, "given_up");
    fact(report, _("Given up by"), text_of(lot, "given_up_by"));
    fact(report, _("Given up because"), text_of(lot, "given_up_text"));

    heading(report, _("What was to be sent"));
    instant_fact(report, _("Submitted"), lot, "created");
    fact(report, _("Submitted by"), text_of(lot, "created_by"));
    fact(report, _("Approved by"), text_of(lot, "approved_by"));
    instant_fact(report, _("Approved on"), lot, "approved_time");
    instant_fact(report, _("Not to be sent before"), lot, "not_before");
    fact(report, _("File"), text_of(lot, "source"));
    fact(report, _("SHA-256 of the records"), text_of(lot, "sha256"));
}

static void write_certificates(struct report *report)
{
    const json_t *certificates = json_object_get(report->lot, "certificates");
    if (json_array_size(certificates) > 0)
        heading(report, _("Certificates that signed"));
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *one = json_array_get(certificates, i);
        _cleanup_free_ char *title =
            xasprintf(_("Certificate %lld: %s"), number_of(one, "id"), text_of(one, "name"));
        item(report, title);
        fact(report, _("RFC"), text_of(one, "rfc"));
        fact(report, _("Serial number"), text_of(one, "serial"));
        instant_fact(report, _("Valid from"), one, "not_before");
        instant_fact(report, _("Valid until"), one, "not_after");
        fact(report, _("SHA-256"), text_of(one, "fingerprint"));
    }
}

static void write_tls(struct report *report, const json_t *chain)
{
    const json_t *own = json_array_get(chain, 0);
    if (!own)
        return;
    fact(report, _("The portal's TLS certificate"), text_of(own, "subject"));
    fact(report, _("Issued by"), text_of(own, "issuer"));
    instant_fact(report, _("Valid until"), own, "not_after");
    fact(report, _("SHA-256"), text_of(own, "fingerprint"));
}

static void write_attempts(struct report *report)
{
    const json_t *attempts = json_object_get(report->lot, "attempts");
    heading(report, _("How it was sent"));
    if (json_array_size(attempts) == 0)
        paragraph(report, _("There was no attempt."));
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        _cleanup_free_ char *started = instant_of(attempt, "started");
        _cleanup_free_ char *title =
            xasprintf(_("Attempt %lld, begun %s"), number_of(attempt, "id"), started);
        item(report, title);
        instant_fact(report, _("Ended"), attempt, "ended");
        number_fact(report, _("Signed with certificate"), attempt, "certificate");
        fact(report, _("Result"), text_of(attempt, "reason"));
        fact(report, _("What happened"), text_of(attempt, "text"));
        fact(report, _("Bytes left this machine"),
             json_is_true(json_object_get(attempt, "sent")) ? _("yes") : _("no"));
        write_tls(report, json_object_get(attempt, "tls_certificates"));
    }
}

static void begin_page(struct report *report, const char *title)
{
    static const char style[] =
        "body{font:14px/1.5 sans-serif;margin:2em;max-width:70em}th{text-align:left;padding-right:1em;"
        "font-weight:normal;color:#555;vertical-align:top}.sub{margin-left:3em}h2{font-size:1.2em}";
    if (report->format == REPORT_HTML) {
        add_between(report, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>", title,
                    "</title>");
        buf_printf(&report->out, "<style>%s</style></head><body>\n", style);
        add_between(report, "<h1>", title, "</h1>\n");
    } else
        add_between(report, "", title, "\n");
}

struct report *report_begin(enum report_format format, const json_t *lot, report_sink *sink, void *data)
{
    struct report *report = xcalloc(1, sizeof(*report));
    *report = (struct report){.format = format, .lot = lot, .sink = sink, .data = data};
    const json_t *row = json_object_get(lot, "lot");
    _cleanup_free_ char *title = xasprintf(_("Account of lot %lld of registro patronal %s"),
                                           number_of(row, "id"), text_of(row, "registration"));
    begin_page(report, title);
    write_lot(report);
    write_attempts(report);
    write_certificates(report);
    heading(report, _("What IMSS answered to each movement"));
    return report;
}

/* ---- movements ---- */

static void write_dates(struct report *report, const json_t *movement)
{
    const char *deadline = text_of(movement, "deadline"), *effective = text_of(movement, "effective");
    _cleanup_free_ char *last = *deadline ? xasprintf(_("last legal day to send it: %s"), deadline) : NULL;
    _cleanup_free_ char *from =
        *effective && !streq(effective, text_of(movement, "date"))
            ? xasprintf(_("IMSS counts it from %s on, for it was received late"), effective)
            : NULL;
    if (last)
        sub_item(report, last);
    if (from)
        sub_item(report, from);
    if (streq(text_of(movement, "extemporaneous"), "1"))
        sub_item(report, _("IMSS marked it as late (extemporáneo)"));
}

void report_movement(struct report *report, const json_t *movement)
{
    int type = movement_type_from_name(text_of(movement, "type"));
    int state = movement_state_from_name(text_of(movement, "state"));
    const char *second = text_of(movement, "second_surname");
    _cleanup_free_ char *line = xasprintf(
        "%lld. %s  %s%s%s %s  %s %s%s%s: %s", number_of(movement, "position"), text_of(movement, "nss"),
        text_of(movement, "first_surname"), *second ? " " : "", second, text_of(movement, "names"),
        type >= 0 ? movement_type_label((enum movement_type)type) : "", text_of(movement, "date"),
        *text_of(movement, "sbc") ? "  SBC " : "", text_of(movement, "sbc"),
        state >= 0 ? movement_state_label((enum movement_state)state) : "");
    item(report, line);
    write_dates(report, movement);
    const json_t *errors = json_object_get(movement, "errors");
    for (size_t i = 0; i < json_array_size(errors); i++) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        evidence_error_text(&text, json_array_get(errors, i));
        sub_item(report, text.data);
    }
    if (json_is_true(json_object_get(movement, "name_differs"))) {
        _cleanup_free_ char *name = xasprintf(_("IMSS has another name: %s"), text_of(movement, "imss_name"));
        sub_item(report, name);
    }
    flush(report, FLUSH);
}

/* ---- the end ---- */

static void write_documents(struct report *report)
{
    const json_t *documents = json_object_get(report->lot, "documents");
    heading(report, _("Documents"));
    if (json_array_size(documents) == 0)
        paragraph(report, _("There are none."));
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        _cleanup_free_ char *stored = instant_of(document, "stored");
        _cleanup_free_ char *line = xasprintf(_("%s (%s), %lld bytes, stored %s"), text_of(document, "kind"),
                                              text_of(document, "file"), number_of(document, "size"), stored);
        _cleanup_free_ char *sha256 = xasprintf("SHA-256 %s", text_of(document, "sha256"));
        item(report, line);
        sub_item(report, sha256);
    }
}

void report_end(struct report *report, const json_t *history)
{
    write_documents(report);
    heading(report, _("Who did what"));
    const json_t *records = json_object_get(history, "records");
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        _cleanup_free_ char *at = instant_of(record, "at");
        _cleanup_free_ char *line =
            xasprintf("%s  %s: %s, %s (%s)", at, text_of(record, "who"), text_of(record, "action"),
                      text_of(record, "object"), text_of(record, "outcome"));
        item(report, line);
        if (*text_of(record, "detail"))
            sub_item(report, text_of(record, "detail"));
    }
    close_table(report);
    if (report->format == REPORT_HTML)
        buf_add_str(&report->out, "</body></html>\n");
    flush(report, 0);
    buf_free(&report->out);
    free(report);
}

char *report_language(void)
{
    static const char field[] = "\nLanguage: ";
    static const char none[] = ""; /* which is what the catalogue's head is kept under */
    const char *head = gettext(none);
    const char *at = strstr(head, field);
    return at ? xstrndup(at + strlen(field), strcspn(at + strlen(field), "\n")) : xstrdup("en");
}
