/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/revocation.h"

#include "base/file.h"
#include "base/log.h"
#include "daemon/credentials.h"
#include "daemon/notices.h"
#include "net/http.h"
#include "vault/revocation.h"

enum { ISSUERS_MAX = 1 << 20, ANSWER_MAX = 64 << 10, CONNECT_S = 10, TOTAL_S = 20 };

/* One question under way. */
struct query {
    struct revocations *owner;
    struct query *next;
    int64_t certificate;
    struct revocation_question *question;
    struct http_session *session;
};

struct revocations {
    struct daemon *daemon;
    struct timer *timer;
    struct http *http;
    struct query *queries;
};

/* ---- what is known ---- */

static char *value_name(int64_t certificate)
{
    return xasprintf("revocation.%lld", (long long)certificate);
}

/* "STATE SENTENCE" */
static int remember(struct daemon *daemon, int64_t certificate, enum revocation state, const char *text,
                    struct err *err)
{
    _cleanup_free_ char *name = value_name(certificate), *before = NULL;
    _cleanup_free_ char *value = xasprintf("%s %s", revocation_name(state), text);
    store_value_get(daemon->store, name, &before, NULL);
    int r = store_value_set(daemon->store, name, value, err);
    if (r < 0 || streq_null(before, value))
        return r;
    notices_certificate_changed(daemon->notices, certificate);
    if (state == REVOCATION_REVOKED && !(before && str_starts(before, "revoked"))) {
        notices_attention(daemon->notices, 0, certificate, "certificate-revoked", text);
    }
    return 0;
}

void revocations_get(struct store *store, int64_t certificate, char **ret_state, char **ret_text)
{
    _cleanup_free_ char *name = value_name(certificate), *value = NULL;
    store_value_get(store, name, &value, NULL);
    size_t n = value ? strcspn(value, " ") : 0;
    *ret_state = xstrndup(str_or_empty(value), n);
    *ret_text = xstrdup(value && value[n] ? value + n + 1 : "");
}

static void learn(struct revocations *revocations, int64_t certificate, int r, enum revocation state,
                  const struct err *why)
{
    struct daemon *daemon = revocations->daemon;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *now = time_format_short(clock_wall_us(daemon_clock(daemon)));
    _cleanup_free_ char *text =
        r < 0                      ? xasprintf(_("not known: %s"), err_text(why))
        : state == REVOCATION_GOOD ? xasprintf(_("not revoked, by the word of its authority on %.10s"), now)
        : state == REVOCATION_REVOKED
            ? xasprintf(_("REVOKED, by the word of its authority; ask for another and store it"))
            : xasprintf(_("its authority does not know it, on %.10s"), now);
    if (remember(daemon, certificate, r < 0 ? REVOCATION_UNKNOWN : state, text, &err) < 0)
        log_error("%s", err_text(&err));
}

/* ---- asking ---- */

static void query_free(struct query *query)
{
    struct query **at = &query->owner->queries;
    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
    http_session_free(query->session);
    revocation_question_free(query->question);
    free(query);
}

static void answered(void *data, const struct http_answer *answer)
{
    struct query *query = data;
    enum revocation state = REVOCATION_UNKNOWN;
    _cleanup_err_ struct err err = ERR_INIT;
    int r;
    if (answer->result != HTTP_RESULT_DONE)
        r = err_set(&err, ERR_FAILED, "%s: %s", revocation_url(query->question), answer->text);
    else if (answer->status != 200)
        r = err_set(&err, ERR_FAILED, _("%s answers with status %ld"), revocation_url(query->question),
                    answer->status);
    else
        r = revocation_answer(query->question, answer->body->data, answer->body->len, &state, &err);
    learn(query->owner, query->certificate, r, state, &err);
    query_free(query);
}

static int ask(struct revocations *revocations, int64_t certificate, const struct buf *issuers,
               struct err *err)
{
    struct daemon *daemon = revocations->daemon;
    _cleanup_(credential_cleanup) struct credential *credential = NULL;
    struct revocation_question *question = NULL;
    int r = credentials_open(daemon->store, daemon->seal, certificate, &credential, err);
    if (r >= 0)
        r = revocation_question_new(credential, str_or_empty(issuers->data), issuers->len, &question, err);
    if (r < 0)
        return r;
    struct query *query = xcalloc(1, sizeof(*query));
    *query = (struct query){.owner = revocations,
                            .next = revocations->queries,
                            .certificate = certificate,
                            .question = question,
                            .session = http_session_new(revocations->http)};
    revocations->queries = query;
    struct http_request request = {.url = revocation_url(question),
                                   .content_type = "application/ocsp-request"};
    revocation_request(question, &request.body, &request.body_len);
    http_send(query->session, &request, answered, query);
    return 0;
}

static void ask_about_all(struct revocations *revocations)
{
    struct daemon *daemon = revocations->daemon;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf issuers = BUF_INIT;
    struct store_certificate *rows = NULL;
    size_t n = 0;
    if (daemon->config.issuers_file &&
        file_read(daemon->config.issuers_file, ISSUERS_MAX, &issuers, &err) < 0)
        log_warning("%s", err_text(&err));
    store_certificate_list(daemon->store, false, &rows, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        _cleanup_err_ struct err why = ERR_INIT;
        int r = ask(revocations, rows[i].id, &issuers, &why);
        if (r < 0)
            learn(revocations, rows[i].id, r, REVOCATION_UNKNOWN, &why);
    }
    store_certificates_free(rows, n);
}

static void on_timer(void *data)
{
    struct revocations *revocations = data;
    struct daemon *daemon = revocations->daemon;
    timer_set_boot(revocations->timer, clock_boot_us(daemon_clock(daemon)) + US_PER_DAY);
    while (revocations->queries)
        query_free(revocations->queries);
    if (daemon->config.check_revocation == CHECK_REVOCATION_YES)
        ask_about_all(revocations);
}

struct revocations *revocations_new(struct daemon *daemon)
{
    struct revocations *revocations = xcalloc(1, sizeof(*revocations));
    revocations->daemon = daemon;
    revocations->timer = timer_new(daemon->loop, on_timer, revocations);
    revocations->http = http_new(daemon->loop, &(struct http_config){.proxy = daemon->config.proxy,
                                                                     .user_agent = "idsed",
                                                                     .plain = true,
                                                                     .connect_us = CONNECT_S * US_PER_S,
                                                                     .idle_us = TOTAL_S * US_PER_S,
                                                                     .total_us = TOTAL_S * US_PER_S,
                                                                     .max_body = ANSWER_MAX});
    revocations_ask(revocations);
    return revocations;
}

struct revocations *revocations_free(struct revocations *revocations)
{
    if (!revocations)
        return NULL;
    while (revocations->queries)
        query_free(revocations->queries);
    http_free(revocations->http);
    timer_free(revocations->timer);
    free(revocations);
    return NULL;
}

void revocations_ask(struct revocations *revocations)
{
    timer_set_boot(revocations->timer, clock_boot_us(daemon_clock(revocations->daemon)));
}
