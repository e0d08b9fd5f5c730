/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/revocation.h"

#include "base/file.h"
#include "base/log.h"
#include "daemon/credentials.h"
#include "daemon/notices.h"
#include "daemon/revocation-lists.h"

enum { ISSUERS_MAX = 1 << 20, ANSWER_MAX = 64 << 10, CONNECT_S = 10, TOTAL_S = 20 };

/* One question under way: to the responder that the certificate names, then, without a word from there, to the list. */
struct query {
    struct revocations *owner;
    LIST_ENTRY(query) link;
    int64_t certificate;
    struct revocation_question *question;
    struct http_session *session;      /* not NULL: the responder is asked */
    struct revocation_verdict verdict; /* of the responder */
    struct err err;                    /* why it gave none */
};

struct revocations {
    struct daemon *daemon;
    struct timer *timer;
    struct http *http;
    struct revocation_lists *lists;
    LIST_HEAD(, query) queries;
    bool again; /* asked for while others are under way */
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
    if (state == REVOCATION_REVOKED && !(before && str_starts(before, "revoked")))
        notices_attention(daemon->notices, 0, certificate, "certificate-revoked", text);
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

/* What it says, as a sentence; new string. */
static char *sentence(const struct revocation_verdict *verdict, bool by_list)
{
    _cleanup_free_ char *said = time_format_short(verdict->said_us),
                        *since = time_format_short(verdict->since_us);
    switch (verdict->state) {
    case REVOCATION_GOOD:
        return by_list ? xasprintf(_("not on its authority's list of revoked certificates of %.10s"), said)
                       : xasprintf(_("not revoked, by the word of its authority on %.10s"), said);
    case REVOCATION_REVOKED:
        return by_list ? xasprintf(_("REVOKED on %.10s (%s), by its authority's list of %.10s; ask for "
                                     "another and store it"),
                                   since, revocation_reason_text(verdict->reason), said)
                       : xasprintf(_("REVOKED on %.10s (%s), by the word of its authority; ask for another "
                                     "and store it"),
                                   since, revocation_reason_text(verdict->reason));
    case REVOCATION_UNKNOWN:
    case _REVOCATION_MAX:
        break;
    }
    return xasprintf(_("its authority does not know it, on %.10s"), said);
}

static void learn(struct revocations *revocations, int64_t certificate, enum revocation state,
                  const char *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (remember(revocations->daemon, certificate, state, text, &err) < 0)
        log_error("%s", err_text(&err));
}

/* What was revoked is not less so because nobody can be asked. */
static void learn_nothing(struct revocations *revocations, int64_t certificate, const struct err *why)
{
    _cleanup_free_ char *state = NULL, *before = NULL;
    revocations_get(revocations->daemon->store, certificate, &state, &before);
    if (streq(state, revocation_name(REVOCATION_REVOKED)))
        return;
    _cleanup_free_ char *text = xasprintf(_("not known: %s"), err_text(why));
    learn(revocations, certificate, REVOCATION_UNKNOWN, text);
}

/* ---- asking ---- */

static void query_free(struct query *query)
{
    LIST_REMOVE(query, link);
    http_session_free(query->session);
    revocation_question_free(query->question);
    err_clear(&query->err);
    free(query);
}

/* The next round begins when the last question of this one has its answer. */
static void query_end(struct query *query)
{
    struct revocations *revocations = query->owner;
    query_free(query);
    if (LIST_EMPTY(&revocations->queries) && revocations->again)
        revocations_ask(revocations);
}

static void query_learn(struct query *query, const struct revocation_verdict *verdict, bool by_list)
{
    _cleanup_free_ char *text = sentence(verdict, by_list);
    learn(query->owner, query->certificate, verdict->state, text);
    query_end(query);
}

static void list_answered(void *data, int r, const struct revocation_verdict *verdict, const struct err *why)
{
    struct query *query = data;
    if (r >= 0) {
        query_learn(query, verdict, true);
        return;
    }
    _cleanup_free_ char *before = query->err.code ? xasprintf("%s; ", err_text(&query->err)) : NULL;
    err_set(&query->err, ERR_FAILED, "%s%s", str_or_empty(before), err_text(why));
    learn_nothing(query->owner, query->certificate, &query->err);
    query_end(query);
}

static void responder_answered(void *data, const struct http_answer *answer)
{
    struct query *query = data;
    struct revocation_verdict *verdict = &query->verdict;
    int r = revocation_fetched(answer, revocation_responder(query->question), &query->err);
    if (r >= 0)
        r = revocation_answer(query->question, answer->body->data, answer->body->len, verdict, &query->err);
    query->session = http_session_free(query->session);
    if (r >= 0 && (verdict->state != REVOCATION_UNKNOWN || !revocation_list(query->question))) {
        query_learn(query, verdict, false);
    } else if (revocation_list(query->question)) {
        revocation_lists_ask(query->owner->lists, query->question, list_answered, query);
    } else {
        learn_nothing(query->owner, query->certificate, &query->err);
        query_end(query);
    }
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
    *query = (struct query){.owner = revocations, .certificate = certificate, .question = question};
    LIST_INSERT_HEAD(&revocations->queries, query, link);
    if (!revocation_responder(question)) {
        revocation_lists_ask(revocations->lists, question, list_answered, query);
        return 0;
    }
    struct http_request request = {.url = revocation_responder(question),
                                   .content_type = "application/ocsp-request"};
    revocation_request(question, &request.body, &request.body_len);
    query->session = http_session_new(revocations->http);
    http_send(query->session, &request, responder_answered, query);
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
        if (ask(revocations, rows[i].id, &issuers, &why) < 0)
            learn_nothing(revocations, rows[i].id, &why);
    }
    store_certificates_free(rows, n);
}

static void on_timer(void *data)
{
    struct revocations *revocations = data;
    struct daemon *daemon = revocations->daemon;
    timer_set_boot(revocations->timer, clock_boot_us(daemon_clock(daemon)) + US_PER_DAY);
    revocations->again = !LIST_EMPTY(&revocations->queries);
    if (revocations->again)
        return;
    revocation_lists_tidy(revocations->lists);
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
    revocations->lists = revocation_lists_new(daemon);
    revocations_ask(revocations);
    return revocations;
}

struct revocations *revocations_free(struct revocations *revocations)
{
    if (!revocations)
        return NULL;
    revocation_lists_free(revocations->lists); /* first, since it looks at the questions */
    while (!LIST_EMPTY(&revocations->queries))
        query_free(LIST_FIRST(&revocations->queries));
    http_free(revocations->http);
    timer_free(revocations->timer);
    free(revocations);
    return NULL;
}

void revocations_ask(struct revocations *revocations)
{
    timer_set_boot(revocations->timer, clock_boot_us(daemon_clock(revocations->daemon)));
}
