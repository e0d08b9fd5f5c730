/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/multi.h"

struct multi {
    struct loop *loop;
    CURLM *handle;
    struct event *timer; /* when curl wants to be called */
    multi_done_fn *done;
    void *data;
};

static void run_curl(struct multi *multi, curl_socket_t fd, int bits)
{
    int running, left;
    curl_multi_socket_action(multi->handle, fd, bits, &running);
    const CURLMsg *message = curl_multi_info_read(multi->handle, &left);
    if (message && message->msg == CURLMSG_DONE)
        multi->done(multi->data, message->data.result);
}

static void socket_ready(evutil_socket_t fd, short what, void *data)
{
    run_curl(data, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void timer_due(evutil_socket_t fd, short what, void *data)
{
    run_curl(data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int want, void *user, void *socket_event)
{
    struct multi *multi = user;
    if (socket_event)
        event_free(socket_event);
    struct event *event = NULL;
    if (want != CURL_POLL_REMOVE) {
        short what = (short)((want & CURL_POLL_IN ? EV_READ : 0) | (want & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_base(multi->loop), fd, (short)(what | EV_PERSIST), socket_ready, multi);
        event_add(event, NULL);
    }
    curl_multi_assign(multi->handle, fd, event);
    return 0;
}

/* Only notes the time: curl must not be called from within its own callbacks. */
static int on_timeout(CURLM *handle, long timeout_ms, void *user)
{
    struct multi *multi = user;
    if (timeout_ms < 0)
        event_del(multi->timer);
    else
        event_add(multi->timer,
                  &(struct timeval){.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000});
    return 0;
}

struct multi *multi_new(struct loop *loop, multi_done_fn *done, void *data)
{
    struct multi *multi = xcalloc(1, sizeof(*multi));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    *multi = (struct multi){.loop = loop, .done = done, .data = data, .handle = curl_multi_init()};
    multi->timer = evtimer_new(loop_base(loop), timer_due, multi);
    if (!multi->handle || !multi->timer)
        abort();
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, 1L);
    return multi;
}

struct multi *multi_free(struct multi *multi)
{
    if (!multi)
        return NULL;
    curl_multi_cleanup(multi->handle);
    event_free(multi->timer);
    curl_global_cleanup();
    free(multi);
    return NULL;
}

void multi_add(struct multi *multi, CURL *easy)
{
    if (curl_multi_add_handle(multi->handle, easy) != CURLM_OK)
        abort();
}

void multi_remove(struct multi *multi, CURL *easy)
{
    curl_multi_remove_handle(multi->handle, easy);
}
