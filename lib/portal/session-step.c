/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/session-private.h"

void session_build_request(struct portal_session *session, const char *pkcs7, size_t n_records,
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
    session_build_request(session, "blanked", MIN(session->records.len, (size_t)TRANSCRIPT_MAX_BODY), &shown);
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
    session->server_date_us = http->server_date_us;
    if (session->step != PROFILE_STEP_SEQUENCE)
        session->nonce = wipe_free_str(session->nonce);
    if (session->operation != OPERATION_UPLOAD || session->step == PROFILE_STEP_UPLOAD)
        session->sent = http->sent;
    if (is_document_step(session->step))
        session->next_document_us = clock_boot_us(loop_clock(client->loop)) + client->profile->pause_us;
    if (verdict.reason == REASON_OK)
        session_succeeded(session, http, verdict.page);
    else {
        _cleanup_free_ char *text = xasprintf("%s: %s", profile_step_name(session->step), verdict.text);
        struct portal_answer answer = {.reason = verdict.reason,
                                       .text = text,
                                       .retry_after_us = http->retry_after_us,
                                       .page = http->body->len ? http->body : NULL};
        session_finish(session, &answer);
    }
    step_verdict_free(&verdict);
}

/* False, and the operation has ended or waits, when the step cannot be taken now. */
static bool may_step(struct portal_session *session, enum profile_step_id id)
{
    const struct portal_client *client = session->client;
    if (!profile_knows(client->profile, id)) {
        session_finish_with(session, REASON_PROFILE_INCOMPLETE, profile_step_name(id));
        return false;
    }
    if (!is_document_step(id))
        return true;
    const char *date = session_find_date(session, session->lot);
    if (!date && profile_uses(&client->profile->steps[id], PROFILE_VARIABLE_LOT_DATE)) {
        session_finish_with(session, REASON_NOT_READY, _("the portal's list does not have this lot"));
        return false;
    }
    replace_str(&session->lot_date, xstrdup(date));
    if (session->next_document_us <= clock_boot_us(loop_clock(client->loop)))
        return true;
    timer_set_boot(session->pause, session->next_document_us);
    return false;
}

void session_send_step(struct portal_session *session)
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

void session_take_step(struct portal_session *session)
{
    if (session->at_step >= session->n_steps) {
        session_finish_with(session, REASON_OK, "");
        return;
    }
    enum profile_step_id id = session->steps[session->at_step];
    if (!may_step(session, id))
        return;
    if (!session->nonce && profile_needs_nonce(&session->profile->steps[id]))
        id = PROFILE_STEP_SEQUENCE;
    session->step = id;

    if (session->profile->steps[id].sign != PROFILE_SIGN_NOTHING) {
        session_sign_step(session);
        return;
    }
    session_build_request(session, NULL, session->records.len, &session->request);
    session_send_step(session);
}
