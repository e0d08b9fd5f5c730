/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/constancia-reading.h"

#include "portal/page.h"

static const enum label owner_labels[] = {LABEL_RP, LABEL_LOT, LABEL_FOLIO, LABEL_RECEIVED};

/*
 * The first registro patronal and lot of each head say whose rows follow it; further ones in the same head are of
 * representatives and such. False when the line has none.
 */
bool reading_owner(struct reading *reading, size_t i)
{
    bool any = false;
    for (size_t k = 0; k < ELEMENTSOF(owner_labels); k++) {
        enum label label = owner_labels[k];
        _cleanup_free_ char *value = head_value(reading->layout, reading->head, i, label);
        any |= value != NULL;
        if (!value || reading->owner_read[label])
            continue;
        reading->owner_read[label] = true;
        replace_str(&reading->owner[label], STEAL(value));
    }
    return any;
}

static bool same_rp(const char *a, const char *b)
{
    return a && strncmp(a, b, MIN(MIN(strlen(a), strlen(b)), (size_t)11)) == 0;
}

bool reading_is_ours(struct reading *reading)
{
    struct constancia *constancia = &reading->constancia;
    const char *rp = reading->owner[LABEL_RP], *lot = reading->owner[LABEL_LOT];
    if (!same_rp(rp, reading->whose.rp) || !lot ||
        (reading->whose.portal_lot && !streq(reading->whose.portal_lot, lot)))
        return false;
    if (!constancia->portal_lot) {
        constancia->portal_lot = xstrdup(lot);
        constancia->rp = xstrdup(rp);
        constancia->folio = xstrdup(reading->owner[LABEL_FOLIO]);
        if (reading->owner[LABEL_RECEIVED])
            page_date(reading->owner[LABEL_RECEIVED], &constancia->received_us, NULL);
    }
    return streq(constancia->portal_lot, lot);
}

void reading_note_other(struct reading *reading)
{
    enum { OWNERS_MAX = 1000 };
    struct constancia *constancia = &reading->constancia;
    const char *rp = reading->owner[LABEL_RP], *lot = reading->owner[LABEL_LOT];
    constancia->n_others++;
    if (!rp || !lot || constancia->n_owners == OWNERS_MAX)
        return;
    for (size_t i = constancia->n_owners; i > 0; i--) /* the last one, nearly always */
        if (same_rp(constancia->others[i - 1].rp, rp) && streq(constancia->others[i - 1].portal_lot, lot))
            return;
    constancia->others =
        xreallocarray(constancia->others, constancia->n_owners + 1, sizeof(*constancia->others));
    constancia->others[constancia->n_owners++] = (struct receipt_owner){xstrdup(rp), xstrdup(lot)};
}
