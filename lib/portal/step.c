/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/step.h"

#include <strings.h>

#include "base/text.h"
#include "portal/form.h"
#include "portal/reason.h"

/* ---- requests ---- */

static void build_urlencoded(const struct profile_step *step, const char *const *values, struct buf *body)
{
    for (size_t i = 0; i < step->n_fields; i++) {
        _cleanup_wipe_ char *value = profile_expand(step->fields[i].value, values);
        form_add_urlencoded(body, step->fields[i].name, value);
    }
}

static void build_parts(const struct profile_step *step, const char *const *values, const char *boundary,
                        const void *records, size_t n_records, struct buf *body)
{
    for (size_t i = 0; i < step->n_fields; i++) {
        const struct profile_field *field = &step->fields[i];
        _cleanup_wipe_ char *value = profile_expand(field->value, values);
        if (field->file)
            form_add_part(body, boundary, field->name, value, records, n_records);
        else
            form_add_part(body, boundary, field->name, NULL, value, strlen(value));
    }
    form_end_parts(body, boundary);
}

/* The most that the body can become, so that it never grows and leaves a secret behind. */
static size_t body_bound(const struct profile_step *step, const char *const *values, size_t n_records)
{
    size_t bound = n_records + 256;
    for (size_t i = 0; i < step->n_fields; i++) {
        _cleanup_wipe_ char *value = profile_expand(step->fields[i].value, values);
        bound += (step->multipart ? 1 : FORM_GROWTH) * (strlen(step->fields[i].name) + strlen(value)) + 256;
    }
    return bound;
}

static char **expand_headers(const struct profile_step *step, const char *const *values)
{
    char **headers = xcalloc(step->n_headers + 1, sizeof(*headers));
    for (size_t i = 0; i < step->n_headers; i++)
        headers[i] = profile_expand(step->headers[i], values);
    return headers;
}

void step_request_build(const struct profile_step *step, const char *base,
                        const char *const values[_PROFILE_VARIABLE_MAX], const void *records,
                        size_t n_records, struct step_request *ret)
{
    struct step_request request = {.body = BUF_INIT, .secret = profile_uses(step, PROFILE_VARIABLE_PASSWORD)};
    _cleanup_free_ char *path = profile_expand(step->path, values);
    request.url = xasprintf("%s%s", base, path);
    request.headers = expand_headers(step, values);
    if (step->post) {
        buf_reserve(&request.body, body_bound(step, values, n_records));
        if (step->multipart) {
            uint8_t random[16];
            random_bytes(random, sizeof(random));
            _cleanup_free_ char *boundary = hex_encode(random, sizeof(random));
            request.content_type = xasprintf("multipart/form-data; boundary=%s", boundary);
            build_parts(step, values, boundary, records, n_records, &request.body);
        } else {
            request.content_type = xstrdup("application/x-www-form-urlencoded");
            build_urlencoded(step, values, &request.body);
        }
    }
    *ret = request;
}

void step_request_free(struct step_request *request)
{
    free(request->url);
    for (char **header = request->headers; header && *header; header++)
        wipe_free_str(*header);
    free(request->headers);
    free(request->content_type);
    if (request->secret)
        buf_wipe_free(&request->body);
    else
        buf_free(&request->body); /* wiping that of an upload would take long */
    *request = (struct step_request){0};
}

static char *pem_lines(const char *base64)
{
    struct buf out = BUF_INIT;
    buf_add_str(&out, "-----BEGIN PKCS7-----\n");
    for (size_t n = strlen(base64), line; n; base64 += line, n -= line) {
        line = MIN(n, (size_t)64);
        buf_add(&out, base64, line);
        buf_add_char(&out, '\n');
    }
    buf_add_str(&out, "-----END PKCS7-----\n");
    return buf_steal(&out, NULL);
}

char *step_pkcs7_text(enum profile_encoding encoding, const struct buf *der)
{
    _cleanup_free_ char *base64 = base64_encode(der->data, der->len);
    switch (encoding) {
    case PROFILE_PEM_QUIRK:
        /* As the portal's own script sends it: no first line, no line breaks, '+' for the blank of the last line. */
        return xasprintf("%s-----END+PKCS7-----", base64);
    case PROFILE_PEM:
        return pem_lines(base64);
    case PROFILE_BASE64:
        break;
    }
    return STEAL(base64);
}

/* ---- answers ---- */

static bool media_matches(const struct profile_step *step, const char *content_type)
{
    size_t n = strcspn(content_type, "; ");
    for (const char *at = step->media; at && *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (length == n && strncasecmp(at, content_type, n) == 0)
            return true;
        at += length;
    }
    return false;
}

/* Error pages come under any media type; markup is recognised by its first character. */
static bool is_document(const struct profile_step *step, const struct http_answer *answer)
{
    const struct buf *body = answer->body;
    if (!body->len || !media_matches(step, answer->content_type))
        return false;
    if (strncasecmp(answer->content_type, "application/pdf", 15) == 0)
        return body->len > 5 && memcmp(body->data, "%PDF-", 5) == 0;
    return body->data[strspn(body->data, " \t\r\n")] != '<';
}

static bool find_failure(const struct profile_failures *failures, const struct page *page,
                         enum outcome_reason *ret)
{
    for (size_t i = 0; i < failures->n; i++)
        if (page_shows(page, &failures->items[i].when)) {
            *ret = failures->items[i].reason;
            return true;
        }
    return false;
}

static enum outcome_reason judge_page(const struct profile *profile, const struct profile_step *step,
                                      bool inside, const struct page *page, enum outcome_reason by_status)
{
    enum outcome_reason reason;
    /* Success first: it is the more precise mark, and a working page may well announce a maintenance. */
    if (by_status == REASON_OK && page_shows(page, &step->expect))
        return REASON_OK;
    if (find_failure(&step->failures, page, &reason) ||
        (inside && find_failure(&profile->inside, page, &reason)) ||
        find_failure(&profile->any, page, &reason))
        return reason;
    return by_status == REASON_OK ? REASON_UNKNOWN_PAGE : by_status;
}

static char *describe(const struct step_verdict *verdict, const struct http_answer *answer)
{
    if (verdict->reason == REASON_OK)
        return xstrdup("");
    const char *said = verdict->page ? page_error(verdict->page) : "";
    if (*said)
        return xasprintf("%.500s", said);
    if (*answer->text)
        return utf8_repair(answer->text, strlen(answer->text));
    return answer->status && (answer->status < 200 || answer->status > 299)
               ? xasprintf(_("%s (HTTP status %ld)"), outcome_reason_text(verdict->reason), answer->status)
               : xstrdup(outcome_reason_text(verdict->reason));
}

void step_judge(const struct profile *profile, const struct profile_step *step, bool inside,
                const struct http_answer *answer, struct step_verdict *ret)
{
    struct step_verdict verdict = {.reason = reason_of(answer->result, answer->status)};
    if (answer->result == HTTP_RESULT_DONE && !(verdict.reason == REASON_OK && is_document(step, answer))) {
        verdict.page = page_parse(str_or_empty(answer->body->data), answer->body->len, profile->error_box);
        if (verdict.page)
            verdict.reason = judge_page(profile, step, inside, verdict.page, verdict.reason);
        else if (verdict.reason == REASON_OK)
            verdict.reason = REASON_UNKNOWN_PAGE;
    }
    verdict.text = describe(&verdict, answer);
    *ret = verdict;
}

void step_verdict_free(struct step_verdict *verdict)
{
    page_free(verdict->page);
    free(verdict->text);
    *verdict = (struct step_verdict){0};
}
