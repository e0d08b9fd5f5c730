/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/act.h"

#include <stdio.h>

#include "base/log.h"
#include "daemon/auth.h"
#include "daemon/iface.h"
#include "daemon/sessions.h"

void act_who(uid_t uid, const char *email, char ret[static ACT_WHO_SIZE])
{
    if (email)
        snprintf(ret, ACT_WHO_SIZE, "uid %u %s", (unsigned)uid, email);
    else
        snprintf(ret, ACT_WHO_SIZE, "uid %u", (unsigned)uid);
}

struct act *act_new(struct daemon *daemon, struct bus_call *call, const char *verb, const char *object_fmt,
                    ...)
{
    struct act *act = xcalloc(1, sizeof(*act));
    act->daemon = daemon;
    act->call = call;
    act->verb = xstrdup(verb);
    struct session session = {0};
    sessions_find(daemon->sessions, call, &session, NULL);
    act_who(bus_call_uid(call), session.email, act->who);
    va_list ap;
    va_start(ap, object_fmt);
    act->object = xvasprintf(object_fmt, ap);
    va_end(ap);
    return act;
}

struct act *act_new_for(struct daemon *daemon, const char *who, const char *verb, const char *object,
                        act_ended_fn *ended, void *data)
{
    struct act *act = xcalloc(1, sizeof(*act));
    act->daemon = daemon;
    act->verb = xstrdup(verb);
    act->object = xstrdup(object);
    act->ended = ended;
    act->data = data;
    snprintf(act->who, sizeof(act->who), "%s", who);
    return act;
}

static void act_free(struct act *act)
{
    err_clear(&act->err);
    findings_free(&act->wrong);
    free(act->verb);
    free(act->object);
    free(act->detail);
    free(act);
}

int act_options(struct act *act, struct bus_reader *r, const struct bus_option *options, size_t n, void *dest)
{
    return bus_read_options(r, options, n, dest, NULL, &act->err);
}

int act_write(struct act *act)
{
    int r = store_begin(act->daemon->store, &act->err);
    act->writing = r >= 0;
    return r;
}

static int audit(struct act *act, int r, struct err *err)
{
    const struct store_audit record = {
        .who = act->who,
        .action = act->verb,
        .object = act->object,
        .outcome = (char *)(r < 0 ? err_dbus_name(act->err.code) : "ok"),
        .detail = act->detail,
    };
    return store_audit_add(act->daemon->store, &record, err);
}

static void fail(struct act *act)
{
    if (act->wrong.errors == 0) {
        bus_call_fail(&act->call, &act->err);
        return;
    }
    struct bus_writer *w = bus_call_fault(act->call, &act->err, "saa{sv}t");
    iface_write_findings(w, &act->wrong);
    bus_write_u64(w, act->wrong.errors);
    bus_call_reply(&act->call);
}

static void answer_act(void *data, const struct err *lost)
{
    struct act *act = data;
    if (!act->call)
        act->ended(act->data, lost ? lost : &act->err);
    else if (lost)
        bus_call_fail(&act->call, lost);
    else if (act->err.code != ERR_NONE)
        fail(act);
    else
        bus_call_reply(&act->call);
    act_free(act);
}

void act_end(struct act *act, int r)
{
    struct store *store = act->daemon->store;
    _cleanup_err_ struct err fault = ERR_INIT;
    int audited = 0;
    if (r >= 0)
        audited = audit(act, r, &fault);
    if (audited < 0)
        r = err_move(&act->err, &fault);
    if (act->writing)
        store_end(store, r >= 0, r >= 0 ? &act->err : NULL);
    bool strangers = act->untried && act->call && bus_call_uid(act->call) != 0;
    bool recorded = r < 0 && audited >= 0 && (!strangers || auth_may_record_untried(act->daemon->auth));
    if (recorded && audit(act, r, &fault) < 0)
        log_error("%s", err_text(&fault));
    store_after_commit(store, answer_act, act);
}

struct pending_answer {
    struct bus_call *call;
    struct err err;
};

static void answer_now(void *data, const struct err *lost)
{
    struct pending_answer *pending = data;
    if (lost)
        bus_call_fail(&pending->call, lost);
    else if (pending->err.code != ERR_NONE)
        bus_call_fail(&pending->call, &pending->err);
    else
        bus_call_reply(&pending->call);
    err_clear(&pending->err);
    free(pending);
}

void answer(struct daemon *daemon, struct bus_call *call, int r, const struct err *err)
{
    struct pending_answer *pending = xcalloc(1, sizeof(*pending));
    pending->call = call;
    if (r < 0)
        err_set(&pending->err, err->code, "%s", err_text(err));
    store_after_commit(daemon->store, answer_now, pending);
}
