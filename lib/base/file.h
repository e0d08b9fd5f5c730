/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* What it means that a file which somebody named cannot be opened, by errno: ERR_UNKNOWN_FILE or ERR_IO. */
enum err_code file_fault(int errnum);
/* Appends all of an open file to `buf`; ERR_TOO_LARGE beyond `max` bytes, ERR_IO. On failure buf keeps its old length. */
int file_read_fd(int fd, size_t max, struct buf *buf, struct err *err);
/* As above, by path. */
int file_read(const char *path, size_t max, struct buf *buf, struct err *err);
/* Writes all bytes to an open file. */
int file_write_fd(int fd, const void *data, size_t n, struct err *err);
/*
 * Puts a whole file in place: written beside it, synced, renamed, the folder synced; a reader sees the old one or the new
 * one. `mode` is exact, whatever the umask.
 */
int file_replace(const char *path, mode_t mode, const void *data, size_t n, struct err *err);
/* Makes a file's new name last through a power cut; negative with errno on failure. */
int file_sync_parent(const char *path);
/* mkdir -p; an existing folder is fine. */
int file_make_dirs(const char *path, mode_t mode, struct err *err);
/* A memory file that holds these bytes and is sealed against any change; the descriptor, or negative. */
int file_sealed_memory(const char *name, const void *data, size_t n, struct err *err);
