/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http.h"
#include "portal/pdf.h"
#include "portal/session.h"

/* Behind `struct portal`: what all its sessions share. */
struct portal_client {
    struct portal portal;
    struct loop *loop;
    struct profile *profile;
    char *url;
    struct http *http;
    struct pdf *pdf;
    struct credential *(*credential)(void *data, int64_t certificate, struct err *err);
    void *credential_data;
    struct portal_session *sessions;
    struct reading_job *readings;
    struct date_job *dates;
};

/* date of struct portal_ops (portal-date.c). */
void portal_date(void *portal, portal_answer_fn *fn, void *data);
/* Its callback is not called any more. */
struct date_job;
void portal_date_cancel(struct date_job *job);

/* The functions of struct portal_ops that have a session; portal/ops.h says what each does. */
struct portal_session *session_open(void *portal, int64_t certificate, struct err *err);
void session_login(struct portal_session *session, portal_answer_fn *fn, void *data);
void session_list(struct portal_session *session, int64_t since_us, portal_answer_fn *fn, void *data);
void session_sign(struct portal_session *session, const char *rp, struct buf *records, portal_answer_fn *fn,
                  void *data);
void session_upload(struct portal_session *session, portal_answer_fn *fn, void *data);
void session_fetch(struct portal_session *session, const char *portal_lot, enum document_kind kind,
                   portal_answer_fn *fn, void *data);
void session_logout(struct portal_session *session, portal_answer_fn *fn, void *data);
const struct buf *session_transcript(struct portal_session *session);
void session_close(struct portal_session *session);
