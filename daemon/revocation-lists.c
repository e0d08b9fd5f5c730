/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/revocation-lists.h"

#include "vault/crl.h"

enum {
    LIST_MAX = 16 << 20,
    CONNECT_S = 10,
    IDLE_S = 20,
    TOTAL_S = 120,
    /* An authority that revokes somebody publishes before its list runs out, which may be in a year. */
    KEEP_DAYS = 7,
};

/* Somebody who wants to know of one certificate. */
struct want {
    TAILQ_ENTRY(want) link;
    const struct revocation_question *question;
    revocation_list_fn *fn;
    void *data;
    int r;
    struct revocation_verdict verdict;
    struct err err;
};
TAILQ_HEAD(wants, want);

struct list {
    struct revocation_lists *owner;
    LIST_ENTRY(list) link;
    char *url;
    struct http_session *session; /* not NULL: the list is on its way */
    int64_t fetched_us;           /* wall clock */
    int64_t keep_until_us;        /* wall clock; 0: there is none that counts */
    bool asked;                   /* since the last tidying */
    struct wants wants;

    /* While a worker has these the loop leaves them alone. */
    bool working;
    struct wants at_work;
    struct buf bytes; /* as published */
    int64_t now_us;
    bool proven; /* the authority of a certificate that names it has signed it */
    int64_t next_update_us;
};

struct revocation_lists {
    struct daemon *daemon;
    struct http *http;
    LIST_HEAD(, list) lists;
};

static void list_go_on(struct list *list);

/* ---- who waits ---- */

static void want_free(struct want *want)
{
    err_clear(&want->err);
    free(want);
}

static void wants_drop(struct wants *wants)
{
    for (struct want *want; (want = TAILQ_FIRST(wants));) {
        TAILQ_REMOVE(wants, want, link);
        want_free(want);
    }
}

static void wants_answer(struct wants *wants)
{
    for (struct want *want; (want = TAILQ_FIRST(wants));) {
        TAILQ_REMOVE(wants, want, link);
        want->fn(want->data, want->r, &want->verdict, &want->err);
        want_free(want);
    }
}

/* All of them hear the same. */
static void wants_fail(struct wants *wants, const struct err *why)
{
    struct want *want;
    TAILQ_FOREACH(want, wants, link)
    want->r = err_set(&want->err, ERR_FAILED, "%s", err_text(why));
}

/* ---- in a worker ---- */

static void judge(void *data)
{
    struct list *list = data;
    _cleanup_(crl_cleanup) struct crl *crl = NULL;
    _cleanup_err_ struct err err = ERR_INIT;
    if (crl_open(list->bytes.data, list->bytes.len, list->now_us, &crl, &err) < 0) {
        err_prefix(&err, "%s", list->url);
        wants_fail(&list->at_work, &err);
        return;
    }
    list->next_update_us = crl_next_update_us(crl);
    struct want *want;
    TAILQ_FOREACH(want, &list->at_work, link)
    {
        want->r = crl_look(crl, want->question, &want->verdict, &want->err);
        if (want->r < 0)
            err_prefix(&want->err, "%s", list->url);
        else
            list->proven = true;
    }
}

static void judged(void *data)
{
    struct list *list = data;
    list->working = false;
    if (list->proven)
        list->keep_until_us = MIN(list->next_update_us, list->fetched_us + KEEP_DAYS * US_PER_DAY);
    else
        buf_free(&list->bytes);
    wants_answer(&list->at_work);
    list_go_on(list);
}

/* ---- fetching ---- */

static void list_judge(struct list *list)
{
    _cleanup_err_ struct err err = ERR_INIT;
    list->now_us = clock_wall_us(daemon_clock(list->owner->daemon));
    TAILQ_CONCAT(&list->at_work, &list->wants, link);
    list->working = worker_run(list->owner->daemon->loop, judge, judged, list, &err) >= 0;
    if (!list->working) {
        wants_fail(&list->at_work, &err);
        wants_answer(&list->at_work);
    }
}

int revocation_fetched(const struct http_answer *answer, const char *url, struct err *err)
{
    if (answer->result == HTTP_RESULT_TOO_LARGE)
        return err_set(err, ERR_FAILED, _("%s: what it gives is too long to be read"), url);
    if (answer->result == HTTP_RESULT_REDIRECT)
        return err_set(err, ERR_FAILED, _("%s sends on to another place, which idsed does not follow"), url);
    if (answer->result != HTTP_RESULT_DONE)
        return err_set(err, ERR_FAILED, "%s: %s", url, answer->text);
    if (answer->status != 200)
        return err_set(err, ERR_FAILED, _("%s answers with status %ld"), url, answer->status);
    return 0;
}

static void fetched(void *data, const struct http_answer *answer)
{
    struct list *list = data;
    _cleanup_err_ struct err err = ERR_INIT;
    int r = revocation_fetched(answer, list->url, &err);
    if (r >= 0)
        buf_take(&list->bytes, answer->body);
    list->fetched_us = clock_wall_us(daemon_clock(list->owner->daemon));
    list->session = http_session_free(list->session);
    if (r >= 0) {
        list_judge(list);
        return;
    }
    struct wants failed = TAILQ_HEAD_INITIALIZER(failed);
    TAILQ_CONCAT(&failed, &list->wants, link);
    wants_fail(&failed, &err);
    wants_answer(&failed);
}

static void list_fetch(struct list *list)
{
    buf_free(&list->bytes);
    list->keep_until_us = 0;
    list->proven = false;
    list->session = http_session_new(list->owner->http);
    http_send(list->session, &(struct http_request){.url = list->url}, fetched, list);
}

static bool list_holds(const struct list *list)
{
    return clock_wall_us(daemon_clock(list->owner->daemon)) < list->keep_until_us;
}

/* Does what there is to do next, when nothing of it is under way. */
static void list_go_on(struct list *list)
{
    if (list->session || list->working || TAILQ_EMPTY(&list->wants))
        return;
    if (list_holds(list))
        list_judge(list);
    else
        list_fetch(list);
}

/* ---- the lists ---- */

static struct list *list_of(struct revocation_lists *lists, const char *url)
{
    struct list *list;
    LIST_FOREACH(list, &lists->lists, link)
    if (streq(list->url, url))
        return list;
    list = xcalloc(1, sizeof(*list));
    list->owner = lists;
    list->url = xstrdup(url);
    TAILQ_INIT(&list->wants);
    TAILQ_INIT(&list->at_work);
    LIST_INSERT_HEAD(&lists->lists, list, link);
    return list;
}

static void list_free(struct list *list)
{
    LIST_REMOVE(list, link);
    http_session_free(list->session);
    wants_drop(&list->wants);
    wants_drop(&list->at_work);
    buf_free(&list->bytes);
    free(list->url);
    free(list);
}

void revocation_lists_ask(struct revocation_lists *lists, const struct revocation_question *question,
                          revocation_list_fn *fn, void *data)
{
    struct list *list = list_of(lists, revocation_list(question));
    struct want *want = xcalloc(1, sizeof(*want));
    *want = (struct want){.question = question, .fn = fn, .data = data};
    TAILQ_INSERT_TAIL(&list->wants, want, link);
    list->asked = true;
    list_go_on(list);
}

void revocation_lists_tidy(struct revocation_lists *lists)
{
    struct list *list = LIST_FIRST(&lists->lists), *next;
    for (; list; list = next) {
        next = LIST_NEXT(list, link);
        const bool is_idle = !list->session && !list->working && TAILQ_EMPTY(&list->wants);
        if (is_idle && (!list->asked || !list_holds(list)))
            list_free(list);
        else
            list->asked = false;
    }
}

struct revocation_lists *revocation_lists_new(struct daemon *daemon)
{
    struct revocation_lists *lists = xcalloc(1, sizeof(*lists));
    lists->daemon = daemon;
    lists->http = http_new(daemon->loop, &(struct http_config){.proxy = daemon->config.proxy,
                                                               .user_agent = "idsed",
                                                               .plain = true,
                                                               .connect_us = CONNECT_S * US_PER_S,
                                                               .idle_us = IDLE_S * US_PER_S,
                                                               .total_us = TOTAL_S * US_PER_S,
                                                               .max_body = LIST_MAX});
    return lists;
}

struct revocation_lists *revocation_lists_free(struct revocation_lists *lists)
{
    if (!lists)
        return NULL;
    while (!LIST_EMPTY(&lists->lists))
        list_free(LIST_FIRST(&lists->lists));
    http_free(lists->http);
    free(lists);
    return NULL;
}
