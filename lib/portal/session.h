/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/loop.h"
#include "portal/ops.h"
#include "portal/profile.h"
#include "vault/credential.h"

/* The portal behind `struct portal_ops`, driven by a profile. */
struct portal_config {
    const char *const *profile_dirs; /* NULL: profile_default_dirs */
    const char *profile;
    const char *base_url;                  /* instead of the profile's; NULL: the profile's */
    const char *ca_file;                   /* NULL: the system's */
    const char *proxy;                     /* NULL: none */
    const char *user_agent;                /* NULL: the profile's */
    const char *pdftotext;                 /* NULL: /usr/bin/pdftotext */
    int64_t connect_us, idle_us, total_us; /* limits of one request; 0: 30 s, 60 s, 5 min */
    size_t max_body;                       /* 0: 64 MiB */
    /* A fresh, opened credential of the store's certificate, which the portal then owns; NULL with err set. */
    struct credential *(*credential)(void *data, int64_t certificate, struct err *err);
    void *data;
};

/* ERR_UNKNOWN_PROFILE or ERR_CONFIG. Everything in `config` but `data` is copied. */
int portal_new(struct loop *loop, const struct portal_config *config, struct portal **ret, struct err *err);
/* Sessions that are still open are closed, readings are given up. */
struct portal *portal_free(struct portal *portal);
DEFINE_CLEANUP(struct portal *, portal_cleanup, portal_free)
const struct profile *portal_profile(const struct portal *portal);
/* The base URL in use. */
const char *portal_url(const struct portal *portal);
/* After resume or a change of the network. */
void portal_drop_connections(struct portal *portal);
