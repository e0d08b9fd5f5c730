/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* The history: a hash chain; see docs/architecture.md. */
struct store;

struct store_audit {
    int64_t seq, at_us;
    char *who;     /* "uid 1000" */
    char *action;  /* "submit", "hold", … */
    char *object;  /* "lot 12", "rp Z9900001108", … */
    char *outcome; /* "ok" or the error's D-Bus name */
    char *detail;  /* JSON object or NULL; never a secret */
    char *hash;    /* hex */
};
void store_audits_free(struct store_audit *audits, size_t n);
/* seq, at_us and hash are set here. */
int store_audit_add(struct store *store, const struct store_audit *audit, struct err *err);
struct store_audit_filter {
    int64_t since_us, until_us; /* 0 = any */
    const char *who;            /* "uid 1000", or a word of it; NULL = anybody */
    const char *object;         /* "worker *******0017"; NULL = anything */
    int64_t lot;                /* done on this lot, alone or with others; 0 = on anything */
};
/* Newest first below the cursor (a seq; 0 = from the newest), at most `limit`. */
int store_audit_list(struct store *store, const struct store_audit_filter *filter, int64_t cursor,
                     size_t limit, struct store_audit **ret, size_t *ret_n, struct err *err);
/* The hash of one record, "" when there is none of that number; and the last record's number and hash. New strings. */
int store_audit_hash(struct store *store, int64_t seq, char **ret, struct err *err);
int store_audit_head(struct store *store, int64_t *ret_seq, char **ret_hash, struct err *err);
/* 0 when the chain is whole; ERR_STORE_CORRUPT naming the first record that is changed or missing. */
int store_audit_verify(struct store *store, struct err *err);
/* The same over a connection of its own, for a worker thread. *ret_records (may be NULL): how long the chain is. */
int store_audit_inspect(const char *path, uint64_t *ret_records, struct err *err);
