/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "verify/examine.h"

/* `name` is what the bundle was called on the command line. */
void print_examination(const char *name, const struct examination *examination);
json_t *examination_json(const char *name, const struct examination *examination);
