/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <event2/http.h>

#include "sim/fault.h"
#include "sim/form.h"
#include "sim/jsonl.h"
#include "sim/lockout.h"
#include "sim/lots.h"
#include "sim/session.h"

/* What every step can use. */
struct portal {
    struct loop *loop;
    struct authority *authority;
    struct sessions *sessions;
    struct lockout *lockout;
    struct lots *lots;
    struct faults *faults;
    struct jsonl *requests; /* requests.jsonl */
    size_t working;         /* documents under way in a worker */
    bool stopping;          /* leave the loop when they are done */
};

/* One request and the answer that is being made for it. */
struct exchange {
    struct portal *portal;
    struct evhttp_request *http;
    enum step step;
    struct fault fault;
    struct form form;
    char *session_id;
    const struct authority_account *account; /* who is logged in; for this turn of the loop only */
    char *identity;                          /* its user, for requests.jsonl; NULL: nobody */
    /* the answer */
    int status;
    const char *media_type;
    char *file_name; /* of a download; NULL: a page */
    struct buf body;
    size_t sent; /* bytes of the body that were handed over so far */
    struct timer *timer;
};

/* Takes a request over from the HTTP server and answers it, now or later. */
void exchange_begin(struct portal *portal, struct evhttp_request *http);

/* Sends what stands in the exchange, as the fault has it, and ends it. */
void exchange_answer(struct exchange *exchange);
