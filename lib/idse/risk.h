/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * What is most pressing about a registro patronal, for who looks after hundreds of them.
 * RISK_TABLE(X): X(id, name, text), from the least pressing to the most.
 */
#define RISK_TABLE(X)                                                                                        \
    X(NONE, "", "")                                                                                          \
    X(PAUSED, "paused", N_("its sending is paused"))                                                         \
    X(CERTIFICATE_ENDS, "certificate-ends", N_("its certificate ends soon"))                                 \
    X(REJECTED, "rejected", N_("IMSS rejected movements, and they are not corrected"))                       \
    X(HELD, "held", N_("lots are held"))                                                                     \
    X(FAILED, "failed", N_("the portal refused whole files, and they were not sent again"))                  \
    X(NO_CERTIFICATE, "no-certificate", N_("it has no certificate that is valid"))                           \
    X(QUARANTINED, "quarantined", N_("receipts do not add up"))                                              \
    X(DUE, "due", N_("movements must reach IMSS today"))                                                     \
    X(UNCERTAIN, "uncertain", N_("nobody knows whether a lot arrived"))                                      \
    X(LATE, "late", N_("the last legal day of movements is over"))

enum risk {
#define X(id, name, text) RISK_##id,
    RISK_TABLE(X)
#undef X
        _RISK_MAX
};
const char *risk_name(enum risk risk); /* stable */
int risk_from_name(const char *name);  /* -1 for a name that is not known */
const char *risk_text(enum risk risk); /* translated */

enum { RISK_CERTIFICATE_DAYS = 15 }; /* a certificate that ends within so many is pressing */

struct risk_facts {
    bool paused;
    bool certified;                        /* it has a certificate, which is not held */
    int certificate_days;                  /* that are left; negative: it is over */
    uint64_t held, uncertain, quarantined; /* lots */
    uint64_t late, due;                    /* lots whose last legal day is over, or is today */
    uint64_t rejected;                     /* movements that are not corrected */
    uint64_t failed;                       /* lots whose file was refused, and not sent again */
};
enum risk risk_of(const struct risk_facts *facts);
