/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/session-private.h"

enum { FILE_NAME_MAX = 100 };

/* ---- the dates of lots ---- */

const char *session_find_date(const struct portal_session *session, const char *portal_lot)
{
    for (size_t i = 0; i < session->rows.n; i++)
        if (streq(session->rows.items[i].row.portal_lot, portal_lot))
            return session->rows.items[i].date_text;
    for (size_t i = 0; i < session->n_dates; i++)
        if (streq(session->dates[i].portal_lot, portal_lot))
            return session->dates[i].text;
    return NULL;
}

static void keep_date(struct portal_session *session, const char *portal_lot, const char *text)
{
    session->dates = xreallocarray(session->dates, session->n_dates + 1, sizeof(*session->dates));
    session->dates[session->n_dates++] = (struct lot_date){xstrdup(portal_lot), xstrdup(text)};
}

/* ---- what each step's success means; each ends in next_step() or session_finish() ---- */

static void next_step(struct portal_session *session)
{
    if (++session->at_step < session->n_steps)
        session_take_step(session);
    else
        session_finish_with(session, REASON_OK, "");
}

static void list_answered(struct portal_session *session, const struct http_answer *http,
                          const struct page *page)
{
    const struct profile_step *list = &session->profile->steps[PROFILE_STEP_LIST];
    _cleanup_err_ struct err err = ERR_INIT;
    struct page_rows rows;
    if (!page || page_rows(page, list, &rows, &err) < 0) {
        struct portal_answer answer = {
            .reason = REASON_UNKNOWN_PAGE, .text = page ? err_text(&err) : "", .page = http->body};
        session_finish(session, &answer);
        return;
    }
    page_rows_free(&session->rows);
    session->rows = rows;
    /* Fewer than asked for are all; else the last of them must be older than what the caller needs. */
    bool complete = rows.n < list->rows[session->rows_index];
    if (!complete && rows.newest_first)
        for (size_t i = 0; i < rows.n && !complete; i++)
            complete = rows.items[i].date_end_us <= session->since_us;
    bool enough = complete;
    if (session->operation == OPERATION_FETCH)
        enough = complete || session_find_date(session, session->lot);
    if (!enough && session->rows_index + 1 < ELEMENTSOF(list->rows) && list->rows[session->rows_index + 1]) {
        session->rows_index++;
        session_take_step(session);
        return;
    }
    if (session->operation == OPERATION_FETCH) {
        next_step(session);
        return;
    }
    struct portal_row *view = xcalloc(rows.n, sizeof(*view));
    for (size_t i = 0; i < rows.n; i++)
        view[i] = rows.items[i].row;
    struct portal_answer answer = {
        .reason = REASON_OK, .rows = view, .n_rows = rows.n, .complete = complete, .page = http->body};
    session_finish(session, &answer);
    free(view);
}

static void upload_answered(struct portal_session *session, const struct http_answer *http,
                            const struct page *page)
{
    const struct profile_step *step = &session->profile->steps[PROFILE_STEP_UPLOAD];
    _cleanup_free_ char *lot = page ? page_text_of(page, step->lot_id) : NULL;
    _cleanup_free_ char *folio = page && step->folio_id ? page_text_of(page, step->folio_id) : NULL;
    _cleanup_free_ char *received = page && step->received_id ? page_text_of(page, step->received_id) : NULL;
    struct portal_answer answer = {
        .reason = REASON_OK, .portal_lot = lot, .folio = folio, .page = http->body};
    if (!lot) {
        answer.reason = REASON_UNKNOWN_PAGE;
        answer.text = _("the answer to the upload has no número de lote");
    } else if (received) {
        page_date(received, &answer.received_us, NULL);
        keep_date(session, lot, received);
    }
    session_finish(session, &answer);
}

/* The name that the portal gives the document, without anything that a path or a shell could take amiss. */
static char *safe_file_name(const char *disposition)
{
    const char *at = strcasestr(disposition, "filename=");
    if (!at)
        return NULL;
    at += strlen("filename=");
    at += *at == '"';
    struct buf name = BUF_INIT;
    for (; *at && !strchr("\";\r\n", *at) && name.len < FILE_NAME_MAX; at++) {
        bool fine = (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
                    strchr("-_", *at) || (*at == '.' && name.len);
        if (*at == '/' || *at == '\\')
            buf_reset(&name);
        else
            buf_add_char(&name, fine ? *at : '_');
    }
    char *text = buf_steal(&name, NULL);
    if (*text)
        return text;
    free(text);
    return NULL;
}

static void document_answered(struct portal_session *session, const struct http_answer *http)
{
    _cleanup_free_ char *media = xstrndup(http->content_type, strcspn(http->content_type, "; "));
    _cleanup_free_ char *name = safe_file_name(http->disposition);
    struct portal_answer answer = {
        .reason = REASON_OK, .document = http->body, .media_type = media, .file_name = name};
    session_finish(session, &answer);
}

void session_succeeded(struct portal_session *session, const struct http_answer *http,
                       const struct page *page)
{
    switch (session->step) {
    case PROFILE_STEP_SEQUENCE:
        replace_str(&session->nonce, xstrndup(http->body->data, http->body->len));
        session_take_step(session); /* the one that needs it */
        return;
    case PROFILE_STEP_LIST:
        list_answered(session, http, page);
        return;
    case PROFILE_STEP_UPLOAD:
        upload_answered(session, http, page);
        return;
    case PROFILE_STEP_ACUSE:
    case PROFILE_STEP_CONSTANCIA:
    case PROFILE_STEP_CSV:
        document_answered(session, http);
        return;
    case PROFILE_STEP_CONNECT:
    case PROFILE_STEP_LOGIN:
    case PROFILE_STEP_MENU:
    case PROFILE_STEP_MODULE:
    case PROFILE_STEP_LOGOUT:
    case _PROFILE_STEP_MAX:
        break;
    }
    next_step(session);
}
