/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/examine.h"

#include "vault/digest.h"

/* The history: that each record has the hash that its words make, and what the records say of the documents. */

/* NULL stays NULL: it has another hash than "". */
static const char *text_or_null(const json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static bool hash_is_right(const json_t *record)
{
    const char *const texts[] = {text_or_null(record, "who"), text_or_null(record, "action"),
                                 text_or_null(record, "object"), text_or_null(record, "outcome"),
                                 text_or_null(record, "detail")};
    _cleanup_free_ char *hash = digest_link_hex(text_of(record, "previous"), number_of(record, "seq"),
                                                number_of(record, "at_us"), texts, ELEMENTSOF(texts));
    return streq(hash, text_of(record, "hash"));
}

/* Two that follow each other in the chain are linked; between others stand records of other lots. */
static bool is_linked(const json_t *before, const json_t *record)
{
    int64_t step = number_of(record, "seq") - (before ? number_of(before, "seq") : 0);
    if (step == 1)
        return streq(text_of(record, "previous"), before ? text_of(before, "hash") : "");
    return step > 1;
}

enum verdict check_history(struct examination *e, struct buf *text)
{
    const json_t *records = json_object_get(e->history, "records"),
                 *head = json_object_get(e->history, "head");
    const json_t *before = NULL;
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        if (!hash_is_right(record))
            return said(VERDICT_FAILED, text,
                        _("Record %lld of the history was changed: it does not have its hash."),
                        (long long)number_of(record, "seq"));
        if (!is_linked(before, record))
            return said(VERDICT_FAILED, text,
                        _("Record %lld of the history does not follow the one before it."),
                        (long long)number_of(record, "seq"));
        before = record;
    }
    if (!before)
        return said(VERDICT_FAILED, text, _("The history of the lot is missing."));
    if (number_of(head, "seq") < number_of(before, "seq") ||
        (number_of(head, "seq") == number_of(before, "seq") &&
         !streq(text_of(head, "hash"), text_of(before, "hash"))))
        return said(VERDICT_FAILED, text, _("The head of the history is older than its last record."));
    return said(VERDICT_OK, text,
                _("Records that have the hash that their words and the record before make, where other "
                  "records may stand between: %zu. The head was record %lld, %.16s…"),
                json_array_size(records), (long long)number_of(head, "seq"), text_of(head, "hash"));
}

/* ---- what the records say of files ---- */

/* The detail of a record, if it is one of these acts; a new reference, or NULL. */
static json_t *detail_of(const json_t *record, const char *action)
{
    return streq(text_of(record, "action"), action) ? json_loads(text_of(record, "detail"), 0, NULL) : NULL;
}

/* 1: the record of that number under `key` has this hash under `name`; 0: there is no such record; -1: another hash. */
static int is_entered(const struct examination *e, const char *action, const char *key, int64_t id,
                      const char *name, const char *sha256)
{
    const json_t *records = json_object_get(e->history, "records");
    int found = 0;
    for (size_t i = 0; i < json_array_size(records) && found <= 0; i++) {
        json_t *detail = detail_of(json_array_get(records, i), action);
        if (detail && number_of(detail, key) == id)
            found = streq(text_of(detail, name), sha256) ? 1 : -1;
        json_decref(detail);
    }
    return found;
}

static enum verdict other_in_history(struct buf *text, const char *file)
{
    return said(VERDICT_FAILED, text, _("%s is not what the history recorded: it has another SHA-256 there."),
                file);
}

static enum verdict check_file(struct examination *e, int64_t attempt, const char *file, const char *name,
                               size_t *unknown, struct buf *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *sha256 = NULL;
    const struct bundle_file *found = *file ? bundle_find(e->bundle, file) : NULL;
    if (found && bundle_hash(e->bundle, found, &sha256, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    int entered = is_entered(e, "attempt", "attempt", attempt, name, str_or_empty(sha256));
    if (entered < 0 && !found) /* the history knows of one that is not there */
        return said(VERDICT_FAILED, text,
                    _("The history recorded a file (%s) of attempt %lld, which is missing."), name,
                    (long long)attempt);
    *unknown += found && entered == 0;
    return entered < 0 ? other_in_history(text, file) : VERDICT_OK;
}

static enum verdict check_attempts(struct examination *e, size_t *unknown, struct buf *text)
{
    const json_t *attempts = json_object_get(e->lot, "attempts");
    enum verdict verdict = VERDICT_OK;
    for (size_t i = 0; i < json_array_size(attempts) && verdict == VERDICT_OK; i++) {
        const json_t *attempt = json_array_get(attempts, i);
        verdict = check_file(e, number_of(attempt, "id"), text_of(attempt, "transcript"), "transcript",
                             unknown, text);
        if (verdict == VERDICT_OK)
            verdict =
                check_file(e, number_of(attempt, "id"), text_of(attempt, "tls"), "tls_chain", unknown, text);
        if (verdict == VERDICT_OK && is_entered(e, "attempt", "attempt", number_of(attempt, "id"), "records",
                                                text_of(lot_of(e), "sha256")) < 0)
            verdict = other_in_history(text, EVIDENCE_RECORDS);
    }
    return verdict;
}

/* What the history says to have been stored has to be there. */
static enum verdict check_recorded(struct examination *e, struct buf *text)
{
    const json_t *records = json_object_get(e->history, "records"),
                 *documents = json_object_get(e->lot, "documents");
    enum verdict verdict = VERDICT_OK;
    for (size_t i = 0; i < json_array_size(records) && verdict == VERDICT_OK; i++) {
        json_t *detail = detail_of(json_array_get(records, i), "document");
        bool found = !detail;
        for (size_t k = 0; k < json_array_size(documents) && !found; k++)
            found = number_of(json_array_get(documents, k), "id") == number_of(detail, "document");
        if (!found)
            verdict = said(VERDICT_FAILED, text, _("Document %lld (%s) is missing: the history recorded it."),
                           (long long)number_of(detail, "document"), text_of(detail, "kind"));
        json_decref(detail);
    }
    return verdict;
}

/* Since when the history has hashes: the first record that has one; 0: it has none. */
static int64_t entered_since(const struct examination *e)
{
    const json_t *records = json_object_get(e->history, "records");
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        if (streq(text_of(record, "action"), "document") || streq(text_of(record, "action"), "attempt"))
            return number_of(record, "at_us");
    }
    return 0;
}

enum verdict check_entries(struct examination *e, struct buf *text)
{
    const int64_t since = entered_since(e);
    const json_t *documents = json_object_get(e->lot, "documents");
    size_t unknown = 0;
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        int entered = is_entered(e, "document", "document", number_of(document, "id"), "sha256",
                                 text_of(document, "sha256"));
        if (entered < 0)
            return other_in_history(text, text_of(document, "file"));
        if (entered == 0 && since && instant_of(document, "stored") > since)
            return said(VERDICT_FAILED, text, _("The record of %s is missing in the history."),
                        text_of(document, "file"));
        unknown += entered == 0;
    }
    enum verdict verdict = check_recorded(e, text);
    if (verdict == VERDICT_OK)
        verdict = check_attempts(e, &unknown, text);
    if (verdict != VERDICT_OK)
        return verdict;
    if (unknown > 0)
        return said(VERDICT_NOT_CHECKED, text,
                    dngettext(IDSED_TEXTDOMAIN,
                              "The history has no hash of %zu file: idsed enters them since version 0.2.0.",
                              "The history has no hash of %zu files: idsed enters them since version 0.2.0.",
                              unknown),
                    unknown);
    return said(VERDICT_OK, text,
                _("Documents, transcripts and TLS certificates have the SHA-256 that the history "
                  "recorded, and none that it recorded is missing."));
}
