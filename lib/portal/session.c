/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/session.h"

#include "portal/portal-private.h"
#include "portal/step.h"
#include "portal/transcript.h"

enum { FILE_NAME_MAX = 100 };

/* What the engine asked for; each is a short walk over steps of the profile. */
enum operation {
    OPERATION_LOGIN,
    OPERATION_LIST,
    OPERATION_SIGN,
    OPERATION_UPLOAD,
    OPERATION_FETCH,
    OPERATION_LOGOUT
};

/* How the portal prints the date of a lot, which it wants back with each request for a document. */
struct lot_date {
    char *portal_lot;
    char *text;
};

struct portal_session {
    struct portal_client *client; /* not for a worker thread, as it may be gone */
    struct profile *profile;      /* ours, as is the URL */
    char *url;
    struct portal_session *next, **link;
    struct credential *credential;
    struct http_session *http;
    struct transcript *transcript;
    struct event *go;    /* the next step, from the loop */
    struct timer *pause; /* … or after the pause between two documents */
    int64_t next_document_us;
    bool answering, preparing; /* not to be freed now: a callback or a worker thread is at it */
    bool closed;

    /* the operation under way */
    enum operation operation;
    enum profile_step_id steps[4], step;
    size_t n_steps, at_step;
    portal_answer_fn *fn;
    void *data;
    int64_t since_us;
    char *rp, *lot, *lot_date;
    struct buf records;
    size_t rows_index; /* into the profile's growing numbers of rows */
    char rows_text[12];
    char *nonce; /* good for one step */
    struct buf signature;
    char *pkcs7; /* what was signed for the upload, as its request has it */
    struct buf tls_chain; /* that the portal showed last */
    struct step_request request;
    struct err err; /* why it could not be made */
    bool sent;      /* the upload's own request may have left */

    struct page_rows rows; /* of the last list */
    struct lot_date *dates;
    size_t n_dates;
};

static void take_step(struct portal_session *session);
static void sign_records(struct portal_session *session);

/* ---- one operation after another ---- */

/* What belongs to the loop and the client goes at once; the rest may have to wait for a worker thread. */
static void detach(struct portal_session *session)
{
    *session->link = session->next;
    if (session->next)
        session->next->link = session->link;
    http_session_free(session->http);
    event_free(session->go);
    timer_free(session->pause);
    session->closed = true;
}

static void destroy(struct portal_session *session)
{
    credential_free(session->credential);
    transcript_free(session->transcript);
    step_request_free(&session->request);
    err_clear(&session->err);
    buf_free(&session->records);
    buf_free(&session->signature);
    free(session->pkcs7);
    buf_free(&session->tls_chain);
    page_rows_free(&session->rows);
    for (size_t i = 0; i < session->n_dates; i++) {
        free(session->dates[i].portal_lot);
        free(session->dates[i].text);
    }
    free(session->dates);
    free(session->rp);
    free(session->lot);
    free(session->lot_date);
    wipe_free_str(session->nonce);
    profile_free(session->profile);
    free(session->url);
    free(session);
}

/* The last thing done in a turn: the callback may start the next operation or close the session. */
static void finish(struct portal_session *session, struct portal_answer *answer)
{
    const bool signing = session->operation == OPERATION_SIGN;
    if (!signing)
        buf_free(&session->records);
    if (!answer->text)
        answer->text = "";
    answer->sent = session->sent;
    if ((signing || session->operation == OPERATION_UPLOAD) && session->signature.len)
        answer->signature = &session->signature;
    if (session->tls_chain.len)
        answer->tls_chain = &session->tls_chain;
    session->answering = true;
    session->fn(session->data, answer);
    session->answering = false;
    if (session->closed)
        destroy(session);
}

static void finish_with(struct portal_session *session, enum outcome_reason reason, const char *text)
{
    struct portal_answer answer = {.reason = reason, .text = text};
    finish(session, &answer);
}

static void begin(struct portal_session *session, enum operation operation, portal_answer_fn *fn, void *data)
{
    session->operation = operation;
    session->fn = fn;
    session->data = data;
    session->n_steps = session->at_step = 0;
    session->rows_index = 0;
    session->sent = false;
    event_active(session->go, EV_TIMEOUT, 0);
}

static void plan(struct portal_session *session, enum profile_step_id step)
{
    session->steps[session->n_steps++] = step;
}

static void go(evutil_socket_t fd, short what, void *data)
{
    struct portal_session *session = data;
    if (session->operation == OPERATION_SIGN) {
        sign_records(session);
        return;
    }
    if (session->operation == OPERATION_LOGIN) { /* with no cookie of a session before */
        http_session_free(session->http);
        session->http = http_session_new(session->client->http);
    }
    take_step(session);
}

static void pause_over(void *data)
{
    take_step(data);
}

/* ---- the dates of lots ---- */

static const char *find_date(const struct portal_session *session, const char *portal_lot)
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

/* ---- what each step's success means; each ends in next_step() or finish() ---- */

static void next_step(struct portal_session *session)
{
    if (++session->at_step < session->n_steps)
        take_step(session);
    else
        finish_with(session, REASON_OK, "");
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
        finish(session, &answer);
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
        enough = complete || find_date(session, session->lot);
    if (!enough && session->rows_index + 1 < ELEMENTSOF(list->rows) && list->rows[session->rows_index + 1]) {
        session->rows_index++;
        take_step(session);
        return;
    }
    if (session->operation == OPERATION_FETCH) {
        next_step(session);
        return;
    }
    struct portal_row *view = xcalloc(rows.n, sizeof(*view));
    for (size_t i = 0; i < rows.n; i++)
        view[i] = rows.items[i].row;
    struct portal_answer answer = {.reason = REASON_OK,
                                   .rows = view,
                                   .n_rows = rows.n,
                                   .complete = complete,
                                   .server_date_us = http->server_date_us,
                                   .page = http->body};
    finish(session, &answer);
    free(view);
}

static void upload_answered(struct portal_session *session, const struct http_answer *http,
                            const struct page *page)
{
    const struct profile_step *step = &session->profile->steps[PROFILE_STEP_UPLOAD];
    _cleanup_free_ char *lot = page ? page_text_of(page, step->lot_id) : NULL;
    _cleanup_free_ char *folio = page && step->folio_id ? page_text_of(page, step->folio_id) : NULL;
    _cleanup_free_ char *received = page && step->received_id ? page_text_of(page, step->received_id) : NULL;
    struct portal_answer answer = {.reason = REASON_OK,
                                   .portal_lot = lot,
                                   .folio = folio,
                                   .server_date_us = http->server_date_us,
                                   .page = http->body};
    if (!lot) {
        answer.reason = REASON_UNKNOWN_PAGE;
        answer.text = _("the answer to the upload has no número de lote");
    } else if (received) {
        page_date(received, &answer.received_us, NULL);
        keep_date(session, lot, received);
    }
    finish(session, &answer);
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
    struct portal_answer answer = {.reason = REASON_OK,
                                   .document = http->body,
                                   .media_type = media,
                                   .file_name = name,
                                   .server_date_us = http->server_date_us};
    finish(session, &answer);
}

static void succeeded(struct portal_session *session, const struct http_answer *http, const struct page *page)
{
    switch (session->step) {
    case PROFILE_STEP_SEQUENCE:
        replace_str(&session->nonce, xstrndup(http->body->data, http->body->len));
        take_step(session); /* the one that needs it */
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

/* ---- one step ---- */

static void build_request(struct portal_session *session, const char *pkcs7, size_t n_records,
                          struct step_request *ret)
{
    const char *values[_PROFILE_VARIABLE_MAX];
    const struct credential *credential = session->credential;
    const struct profile_step *list = &session->profile->steps[PROFILE_STEP_LIST];
    snprintf(session->rows_text, sizeof(session->rows_text), "%u", list->rows[session->rows_index]);
    values[PROFILE_VARIABLE_BASE] = session->url;
    values[PROFILE_VARIABLE_USER] = credential_user(credential);
    values[PROFILE_VARIABLE_RFC] = credential_info(credential)->rfc;
    values[PROFILE_VARIABLE_PASSWORD] = credential_password(credential);
    values[PROFILE_VARIABLE_CERTIFICATE_FILE] = credential_certificate_name(credential);
    values[PROFILE_VARIABLE_KEY_FILE] = credential_key_name(credential);
    values[PROFILE_VARIABLE_NONCE] = session->nonce;
    values[PROFILE_VARIABLE_PKCS7] = pkcs7;
    values[PROFILE_VARIABLE_RP] = session->rp;
    values[PROFILE_VARIABLE_LOT] = session->lot;
    values[PROFILE_VARIABLE_LOT_DATE] = session->lot_date;
    values[PROFILE_VARIABLE_ROWS] = session->rows_text;
    step_request_build(&session->profile->steps[session->step], session->url, values, session->records.data,
                       n_records, ret);
}

static void record(struct portal_session *session, const struct http_answer *http,
                   const struct step_verdict *verdict)
{
    struct transcript *transcript = session->transcript;
    _cleanup_free_ char *when = time_format_iso(clock_wall_us(loop_clock(session->client->loop)));
    /* Built once more without the signature, which can be larger than the file, and with what is kept of the file. */
    struct step_request shown;
    build_request(session, "blanked", MIN(session->records.len, (size_t)TRANSCRIPT_MAX_BODY), &shown);
    transcript_note(transcript, "%s %s: %s", when, profile_step_name(session->step), shown.url);
    transcript_head(transcript, http->request_head);
    if (session->step == PROFILE_STEP_UPLOAD && session->records.len > TRANSCRIPT_MAX_BODY)
        transcript_note(transcript, "the first %d bytes of the %zu of the file:", TRANSCRIPT_MAX_BODY,
                        session->records.len);
    transcript_body(transcript, shown.body.data, shown.body.len);
    step_request_free(&shown);
    transcript_note(transcript, "answer: %s%s%s", outcome_reason_name(verdict->reason),
                    *http->text ? ": " : "", http->text);
    transcript_head(transcript, http->head);
    transcript_body(transcript, http->body->data, http->body->len);
}

static bool is_document_step(enum profile_step_id step)
{
    return step == PROFILE_STEP_ACUSE || step == PROFILE_STEP_CONSTANCIA || step == PROFILE_STEP_CSV;
}

/* Steps that need a login: the login page in answer to one of them means that the session is gone. */
static bool is_inside(enum profile_step_id step)
{
    return step != PROFILE_STEP_CONNECT && step != PROFILE_STEP_SEQUENCE && step != PROFILE_STEP_LOGIN &&
           step != PROFILE_STEP_LOGOUT;
}

static void step_answered(void *data, const struct http_answer *http)
{
    struct portal_session *session = data;
    const struct portal_client *client = session->client;
    struct step_verdict verdict;
    step_judge(client->profile, &client->profile->steps[session->step], is_inside(session->step), http,
               &verdict);
    record(session, http, &verdict);
    step_request_free(&session->request);
    if (http->tls_chain->len) {
        buf_reset(&session->tls_chain);
        buf_add(&session->tls_chain, http->tls_chain->data, http->tls_chain->len);
    }
    if (session->step != PROFILE_STEP_SEQUENCE)
        session->nonce = wipe_free_str(session->nonce);
    if (session->operation != OPERATION_UPLOAD || session->step == PROFILE_STEP_UPLOAD)
        session->sent = http->sent;
    if (is_document_step(session->step))
        session->next_document_us = clock_boot_us(loop_clock(client->loop)) + client->profile->pause_us;
    if (verdict.reason == REASON_OK)
        succeeded(session, http, verdict.page);
    else {
        _cleanup_free_ char *text = xasprintf("%s: %s", profile_step_name(session->step), verdict.text);
        struct portal_answer answer = {.reason = verdict.reason,
                                       .text = text,
                                       .retry_after_us = http->retry_after_us,
                                       .server_date_us = http->server_date_us,
                                       .page = http->body->len ? http->body : NULL};
        finish(session, &answer);
    }
    step_verdict_free(&verdict);
}

/*
 * ---- what is signed, in a worker thread: the records may be many. The thread has the session for itself; when it is closed
 * meanwhile, prepared() frees it.
 */

static void send_step(struct portal_session *session);

/* The signature in session->signature and, given back, as the request has it; NULL: session->err says why not. */
static char *sign(struct portal_session *session, const struct profile_step *step)
{
    const char *nonce = str_or_empty(session->nonce);
    const bool records = step->sign == PROFILE_SIGN_RECORDS;
    buf_free(&session->signature);
    if (credential_sign(session->credential, records ? session->records.data : nonce,
                        records ? session->records.len : strlen(nonce), &session->signature,
                        &session->err) < 0)
        return NULL;
    return step_pkcs7_text(step->encoding, &session->signature);
}

static void prepare(void *data)
{
    struct portal_session *session = data;
    const struct profile_step *step = &session->profile->steps[session->step];
    const bool records = step->sign == PROFILE_SIGN_RECORDS;
    _cleanup_free_ char *pkcs7 = records ? STEAL(session->pkcs7) : NULL;
    if (!pkcs7)
        pkcs7 = sign(session, step);
    if (pkcs7)
        build_request(session, pkcs7, session->records.len, &session->request);
}

static void prepared(void *data)
{
    struct portal_session *session = data;
    session->preparing = false;
    if (session->closed)
        destroy(session);
    else if (session->err.code)
        finish_with(session, REASON_LOCAL, err_text(&session->err));
    else
        send_step(session);
}

static void in_worker(struct portal_session *session, worker_fn *work, worker_fn *done)
{
    err_clear(&session->err);
    if (worker_run(session->client->loop, work, done, session, &session->err) < 0)
        finish_with(session, REASON_LOCAL, err_text(&session->err));
    else
        session->preparing = true;
}

static void sign_upload(void *data)
{
    struct portal_session *session = data;
    session->pkcs7 = sign(session, &session->profile->steps[PROFILE_STEP_UPLOAD]);
}

static void upload_signed(void *data)
{
    struct portal_session *session = data;
    session->preparing = false;
    if (session->closed)
        destroy(session);
    else
        finish_with(session, session->err.code ? REASON_LOCAL : REASON_OK, err_text(&session->err));
}

static void sign_records(struct portal_session *session)
{
    if (session->profile->steps[PROFILE_STEP_UPLOAD].sign == PROFILE_SIGN_RECORDS)
        in_worker(session, sign_upload, upload_signed);
    else
        finish_with(session, REASON_OK, "");
}

/* False, and the operation has ended or waits, when the step cannot be taken now. */
static bool may_step(struct portal_session *session, enum profile_step_id id)
{
    const struct portal_client *client = session->client;
    if (!profile_knows(client->profile, id)) {
        finish_with(session, REASON_PROFILE_INCOMPLETE, profile_step_name(id));
        return false;
    }
    if (!is_document_step(id))
        return true;
    const char *date = find_date(session, session->lot);
    if (!date && profile_uses(&client->profile->steps[id], PROFILE_VARIABLE_LOT_DATE)) {
        finish_with(session, REASON_NOT_READY, _("the portal's list does not have this lot"));
        return false;
    }
    replace_str(&session->lot_date, xstrdup(date));
    if (session->next_document_us <= clock_boot_us(loop_clock(client->loop)))
        return true;
    timer_set_boot(session->pause, session->next_document_us);
    return false;
}

static void take_step(struct portal_session *session)
{
    if (session->at_step >= session->n_steps) {
        finish_with(session, REASON_OK, "");
        return;
    }
    enum profile_step_id id = session->steps[session->at_step];
    if (!may_step(session, id))
        return;
    if (!session->nonce && profile_needs_nonce(&session->profile->steps[id]))
        id = PROFILE_STEP_SEQUENCE;
    session->step = id;

    if (session->profile->steps[id].sign != PROFILE_SIGN_NOTHING) {
        in_worker(session, prepare, prepared);
        return;
    }
    build_request(session, NULL, session->records.len, &session->request);
    send_step(session);
}

static void send_step(struct portal_session *session)
{
    const struct profile_step *step = &session->profile->steps[session->step];
    http_send(session->http,
              &(struct http_request){
                  .url = session->request.url,
                  .headers = (const char *const *)session->request.headers,
                  .content_type = session->request.content_type,
                  .body = session->request.body.data,
                  .body_len = session->request.body.len,
                  .once = step->sign != PROFILE_SIGN_NOTHING || session->step == PROFILE_STEP_UPLOAD,
                  .idle_us = step->timeout_us,
                  .total_us = step->timeout_us,
              },
              step_answered, session);
}

/* ---- struct portal_ops ---- */

struct portal_session *session_open(void *portal, int64_t certificate, struct err *err)
{
    struct portal_client *client = portal;
    struct credential *credential = client->credential(client->credential_data, certificate, err);
    if (!credential)
        return NULL;
    struct portal_session *session = xcalloc(1, sizeof(*session));
    session->client = client;
    session->profile = profile_ref(client->profile);
    session->url = xstrdup(client->url);
    session->credential = credential;
    session->http = http_session_new(client->http);
    session->transcript = transcript_new();
    transcript_hide(session->transcript, credential_password(credential));
    session->go = event_new(loop_base(client->loop), -1, 0, go, session);
    session->pause = timer_new(client->loop, pause_over, session);
    session->next = client->sessions;
    session->link = &client->sessions;
    if (session->next)
        session->next->link = &session->next;
    client->sessions = session;
    return session;
}

void session_login(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    begin(session, OPERATION_LOGIN, fn, data);
    if (profile_knows(session->client->profile, PROFILE_STEP_CONNECT))
        plan(session, PROFILE_STEP_CONNECT);
    plan(session, PROFILE_STEP_LOGIN);
    if (profile_knows(session->client->profile, PROFILE_STEP_MODULE))
        plan(session, PROFILE_STEP_MODULE);
}

void session_list(struct portal_session *session, int64_t since_us, portal_answer_fn *fn, void *data)
{
    begin(session, OPERATION_LIST, fn, data);
    session->since_us = since_us;
    plan(session, PROFILE_STEP_LIST);
}

void session_sign(struct portal_session *session, const char *rp, struct buf *records, portal_answer_fn *fn,
                  void *data)
{
    begin(session, OPERATION_SIGN, fn, data);
    replace_str(&session->rp, xstrdup(rp));
    buf_take(&session->records, records);
    buf_free(&session->signature);
    replace_str(&session->pkcs7, NULL);
}

void session_upload(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    begin(session, OPERATION_UPLOAD, fn, data);
    plan(session, PROFILE_STEP_UPLOAD);
}

void session_fetch(struct portal_session *session, const char *portal_lot, enum document_kind kind,
                   portal_answer_fn *fn, void *data)
{
    static const enum profile_step_id steps[] = {
        [DOCUMENT_ACUSE] = PROFILE_STEP_ACUSE,
        [DOCUMENT_CONSTANCIA] = PROFILE_STEP_CONSTANCIA,
        [DOCUMENT_CSV] = PROFILE_STEP_CSV,
    };
    if (kind < DOCUMENT_ACUSE || kind > DOCUMENT_CSV)
        abort(); /* the others are no documents of the portal's */
    begin(session, OPERATION_FETCH, fn, data);
    session->since_us = INT64_MIN;
    replace_str(&session->lot, xstrdup(portal_lot));
    const struct profile_step *step = &session->profile->steps[steps[kind]];
    if (profile_uses(step, PROFILE_VARIABLE_LOT_DATE) && !find_date(session, portal_lot))
        plan(session, PROFILE_STEP_LIST);
    plan(session, steps[kind]);
}

void session_logout(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    begin(session, OPERATION_LOGOUT, fn, data);
    if (profile_knows(session->client->profile, PROFILE_STEP_LOGOUT))
        plan(session, PROFILE_STEP_LOGOUT);
}

const struct buf *session_transcript(struct portal_session *session)
{
    return transcript_text(session->transcript);
}

void session_close(struct portal_session *session)
{
    if (!session)
        return;
    detach(session);
    if (!session->answering && !session->preparing)
        destroy(session);
}
