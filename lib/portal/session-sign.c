/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/session-private.h"

/*
 * It is done in a worker thread, for the records may be many. The thread has the session for itself; when that is closed
 * meanwhile, the function that the loop runs afterwards frees it.
 */

static void in_worker(struct portal_session *session, worker_fn *work, worker_fn *done)
{
    err_clear(&session->err);
    if (worker_run(session->client->loop, work, done, session, &session->err) < 0)
        session_finish_with(session, REASON_LOCAL, err_text(&session->err));
    else
        session->preparing = true;
}

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
        session_build_request(session, pkcs7, session->records.len, &session->request);
}

static void prepared(void *data)
{
    struct portal_session *session = data;
    session->preparing = false;
    if (session->closed)
        session_destroy(session);
    else if (session->err.code)
        session_finish_with(session, REASON_LOCAL, err_text(&session->err));
    else
        session_send_step(session);
}

void session_sign_step(struct portal_session *session)
{
    in_worker(session, prepare, prepared);
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
        session_destroy(session);
    else
        session_finish_with(session, session->err.code ? REASON_LOCAL : REASON_OK, err_text(&session->err));
}

void session_sign_records(struct portal_session *session)
{
    if (session->profile->steps[PROFILE_STEP_UPLOAD].sign == PROFILE_SIGN_RECORDS)
        in_worker(session, sign_upload, upload_signed);
    else
        session_finish_with(session, REASON_OK, "");
}
