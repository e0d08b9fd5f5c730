/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * A file as it is handed to the daemon: a regular file as it is, anything else ("-" is standard input) copied
 * into sealed memory. ERR_UNKNOWN_FILE when there is none, ERR_IO when it cannot be read, ERR_TOO_LARGE when
 * a copy would be. The error does not repeat the path.
 */
int input_open(const char *path, int *ret_fd, struct err *err);
/* What is in such a file, from its beginning; where it is read next does not change. */
int input_read(int fd, struct buf *ret, struct err *err);
