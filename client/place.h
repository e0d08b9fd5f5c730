/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * A file that somebody asked for. It is written beside its place and put there when it is complete, so that
 * it is there whole or not at all, and what was there before stays until then; also when a signal ends the
 * program.
 */
struct place {
    char *path;
    char *beside; /* NULL where the place is no file but, say, a pipe, which is written to as it is */
    int fd;       /* to write to; or by the name `beside` */
    bool force;
};

bool place_is_folder(const char *path);
/* Says why no file could be made at this path, by the errno of who tried, and what to do: ERR_IO. */
int place_refuse(const char *path, int errnum, struct err *err);
/* May something be put there? With `force` also in the place of a file. */
int place_check(const char *path, bool force, struct err *err);
/* One at a time; to be ended with place_close(). */
int place_open(struct place *ret, const char *path, bool force, struct err *err);
/* Puts what is whole in its place, and drops what is not. */
int place_close(struct place *place, bool whole, struct err *err);
