/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/portal-private.h"

#include "base/file.h"
#include "idse/adoption.h"
#include "portal/receipt-kind.h"
#include "portal/receipt-text.h"
#include "vault/digest.h"

/*
 * ---- reading receipts: a worker thread makes the file for the child that finds the words; then a worker thread reads them,
 * and holds what they say against what was sent ----
 */

struct reading_job {
    struct portal_client *client; /* NULL: the portal is gone, nobody wants the result */
    struct reading_job *next, **link;
    enum document_kind kind;
    struct receipt_owner whose; /* part of the document is wanted */
    struct buf bytes, sent;
    int document; /* the bytes, sealed */
    struct buf words;
    bool working; /* a thread has it */
    struct err err;
    struct portal_reading reading;
    portal_reading_fn *fn;
    void *data;
};

static void reading_unlink(struct reading_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->client = NULL;
}

static void reading_free(struct reading_job *job)
{
    buf_free(&job->bytes);
    buf_free(&job->sent);
    free(job->whose.rp);
    free(job->whose.portal_lot);
    cleanup_close(&job->document);
    buf_free(&job->words);
    err_clear(&job->err);
    portal_reading_free(&job->reading);
    free(job);
}

/* On the loop: hands the result over. */
static void reading_end(struct reading_job *job)
{
    struct portal_reading reading = job->reading;
    job->reading = (struct portal_reading){0};
    reading.reason = job->err.code == ERR_NONE                 ? REASON_OK
                     : job->err.code == ERR_UNREADABLE_RECEIPT ? REASON_RECEIPT_UNREADABLE
                                                               : REASON_LOCAL;
    reading.text = job->err.code ? err_text(&job->err) : "";
    reading.foreign = reading.reason == REASON_RECEIPT_UNREADABLE && job->kind == DOCUMENT_UNKNOWN;
    reading_unlink(job);
    job->fn(job->data, &reading);
    reading_free(job);
}

/* Work in a thread, then `done` on the loop; when it cannot be had, the reading ends with that. */
static void reading_work(struct reading_job *job, worker_fn *work, worker_fn *done)
{
    job->working = worker_run(job->client->loop, work, done, job, &job->err) >= 0;
    if (!job->working)
        reading_end(job);
}

static void understand_acuse(struct reading_job *job, const struct layout *layout)
{
    struct portal_reading *reading = &job->reading;
    struct acuse acuse;
    if (acuse_read(layout, &acuse, &job->err) < 0)
        return;
    reading->acuse = xmemdup(&acuse, sizeof(acuse));
    reading->sha256 = digest_sha256_hex(acuse.records, acuse.records_len);
}

static void understand_constancia(struct reading_job *job, const struct layout *layout)
{
    enum { RP_COLUMNS = 11 };
    struct constancia constancia;
    if (job->sent.len && !job->whose.rp)
        job->whose.rp = xstrndup(job->sent.data, RP_COLUMNS);
    if (constancia_read_of(layout, &job->whose, &constancia, &job->err) >= 0)
        job->reading.constancia = xmemdup(&constancia, sizeof(constancia));
}

/* Holds what was read against what was sent. */
static void hold_against(void *data)
{
    struct reading_job *job = data;
    struct portal_reading *reading = &job->reading;
    _cleanup_err_ struct err difference = ERR_INIT;
    int r = 0;
    if (reading->acuse && job->sent.len > 0)
        r = acuse_match(reading->acuse, job->sent.data, job->sent.len, &difference);
    else if (reading->constancia && job->sent.len > 0)
        r = constancia_match_records(reading->constancia, job->sent.data, job->sent.len, &reading->row_of,
                                     &reading->n_sent, &difference);
    else if (reading->constancia)
        r = adoption_check(reading->constancia, &reading->row_of, &reading->n_sent, &difference);
    if (r < 0)
        reading->difference = xstrdup(err_text(&difference));
    buf_free(&job->sent);
}

static void understand(void *data)
{
    struct reading_job *job = data;
    struct layout layout;
    if (layout_parse(&job->words, &layout, &job->err) < 0)
        return;
    if (job->kind == DOCUMENT_UNKNOWN)
        job->kind = receipt_kind(&layout);
    if (job->kind == DOCUMENT_ACUSE)
        understand_acuse(job, &layout);
    else if (job->kind == DOCUMENT_CONSTANCIA)
        understand_constancia(job, &layout);
    else
        err_set(&job->err, ERR_UNREADABLE_RECEIPT,
                layout.n_lines ? _("the document is neither an acuse nor a constancia")
                               : _("there is no text in the document; is it a scan?"));
    layout_free(&layout);
    hold_against(job);
}

static void understood(void *data)
{
    struct reading_job *job = data;
    if (job->client)
        reading_end(job);
    else
        reading_free(job);
}

static void compare(void *data)
{
    struct reading_job *job = data;
    result_csv_compare(str_or_empty(job->bytes.data), job->bytes.len, job->reading.constancia,
                       &job->reading.doubts);
}

static void words_found(void *data, struct buf *words, const struct err *err)
{
    struct reading_job *job = data;
    if (words) {
        buf_take(&job->words, words);
        reading_work(job, understand, understood);
        return;
    }
    if (!job->err.code)
        err_set(&job->err, err->code, "%s", err_text(err));
    reading_end(job);
}

static void make_file(void *data)
{
    struct reading_job *job = data;
    job->document = file_sealed_memory("document", job->bytes.data, job->bytes.len, &job->err);
    buf_free(&job->bytes);
}

static void file_made(void *data)
{
    struct reading_job *job = data;
    job->working = false;
    if (!job->client) {
        reading_free(job);
        return;
    }
    int document = job->document;
    job->document = -1;
    pdf_read_words(job->client->pdf, document, words_found, job);
}

static struct reading_job *reading_new(struct portal_client *client, enum document_kind kind,
                                       struct buf *sent, portal_reading_fn *fn, void *data)
{
    struct reading_job *job = xcalloc(1, sizeof(*job));
    *job = (struct reading_job){.client = client, .kind = kind, .document = -1, .fn = fn, .data = data};
    buf_take(&job->sent, sent);
    job->next = client->readings;
    job->link = &client->readings;
    if (job->next)
        job->next->link = &job->next;
    client->readings = job;
    return job;
}

static void client_match(void *portal, struct portal_reading *reading, struct buf *sent,
                         portal_reading_fn *fn, void *data)
{
    struct reading_job *job = reading_new(portal, DOCUMENT_UNKNOWN, sent, fn, data);
    job->reading = *reading;
    *reading = (struct portal_reading){0};
    replace_str(&job->reading.difference, NULL);
    free(job->reading.row_of);
    job->reading.row_of = NULL;
    job->working = worker_run(job->client->loop, hold_against, understood, job, &job->err) >= 0;
    if (job->working)
        return;
    err_clear(&job->err); /* too much is waiting for the threads: then here */
    hold_against(job);
    understood(job);
}

static void client_compare(void *portal, struct portal_reading *reading, struct buf *csv,
                           portal_reading_fn *fn, void *data)
{
    struct buf nothing = BUF_INIT;
    struct reading_job *job = reading_new(portal, DOCUMENT_CSV, &nothing, fn, data);
    job->reading = *reading;
    *reading = (struct portal_reading){0};
    buf_take(&job->bytes, csv);
    reading_work(job, compare, understood);
}

static void client_read(void *portal, enum document_kind kind, struct buf *bytes, struct buf *sent,
                        const struct receipt_owner *whose, portal_reading_fn *fn, void *data)
{
    struct portal_client *client = portal;
    if (kind != DOCUMENT_UNKNOWN && kind != DOCUMENT_ACUSE && kind != DOCUMENT_CONSTANCIA)
        abort(); /* nothing else can be read */
    struct reading_job *job = reading_new(client, kind, sent, fn, data);
    if (whose)
        job->whose = (struct receipt_owner){xstrdup(whose->rp), xstrdup(whose->portal_lot)};
    buf_take(&job->bytes, bytes);
    job->working = worker_run(client->loop, make_file, file_made, job, &job->err) >= 0;
    if (job->working)
        return;
    err_clear(&job->err); /* too much is waiting for the threads: then here */
    make_file(job);
    file_made(job);
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
    .sign = session_sign,
    .upload = session_upload,
    .fetch = session_fetch,
    .logout = session_logout,
    .transcript = session_transcript,
    .close = session_close,
    .read = client_read,
    .match = client_match,
    .compare = client_compare,
    .can_upload = client_can_upload,
    .profile_name = client_profile_name,
    .date = portal_date,
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
    while (client->dates)
        portal_date_cancel(client->dates);
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
