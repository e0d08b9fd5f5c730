/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/reason.h"

static const enum outcome_reason of_result[_HTTP_RESULT_MAX] = {
    [HTTP_RESULT_DONE] = REASON_OK,
    [HTTP_RESULT_DNS] = REASON_DNS,
    [HTTP_RESULT_CONNECT] = REASON_CONNECT,
    [HTTP_RESULT_TLS] = REASON_TLS,
    [HTTP_RESULT_TIMEOUT] = REASON_TIMEOUT,
    [HTTP_RESULT_BROKEN] = REASON_BROKEN,
    [HTTP_RESULT_TOO_LARGE] = REASON_TOO_LARGE,
    [HTTP_RESULT_REDIRECT] = REASON_REDIRECT,
    [HTTP_RESULT_LOCAL] = REASON_LOCAL,
};

/* The first line that has the status counts. */
static const struct {
    long first, last;
    enum outcome_reason reason;
} of_status[] = {
    {200, 299, REASON_OK},
    {408, 408, REASON_TIMEOUT},
    {425, 425, REASON_HTTP_UNAVAILABLE},
    {429, 429, REASON_HTTP_UNAVAILABLE},
    {400, 499, REASON_HTTP_CLIENT},
    {502, 504, REASON_HTTP_UNAVAILABLE},
    {500, 599, REASON_HTTP_SERVER},
};

enum outcome_reason reason_of(enum http_result result, long status)
{
    if (result != HTTP_RESULT_DONE)
        return of_result[result];
    for (size_t i = 0; i < ELEMENTSOF(of_status); i++)
        if (status >= of_status[i].first && status <= of_status[i].last)
            return of_status[i].reason;
    return REASON_UNKNOWN_PAGE;
}
