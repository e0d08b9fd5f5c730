/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * Opens what a person or idsectl named: a file or a folder, or "/dev/fd/N", a descriptor that was handed over, which is
 * used as it is, since a file without a name cannot be opened anew by everybody. ERR_UNKNOWN_FILE when there is none,
 * ERR_IO when it cannot be opened.
 */
int input_open(const char *name, struct err *err);
/* Was it handed over? Then its name means nothing to people. */
bool input_is_handed_over(const char *name);
