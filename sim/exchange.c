/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "sim/pages.h"
#include "sim/steps.h"

#define COOKIE "JSESSIONID"

enum { TICKS_PER_S = 20 }; /* of an answer that goes out in pieces */

static void exchange_free(struct exchange *exchange)
{
    timer_free(exchange->timer);
    form_free(&exchange->form);
    buf_free(&exchange->body);
    free(exchange->session_id);
    free(exchange->identity);
    free(exchange->file_name);
    free(exchange);
}

/* ---- the end of an exchange ---- */

static void write_log(const struct exchange *exchange, int status)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *time = time_format_iso(clock_wall_us(loop_clock(exchange->portal->loop)));
    json_t *line = json_pack("{ss ss ss* ss* si sI}", "time", time, "step", step_name(exchange->step),
                             "identity", exchange->identity, "session", exchange->session_id, "status",
                             status, "bytes", (json_int_t)exchange->body.len);
    if (jsonl_append(exchange->portal->requests, line, false, &err) < 0)
        log_error("requests.jsonl: %s", err_text(&err));
}

/*
 * Breaks the connection without a word. The socket is only shut down: the HTTP server then finds it broken and frees its
 * own structures, which may still be in use further up the stack.
 */
static void break_connection(struct evhttp_request *http)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(http);
    if (connection)
        shutdown(bufferevent_getfd(evhttp_connection_get_bufferevent(connection)), SHUT_RDWR);
}

static void cut(struct exchange *exchange)
{
    write_log(exchange, 0);
    break_connection(exchange->http);
    evhttp_send_reply(exchange->http, HTTP_SERVUNAVAIL, NULL,
                      NULL); /* goes nowhere; gives the request back */
    exchange_free(exchange);
}

static void set_headers(struct exchange *exchange)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->http);
    _cleanup_free_ char *cookie = xasprintf(COOKIE "=%s; Path=/imss; Secure; HttpOnly", exchange->session_id);
    char number[32];
    snprintf(number, sizeof number, "%zu", exchange->body.len);
    evhttp_add_header(headers, "Content-Type", exchange->media_type);
    evhttp_add_header(headers, "Content-Length", number);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "Set-Cookie", cookie);
    if (exchange->fault.behind_us) { /* else libevent adds the right one */
        char date[64];
        struct tm utc;
        time_t then = time(NULL) - (time_t)(exchange->fault.behind_us / US_PER_S);
        evutil_date_rfc1123(date, sizeof(date), gmtime_r(&then, &utc));
        evhttp_add_header(headers, "Date", date);
    }
    if (exchange->file_name) {
        _cleanup_free_ char *value = xasprintf("attachment; filename=\"%s\"", exchange->file_name);
        evhttp_add_header(headers, "Content-Disposition", value);
    }
    if (exchange->fault.retry_after) {
        snprintf(number, sizeof number, "%u", (unsigned)exchange->fault.retry_after);
        evhttp_add_header(headers, "Retry-After", number);
    }
}

static struct evbuffer *take(struct exchange *exchange, size_t n)
{
    struct evbuffer *piece = evbuffer_new();
    n = MIN(n, exchange->body.len - exchange->sent);
    evbuffer_add(piece, exchange->body.data + exchange->sent, n);
    exchange->sent += n;
    return piece;
}

static void finish(struct exchange *exchange)
{
    write_log(exchange, exchange->status);
    evhttp_send_reply_end(exchange->http);
    exchange_free(exchange);
}

/* How much goes out at each tick: all but what is cut off, unless it drips. */
static size_t piece_size(const struct exchange *exchange)
{
    size_t whole = exchange->fault.cut == CUT_MID ? exchange->body.len / 2 : exchange->body.len;
    size_t piece = exchange->fault.drip ? MAX((size_t)exchange->fault.drip / TICKS_PER_S, (size_t)1) : whole;
    return MIN(piece, whole - MIN(exchange->sent, whole));
}

/* Are there still bytes of us between here and the kernel? */
static bool drained(struct evhttp_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(connection))) == 0;
}

static void on_tick(void *data)
{
    struct exchange *exchange = data;
    struct evhttp_connection *connection = evhttp_request_get_connection(exchange->http);
    size_t size = piece_size(exchange);
    if (!connection || (size == 0 && drained(connection))) {
        if (exchange->fault.cut == CUT_MID)
            break_connection(exchange->http);
        finish(exchange);
        return;
    }
    if (size > 0) {
        struct evbuffer *piece = take(exchange, size);
        evhttp_send_reply_chunk(exchange->http, piece);
        evbuffer_free(piece);
    }
    timer_set_boot(exchange->timer,
                   clock_boot_us(loop_clock(exchange->portal->loop)) + US_PER_S / TICKS_PER_S);
}

static void send_in_pieces(struct exchange *exchange)
{
    evhttp_send_reply_start(exchange->http, exchange->status, NULL);
    timer_free(exchange->timer);
    exchange->timer = timer_new(exchange->portal->loop, on_tick, exchange);
    on_tick(exchange);
}

/* Pages say that they are UTF-8; this makes them cp1252 without saying so. */
static void spoil_encoding(struct buf *body)
{
    _cleanup_buf_ struct buf spoilt = BUF_INIT;
    _cleanup_free_ char *text = utf8_repair(body->data, body->len);
    const char *at = text;
    for (uint32_t c; (c = utf8_next(&at));) {
        int byte = cp1252_from_unicode(c);
        buf_add_char(&spoilt, (char)(byte < 0 ? '?' : byte));
    }
    buf_add(&spoilt, "<!-- \xd1\xe1\xff -->\n", 13);
    buf_reset(body);
    buf_add(body, spoilt.data, spoilt.len);
}

void exchange_answer(struct exchange *exchange)
{
    if (exchange->fault.page == PAGE_ENCODING && !exchange->file_name)
        spoil_encoding(&exchange->body);
    if (exchange->fault.cut == CUT_AFTER) {
        cut(exchange);
        return;
    }
    set_headers(exchange);
    if (exchange->fault.cut == CUT_MID || exchange->fault.drip) {
        send_in_pieces(exchange);
        return;
    }
    struct evbuffer *all = take(exchange, SIZE_MAX);
    write_log(exchange, exchange->status);
    evhttp_send_reply(exchange->http, exchange->status, NULL, all);
    evbuffer_free(all);
    exchange_free(exchange);
}

/* ---- acting on it ---- */

/* A page or a status that the script puts in place of the step's own; false when it asks for none. */
static bool scripted(struct exchange *exchange)
{
    struct buf *body = &exchange->body;
    bool page = exchange->fault.page != PAGE_AS_IS && exchange->fault.page != PAGE_ENCODING;
    if (!page && !exchange->fault.status)
        return false;
    buf_reset(body);
    replace_str(&exchange->file_name, NULL);
    exchange->media_type = "text/html; charset=UTF-8";
    exchange->status = exchange->fault.status ? (int)exchange->fault.status : HTTP_OK;
    switch ((enum fault_page)exchange->fault.page) {
    case PAGE_MAINTENANCE:
        page_maintenance(body);
        break;
    case PAGE_SESSION_LOST:
        session_end(exchange->portal->sessions, exchange->session_id);
        page_login(body, "Sesión inválida o expirada (#01001)", NULL);
        break;
    case PAGE_UNKNOWN:
        page_unknown(body);
        break;
    case PAGE_AS_IS:
    case PAGE_ENCODING:
        buf_printf(body, "<html><body><h1>Error %d</h1></body></html>\n", exchange->status);
        break;
    }
    return true;
}

static bool act_as_asked(struct exchange *exchange)
{
    if (step_needs_session(exchange->step) && !exchange->account) {
        page_login(&exchange->body, "Sesión inválida o expirada (#01001)", NULL);
        return true;
    }
    return step_act(exchange);
}

static void find_account(struct exchange *exchange)
{
    const char *fingerprint = session_touch(exchange->portal->sessions, exchange->session_id);
    if (!fingerprint)
        return;
    exchange->account = authority_find(exchange->portal->authority, fingerprint);
    if (exchange->account)
        replace_str(&exchange->identity, xstrdup(exchange->account->user));
}

static void act(void *data)
{
    struct exchange *exchange = data;
    find_account(exchange);
    if (exchange->fault.cut == CUT_BEFORE) {
        cut(exchange);
        return;
    }
    if (!exchange->fault.taken && scripted(exchange)) {
        exchange_answer(exchange);
        return;
    }
    if (!act_as_asked(exchange))
        return;
    if (exchange->fault.taken)
        scripted(exchange);
    exchange_answer(exchange);
}

/* ---- reading it ---- */

static void read_form(struct exchange *exchange)
{
    struct evhttp_request *http = exchange->http;
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(http));
    const char *type = evhttp_find_header(evhttp_request_get_input_headers(http), "Content-Type");
    struct evbuffer *input = evhttp_request_get_input_buffer(http);
    size_t n = evbuffer_get_length(input);
    const char *body = n > 0 ? (const char *)evbuffer_pullup(input, -1) : NULL;
    if (body && type && str_starts(type, "multipart/form-data"))
        form_read_multipart(&exchange->form, type, body, n);
    else if (body)
        form_read_urlencoded(&exchange->form, body, n);
    if (query)
        form_read_urlencoded(&exchange->form, query, strlen(query));
    evbuffer_drain(input, n);
}

/* The session cookie that came with the request, or a new one. */
static char *read_cookie(struct evhttp_request *http)
{
    const char *header = evhttp_find_header(evhttp_request_get_input_headers(http), "Cookie");
    const char *at = header ? strstr(header, COOKIE "=") : NULL;
    char id[33] = "";
    uint8_t raw[16];
    if (at)
        strncat(id, at + strlen(COOKIE "="), 32);
    return hex_decode(id, raw, sizeof raw) ? xstrdup(id) : session_id_new();
}

void exchange_begin(struct portal *portal, struct evhttp_request *http)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct exchange *exchange = xcalloc(1, sizeof *exchange);
    exchange->portal = portal;
    exchange->http = http;
    exchange->status = HTTP_OK;
    exchange->media_type = "text/html; charset=UTF-8";
    exchange->session_id = read_cookie(http);
    read_form(exchange);
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(http));
    exchange->step = step_find(evhttp_request_get_command(http), str_or_empty(path), &exchange->form);
    if (faults_reload(portal->faults, false, &err) < 0)
        log_error("%s", err_text(&err));
    exchange->fault = faults_next(portal->faults, exchange->step);
    if (exchange->fault.delay_us == 0) {
        act(exchange);
        return;
    }
    exchange->timer = timer_new(portal->loop, act, exchange);
    timer_set_boot(exchange->timer, clock_boot_us(loop_clock(portal->loop)) + exchange->fault.delay_us);
}
