/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/verbs.h"

/* `idsectl status --rps`: a line for each registro patronal, the most pressing first. */
int overview_run(struct invocation *inv, struct err *err);
