/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * The administrator's programs in hooks.d of the configuration's folder. The daemon runs none of them: it hands each event
 * to the socket of idsed-hook@.service, which runs them with a time limit, and hands over the next when that has ended. It
 * never waits; when hooks are slower than events for long, the newest events are dropped, with a warning.
 */
struct hooks;

#define HOOKS_SOCKET "/run/idsed-hook.socket"
enum { HOOKS_WAITING_MAX = 1000 };

struct hook_event {
    const char *event; /* a word of lib/base/log-events.h */
    int64_t lot;       /* 0: of none; so are an empty text and a NULL */
    const char *rp;
    const char *state; /* of the lot */
    int64_t certificate;
    const int *days; /* until the certificate ends */
    const char *text;
};

/* `folder` is where the programs are, `socket` what starts the unit; both are borrowed. */
struct hooks *hooks_new(struct loop *loop, const char *folder, const char *socket);
struct hooks *hooks_free(struct hooks *hooks); /* what was not handed over is dropped */
/* Once the event is on disk. Returns at once. */
void hooks_tell(struct hooks *hooks, const struct hook_event *event);
