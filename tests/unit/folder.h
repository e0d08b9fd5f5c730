/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ftw.h>
#include <stdio.h>

/* Folders that tests make for themselves. */

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

/* Removes it with all that is in it: 0, or -1 when something stays. */
static inline int folder_remove(const char *path)
{
    return nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
