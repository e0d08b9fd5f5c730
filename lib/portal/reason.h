/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/outcome.h"
#include "net/http.h"

/* What the network's result and the HTTP status mean before anybody looks at the page: the one place that says so. */
enum outcome_reason reason_of(enum http_result result, long status);
