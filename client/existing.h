/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/remote.h"
#include "client/verbs.h"

/*
 * Says that a file was submitted before and which lots (paths) it is, and of each that goes by another time
 * or hold than this call asks for, that it stays so, and how to change it.
 */
void existing_tell(struct invocation *inv, const char *file, const json_t *lots);
