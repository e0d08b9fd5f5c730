/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

bool place_is_folder(const char *path);
/* Says why no file could be made at this path, by the errno of who tried, and what to do: ERR_IO. */
int place_refuse(const char *path, int errnum, struct err *err);
