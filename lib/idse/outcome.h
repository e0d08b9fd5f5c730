/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/lot.h"

/* What to make of one request to the portal. */
enum outcome {
    OUTCOME_OK,      /* the page says that it worked */
    OUTCOME_WAIT,    /* not ready yet; ask again at the next poll */
    OUTCOME_RETRY,   /* a passing fault; try again after the backoff */
    OUTCOME_HOLD,    /* needs a person; `hold` says which flag to set */
    OUTCOME_REJECT,  /* the portal refused what was sent; final */
    OUTCOME_UNKNOWN, /* nobody knows whether it was taken */
};

/*
 * Every result a step can have; lib/portal maps curl, TLS, HTTP and page results to these, and this table says what
 * follows. OUTCOME_REASON_TABLE(X): X(id, name, outcome, hold, blames_portal, text)
 * blames_portal: counts as a failure of the portal itself, for the circuit.
 */
#define OUTCOME_REASON_TABLE(X)                                                                              \
    X(OK, "ok", OK, NONE, false, N_("done"))                                                                 \
    X(NOT_READY, "not-ready", WAIT, NONE, false, N_("the portal has no answer yet"))                         \
    X(DNS, "dns", RETRY, NONE, true, N_("the portal's name cannot be resolved"))                             \
    X(CONNECT, "connect", RETRY, NONE, true, N_("no connection to the portal"))                              \
    X(TLS, "tls", RETRY, NONE, true, N_("the portal's TLS certificate or handshake is not acceptable"))      \
    X(TIMEOUT, "timeout", RETRY, NONE, true, N_("the portal did not answer in time"))                        \
    X(BROKEN, "broken", RETRY, NONE, true, N_("the connection broke"))                                       \
    X(TOO_LARGE, "too-large", HOLD, PORTAL_CHANGED, false, N_("the portal's answer is larger than allowed")) \
    X(REDIRECT, "redirect", HOLD, PORTAL_CHANGED, false, N_("the portal redirects to another host"))         \
    X(HTTP_UNAVAILABLE, "http-unavailable", RETRY, NONE, true, N_("the portal is overloaded or closed"))     \
    X(HTTP_SERVER, "http-server", RETRY, NONE, true, N_("the portal reports an internal error"))             \
    X(HTTP_CLIENT, "http-client", HOLD, PORTAL_CHANGED, false, N_("the portal refuses the request"))         \
    X(MAINTENANCE, "maintenance", RETRY, NONE, true, N_("the portal is under maintenance"))                  \
    X(BACKEND, "backend", RETRY, NONE, true, N_("the portal's signature service does not answer"))           \
    X(SESSION_LOST, "session-lost", RETRY, NONE, false, N_("the portal ended the session"))                  \
    X(UNKNOWN_PAGE, "unknown-page", HOLD, PORTAL_CHANGED, false, N_("the portal's page is not understood"))  \
    X(CREDENTIALS, "credentials", HOLD, CERTIFICATE_REJECTED, false, N_("user or password refused"))         \
    X(CERTIFICATE_UNKNOWN, "certificate-unknown", HOLD, CERTIFICATE_REJECTED, false,                         \
      N_("the certificate is not registered with IMSS; after a renewal this can take 24 to 48 hours"))       \
    X(CERTIFICATE_EXPIRED, "certificate-expired", HOLD, CERTIFICATE_EXPIRED, false,                          \
      N_("the certificate has expired"))                                                                     \
    X(ACCOUNT_LOCKED, "account-locked", HOLD, CERTIFICATE_REJECTED, false, N_("the account is locked"))      \
    X(FILE_REFUSED, "file-refused", REJECT, NONE, false, N_("the portal refused the file"))                  \
    X(RECEIPT_UNREADABLE, "receipt-unreadable", HOLD, PORTAL_CHANGED, false,                                 \
      N_("a receipt could not be understood"))                                                               \
    X(PROFILE_INCOMPLETE, "profile-incomplete", HOLD, PROFILE_INCOMPLETE, false,                             \
      N_("the portal profile does not know this step"))                                                      \
    X(LOCAL, "local", RETRY, NONE, false, N_("a local fault"))

enum outcome_reason {
#define X(id, name, outcome, hold, blames_portal, text) REASON_##id,
    OUTCOME_REASON_TABLE(X)
#undef X
        _REASON_MAX
};

const char *outcome_reason_name(enum outcome_reason reason); /* stable */
int outcome_reason_from_name(const char *name);              /* negative when it is none */
const char *outcome_reason_text(enum outcome_reason reason); /* translated */
/* Is it a failure of the portal itself, for the circuit? */
bool outcome_blames_portal(enum outcome_reason reason);

/* The outcome of any step but the upload; *ret_hold (may be NULL) is the flag that OUTCOME_HOLD sets. */
enum outcome outcome_of(enum outcome_reason reason, enum lot_hold *ret_hold);
/*
 * The event that the end of an upload means for its lot. `sent`: a byte of the file may have left this machine. Only a
 * page that is known to say so proves arrival or refusal; anything else after the first byte is LOT_EVENT_BROKEN. A hold
 * that comes with BROKEN is about the next sending; the reconciliation goes on under it.
 */
enum lot_event outcome_of_upload(enum outcome_reason reason, bool sent, enum lot_hold *ret_hold);

/*
 * Delay before the next try, in microseconds: exponential from `first_us`, capped at `cap_us`, full jitter by `random`
 * (uniform 32 bits), never below `floor_us` (a Retry-After). `failures` >= 1.
 */
int64_t backoff_delay_us(unsigned failures, int64_t first_us, int64_t cap_us, int64_t floor_us,
                         uint32_t random);
/* When to ask again for a lot that was received `age_us` ago: half its age again, within [least_us, most_us]. */
int64_t poll_interval_us(int64_t age_us, int64_t least_us, int64_t most_us);
