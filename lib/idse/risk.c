/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/risk.h"

static const struct {
    const char *name, *text;
} risks[_RISK_MAX] = {
#define X(id, name, text) [RISK_##id] = {name, text},
    RISK_TABLE(X)
#undef X
};

const char *risk_name(enum risk risk)
{
    return risks[risk].name;
}

int risk_from_name(const char *name)
{
    return ROW_INDEX(risks, name, name);
}

const char *risk_text(enum risk risk)
{
    return *risks[risk].text ? _(risks[risk].text) : "";
}

enum risk risk_of(const struct risk_facts *facts)
{
    const bool has[_RISK_MAX] = {
        [RISK_PAUSED] = facts->paused,
        [RISK_CERTIFICATE_ENDS] = facts->certified && facts->certificate_days <= RISK_CERTIFICATE_DAYS,
        [RISK_REJECTED] = facts->rejected > 0,
        [RISK_HELD] = facts->held > 0,
        [RISK_FAILED] = facts->failed > 0,
        [RISK_NO_CERTIFICATE] =
            !facts->certified || facts->certificate_days<0, [RISK_QUARANTINED] = facts->quarantined> 0,
        [RISK_DUE] = facts->due > 0,
        [RISK_UNCERTAIN] = facts->uncertain > 0,
        [RISK_LATE] = facts->late > 0,
    };
    for (int risk = _RISK_MAX - 1; risk > RISK_NONE; risk--)
        if (has[risk])
            return (enum risk)risk;
    return RISK_NONE;
}
