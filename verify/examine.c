/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/examine.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* A check that `needs` another is not made when that one, or what that one needs, failed: it would only say the same in
   other words. */
static const struct {
    const char *name, *needs;
    enum verdict (*fn)(struct examination *e, struct buf *text);
} checks[] = {
    {"manifest", NULL, check_manifest},
    {"contents", NULL, check_contents},
    {"records", "contents", check_records},
    {"history", "contents", check_history},
    {"entries", "contents", check_entries},
    {"signature", "contents", check_signature},
    {"signer", "signature", check_signer},
    {"tls", "contents", check_tls},
    {"acuse", "contents", check_acuse},
    {"serial", "acuse", check_serial},
    {"constancia", "contents", check_constancia},
    {"movements", "records", check_movements},
    {"tables", "contents", check_tables},
    {"report", "contents", check_report},
    {"sello", NULL, check_sello},
};

enum verdict said(enum verdict verdict, struct buf *text, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *sentence = xvasprintf(fmt, ap);
    va_end(ap);
    buf_reset(text);
    buf_add_str(text, sentence);
    return verdict;
}

const char *text_of(const json_t *object, const char *key)
{
    return str_or_empty(json_string_value(json_object_get(object, key)));
}

int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const json_t *lot_of(const struct examination *e)
{
    return json_object_get(e->lot, "lot");
}

int64_t instant_of(const json_t *object, const char *key)
{
    struct tm tm = {0};
    const char *end = strptime(text_of(object, key), "%Y-%m-%dT%H:%M:%S%z", &tm);
    const long offset = tm.tm_gmtoff; /* which timegm() clears */
    return end && !*end ? ((int64_t)timegm(&tm) - offset) * US_PER_S : 0;
}

const json_t *document_of(const struct examination *e, enum document_kind kind)
{
    const json_t *documents = json_object_get(e->lot, "documents"), *found = NULL;
    for (size_t i = 0; i < json_array_size(documents); i++)
        if (streq(text_of(json_array_get(documents, i), "kind"), document_kind_name(kind)))
            found = json_array_get(documents, i);
    return found;
}

int read_json(struct bundle *bundle, const char *name, json_t **ret, struct err *err)
{
    enum { JSON_MAX = 32 << 20 }; /* which takes ten times as much in memory */
    _cleanup_buf_ struct buf text = BUF_INIT;
    json_error_t error;
    const struct bundle_file *file = bundle_find(bundle, name);
    if (file && file->size > JSON_MAX)
        return err_set(err, ERR_INVALID_FILE, _("%s: larger than anything that a bundle has"), name);
    int r = bundle_read(bundle, name, &text, err);
    if (r < 0)
        return r;
    json_t *json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        return err_set(err, ERR_INVALID_FILE, _("%s, line %d: not what idsed writes: %s"), name, error.line,
                       error.text);
    *ret = json;
    return 0;
}

/* ---- the examination ---- */

static void add_outcome(struct examination *e, const char *check, enum verdict verdict, const char *text)
{
    e->outcomes = xreallocarray(e->outcomes, e->n_outcomes + 1, sizeof(*e->outcomes));
    e->outcomes[e->n_outcomes++] = (struct outcome_of_check){check, verdict, xstrdup(text)};
}

enum verdict examination_verdict(const struct examination *e, const char *check)
{
    for (size_t i = 0; i < e->n_outcomes; i++)
        if (streq(e->outcomes[i].check, check))
            return e->outcomes[i].verdict;
    return VERDICT_NOT_CHECKED;
}

bool examination_failed(const struct examination *e)
{
    for (size_t i = 0; i < e->n_outcomes; i++)
        if (e->outcomes[i].verdict == VERDICT_FAILED)
            return true;
    return false;
}

/* The check for whose failure check i is not made; NULL for none. */
static const char *failed_need(const struct examination *e, size_t i)
{
    const char *needs = checks[i].needs;
    for (size_t j = i; needs && j-- > 0;)
        if (streq(checks[j].name, needs)) {
            if (examination_verdict(e, needs) == VERDICT_FAILED)
                return needs;
            needs = checks[j].needs;
        }
    return NULL;
}

int examine(int fd, struct examination *ret, struct err *err)
{
    struct examination *e = ret;
    _cleanup_err_ struct err fault = ERR_INIT;
    *e = (struct examination){0};
    if (bundle_open(fd, &e->bundle, &fault) < 0) {
        if (fault.code != ERR_INVALID_FILE)
            return err_move(err, &fault);
        add_outcome(e, "container", VERDICT_FAILED, err_text(&fault));
        return 0;
    }
    add_outcome(e, "container", VERDICT_OK,
                _("It can be read, and holds nothing but plain files with names of a bundle."));
    for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        buf_add_str(&text, "");
        const char *failed = failed_need(e, i);
        enum verdict verdict = failed
                                   ? said(VERDICT_NOT_CHECKED, &text, _("What it needs failed: %s."), failed)
                                   : checks[i].fn(e, &text);
        add_outcome(e, checks[i].name, verdict, text.data);
    }
    return 0;
}

void examination_free(struct examination *e)
{
    bundle_close(e->bundle);
    json_decref(e->lot);
    json_decref(e->history);
    buf_free(&e->movements);
    buf_free(&e->records);
    for (size_t i = 0; i < e->n_signatures; i++)
        signature_free(&e->signatures[i]);
    free(e->signatures);
    acuse_free(&e->acuse);
    constancia_free(&e->constancia);
    free(e->row_of);
    for (size_t i = 0; i < e->n_outcomes; i++)
        free(e->outcomes[i].text);
    free(e->outcomes);
    *e = (struct examination){0};
}
