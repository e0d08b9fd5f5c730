/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/profile.h"

/* profile.c reads the text of a profile, profile-files.c finds its file, profile-template.c fills templates in. */

/* Reads the text of `path` into a profile that has nothing but its name. ERR_CONFIG with path and line. */
int profile_parse(const char *path, const char *text, struct profile *profile, struct err *err);
/* The variables that a template uses, as bits, or negative when it names one that there is not. */
int profile_template_variables(const char *template);
