/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/server.h"
#include "store/store.h"

/*
 * Who is logged in. A session lives in memory only, so that a restart ends all of them; it belongs to the uid that opened
 * it and is no use to another; and it ends when nothing was done with it for a while. A call belongs to the session that
 * its option "session" names, else to the one that its connection uses.
 */
struct sessions;

struct session {
    int64_t user;
    const char *email;
    enum user_role role;
};

struct sessions *sessions_new(const struct clock *clock, const int64_t *idle_us); /* *idle_us may change */
struct sessions *sessions_free(struct sessions *sessions);

/* Opens one for the caller's uid, which the caller's connection uses from now on; the token, a new string, to wipe. */
char *sessions_open(struct sessions *sessions, const struct bus_call *call, const struct store_user *user);
/* The caller's connection uses this session from now on; ERR_SESSION_ENDED. */
int sessions_use(struct sessions *sessions, const struct bus_call *call, const char *token,
                 struct session *ret, struct err *err);
/*
 * The session that a call belongs to, which counts as using it: 1 and *ret (may be NULL), 0 when it has none, or
 * ERR_SESSION_ENDED when it names one that is not there, or is another uid's.
 */
int sessions_find(struct sessions *sessions, const struct bus_call *call, struct session *ret,
                  struct err *err);
/* Ends the call's session; ERR_SESSION_ENDED when it has none. */
int sessions_close(struct sessions *sessions, const struct bus_call *call, struct err *err);
/* Ends all sessions of a user: its rights or its password changed. */
void sessions_end_user(struct sessions *sessions, int64_t user);

/* What a role may do of what the polkit actions name. */
bool sessions_role_may(enum user_role role, const char *action);
/* The lowest role that may. */
enum user_role sessions_least_role(const char *action);
