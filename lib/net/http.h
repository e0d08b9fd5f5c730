/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "net/loop.h"

/*
 * HTTPS on the loop. TLS is always verified, nothing but https is spoken where `plain` does not allow it, redirects stay on
 * their host, sizes and times are limited. A session has its own cookies, in memory only, and its own connections; it does
 * one request at a time.
 */
struct http_config {
    const char *ca_file; /* trusted instead of the system's; NULL: the system's */
    const char *proxy;   /* NULL: none, whatever the environment says */
    const char *user_agent;
    bool plain; /* http:// too, for what is signed by itself and no secret: the state of certificates */
    int64_t connect_us; /* name, connection and TLS handshake */
    int64_t idle_us;    /* this long next to nothing moves */
    int64_t total_us;   /* the whole request */
    size_t max_body;    /* bytes of an answer */
};

/* How a request ended, as far as the network goes; HTTP_RESULT_DONE is any complete answer, whatever its
 * status. */
enum http_result {
    HTTP_RESULT_DONE,
    HTTP_RESULT_DNS,
    HTTP_RESULT_CONNECT,
    HTTP_RESULT_TLS,
    HTTP_RESULT_TIMEOUT,
    HTTP_RESULT_BROKEN,
    HTTP_RESULT_TOO_LARGE,
    HTTP_RESULT_REDIRECT, /* to another host, or too often */
    HTTP_RESULT_LOCAL,
    _HTTP_RESULT_MAX
};

struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value", ends with NULL; may be NULL */
    const char *content_type;   /* set: a POST with the body, else a GET */
    const void *body;           /* stays the caller's and must live until the callback */
    size_t body_len;
    /*
     * Never send it twice. curl repeats a request on its own when a kept connection turns out to be closed,
     * although the server may have taken the first one; a fresh connection is never given up that way.
     */
    bool once;
    int64_t idle_us, total_us; /* 0: as configured */
};

/* Valid during the callback only. */
struct http_answer {
    enum http_result result;
    const char *text;               /* what failed, for people; "" when nothing did */
    long status;                    /* 0: no answer came */
    bool sent;                      /* the request, its body included, may have left this machine */
    int64_t retry_after_us;         /* 0: not said */
    int64_t server_date_us;         /* 0: not said */
    const char *content_type;       /* as sent, with its parameters; "" when not said */
    const char *disposition;        /* Content-Disposition; "" when not said */
    const struct buf *request_head; /* raw lines of the request and its redirects, cookies included */
    const struct buf *head;         /* raw status and header lines */
    struct buf *body;               /* what came of it, also when it broke off; may be taken */
    /* Certificates of the server that answered, its own first, PEM; empty: none was seen. */
    const struct buf *tls_chain;
};
typedef void http_answer_fn(void *data, const struct http_answer *answer);

struct http;
struct http *http_new(struct loop *loop, const struct http_config *config); /* the strings are copied */
struct http *http_free(struct http *http);                                  /* its sessions must be gone */
DEFINE_CLEANUP(struct http *, http_cleanup, http_free)
/* After resume or a change of the network: kept connections are not used again; a request under way goes on.
 */
void http_drop_connections(struct http *http);

struct http_session;
struct http_session *http_session_new(struct http *http);
/* A request under way is given up and its callback not called. May be called from a callback. */
struct http_session *http_session_free(struct http_session *session);
DEFINE_CLEANUP(struct http_session *, http_session_cleanup, http_session_free)
/* `fn` is called once, later, from the loop, also when the request cannot even begin. */
void http_send(struct http_session *session, const struct http_request *request, http_answer_fn *fn,
               void *data);
