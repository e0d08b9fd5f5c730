/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* Files that came by the spool. */
struct store;

struct store_spool_file {
    char rp[12];  /* of its folder */
    char *name;   /* that it has in the folder of results */
    char *result; /* JSON: what is told of it, but for what its lots do */
};
void store_spool_file_free(struct store_spool_file *file); /* fields only */
/* In the write turn that publishes its lots. `identity` tells the file as it lies in the folder, until it was moved away. */
int store_spool_add(struct store *store, const struct store_spool_file *file, const char *identity,
                    const int64_t *lots, size_t n, int64_t *ret_id, struct err *err);
/* The file that lies in the folder of this registro patronal and was taken: 1 and *ret_id, or 0. */
int store_spool_find(struct store *store, const char *rp, const char *identity, int64_t *ret_id,
                     struct err *err);
int store_spool_moved(struct store *store, int64_t file, struct err *err);
/* 1 and the file, or 0. */
int store_spool_get(struct store *store, int64_t id, struct store_spool_file *ret, struct err *err);
/* Files of which this lot is, as long as something of it is to be told. */
int store_spool_files_of(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err);
/* Lots of which something is to be told still. */
int store_spool_open_lots(struct store *store, int64_t **ret, size_t *ret_n, struct err *err);
/*
 * How far telling of a lot has come: which documents were written (bits 1 << kind) and what was told last (-1: nothing). 1,
 * or 0 when nothing is to be told of it any more. Either may be NULL.
 */
int store_spool_progress(struct store *store, int64_t lot, unsigned *ret_written, int *ret_told,
                         struct err *err);
int store_spool_note_progress(struct store *store, int64_t lot, unsigned written, int told, bool done,
                              struct err *err);
