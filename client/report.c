/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/evidence.h"
#include "client/place.h"

/* The account of a lot is made from its evidence bundle, as it is of one that somebody was handed. */
int verb_report(struct invocation *inv, struct err *err)
{
    const char *const words[] = {"report", NULL};
    struct place place;
    if (!inv->value[OPT_OUTPUT])
        return evidence_run(inv, words, -1, err);
    int r = place_open(&place, inv->value[OPT_OUTPUT], inv->value[OPT_FORCE] != NULL, err);
    if (r < 0)
        return r;
    r = evidence_run(inv, words, place.fd, err);
    int closed = place_close(&place, r == 0, err);
    return r == 0 ? closed : r;
}
