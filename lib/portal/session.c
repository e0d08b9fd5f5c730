/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/session-private.h"

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

void session_destroy(struct portal_session *session)
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

void session_finish(struct portal_session *session, struct portal_answer *answer)
{
    const bool signing = session->operation == OPERATION_SIGN;
    if (!signing)
        buf_free(&session->records);
    if (!answer->text)
        answer->text = "";
    answer->sent = session->sent;
    answer->server_date_us = session->server_date_us;
    if ((signing || session->operation == OPERATION_UPLOAD) && session->signature.len)
        answer->signature = &session->signature;
    if (session->tls_chain.len)
        answer->tls_chain = &session->tls_chain;
    session->answering = true;
    session->fn(session->data, answer);
    session->answering = false;
    if (session->closed)
        session_destroy(session);
}

void session_finish_with(struct portal_session *session, enum outcome_reason reason, const char *text)
{
    struct portal_answer answer = {.reason = reason, .text = text};
    session_finish(session, &answer);
}

static void begin(struct portal_session *session, enum operation operation, portal_answer_fn *fn, void *data)
{
    session->operation = operation;
    session->fn = fn;
    session->data = data;
    session->n_steps = session->at_step = 0;
    session->rows_index = 0;
    session->sent = false;
    session->server_date_us = 0;
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
        session_sign_records(session);
        return;
    }
    if (session->operation == OPERATION_LOGIN) { /* with no cookie of a session before */
        http_session_free(session->http);
        session->http = http_session_new(session->client->http);
    }
    session_take_step(session);
}

static void pause_over(void *data)
{
    session_take_step(data);
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
    if (profile_uses(step, PROFILE_VARIABLE_LOT_DATE) && !session_find_date(session, portal_lot))
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
        session_destroy(session);
}
