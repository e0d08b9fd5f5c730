/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/listing.h"

int verb_movements(struct invocation *inv, struct err *err)
{
    return listing_run(inv, LISTING_MOVEMENTS, err);
}
