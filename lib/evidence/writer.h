/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "evidence/format.h"

/*
 * Writes a bundle as a zip, file after file, in bounded memory. The same files in the same order give the same bytes. What
 * goes wrong on the way is kept and told at the end.
 */
struct evidence_writer;

/* `fd` is an empty file, open for reading and writing, which stays the caller's. */
struct evidence_writer *evidence_writer_new(int fd, int64_t lot);
struct evidence_writer *evidence_writer_free(struct evidence_writer *writer);
DEFINE_CLEANUP(struct evidence_writer *, evidence_writer_cleanup, evidence_writer_free)

/* A file of the bundle: its name, its bytes piece by piece, its end. One at a time. */
void evidence_begin(struct evidence_writer *writer, const char *name);
/* The signature fits sinks: the writer is the `data`. */
void evidence_add(void *writer, const void *data, size_t n);
void evidence_end(struct evidence_writer *writer);
/* All three at once. */
void evidence_put(struct evidence_writer *writer, const char *name, const void *data, size_t n);
/* Writes the two lists of all files and ends the zip. ERR_IO. */
int evidence_finish(struct evidence_writer *writer, struct err *err);
