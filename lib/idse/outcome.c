/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/outcome.h"

static const struct {
    const char *name, *text;
    enum outcome outcome;
    enum lot_hold hold;
    bool blames_portal;
} reasons[_REASON_MAX] = {
#define X(id, name_, outcome_, hold_, blames_portal_, text_)                                                 \
    [REASON_##id] = {.name = name_,                                                                          \
                     .text = text_,                                                                          \
                     .outcome = OUTCOME_##outcome_,                                                          \
                     .hold = LOT_HOLD_##hold_,                                                               \
                     .blames_portal = blames_portal_},
    OUTCOME_REASON_TABLE(X)
#undef X
};

const char *outcome_reason_name(enum outcome_reason reason)
{
    return reasons[reason].name;
}

int outcome_reason_from_name(const char *name)
{
    return ROW_INDEX(reasons, name, name);
}

const char *outcome_reason_text(enum outcome_reason reason)
{
    return _(reasons[reason].text);
}

bool outcome_blames_portal(enum outcome_reason reason)
{
    return reasons[reason].blames_portal;
}

enum outcome outcome_of(enum outcome_reason reason, enum lot_hold *ret_hold)
{
    if (ret_hold)
        *ret_hold = reasons[reason].hold;
    return reasons[reason].outcome;
}

/* Pages that are known to say that the request was turned away before the file was looked at. */
static bool proves_not_taken(enum outcome_reason reason)
{
    switch (reason) {
    case REASON_SESSION_LOST:
    case REASON_CREDENTIALS:
    case REASON_CERTIFICATE_UNKNOWN:
    case REASON_CERTIFICATE_EXPIRED:
    case REASON_ACCOUNT_LOCKED:
    case REASON_PROFILE_INCOMPLETE:
        return true;
    case REASON_OK:
    case REASON_NOT_READY:
    case REASON_DNS:
    case REASON_CONNECT:
    case REASON_TLS:
    case REASON_TIMEOUT:
    case REASON_BROKEN:
    case REASON_TOO_LARGE:
    case REASON_REDIRECT:
    case REASON_HTTP_UNAVAILABLE:
    case REASON_HTTP_SERVER:
    case REASON_HTTP_CLIENT:
    case REASON_MAINTENANCE:
    case REASON_BACKEND:
    case REASON_UNKNOWN_PAGE:
    case REASON_FILE_REFUSED:
    case REASON_RECEIPT_UNREADABLE:
    case REASON_LOCAL:
    case _REASON_MAX:
        break;
    }
    return false;
}

enum lot_event outcome_of_upload(enum outcome_reason reason, bool sent, enum lot_hold *ret_hold)
{
    outcome_of(reason, ret_hold);
    if (reason == REASON_OK)
        return LOT_EVENT_TAKEN;
    if (reason == REASON_FILE_REFUSED)
        return LOT_EVENT_REFUSED;
    return sent && !proves_not_taken(reason) ? LOT_EVENT_BROKEN : LOT_EVENT_NOT_SENT;
}

int64_t backoff_delay_us(unsigned failures, int64_t first_us, int64_t cap_us, int64_t floor_us,
                         uint32_t random)
{
    int64_t ceiling = MIN(first_us, cap_us);
    for (unsigned i = 1; i < failures && ceiling < cap_us; i++)
        ceiling = ceiling > cap_us / 2 ? cap_us : ceiling * 2;
    int64_t delay = (int64_t)((unsigned __int128)ceiling * random >> 32);
    return MAX(delay, floor_us);
}

int64_t poll_interval_us(int64_t age_us, int64_t least_us, int64_t most_us)
{
    return CLAMP(age_us / 2, least_us, most_us);
}
