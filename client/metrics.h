/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

/*
 * The status as OpenMetrics text, for a collector of text files. No names, no movements, nothing of workers.
 * `certificates` is NULL where the caller may not see them.
 */
void metrics_print(const json_t *manager, const json_t *registrations, const json_t *certificates);
