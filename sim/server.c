/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/server.h"

#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/log.h"

enum { BODY_MAX = 512 << 20, HEADERS_MAX = 64 << 10, IDLE_S = 1200 };

struct server {
    struct portal *portal;
    SSL_CTX *tls;
    SSL_CTX *broken_tls; /* has no certificate, so that every handshake fails */
    struct evhttp *http;
    char *url;
};

static SSL_CTX *tls_new(const struct authority *authority)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF); /* clients just go */
    if (authority && (SSL_CTX_use_certificate(tls, authority_tls_certificate(authority)) != 1 ||
                      SSL_CTX_use_PrivateKey(tls, authority_tls_key(authority)) != 1)) {
        SSL_CTX_free(tls);
        return NULL;
    }
    return tls;
}

/* `connect cut=before`: the connection is broken as soon as the HTTP server has given it its socket. */
static void on_break(evutil_socket_t fd, short what, void *data)
{
    struct bufferevent *connection = data;
    shutdown(bufferevent_getfd(connection), SHUT_RDWR);
    bufferevent_decref(connection);
}

static struct bufferevent *on_connection(struct event_base *base, void *data)
{
    struct server *server = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (faults_reload(server->portal->faults, false, &err) < 0)
        log_error("%s", err_text(&err));
    struct fault fault = faults_next(server->portal->faults, STEP_CONNECT);
    SSL *ssl = SSL_new(fault.tls ? server->broken_tls : server->tls);
    struct bufferevent *connection =
        bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_openssl_set_allow_dirty_shutdown(connection, 1);
    if (fault.cut != CUT_NONE) {
        bufferevent_incref(connection);
        event_base_once(base, -1, EV_TIMEOUT, on_break, connection, NULL);
    }
    return connection;
}

static void on_request(struct evhttp_request *http, void *data)
{
    struct server *server = data;
    exchange_begin(server->portal, http);
}

/* ADDR:PORT or [ADDR]:PORT, numeric; NULL when it is neither. freeaddrinfo() it. */
static struct addrinfo *parse_address(const char *address)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(address, ':');
    if (!colon)
        return NULL;
    bool brackets = colon - address >= 2 && *address == '[' && colon[-1] == ']';
    _cleanup_free_ char *host = brackets ? xstrndup(address + 1, (size_t)(colon - address) - 2)
                                         : xstrndup(address, (size_t)(colon - address));
    struct addrinfo *found;
    return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

static char *url_of(evutil_socket_t fd)
{
    struct sockaddr_storage where;
    socklen_t size = sizeof where;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    getsockname(fd, (struct sockaddr *)&where, &size);
    getnameinfo((struct sockaddr *)&where, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    return strchr(host, ':') ? xasprintf("https://[%s]:%s/imss/", host, port)
                             : xasprintf("https://%s:%s/imss/", host, port);
}

static int bind_address(struct server *server, const char *address, struct err *err)
{
    struct addrinfo *where = parse_address(address);
    if (!where)
        return err_set(err, ERR_USAGE, _("'%s' is not ADDRESS:PORT"), address);
    struct evconnlistener *listener =
        evconnlistener_new_bind(loop_base(server->portal->loop), NULL, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, -1,
                                where->ai_addr, (int)where->ai_addrlen);
    int errnum = errno;
    freeaddrinfo(where);
    if (!listener)
        return err_set_errno(err, ERR_IO, errnum, _("listening on %s"), address);
    /* Connections inherit it; a page that leaves in two pieces would else wait 40 ms for the client's acknowledgement. */
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    evhttp_bind_listener(server->http, listener);
    server->url = url_of(evconnlistener_get_fd(listener));
    return 0;
}

int server_listen(struct portal *portal, const char *address, struct server **ret, struct err *err)
{
    struct server *server = xcalloc(1, sizeof *server);
    server->portal = portal;
    server->tls = tls_new(portal->authority);
    server->broken_tls = tls_new(NULL);
    server->http = evhttp_new(loop_base(portal->loop));
    evhttp_set_bevcb(server->http, on_connection, server);
    evhttp_set_gencb(server->http, on_request, server);
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_max_body_size(server->http, BODY_MAX);
    evhttp_set_max_headers_size(server->http, HEADERS_MAX);
    evhttp_set_timeout(server->http, IDLE_S);
    int r = server->tls ? bind_address(server, address, err)
                        : err_set(err, ERR_CONFIG, _("the server's TLS certificate cannot be used"));
    if (r < 0) {
        server_free(server);
        return r;
    }
    *ret = server;
    return 0;
}

struct server *server_free(struct server *server)
{
    if (!server)
        return NULL;
    evhttp_free(server->http);
    SSL_CTX_free(server->tls);
    SSL_CTX_free(server->broken_tls);
    free(server->url);
    free(server);
    return NULL;
}

const char *server_url(const struct server *server)
{
    return server->url;
}
