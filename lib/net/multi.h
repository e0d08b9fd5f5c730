/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>

#include "net/loop.h"

/*
 * curl on the loop: one transfer at a time with connections of its own. Takes part in curl's global state, so nobody else
 * has to care for it.
 */
struct multi;
/* A transfer ended. The last thing that is done with the multi in a turn: it may be freed here. */
typedef void multi_done_fn(void *data, CURLcode code);

struct multi *multi_new(struct loop *loop, multi_done_fn *done, void *data);
struct multi *multi_free(struct multi *multi); /* no transfer may be in it */
/* Begins a transfer, which stays the caller's and is taken out by the caller too, also after its end. */
void multi_add(struct multi *multi, CURL *easy);
void multi_remove(struct multi *multi, CURL *easy);
