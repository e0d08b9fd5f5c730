/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/queue.h>

#include "bus/server.h"
#include "daemon/config.h"
#include "daemon/engine/engine.h"
#include "idse/advice.h"
#include "idse/law.h"
#include "net/loop.h"
#include "portal/ops.h"
#include "store/store.h"
#include "vault/vault.h"

/* What the parts of the daemon share. app.c makes and destroys it; the others only use it. */
struct daemon {
    struct loop *loop;
    struct config config;
    char *store_path;
    struct store *store;
    struct seal *seal;         /* NULL: there is no key, so credentials can be neither stored nor used */
    struct profiles *profiles; /* owns what `portal` speaks through */
    struct portal portal;
    struct engine *engine;
    struct sessions *sessions;
    struct throttle *throttle;     /* of logins and the like */
    LIST_HEAD(, attempt) attempts; /* those under way */
    struct mailer *mailer;
    struct auth *auth;
    struct notices *notices;
    struct hooks *hooks;
    struct reminder *expiry; /* of certificates */
    struct deadlines *deadlines;
    struct revocations *revocations;
    struct privacy *privacy;
    struct law law;         /* limits and calendar; empty where the package's files are not there */
    struct advices advices; /* about codes of rejections; empty where the package's file is not there */
    struct submissions *submissions;
    struct spool *spool;                  /* NULL: there is none */
    struct backup *backup;                /* under way; NULL: none */
    TAILQ_HEAD(, evidence_job) evidences; /* bundles being made, or waiting for it */
    struct searches *searches;
    struct imports *imports;
    struct act *reindexing; /* the act under way; NULL: none */
    struct bus_server *bus;
};

static inline const struct clock *daemon_clock(const struct daemon *daemon)
{
    return loop_clock(daemon->loop);
}
