/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/portal-private.h"
#include "portal/step.h"
#include "portal/transcript.h"

/*
 * A session with the portal. session.c has its life and plans each operation, session-step.c makes the request of a step and
 * judges its answer, session-sign.c signs in a worker thread, session-answer.c says what the success of a step means.
 * Everything ends in a callback of the engine's, session_finish(), after which the session may be gone.
 */

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
    char *pkcs7;            /* what was signed for the upload, as its request has it */
    struct buf tls_chain;   /* that the portal showed last */
    int64_t server_date_us; /* of its last answer in this operation; 0: none */
    struct step_request request;
    struct err err; /* why it could not be made */
    bool sent;      /* the upload's own request may have left */

    struct page_rows rows; /* of the last list */
    struct lot_date *dates;
    size_t n_dates;
};

/* ---- one operation (session.c) ---- */

/* The last thing done in a turn: the callback may start the next operation or close the session. */
void session_finish(struct portal_session *session, struct portal_answer *answer);
/* The same with nothing but a reason; `text` is only borrowed, and may be of the session. */
void session_finish_with(struct portal_session *session, enum outcome_reason reason, const char *text);
/* Of a session that was closed while a callback or a worker thread was at it. */
void session_destroy(struct portal_session *session);

/* ---- one step (session-step.c) ---- */

/* Takes the step at hand, or the one that fetches the nonce that it needs; ends the operation when there is none left. */
void session_take_step(struct portal_session *session);
/* `pkcs7` is what was signed, as the request has it; NULL where nothing is. Safe in a worker thread. */
void session_build_request(struct portal_session *session, const char *pkcs7, size_t n_records,
                           struct step_request *ret);
/* Sends session->request. */
void session_send_step(struct portal_session *session);

/* ---- signing (session-sign.c) ---- */

/* Signs what the step at hand wants signed, builds its request and sends it. */
void session_sign_step(struct portal_session *session);
/* The operation of that name: what the upload will send is signed ahead, where it is the records that are signed. */
void session_sign_records(struct portal_session *session);

/* ---- what a step's success means (session-answer.c) ---- */

/* Goes on with the next step, or ends the operation; `page` is NULL where the answer was none. */
void session_succeeded(struct portal_session *session, const struct http_answer *http,
                       const struct page *page);
/* The date of a lot as the portal printed it in a list or as the lot was taken; NULL: not seen yet. */
const char *session_find_date(const struct portal_session *session, const char *portal_lot);
