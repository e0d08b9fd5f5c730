/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http.h"

#include "base/text.h"
#include "net/multi.h"

enum {
    HTTP_MAX_REDIRECTS = 5,
    HTTP_MAX_HEAD = 64 * 1024,
    HTTP_LOW_SPEED = 64, /* bytes a second that count as nothing moving */
};

struct http {
    struct loop *loop;
    struct http_config config; /* strings owned */
    struct http_session *sessions;
};

struct http_session {
    struct http *http;
    struct http_session *next, **link;
    struct multi *multi; /* of its own, so that identities never share a connection */
    CURL *easy;          /* holds the cookies from request to request */
    bool stale;          /* the kept connections are not to be used again */

    /* the request under way */
    bool active;
    bool once;
    struct curl_slist *headers;
    struct buf request_head, head, body;
    struct buf tls_chain; /* of the connection, which may be kept from a request before */
    bool too_large;
    int redirects;
    char error[CURL_ERROR_SIZE];
    http_answer_fn *fn;
    void *data;
};

/* ---- what curl's results mean ---- */

static const struct {
    CURLcode code;
    enum http_result result;
} result_table[] = {
    {CURLE_OK, HTTP_RESULT_DONE},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_RESULT_DNS},
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_RESULT_DNS},
    {CURLE_COULDNT_CONNECT, HTTP_RESULT_CONNECT},
    {CURLE_PROXY, HTTP_RESULT_CONNECT},
    {CURLE_INTERFACE_FAILED, HTTP_RESULT_CONNECT},
    {CURLE_SSL_CONNECT_ERROR, HTTP_RESULT_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_RESULT_TLS},
    {CURLE_SSL_CIPHER, HTTP_RESULT_TLS},
    {CURLE_SSL_ISSUER_ERROR, HTTP_RESULT_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, HTTP_RESULT_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, HTTP_RESULT_TLS},
    {CURLE_SSL_SHUTDOWN_FAILED, HTTP_RESULT_TLS},
    {CURLE_OPERATION_TIMEDOUT, HTTP_RESULT_TIMEOUT},
    {CURLE_PARTIAL_FILE, HTTP_RESULT_BROKEN},
    {CURLE_GOT_NOTHING, HTTP_RESULT_BROKEN},
    {CURLE_SEND_ERROR, HTTP_RESULT_BROKEN},
    {CURLE_RECV_ERROR, HTTP_RESULT_BROKEN},
    {CURLE_SEND_FAIL_REWIND, HTTP_RESULT_BROKEN},
    {CURLE_WEIRD_SERVER_REPLY, HTTP_RESULT_BROKEN},
    {CURLE_UNSUPPORTED_PROTOCOL, HTTP_RESULT_BROKEN}, /* an answer that is not HTTP */
    {CURLE_BAD_CONTENT_ENCODING, HTTP_RESULT_BROKEN},
    {CURLE_NO_CONNECTION_AVAILABLE, HTTP_RESULT_CONNECT},
    {CURLE_FILESIZE_EXCEEDED, HTTP_RESULT_TOO_LARGE},
};

/* What is not in the table is a fault of ours or of this machine: a file of CAs that cannot be read, a
 * malformed URL. */
static enum http_result result_of(CURLcode code)
{
    for (size_t i = 0; i < ELEMENTSOF(result_table); i++)
        if (result_table[i].code == code)
            return result_table[i].result;
    return HTTP_RESULT_LOCAL;
}

/* ---- the answer, as it comes ---- */

static void add_capped(struct buf *buf, const char *data, size_t n, size_t max)
{
    buf_add(buf, data, MIN(n, max - MIN(max, buf->len)));
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct http_session *session = user;
    if (size * n > session->http->config.max_body - session->body.len) {
        session->too_large = true;
        return 0;
    }
    buf_add(&session->body, data, size * n);
    return size * n;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t n, void *user)
{
    struct http_session *session = user;
    if (type == CURLINFO_HEADER_OUT)
        add_capped(&session->request_head, data, n, HTTP_MAX_HEAD);
    else if (type == CURLINFO_HEADER_IN)
        add_capped(&session->head, data, n, HTTP_MAX_HEAD);
    return 0;
}

static const char *header(CURL *easy, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

static bool same_origin(const char *a, const char *b)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    CURLU *url[2] = {curl_url(), curl_url()};
    bool same = url[0] && url[1] && curl_url_set(url[0], CURLUPART_URL, a, 0) == CURLUE_OK &&
                curl_url_set(url[1], CURLUPART_URL, b, 0) == CURLUE_OK;
    for (size_t i = 0; same && i < ELEMENTSOF(parts); i++) {
        char *text[2] = {NULL, NULL};
        curl_url_get(url[0], parts[i], &text[0], CURLU_DEFAULT_PORT);
        curl_url_get(url[1], parts[i], &text[1], CURLU_DEFAULT_PORT);
        same = text[0] && text[1] && strcasecmp(text[0], text[1]) == 0;
        curl_free(text[0]);
        curl_free(text[1]);
    }
    curl_url_cleanup(url[0]);
    curl_url_cleanup(url[1]);
    return same;
}

/* ---- requests ---- */

static void apply_limits(struct http_session *session, const struct http_request *request)
{
    const struct http_config *config = &session->http->config;
    CURL *easy = session->easy;
    int64_t idle_us = request->idle_us ? request->idle_us : config->idle_us;
    int64_t total_us = request->total_us ? request->total_us : config->total_us;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(config->connect_us / US_PER_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(total_us / US_PER_MS));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_LOW_SPEED);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)MAX(idle_us / US_PER_S, 1));
}

/* What holds for all requests of a session. */
static void apply_security(CURL *easy, const struct http_config *config)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, config->plain ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    if (config->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_PROXY, str_or_empty(config->proxy));
    /* One stream per connection: no other request's fate is tied to ours, and nothing is repeated in silence. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void apply_callbacks(CURL *easy, struct http_session *session)
{
    curl_easy_setopt(easy, CURLOPT_USERAGENT, session->http->config.user_agent);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); /* keep cookies, in memory */
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, session->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, session);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, session);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

static void apply_request(struct http_session *session, const struct http_request *request)
{
    CURL *easy = session->easy;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
    session->headers = curl_slist_append(NULL, "Expect:"); /* no waiting for 100-continue */
    for (const char *const *line = request->headers; line && *line; line++)
        session->headers = curl_slist_append(session->headers, *line);
    if (request->content_type) {
        _cleanup_free_ char *type = xasprintf("Content-Type: %s", request->content_type);
        session->headers = curl_slist_append(session->headers, type);
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body_len ? request->body : "");
    } else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, session->headers);
}

static void drop_headers(struct http_session *session)
{
    curl_easy_setopt(session->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(session->headers);
    session->headers = NULL;
}

static void end_request(struct http_session *session)
{
    multi_remove(session->multi, session->easy);
    drop_headers(session);
    /* The body is the caller's again. */
    curl_easy_setopt(session->easy, CURLOPT_POSTFIELDS, NULL);
    session->active = false;
}

/* An answer that points elsewhere on the same host is followed, as a GET. 1: it goes on; 0: this was the last
 * answer. */
static int follow_redirect(struct http_session *session)
{
    long status = 0;
    char *to = NULL, *from = NULL;
    curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(session->easy, CURLINFO_REDIRECT_URL, &to);
    curl_easy_getinfo(session->easy, CURLINFO_EFFECTIVE_URL, &from);
    if ((status != 301 && status != 302 && status != 303) || !to || !from || !same_origin(from, to) ||
        session->redirects++ >= HTTP_MAX_REDIRECTS)
        return 0;
    _cleanup_free_ char *url = xstrdup(to);
    multi_remove(session->multi, session->easy);
    buf_reset(&session->body);
    drop_headers(session);
    curl_easy_setopt(session->easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(session->easy, CURLOPT_URL, url);
    multi_add(session->multi, session->easy);
    return 1;
}

/* curl tells the certificates of a handshake only; a session speaks to one server, so those of a kept connection are known. */
static void keep_chain(struct http_session *session)
{
    static const char name[] = "Cert:";
    struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(session->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs <= 0)
        return;
    buf_reset(&session->tls_chain);
    for (int i = 0; i < info->num_of_certs; i++)
        for (const struct curl_slist *line = info->certinfo[i]; line; line = line->next)
            if (str_starts(line->data, name))
                buf_printf(&session->tls_chain, "%s\n", str_trim(line->data + strlen(name)));
}

static void fill_answer(struct http_session *session, CURLcode code, struct http_answer *answer)
{
    CURL *easy = session->easy;
    curl_off_t pretransfer_us = 0, retry_after_s = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    answer->result = session->too_large ? HTTP_RESULT_TOO_LARGE : result_of(code);
    if (answer->result == HTTP_RESULT_DONE && answer->status >= 300 && answer->status < 400)
        answer->result = HTTP_RESULT_REDIRECT;
    answer->text = code == CURLE_OK ? "" : session->error[0] ? session->error : curl_easy_strerror(code);
    /* curl stamps this instant when name, connection and TLS are done and the request is next. */
    answer->sent = pretransfer_us > 0 || session->redirects > 0;
    answer->retry_after_us = CLAMP((int64_t)retry_after_s, 0, 86400) * US_PER_S;
    time_t date = curl_getdate(header(easy, "Date"), NULL);
    answer->server_date_us = date > 0 ? (int64_t)date * US_PER_S : 0;
    answer->content_type = header(easy, "Content-Type");
    answer->disposition = header(easy, "Content-Disposition");
    answer->request_head = &session->request_head;
    answer->head = &session->head;
    answer->body = &session->body;
    answer->tls_chain = &session->tls_chain;
}

/* The last thing done with the session in a turn: the callback may free it or send the next request. */
static void finish(void *data, CURLcode code)
{
    struct http_session *session = data;
    if (code == CURLE_OK && follow_redirect(session))
        return;
    struct http_answer answer = {0};
    keep_chain(session);
    fill_answer(session, code, &answer);
    end_request(session);
    session->fn(session->data, &answer);
}

void http_send(struct http_session *session, const struct http_request *request, http_answer_fn *fn,
               void *data)
{
    if (session->active)
        abort(); /* one at a time is the contract */
    if (session->stale) {
        multi_free(session->multi);
        session->multi = multi_new(session->http->loop, finish, session);
        session->stale = false;
    }
    session->active = true;
    session->too_large = false;
    session->redirects = 0;
    session->error[0] = '\0';
    session->fn = fn;
    session->data = data;
    buf_reset(&session->request_head);
    buf_reset(&session->head);
    buf_reset(&session->body);
    apply_limits(session, request);
    apply_request(session, request);
    multi_add(session->multi, session->easy);
}

/* ---- sessions ---- */

struct http_session *http_session_new(struct http *http)
{
    struct http_session *session = xcalloc(1, sizeof(*session));
    session->http = http;
    session->multi = multi_new(http->loop, finish, session);
    session->easy = curl_easy_init();
    if (!session->easy)
        abort();
    apply_security(session->easy, &http->config);
    apply_callbacks(session->easy, session);
    session->next = http->sessions;
    session->link = &http->sessions;
    if (session->next)
        session->next->link = &session->next;
    http->sessions = session;
    return session;
}

struct http_session *http_session_free(struct http_session *session)
{
    if (!session)
        return NULL;
    *session->link = session->next;
    if (session->next)
        session->next->link = session->link;
    if (session->active)
        end_request(session);
    curl_easy_cleanup(session->easy);
    multi_free(session->multi);
    buf_wipe_free(&session->request_head);
    buf_wipe_free(&session->head);
    buf_wipe_free(&session->body);
    buf_free(&session->tls_chain);
    free(session);
    return NULL;
}

struct http *http_new(struct loop *loop, const struct http_config *config)
{
    struct http *http = xcalloc(1, sizeof(*http));
    http->loop = loop;
    http->config = *config;
    http->config.ca_file = xstrdup(config->ca_file);
    http->config.proxy = xstrdup(config->proxy);
    http->config.user_agent = xstrdup(config->user_agent);
    return http;
}

struct http *http_free(struct http *http)
{
    if (!http)
        return NULL;
    free((char *)http->config.ca_file);
    free((char *)http->config.proxy);
    free((char *)http->config.user_agent);
    free(http);
    return NULL;
}

void http_drop_connections(struct http *http)
{
    for (struct http_session *session = http->sessions; session; session = session->next)
        session->stale = true;
}
