/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"
#include "net/http.h"
#include "vault/revocation.h"

/*
 * The lists of revoked certificates that authorities publish: each is fetched once for all certificates that name it, and
 * kept in memory for as long as it holds. They are read and searched in worker threads.
 */
struct revocation_lists;

struct revocation_lists *revocation_lists_new(struct daemon *daemon);
struct revocation_lists *
revocation_lists_free(struct revocation_lists *lists); /* no worker thread may run any more */

/* Called once, later, from the loop: r is 0 with the verdict, or negative with why there is none. */
typedef void revocation_list_fn(void *data, int r, const struct revocation_verdict *verdict,
                                const struct err *why);
/* What the list of a question's certificate says of it. The question stays the caller's and must live until the callback. */
void revocation_lists_ask(struct revocation_lists *lists, const struct revocation_question *question,
                          revocation_list_fn *fn, void *data);
/* Forgets the lists that nobody asked since the last time, and those that no longer hold. */
void revocation_lists_tidy(struct revocation_lists *lists);

/* 0 when the server of an authority gave something to read, or why it did not. */
int revocation_fetched(const struct http_answer *answer, const char *url, struct err *err);
