/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <minizip/ioapi.h>

#include "base/err.h"
#include "base/util.h"

/*
 * minizip on an open file, at a position of its own: the descriptor may be shared with other processes. A failed write is
 * kept here and not told to minizip, which would leak.
 */
struct zip_file {
    int fd;
    uint64_t at;
    int write_errno; /* of the first write that failed; 0: none */
};
void zip_file_functions(struct zip_file *file, zlib_filefunc64_def *ret);
/* What somebody else may have named, fit to be shown. A new string. */
char *zip_name_shown(const char *name);
int zip_damaged(struct err *err);
