/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/portal-private.h"

/* One request without a login, of which nothing but the Date of its answer is wanted. */
struct date_job {
    struct portal_client *client;
    struct date_job *next, **link;
    struct http_session *http;
    portal_answer_fn *fn;
    void *data;
};

void portal_date_cancel(struct date_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    http_session_free(job->http);
    free(job);
}

static void came(void *data, const struct http_answer *http)
{
    struct date_job *job = data;
    portal_answer_fn *fn = job->fn;
    void *fn_data = job->data;
    const struct portal_answer answer = {
        .reason = REASON_OK, .text = "", .server_date_us = http->server_date_us};
    portal_date_cancel(job);
    fn(fn_data, &answer);
}

void portal_date(void *portal, portal_answer_fn *fn, void *data)
{
    struct portal_client *client = portal;
    struct date_job *job = xcalloc(1, sizeof(*job));
    *job = (struct date_job){.client = client,
                             .next = client->dates,
                             .link = &client->dates,
                             .http = http_session_new(client->http),
                             .fn = fn,
                             .data = data};
    if (job->next)
        job->next->link = &job->next;
    client->dates = job;
    http_send(job->http, &(struct http_request){.url = client->url}, came, job);
}
