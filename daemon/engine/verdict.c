/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

/*
 * What a receipt that was read means for its lot. The rules are the same whether the engine fetched it or a person brings
 * it: the acuse must reprint what was sent, the constancia must answer every movement.
 */

/* The first of many differences, for those who are told; the lot has them all. New string. */
static char *shorten(const char *text)
{
    enum { TOLD_MAX = 600 };
    const char *end = text;
    for (const char *next = text; next && next - text < TOLD_MAX; next = strstr(next + 1, "; "))
        end = next;
    return strlen(text) < TOLD_MAX || end == text ? xstrdup(text)
                                                  : xasprintf("%.*s; …", (int)(end - text), text);
}

char *verdict_of_document(const struct store_lot *lot, enum document_kind kind, int64_t document,
                          const char *text)
{
    return xasprintf(_("%s (document %lld; idsectl receipts get %lld %lld): %s"), document_kind_name(kind),
                     (long long)document, (long long)lot->id, (long long)document, text);
}

int verdict_quarantine(struct engine *engine, struct store_lot *lot, const char *text, struct err *err)
{
    unsigned actions;
    int r = lot_apply(engine, lot, LOT_EVENT_MISMATCH, &actions, err);
    if (r < 0)
        return r;
    if (r == 1)
        lot->next_us = 0; /* a person looks at it, then retries */
    lot_set_error(lot, REASON_RECEIPT_UNREADABLE, text);
    _cleanup_free_ char *told = shorten(text);
    engine_tell(engine, lot->id, lot->certificate, "quarantined", told);
    return 0;
}

void verdict_unreadable(struct engine *engine, struct store_lot *lot, const char *text)
{
    lot_set_error(lot, REASON_RECEIPT_UNREADABLE, text);
    lot_hold_for(engine, lot, LOT_HOLD_PORTAL_CHANGED, text);
    engine_tell(engine, lot->id, lot->certificate, "portal-changed", text);
}

bool verdict_same_rp(const char *printed, const char *rp)
{
    size_t n = printed ? strlen(printed) : 0;
    return n >= 10 && n <= 11 && strncmp(printed, rp, n) == 0; /* often printed without its check digit */
}

char *verdict_acuse_difference(const struct store_lot *lot, const struct portal_reading *reading)
{
    const struct acuse *acuse = reading->acuse;
    if (!streq_null(acuse->portal_lot, lot->portal_lot))
        return xasprintf(_("the acuse is of lot %s, not of %s"), str_or_empty(acuse->portal_lot),
                         lot->portal_lot);
    if (!verdict_same_rp(acuse->rp, lot->rp))
        return xasprintf(_("the acuse is of registro patronal %s, not of %s"), str_or_empty(acuse->rp),
                         lot->rp);
    return xstrdup(reading->difference);
}

int verdict_acuse(struct engine *engine, struct store_lot *lot, const struct portal_reading *reading,
                  struct err *err)
{
    const struct acuse *acuse = reading->acuse;
    _cleanup_free_ char *difference = verdict_acuse_difference(lot, reading);
    if (difference)
        return verdict_quarantine(engine, lot, difference, err);
    lot->have_acuse = true;
    if (acuse->folio)
        replace_str(&lot->folio, xstrdup(acuse->folio));
    if (acuse->received_us)
        lot->received_us = acuse->received_us;
    return 0;
}

int verdict_results(struct engine *engine, struct store_lot *lot, const struct constancia *constancia,
                    struct err *err)
{
    unsigned actions;
    lot->have_constancia = true;
    lot->approved = constancia->operated[COUNT_TOTAL];
    lot->rejected = constancia->rejected[COUNT_TOTAL];
    lot_set_error(lot, REASON_OK, NULL);
    enum lot_event event = lot->rejected == 0   ? LOT_EVENT_ACCEPTED
                           : lot->approved == 0 ? LOT_EVENT_REJECTED
                                                : LOT_EVENT_PARTIAL;
    if (event != LOT_EVENT_ACCEPTED && !lot->adopted_us) /* what the past rejected is no news */
        engine_tell(engine, lot->id, lot->certificate, "rejected",
                    _("the portal rejected movements of this lot"));
    return lot_apply(engine, lot, event, &actions, err);
}

char *verdict_constancia_difference(const struct store_lot *lot, const struct portal_reading *reading)
{
    const struct constancia *constancia = reading->constancia;
    if (!streq_null(constancia->portal_lot, lot->portal_lot) || !verdict_same_rp(constancia->rp, lot->rp))
        return xasprintf(_("the constancia is of lot %s of %s, not of %s of %s"),
                         str_or_empty(constancia->portal_lot), str_or_empty(constancia->rp), lot->portal_lot,
                         lot->rp);
    return xstrdup(reading->difference);
}
