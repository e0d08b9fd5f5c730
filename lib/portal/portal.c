/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/portal-private.h"

#include <libxml/parser.h>

#include "portal/receipt-text.h"

/* ---- reading receipts: a child finds the words, a worker thread reads them ---- */

struct reading_job {
    struct portal_client *client; /* NULL: the portal is gone, nobody wants the result */
    struct reading_job *next, **link;
    enum document_kind kind;
    struct buf words;
    bool working; /* a thread has it */
    struct err err;
    struct acuse *acuse;
    struct constancia *constancia;
    portal_reading_fn *fn;
    void *data;
};

static void *drop_acuse(struct acuse *acuse)
{
    if (acuse)
        acuse_free(acuse);
    free(acuse);
    return NULL;
}

static void *drop_constancia(struct constancia *constancia)
{
    if (constancia)
        constancia_free(constancia);
    free(constancia);
    return NULL;
}

static void reading_unlink(struct reading_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->client = NULL;
}

static void reading_free(struct reading_job *job)
{
    buf_free(&job->words);
    err_clear(&job->err);
    drop_acuse(job->acuse);
    drop_constancia(job->constancia);
    free(job);
}

/* On the loop: hands the result over. */
static void reading_end(struct reading_job *job)
{
    struct portal_reading reading = {
        .reason = job->err.code == ERR_NONE                 ? REASON_OK
                  : job->err.code == ERR_UNREADABLE_RECEIPT ? REASON_RECEIPT_UNREADABLE
                                                            : REASON_LOCAL,
        .text = job->err.code ? err_text(&job->err) : "",
        .acuse = STEAL(job->acuse),
        .constancia = STEAL(job->constancia),
    };
    reading_unlink(job);
    job->fn(job->data, &reading);
    reading_free(job);
}

/* In a worker thread. */
static void reading_work(void *data)
{
    struct reading_job *job = data;
    struct layout layout;
    if (layout_parse(&job->words, &layout, &job->err) < 0)
        return;
    if (job->kind == DOCUMENT_ACUSE) {
        job->acuse = xcalloc(1, sizeof(*job->acuse));
        if (acuse_read(&layout, job->acuse, &job->err) < 0)
            job->acuse = drop_acuse(job->acuse);
    } else {
        job->constancia = xcalloc(1, sizeof(*job->constancia));
        if (constancia_read(&layout, job->constancia, &job->err) < 0)
            job->constancia = drop_constancia(job->constancia);
    }
    layout_free(&layout);
}

static void reading_worked(void *data)
{
    struct reading_job *job = data;
    if (job->client)
        reading_end(job);
    else
        reading_free(job);
}

static void words_found(void *data, struct buf *words, const struct err *err)
{
    struct reading_job *job = data;
    if (!words)
        err_set(&job->err, err->code, "%s", err_text(err));
    else {
        job->words = *words;
        *words = BUF_INIT;
        job->working = worker_run(job->client->loop, reading_work, reading_worked, job, &job->err) >= 0;
        if (job->working)
            return;
    }
    reading_end(job);
}

static void client_read(void *portal, enum document_kind kind, const void *bytes, size_t n,
                        portal_reading_fn *fn, void *data)
{
    struct portal_client *client = portal;
    if (kind != DOCUMENT_ACUSE && kind != DOCUMENT_CONSTANCIA)
        abort(); /* nothing else can be read */
    struct reading_job *job = xcalloc(1, sizeof(*job));
    *job = (struct reading_job){.client = client, .kind = kind, .fn = fn, .data = data};
    job->next = client->readings;
    job->link = &client->readings;
    if (job->next)
        job->next->link = &job->next;
    client->readings = job;
    pdf_read_words(client->pdf, bytes, n, words_found, job);
}

/* ---- the portal ---- */

static bool client_can_upload(void *portal)
{
    struct portal_client *client = portal;
    return profile_knows(client->profile, PROFILE_STEP_UPLOAD);
}

static const char *client_profile_name(void *portal)
{
    struct portal_client *client = portal;
    return client->profile->name;
}

static const struct portal_ops portal_ops = {
    .open = session_open,
    .login = session_login,
    .list = session_list,
    .upload = session_upload,
    .fetch = session_fetch,
    .logout = session_logout,
    .transcript = session_transcript,
    .close = session_close,
    .read = client_read,
    .can_upload = client_can_upload,
    .profile_name = client_profile_name,
};

static struct http *new_http(struct loop *loop, const struct portal_config *config,
                             const struct profile *profile)
{
    return http_new(loop, &(struct http_config){
                              .ca_file = config->ca_file,
                              .proxy = config->proxy,
                              .user_agent = config->user_agent ? config->user_agent : profile->user_agent,
                              .connect_us = config->connect_us ? config->connect_us : 30 * US_PER_S,
                              .idle_us = config->idle_us ? config->idle_us : 60 * US_PER_S,
                              .total_us = config->total_us ? config->total_us : 5 * US_PER_MIN,
                              .max_body = config->max_body ? config->max_body : (size_t)64 << 20,
                          });
}

int portal_new(struct loop *loop, const struct portal_config *config, struct portal **ret, struct err *err)
{
    struct profile *profile;
    int r = profile_load(config->profile_dirs ? config->profile_dirs : profile_default_dirs, config->profile,
                         &profile, err);
    if (r < 0)
        return r;
    const char *url = config->base_url ? config->base_url : profile->url;
    if (!str_starts(url, "https://")) {
        profile_free(profile);
        return err_set(err, ERR_CONFIG, _("the portal's URL must begin with https://, not '%s'"), url);
    }
    xmlInitParser();
    struct portal_client *client = xcalloc(1, sizeof(*client));
    client->portal = (struct portal){.ops = &portal_ops, .data = client};
    client->loop = loop;
    client->profile = profile;
    client->url = xasprintf("%s%s", url, url[strlen(url) - 1] == '/' ? "" : "/");
    client->http = new_http(loop, config, profile);
    client->pdf = pdf_new(loop, config->pdftotext ? config->pdftotext : "/usr/bin/pdftotext");
    client->credential = config->credential;
    client->credential_data = config->data;
    *ret = &client->portal;
    return 0;
}

struct portal *portal_free(struct portal *portal)
{
    if (!portal)
        return NULL;
    struct portal_client *client = portal->data;
    while (client->sessions)
        session_close(client->sessions);
    client->pdf = pdf_free(client->pdf);
    while (client->readings) {
        struct reading_job *job = client->readings;
        reading_unlink(job);
        if (!job->working)
            reading_free(job);
    }
    http_free(client->http);
    profile_free(client->profile);
    free(client->url);
    free(client);
    return NULL;
}

const struct profile *portal_profile(const struct portal *portal)
{
    const struct portal_client *client = portal->data;
    return client->profile;
}

const char *portal_url(const struct portal *portal)
{
    const struct portal_client *client = portal->data;
    return client->url;
}

void portal_drop_connections(struct portal *portal)
{
    const struct portal_client *client = portal->data;
    http_drop_connections(client->http);
}
