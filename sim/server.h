/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/exchange.h"

/* The listening socket, TLS and HTTP; requests go to exchange_begin(). */
struct server;

/* `address` is ADDR:PORT, or [ADDR]:PORT for IPv6; port 0 takes a free one. */
int server_listen(struct portal *portal, const char *address, struct server **ret, struct err *err);
struct server *server_free(struct server *server);
/* "https://127.0.0.1:4433/imss/" */
const char *server_url(const struct server *server);
