/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "idse/receipt.h"

/* Documents: received bytes, whole, with their SHA-256. */
struct store;

struct store_document {
    int64_t id;
    int64_t lot; /* 0 = of no lot (a page that mattered) */
    enum document_kind kind;
    char *name, *media_type;
    char *sha256; /* hex; computed by store_document_add() */
    uint64_t size;
    int64_t stored_us;
};
void store_documents_free(struct store_document *documents, size_t n);
/*
 * Equal bytes of the same kind for the same lot are stored once; *ret_id is then the first one's. A lot's document is
 * entered into the history with its hash.
 */
int store_document_add(struct store *store, const struct store_document *document, const void *bytes,
                       size_t n, int64_t *ret_id, struct err *err);
/*
 * The same in slices, each of which may be in a turn of its own: next stores at most `max` bytes more and returns 1 when
 * there are more, or 0 with *ret_id; until then the document does not show. `bytes` stay the caller's. What was begun and
 * not ended is deleted by store_open(). End it with store_document_end() either way.
 */
struct store_saving;
int store_document_begin(struct store *store, const struct store_document *document, const void *bytes,
                         size_t n, struct store_saving **ret, struct err *err);
int store_document_next(struct store_saving *saving, size_t max, int64_t *ret_id, struct err *err);
struct store_saving *store_document_end(struct store_saving *saving);
/* Ends it and deletes what was stored so far. */
struct store_saving *store_document_drop(struct store_saving *saving);
/* Whose the document is turns out only now, before its last slice. */
void store_document_of(struct store_saving *saving, int64_t lot);
/* How many bytes are left to be stored. */
size_t store_document_left(const struct store_saving *saving);
int store_document_list(struct store *store, int64_t lot, struct store_document **ret, size_t *ret_n,
                        struct err *err);
/* The bytes; ERR_UNKNOWN_DOCUMENT, or ERR_STORE_CORRUPT when they no longer have their hash. ret_document may
 * be NULL. */
int store_document_get(struct store *store, int64_t id, struct store_document *ret_document, struct buf *ret,
                       struct err *err);
