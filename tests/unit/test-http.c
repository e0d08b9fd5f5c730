/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "net/http.h"
#include "sim/authority.h"

/* A TLS server in this very process, with a certificate of the practice authority; its answers depend on the path. */
static char dir[] = "/tmp/idsed-http-XXXXXX";
static struct authority *authority;
static SSL_CTX *tls;
static struct loop *loop;
static struct evhttp *server;
static struct http *http;
static struct http_session *session;
static char base[64];
static unsigned n_requests;
static char cookie[64];

static struct bufferevent *on_connection(struct event_base *event_base, void *data)
{
    struct bufferevent *connection = bufferevent_openssl_socket_new(
        event_base, -1, SSL_new(tls), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_openssl_set_allow_dirty_shutdown(connection, 1);
    return connection;
}

static void redirect(struct evhttp_request *request, const char *to)
{
    evhttp_add_header(evhttp_request_get_output_headers(request), "Location", to);
    evhttp_send_reply(request, 302, "Found", NULL);
}

static void on_request(struct evhttp_request *request, void *data)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(request);
    const char *path = evhttp_request_get_uri(request), *sent;
    struct evbuffer *body = evbuffer_new();
    n_requests++;
    sent = evhttp_find_header(evhttp_request_get_input_headers(request), "Cookie");
    snprintf(cookie, sizeof(cookie), "%s", str_or_empty(sent));
    evhttp_add_header(out, "Set-Cookie", "id=7; Path=/");
    if (streq(path, "/same"))
        redirect(request, "/echo");
    else if (streq(path, "/other"))
        redirect(request, "https://other.invalid/");
    else if (streq(path, "/downgrade"))
        redirect(request, "http://127.0.0.1/");
    else if (streq(path, "/round"))
        redirect(request, "/round");
    else if (streq(path, "/die"))
        shutdown(bufferevent_getfd(evhttp_connection_get_bufferevent(evhttp_request_get_connection(request))),
                 SHUT_RDWR);
    else if (streq(path, "/busy")) {
        evhttp_add_header(out, "Retry-After", "90");
        evhttp_add_header(out, "Date", "Mon, 23 Nov 2026 12:00:00 GMT");
        evhttp_send_reply(request, 503, "Busy", NULL);
    } else {
        if (streq(path, "/large"))
            for (int i = 0; i < 100; i++)
                evbuffer_add_printf(body, "%01000d", i);
        else
            evbuffer_add_buffer(body, evhttp_request_get_input_buffer(request));
        evhttp_add_header(out, "Content-Type", "text/plain; charset=x");
        evhttp_send_reply(request, 200, "OK", body);
    }
    evbuffer_free(body);
}

static int make_authority(void **state)
{
    if (!mkdtemp(dir) || authority_open(dir, &authority, NULL) < 0)
        return -1;
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(tls, authority_tls_certificate(authority));
    SSL_CTX_use_PrivateKey(tls, authority_tls_key(authority));
    return 0;
}

static int drop_authority(void **state)
{
    static const char *const names[] = {"ca.pem", "ca.key", "tls.pem", "tls.key", "registry.json"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        _cleanup_free_ char *path = xasprintf("%s/%s", dir, names[i]);
        unlink(path);
    }
    authority_free(authority);
    SSL_CTX_free(tls);
    return rmdir(dir);
}

static int open_all(void **state)
{
    loop = loop_new(&clock_system);
    server = evhttp_new(loop_base(loop));
    evhttp_set_bevcb(server, on_connection, NULL);
    evhttp_set_gencb(server, on_request, NULL);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);
    struct sockaddr_in where;
    socklen_t n = sizeof(where);
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&where, &n);
    snprintf(base, sizeof(base), "https://127.0.0.1:%u", ntohs(where.sin_port));
    n_requests = 0;
    http = http_new(loop, &(struct http_config){.ca_file = authority_ca_path(authority),
                                                .user_agent = "test",
                                                .connect_us = 10 * US_PER_S,
                                                .idle_us = 10 * US_PER_S,
                                                .total_us = 20 * US_PER_S,
                                                .max_body = 50000});
    session = http_session_new(http);
    return 0;
}

static int close_all(void **state)
{
    session = http_session_free(session);
    http = http_free(http);
    evhttp_free(server);
    loop = loop_free(loop);
    return 0;
}

static struct result {
    enum http_result result;
    long status;
    bool sent;
    int64_t retry_after_us, server_date_us;
    char body[64], type[64];
} result;

static void answered(void *data, const struct http_answer *answer)
{
    result = (struct result){answer->result,
                             answer->status,
                             answer->sent,
                             answer->retry_after_us,
                             answer->server_date_us,
                             {0},
                             {0}};
    snprintf(result.body, sizeof(result.body), "%s", str_or_empty(answer->body->data));
    snprintf(result.type, sizeof(result.type), "%s", answer->content_type);
    loop_quit(loop, 0);
}

/* A GET, or a POST of `body`. */
static enum http_result ask(const char *path, const char *body, bool once)
{
    _cleanup_free_ char *url = xasprintf("%s%s", *path == '/' ? base : "", path);
    http_send(session,
              &(struct http_request){.url = url,
                                     .content_type = body ? "text/plain" : NULL,
                                     .body = body,
                                     .body_len = body ? strlen(body) : 0,
                                     .once = once},
              answered, NULL);
    loop_run(loop);
    return result.result;
}

static void an_answer_comes_with_what_the_server_said(void **state)
{
    assert_int_equal(ask("/echo", "body", false), HTTP_RESULT_DONE);
    assert_int_equal(result.status, 200);
    assert_string_equal(result.body, "body");
    assert_string_equal(result.type, "text/plain; charset=x");
    assert_true(result.sent);
    assert_int_equal(ask("/busy", NULL, false), HTTP_RESULT_DONE);
    assert_int_equal(result.status, 503);
    assert_int_equal(result.retry_after_us, 90 * US_PER_S);
    assert_int_equal(result.server_date_us, 1795435200 * US_PER_S);
}

static void cookies_belong_to_their_session(void **state)
{
    ask("/echo", NULL, false);
    assert_string_equal(cookie, "");
    ask("/echo", NULL, true);
    assert_string_equal(cookie, "id=7");
    http_drop_connections(http);
    ask("/echo", NULL, false);
    assert_string_equal(cookie, "id=7");
    http_session_free(session);
    session = http_session_new(http);
    ask("/echo", NULL, false);
    assert_string_equal(cookie, "");
}

static void redirects_stay_on_their_host(void **state)
{
    assert_int_equal(ask("/same", "body", false), HTTP_RESULT_DONE);
    assert_int_equal(result.status, 200);
    assert_string_equal(result.body, ""); /* as a GET */
    assert_int_equal(ask("/other", NULL, false), HTTP_RESULT_REDIRECT);
    assert_int_equal(ask("/downgrade", NULL, false), HTTP_RESULT_REDIRECT);
    n_requests = 0;
    assert_int_equal(ask("/round", NULL, false), HTTP_RESULT_REDIRECT);
    assert_int_equal(n_requests, 6);
}

static void a_body_beyond_the_limit_is_cut_off(void **state)
{
    assert_int_equal(ask("/large", NULL, false), HTTP_RESULT_TOO_LARGE);
}

/* curl repeats on its own what it sent over a kept connection that turns out to be closed: not with `once`. */
static void what_must_not_be_repeated_is_not(void **state)
{
    ask("/echo", NULL, false); /* leaves a connection to keep */
    n_requests = 0;
    assert_int_equal(ask("/die", "lot", true), HTTP_RESULT_BROKEN);
    assert_true(result.sent);
    assert_int_equal(n_requests, 1);
    ask("/echo", NULL, false);
    n_requests = 0;
    assert_int_equal(ask("/die", "lot", false), HTTP_RESULT_BROKEN);
    assert_int_equal(n_requests, 2); /* else this test would prove nothing */
}

static void before_tls_is_done_nothing_was_sent(void **state)
{
    open_all(state);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(where);
    assert_int_equal(bind(fd, (struct sockaddr *)&where, n), 0);
    getsockname(fd, (struct sockaddr *)&where, &n);
    snprintf(base, sizeof(base), "https://127.0.0.1:%u", ntohs(where.sin_port));
    assert_int_equal(ask("/", "lot", true), HTTP_RESULT_CONNECT);
    assert_false(result.sent);
    close(fd);
    close_all(state);

    /* Another authority's certificate. */
    open_all(state);
    http_session_free(session);
    http_free(http);
    http = http_new(loop, &(struct http_config){.user_agent = "t",
                                                .connect_us = US_PER_S,
                                                .idle_us = US_PER_S,
                                                .total_us = US_PER_S,
                                                .max_body = 1});
    session = http_session_new(http);
    assert_int_equal(ask("/echo", "lot", true), HTTP_RESULT_TLS);
    assert_false(result.sent);
    assert_int_equal(n_requests, 0);
}

static void only_https_is_spoken(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/",
                                       "not a url"};
    for (size_t i = 0; i < ELEMENTSOF(urls); i++) {
        assert_int_not_equal(ask(urls[i], NULL, false), HTTP_RESULT_DONE);
        assert_false(result.sent);
    }
}

/* The events of everything but the server, which keeps its own for the connection. */
static int count_added(const struct event_base *event_base, const struct event *event, void *data)
{
    struct timeval when;
    if (event_pending(event, EV_TIMEOUT, &when) && event_get_fd(event) < 0)
        ++*(int *)data;
    return 0;
}

static void an_idle_session_leaves_no_timer(void **state)
{
    int timers = 0;
    ask("/echo", NULL, false);
    event_base_foreach_event(loop_base(loop), count_added, &timers);
    assert_int_equal(timers, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        T(an_answer_comes_with_what_the_server_said),
        T(cookies_belong_to_their_session),
        T(redirects_stay_on_their_host),
        T(a_body_beyond_the_limit_is_cut_off),
        T(what_must_not_be_repeated_is_not),
        T(only_https_is_spoken),
        T(an_idle_session_leaves_no_timer),
        cmocka_unit_test_teardown(before_tls_is_done_nothing_was_sent, close_all),
    };
#undef T
    return cmocka_run_group_tests(tests, make_authority, drop_authority);
}
